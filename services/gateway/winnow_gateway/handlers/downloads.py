"""Results of a batch as a file: asked for until the pipeline has written it, then streamed out of its sealed object.

Memory stays the same whatever the size. The object is shared by all who download the same, and is never deleted here.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import Final, NamedTuple

from aiohttp import web
from winnow_common import logs
from winnow_common.errors import Problem, TemporaryError
from winnow_common.objects import ObjectMissing
from winnow_common.requests import Reply
from winnow_common.sealed_values import open_text
from winnow_contracts import batches
from winnow_contracts.sealed import SealedReference

from winnow_gateway.answers import retry_later
from winnow_gateway.call import Call
from winnow_gateway.file_names import attachment
from winnow_gateway.headers import answer_headers
from winnow_gateway.inputs import read_inputs
from winnow_gateway.leads import batch_id
from winnow_gateway.metrics import DOWNLOADED_BYTES
from winnow_gateway.routes.route import Inputs, to_pipeline
from winnow_gateway.sending import ask, ask_again, passed_on
from winnow_gateway.services import Services
from winnow_gateway.waiting import cut, waited

SHORTEST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 3.0
GROWTH: Final = 1.5
STALLED: Final = 60.0
"""Seconds that a caller may take to read a piece."""
TRIES: Final = 5
"""For one place in the file: a reader of half of it should not start again for one read that failed."""

MEDIA_TYPES: Final[dict[batches.DownloadFormat, str]] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}

_log = logs.get(__name__)


def _message(inputs: Inputs) -> batches.DownloadBatch:
    query = inputs.query
    return batches.DownloadBatch(id=batch_id(inputs.path.job_id), format=query.format, status=query.status)


SENDS: Final = to_pipeline(type=batches.DOWNLOAD, message=_message)


class _Ready(NamedTuple):
    """A file that is there."""

    object: SealedReference
    name: str


async def download(services: Services, call: Call) -> web.StreamResponse:
    """Send the file. A refusal of the pipeline is the answer; where the file breaks off, the connection is cut."""
    message = _message(await read_inputs(call))
    with services.downloads.take(call.caller.tenant):
        found = await _written(services, call, message)
        if isinstance(found, Reply):
            return passed_on(call, found, SENDS)
        return await _sent(services, call, found, message)


async def _sent(services: Services, call: Call, found: _Ready, message: batches.DownloadBatch) -> web.StreamResponse:
    async with aclosing(_pieces(services, call, found.object)) as pieces:
        first = await _first(pieces)
        response = web.StreamResponse(headers=answer_headers(services.months, call))
        response.headers["Content-Type"] = MEDIA_TYPES[message.format]
        response.headers["Content-Disposition"] = attachment(found.name, ending=f"-{message.status}.{message.format}")
        response.headers["Cache-Control"] = "no-store"
        response.content_length = found.object.size
        await response.prepare(call.request)
        if call.request.method != "HEAD":
            with suppress(ConnectionError):
                await _send(call, response, first, pieces)
        return response


async def _written(services: Services, call: Call, message: batches.DownloadBatch) -> _Ready | Reply:
    """The file, once it is written; a reply that refuses it; raises a 504 `Problem` after a while."""
    ends_at, pause = time.monotonic() + services.settings.longest_render, SHORTEST_PAUSE
    reply = await ask(services, call, SENDS, message)
    while reply.status == 200:
        found = batches.Download.model_validate_json(reply.body)
        if found.state == "ready" and found.object is not None:
            tenant = call.caller.tenant
            name = "" if found.name is None else open_text(services.sealed, found.name, tenant=tenant)
            return _Ready(found.object, name)
        if time.monotonic() + pause > ends_at:
            detail = "The file is still being written. Ask again in a little while; what was written so far is kept."
            raise Problem(504, "still_rendering", detail, headers={"Retry-After": "10"})
        if not await waited(services, call, pause):
            raise retry_later("closing", "This gateway is about to end. Ask again; another one answers.")
        pause = min(pause * GROWTH, LONGEST_PAUSE)
        reply = await ask_again(services, call, SENDS, message)
    return reply


async def _pieces(services: Services, call: Call, file: SealedReference) -> AsyncGenerator[bytes, None]:
    """The content; a read that fails goes on where it was, a few times for one place."""
    sent, failures = 0, 0
    while True:
        try:
            async for piece in services.sealed.read(file, tenant=call.caller.tenant, offset=sent):
                yield piece
                sent, failures = sent + len(piece), 0
            return
        except TemporaryError as error:
            failures += 1
            if failures >= TRIES or not await waited(services, call, error.delay):
                raise
            _log.warning("a download was interrupted and goes on", failures=failures)


async def _first(pieces: AsyncIterator[bytes]) -> bytes:
    """The first piece, before anything is promised."""
    try:
        return await anext(pieces, b"")
    except ObjectMissing:
        raise retry_later("file_gone", "The file was kept for a while and is gone. Ask again for a new one.") from None


async def _send(call: Call, response: web.StreamResponse, first: bytes, pieces: AsyncIterator[bytes]) -> None:
    """Write all of it. Raises `ConnectionError` where the caller has gone or reads no more."""
    piece: bytes | None = first
    while piece is not None:
        try:
            async with asyncio.timeout(STALLED):
                await response.write(piece)
        except TimeoutError:
            cut(call)
            raise ConnectionResetError("the caller reads no more") from None
        DOWNLOADED_BYTES.inc(len(piece))
        piece = await anext(pieces, None)
