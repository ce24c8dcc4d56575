"""HTTP as every service speaks it: strict bodies in, problem+json for whatever goes wrong.

    async def answer(request: web.BaseRequest) -> web.StreamResponse: ...

    async with http.serve(answer, host="127.0.0.1", port=0) as port:
        ...

It stands on aiohttp's low-level server. An application's resolver, signals and middlewares would cost about a fifth of
a small request, and would answer in plain text what they refuse; here one function takes every request, and what it
raises, or what cannot be read as a request at all, is answered as a problem document (RFC 9457).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from pydantic import BaseModel, ValidationError

from winnow_common import logs, strict_json
from winnow_common.errors import Problem, Violation
from winnow_common.identifiers import uuid7
from winnow_common.pointers import violations

PROBLEM_TYPE = "application/problem+json"
JSON_TYPE = "application/json"
BODY_TIMEOUT = 30.0
"""Seconds for a whole JSON body, and for the next piece of a stream."""
MAXIMUM_VIOLATIONS = 100

_log = logs.get(__name__)

M = TypeVar("M", bound=BaseModel)
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def problem_response(problem: Problem, request_id: UUID | None) -> web.Response:
    """The answer to a refused request."""
    return web.Response(
        status=problem.status, body=problem.body(request_id), content_type=PROBLEM_TYPE, headers=problem.headers
    )


async def stream_body(request: web.BaseRequest) -> AsyncIterator[bytes]:
    """The body in pieces as they arrive, of no more than a read's size each.

    Raises `Problem` 400 `content_encoding_not_supported` and `broken_body`, 408 when nothing more comes. A caller that
    waits for leave to send (`Expect: 100-continue`, RFC 9110, 10.1.1) gets it with the first piece asked for.
    """
    _refuse_encoding(request)
    await _welcome(request)
    try:
        while True:
            async with asyncio.timeout(BODY_TIMEOUT):
                piece = await request.content.readany()
            if not piece:
                return
            yield piece
    except TimeoutError:
        raise _too_slow() from None
    except (web.RequestPayloadError, HttpProcessingError, ConnectionError):
        detail = "The body does not arrive as its headers say. Send the request again."
        raise Problem(400, "broken_body", detail) from None


async def read_body(request: web.BaseRequest, *, maximum: int) -> bytes:
    """The whole body, as long as it is not longer than `maximum` bytes, whatever Content-Length says.

    Raises as `stream_body` does, and `Problem` 413 `body_too_large`.
    """
    _refuse_encoding(request)
    if request.content_length is not None and request.content_length > maximum:
        raise _too_large(maximum)
    if request.content.is_eof():  # as nearly always: a small body comes in the same read as its head
        body = request.content.read_nowait()
        if len(body) > maximum:
            raise _too_large(maximum)
        return body
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            pieces, size = [], 0
            async for piece in stream_body(request):
                size += len(piece)
                if size > maximum:
                    raise _too_large(maximum)
                pieces.append(piece)
            return b"".join(pieces)
    except TimeoutError:
        raise _too_slow() from None


async def read_json(request: web.BaseRequest, *, maximum: int) -> Any:
    """The value of a JSON body, read strictly (`strict_json`).

    Raises as `read_body` does, `Problem` 415 where the body is not said to be JSON, and 400 with the codes of
    `strict_json.loads`.
    """
    if request.headers.get("Content-Type") != JSON_TYPE and not _is_json(request):
        detail = "Send JSON in UTF-8, with Content-Type: application/json."
        raise Problem(415, "unsupported_media_type", detail, headers={"Accept": JSON_TYPE})
    raw = await read_body(request, maximum=maximum)
    try:
        return strict_json.loads(raw)
    except strict_json.InvalidJson as error:
        raise Problem(400, error.code, error.detail) from None


def parse(model: type[M], value: Any, *, prefix: str = "") -> M:
    """The model's instance of a JSON value (`prefix` is the pointer to it), or of query parameters (`prefix="?"`).

    Raises `Problem` 422 `invalid_request` that points at each thing that is wrong and repeats no value.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = violations(error, value, prefix=prefix)
        raise Problem(422, "invalid_request", _summary(found), errors=found[:MAXIMUM_VIOLATIONS]) from None


@asynccontextmanager
async def serve(handler: Handler, *, host: str, port: int, drain: float = 10.0) -> AsyncIterator[int]:
    """Answer requests until the context ends, then finish what is in flight within `drain` seconds. Yields the port.

    A `Problem` that the handler raises is answered as such; other exceptions are logged and answered 500. Raises
    `OSError` where the port cannot be had. Several processes of one user may serve one port; the kernel spreads
    connections over them.
    """
    # Bodies are not inflated: a few kilobytes of gzip can be gigabytes, and compressed ones are refused anyway.
    runner = web.ServerRunner(_Server(handler, access_log=None, auto_decompress=False), shutdown_timeout=drain)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=1024, reuse_port=True).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


class _Server(web.Server):
    """aiohttp's server, whose connections refuse in problem documents."""

    def __init__(self, handler: Handler, **options: Any) -> None:
        super().__init__(handler, **options)
        self._options = options

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=asyncio.get_running_loop(), **self._options)


class _Connection(web.RequestHandler):
    """One connection; aiohttp asks it for the answer to what its parser or the handler could not deal with."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - quotes the request
    ) -> web.StreamResponse:
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun, and cannot be taken back")
        request_id = uuid7()
        if status == 400:
            response = problem_response(_unreadable(exc), request_id)
            response.force_close()
            return response
        if isinstance(exc, Problem):
            return problem_response(exc, request_id)
        _log.error("a request failed", request_id=str(request_id), exc_info=exc)
        detail = "Something went wrong on our side. The request id names it."
        return problem_response(Problem(500, "internal_error", detail), request_id)


def _unreadable(error: BaseException | None) -> Problem:
    if isinstance(error, LineTooLong) or "Too many headers" in str(error):
        detail = "The request line or a header is longer than 8,190 bytes, or there are more than 128 headers."
        return Problem(431, "headers_too_large", detail)
    return Problem(400, "malformed_request", "This is not an HTTP/1.1 request.")


def _is_json(request: web.BaseRequest) -> bool:
    kind = request.content_type
    charset = (request.charset or "utf-8").lower()
    return (kind == JSON_TYPE or kind.endswith("+json")) and charset in ("utf-8", "utf8", "us-ascii")


def _refuse_encoding(request: web.BaseRequest) -> None:
    encoding = request.headers.get("Content-Encoding")
    if encoding is not None and encoding.strip().lower() != "identity":
        detail = "Send the body uncompressed, without Content-Encoding."
        raise Problem(400, "content_encoding_not_supported", detail, headers={"Accept-Encoding": "identity"})


async def _welcome(request: web.BaseRequest) -> None:
    if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= (1, 1):
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun


def _summary(found: tuple[Violation, ...]) -> str:
    if len(found) == 1:
        return "One thing in the request is not valid; see errors."
    shown = "" if len(found) <= MAXIMUM_VIOLATIONS else f", of which the first {MAXIMUM_VIOLATIONS} are shown"
    return f"{len(found)} things in the request are not valid; see errors{shown}."


def _too_large(maximum: int) -> Problem:
    return Problem(413, "body_too_large", f"The body is larger than {maximum:,} bytes.")


def _too_slow() -> Problem:
    return Problem(408, "body_timeout", "The body did not arrive in time. Send it again.")
