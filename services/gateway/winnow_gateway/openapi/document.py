"""The OpenAPI 3.1 document of the API."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import orjson
from openapi_pydantic import Components, Info, License, OpenAPI, PathItem, SecurityScheme, Server, Tag

from winnow_gateway.openapi.headers import HEADERS, PARAMETERS
from winnow_gateway.openapi.operations import SECURITY, SharedResponses, operation
from winnow_gateway.openapi.schemas import Schemas
from winnow_gateway.routes.route import Route

DESCRIPTION = """\
Winnow separates the leads worth a call from the rest: companies in, scores out, each with an explanation that adds up
to it.

* **Keys.** `Authorization: Bearer wk_live_…`; `wk_test_…` keys see the same rules and companies, cost nothing, and
  mark their results `livemode: false`. A session's token stands in for a key.
* **Refusals** are `application/problem+json` (RFC 9457) with a stable `code`, a `detail` that says what to do, and a
  pointer to each thing that is wrong.
* **Limits** stand on every answer to a call with a key, in `X-RateLimit-*`, `RateLimit-Policy` and `RateLimit`. 429 has
  `Retry-After` and `violated_policies`.
* **Repetition is safe.** Send `Idempotency-Key` with everything that is not a GET, and the same key when you try
  again: what was done is not done twice, and the answer is that of the first time.
* **Lists** are `{data, has_more, next_cursor}`; send `next_cursor` as `cursor` for the next page. Those under `/api/`
  are arrays, whose next page is in `Link`.
* **Bodies** are JSON in UTF-8 without duplicate keys, uncompressed, of at most 1 MiB.
* `X-Request-Id` comes back as it was sent; `traceparent` (W3C) is passed on.
"""

TAGS = {
    "Similarity": "Score companies by how much they look like your customers.",
    "Customers": "The companies that others are compared to.",
    "Scoring": "Score companies by rules.",
    "Scores": "Scores that were given, and what reproduces them.",
    "Uploads": "Files of leads.",
    "Batches": "Files that are processed, from reading to scoring, with every row accounted for.",
    "Leads": "Rows of files as they were understood, judged and scored, each with where its values come from.",
    "Privacy": "What is stored of one person, and erasing it.",
    "Companies": "What you know about companies: one by one, and as files.",
    "Rules": "What a company must be like to be worth a call: kept in versions, of which the published one scores.",
    "Accounts": "Sign-up and log-in.",
    "Keys": "What programs authenticate with.",
    "Requests": "Answers that came too late.",
}


def openapi_document(table: Sequence[Route], *, public_url: str = "") -> dict[str, Any]:
    """The document of the table's routes, as JSON values."""
    shown = [route for route in table if not route.hidden]
    schemas, shared = Schemas(shown), SharedResponses()
    paths: dict[str, PathItem] = {}
    for route in shown:
        setattr(paths.setdefault(route.path, PathItem()), route.method.lower(), operation(route, schemas, shared))
    document = OpenAPI(
        openapi="3.1.0",
        info=Info(
            title="Winnow",
            version=version("winnow-gateway"),
            summary="Lead scoring that explains itself.",
            description=DESCRIPTION,
            license=License(name="Apache-2.0", identifier="Apache-2.0"),
        ),
        servers=[Server(url=public_url or "/")],
        tags=[Tag(name=name, description=description) for name, description in TAGS.items()],
        paths=paths,
        components=Components(
            schemas=dict(schemas.components),
            responses=dict(shared.components),
            headers=dict(HEADERS),
            parameters=dict(PARAMETERS),
            securitySchemes={
                SECURITY: SecurityScheme(
                    type="http", scheme="bearer", description="An API key (`wk_…`) or a session's token (`ws_…`)."
                )
            },
        ),
    )
    dumped = document.model_dump(by_alias=True, exclude_none=True, exclude_unset=True, mode="json")
    plain: dict[str, Any] = _whole_numbers(dumped)
    return plain


def openapi_json(table: Sequence[Route], *, public_url: str = "", indent: bool = False) -> bytes:
    """The document as JSON text; the same table gives the same bytes."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE if indent else 0
    return orjson.dumps(openapi_document(table, public_url=public_url), option=options)


def _whole_numbers(value: Any) -> Any:
    """Bounds are written as they were meant: openapi-pydantic makes 1.0 of 1."""
    match value:
        case dict():
            return {name: _whole_numbers(member) for name, member in value.items()}
        case list():
            return [_whole_numbers(member) for member in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value
