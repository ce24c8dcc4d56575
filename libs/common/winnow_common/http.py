"""HTTP as every service speaks it: strict JSON in, problem+json for whatever goes wrong, a request id on every answer.

    app = web.Application()
    app.router.add_post("/v1/rules", create_rule)
    async with http.serve(app, host="127.0.0.1", port=0) as port:
        ...

Handlers raise `Problem`; `serve` turns it, unknown paths, wrong methods, unreadable requests and bugs into problem documents. It
does so outside of aiohttp's application, without middlewares: tests use `serve` too, and not aiohttp's `TestServer`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ValidationError

from winnow_common import logs, strict_json
from winnow_common.errors import Problem, Violation
from winnow_common.identifiers import uuid7

PROBLEM_TYPE = "application/problem+json"
REQUEST_ID = web.RequestKey("request_id", UUID)
"""`request[REQUEST_ID]` is set before the handler runs; a handler that derives an id from an Idempotency-Key replaces it."""

_log = logs.get(__name__)

M = TypeVar("M", bound=BaseModel)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def problem_response(problem: Problem, request_id: UUID | None) -> web.Response:
    """The answer to a refused request."""
    return web.Response(
        status=problem.status,
        body=problem.body(request_id),
        content_type=PROBLEM_TYPE,
        headers=problem.headers,
    )


async def read_body(request: web.BaseRequest, *, maximum: int) -> bytes:
    """The body as bytes; 413 `body_too_large` as soon as it is longer, whatever Content-Length says."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > maximum:
            raise Problem(413, "body_too_large", f"The body is larger than {maximum:,} bytes.")
    return bytes(body)


async def read_json(request: web.BaseRequest, *, maximum: int) -> Any:
    """The JSON of a body. Raises `Problem` 400 (not strict JSON, compressed), 413 (too large), 415 (not JSON)."""
    if request.content_type != "application/json":
        raise Problem(415, "unsupported_media_type", "Send JSON, with Content-Type: application/json.")
    if "Content-Encoding" in request.headers:
        raise Problem(400, "content_encoding_not_supported", "Send the body uncompressed, without Content-Encoding.")
    raw = await read_body(request, maximum=maximum)
    if not raw:
        raise Problem(400, "empty_body", "The body is empty; send a JSON object.")
    try:
        return strict_json.loads(raw)
    except strict_json.InvalidJson as error:
        raise Problem(400, error.code, error.detail) from None


def parse(model: type[M], value: Any, *, prefix: str = "") -> M:
    """The model's instance of a JSON value (`prefix` leads to it), or of query parameters (`prefix="?"`).

    Raises `Problem` 422 `invalid_request` with a pointer to each thing that is wrong, and never its value.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        violations = tuple(Violation(prefix + _pointer(fault["loc"]), fault["msg"]) for fault in faults)
        raise Problem(422, "invalid_request", "The request is not valid; see errors.", errors=violations) from None


def _pointer(place: tuple[int | str, ...]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in place)


@asynccontextmanager
async def serve(app: web.Application, *, host: str, port: int, drain: float = 10.0) -> AsyncIterator[int]:
    """Serve until the context ends, then finish what is in flight within `drain` seconds. Yields the port.

    Several processes may serve one port; the kernel spreads connections over them.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=drain, auto_decompress=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, reuse_port=True).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def request_id(request: Mapping[Any, Any]) -> UUID:
    """Winnow's id of this request."""
    found: UUID = request.get(REQUEST_ID) or uuid7()
    return found
