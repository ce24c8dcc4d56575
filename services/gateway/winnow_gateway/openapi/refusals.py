"""Which refusals each route can answer: its own, and those that follow from what it takes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from winnow_common.errors import Problem, Violation

from winnow_gateway.routes.route import Refusal, Route

_EXAMPLE_ID = "0198f2c5-a1b2-7c3d-8e4f-5a6b7c8d9e0f"
_INVALID = "invalid_request"

_UNAUTHENTICATED = Refusal(401, "invalid_api_key", "Invalid API key")
_MISSING_SCOPE = Refusal(403, "missing_scope", "This key lacks the scope that the call needs.")
_LIMITED = Refusal(429, "rate_limit_exceeded", "Rate limit exceeded")
_KEY_MALFORMED = Refusal(
    400,
    "invalid_idempotency_key",
    "Idempotency-Key must have 1 to 255 visible ASCII characters, bare or in double quotes.",
)
_KEY_REUSED = Refusal(
    422, "idempotency_key_reused", "This Idempotency-Key was used with another payload within the last 24 hours."
)
_BODY = (
    Refusal(400, "invalid_json", "The body is not JSON as it should be: the detail says why and where."),
    Refusal(400, "content_encoding_not_supported", "Send the body uncompressed, without Content-Encoding."),
    Refusal(408, "body_timeout", "The body did not arrive in time. Send it again."),
    Refusal(413, "body_too_large", "The body is larger than 1,048,576 bytes."),
    Refusal(415, "unsupported_media_type", "Send JSON in UTF-8, with Content-Type: application/json."),
)
_FILE = (
    Refusal(400, "empty_body", "The body is empty; send the file as it is."),
    Refusal(400, "content_encoding_not_supported", "Send the body uncompressed, without Content-Encoding."),
)
_INVALID_REQUEST = Refusal(422, _INVALID, "One thing in the request is not valid; see errors.")
_HEADERS = Refusal(
    431,
    "headers_too_large",
    "The request line or a header is longer than 8,190 bytes, or there are more than 128 headers.",
)
_INTERNAL = Refusal(500, "internal_error", "Something went wrong on our side. The request id names it.")
_UNAVAILABLE = Refusal(503, "unavailable", "Something that is needed is away for the moment. Try again.")
_LOG_AWAY = Refusal(503, "log_unavailable", "The request may not have been taken. Send it again, with the same key.")
_NO_ANSWER = Refusal(
    504,
    "no_answer_yet",
    "There was no answer in time, but the request goes on. GET /v1/requests/{id} gives its answer.",
)


def refusals_of(route: Route) -> Mapping[int, Sequence[Refusal]]:
    """The refusals of a route by status, in the order of their statuses."""
    by_status: defaultdict[int, list[Refusal]] = defaultdict(list)
    for refusal in (*route.refusals, *_implied(route)):
        if refusal.code not in {known.code for known in by_status[refusal.status]}:
            by_status[refusal.status].append(refusal)
    return dict(sorted(by_status.items()))


def example(refusal: Refusal) -> dict[str, Any]:
    """The problem document of a refusal."""
    errors: tuple[Violation, ...] = ()
    extra: dict[str, Any] = {}
    if refusal.code == _INVALID:
        errors = (Violation("/domains/3", "Input should be a valid string"),)
    if refusal.status == HTTPStatus.TOO_MANY_REQUESTS:
        extra = {"violated_policies": ["minute"]}
    problem = Problem(refusal.status, refusal.code, refusal.detail, errors=errors, extra=extra)
    document: dict[str, Any] = orjson.loads(problem.body(_EXAMPLE_ID))
    return document


def _implied(route: Route) -> Iterator[Refusal]:
    if route.authenticated:
        yield from (_UNAUTHENTICATED, _LIMITED)
    if route.scope is not None:
        yield _MISSING_SCOPE
    if route.takes_idempotency_key:
        yield from (_KEY_MALFORMED, _KEY_REUSED)
    if route.body is not None:
        yield from _BODY
    if route.streamed:
        yield from _FILE
    yield from (_INVALID_REQUEST, _HEADERS, _INTERNAL, _UNAVAILABLE)
    if route.asks:
        yield from (_LOG_AWAY, _NO_ANSWER)
