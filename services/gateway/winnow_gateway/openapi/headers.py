"""Headers of requests and answers as the document describes them."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from openapi_pydantic import Header, Parameter, Reference, Schema

from winnow_gateway.idempotency import LONGEST, PATTERN
from winnow_gateway.openapi.schemas import reference
from winnow_gateway.routes.route import Answer, Route

_WITHOUT_LIMITS: Final = frozenset({401, 500, 503})
"""Answers that may be given before it is known who calls."""
_WITH_RETRY_AFTER: Final = frozenset({429, 503, 504})

_LIMITS: Final = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit-Policy", "RateLimit")
_CREDITS: Final = ("X-Credits-Charged", "X-Credits-Remaining")


def _header(description: str, schema: Mapping[str, Any], *, required: bool = True) -> Header:
    return Header(description=description, schema=Schema.model_validate(schema), required=required)


_NUMBER: Final = {"type": "integer", "minimum": 0}
_TEXT: Final = {"type": "string"}
_PLACE: Final = {"type": "string", "format": "uri-reference"}

HEADERS: Final[Mapping[str, Header]] = {
    "Winnow-Request-Id": _header("Winnow's id of the request.", {"type": "string", "format": "uuid"}),
    "X-Request-Id": _header("What the caller called the request.", _TEXT, required=False),
    "X-RateLimit-Limit": _header("Of the policy with the least left: its limit.", _NUMBER),
    "X-RateLimit-Remaining": _header("Of the policy with the least left: what is left.", _NUMBER),
    "X-RateLimit-Reset": _header("Of the policy with the least left: when its window ends, in epoch seconds.", _NUMBER),
    "RateLimit-Policy": _header('All policies: `"minute";q=10;w=60,"month";q=100;w=2592000`.', _TEXT),
    "RateLimit": _header('What is left of them, and for how many seconds: `"minute";r=9;t=31`.', _TEXT),
    "X-Credits-Charged": _header("What this call cost.", _NUMBER),
    "X-Credits-Remaining": _header("What is left of the month.", _NUMBER),
    "Retry-After": _header("Seconds after which the call may be sent again.", {"type": "integer", "minimum": 1}),
    "Location": _header("Where the answer will be.", _PLACE),
    "Idempotency-Replayed": _header(
        "Present where an earlier call of the same request was answered so.",
        {"type": "string", "const": "true"},
        required=False,
    ),
    "Cache-Status": _header(
        "Whether the answer was known (RFC 9211): `winnow; hit; ttl=281`, `winnow; fwd=miss` or, where it was not "
        "looked for, `winnow; fwd=bypass`.",
        _TEXT,
    ),
    "Age": _header("Of an answer that was known: seconds since it was computed.", _NUMBER, required=False),
    "WWW-Authenticate": _header("How to authenticate.", {"type": "string", "const": "Bearer"}),
    "Link": _header('The next page: `</api/batches?cursor=…>; rel="next"` (RFC 8288).', _TEXT, required=False),
    "Content-Disposition": _header("A name for the file.", _TEXT),
}

PARAMETERS: Final[Mapping[str, Parameter]] = {
    "IdempotencyKey": Parameter.model_validate(
        {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Names the request: the same key and payload within 24 hours give the stored answer.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 2 * LONGEST + 2, "pattern": PATTERN},
            "example": "8e03978e-40d5-43e8-bc93-6894a57f9324",
        }
    ),
}


def headers_of(route: Route, *, status: int, answer: Answer | None = None) -> dict[str, Header | Reference]:
    """The headers of an answer with that status, as references to the shared descriptions."""
    return {name: reference("headers", name) for name in _names(route, status, answer)}


def _names(route: Route, status: int, answer: Answer | None) -> Iterator[str]:
    if status == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
        return  # refused while the headers are read, before anything is known of the call
    yield from ("Winnow-Request-Id", "X-Request-Id")
    if route.authenticated and status not in _WITHOUT_LIMITS:
        yield from _LIMITS
        if route.costs:
            yield from _CREDITS
    if status == HTTPStatus.UNAUTHORIZED:
        yield "WWW-Authenticate"
    if status in _WITH_RETRY_AFTER:
        yield "Retry-After"
    if route.takes_idempotency_key and status < 500 and status != HTTPStatus.TOO_MANY_REQUESTS:
        yield "Idempotency-Replayed"
    if answer is not None:
        yield from answer.headers
