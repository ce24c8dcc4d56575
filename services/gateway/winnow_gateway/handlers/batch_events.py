"""A batch as server-sent events: what it looks like whenever that has changed, until it is over.

https://html.spec.whatwg.org/multipage/server-sent-events.html

The gateway asks the pipeline as any caller could, in a rhythm that slows down while nothing changes. The id of an event
is a hash of what it shows, so that whoever comes back with `Last-Event-ID` is not told the same again, and whoever was
told the end is told to stay away (204).
"""

import asyncio
import hashlib
import time
from contextlib import suppress
from typing import Final, NamedTuple

import orjson
from aiohttp import web
from winnow_common import logs
from winnow_common.errors import Problem, TemporaryError
from winnow_contracts import batches

from winnow_gateway.call import Call
from winnow_gateway.headers import answer_headers
from winnow_gateway.inputs import read_inputs
from winnow_gateway.leads import batch_id
from winnow_gateway.routes.route import to_pipeline
from winnow_gateway.sending import ask, ask_again, passed_on
from winnow_gateway.services import Services
from winnow_gateway.waiting import cut, waited

SHORTEST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 2.0
SLOWING: Final = 1.3
KEEP_ALIVE: Final = 15.0
"""Seconds without an event after which a comment is sent, so that no proxy takes the connection for dead."""
STALLED: Final = 30.0
"""Seconds that a caller may take to read an event."""
MOST_FAILURES: Final = 10
"""Questions in a row without an answer, after which the stream ends; the caller comes back."""

SENDS: Final = to_pipeline(type=batches.GET, message=lambda inputs: batches.GetBatch(id=batch_id(inputs.path.id)))

_OVER: Final = frozenset({"completed", "failed", "cancelled"})

_log = logs.get(__name__)


class State(NamedTuple):
    """A batch at one moment."""

    body: bytes
    id: str
    over: bool

    @classmethod
    def of(cls, body: bytes) -> "State":
        """The state that an answer shows."""
        return cls(body, hashlib.blake2b(body, digest_size=8).hexdigest(), orjson.loads(body)["status"] in _OVER)

    def event(self) -> bytes:
        """As it is sent; JSON as the pipeline writes it has no line breaks."""
        name = b"end" if self.over else b"progress"
        return b"event: %s\nid: %s\ndata: %s\n\n" % (name, self.id.encode(), self.body)


async def follow_batch(services: Services, call: Call) -> web.StreamResponse:
    """Stream the states of a batch. A refusal of the first question is the answer."""
    message = SENDS.message(await read_inputs(call))
    with services.streams.take(call.caller.tenant):
        reply = await ask(services, call, SENDS, message)
        if reply.status != 200:
            return passed_on(call, reply, SENDS)
        state = State.of(reply.body)
        last = call.request.headers.get("Last-Event-ID")
        if state.over and state.id == last:
            return web.Response(status=204)
        response = web.StreamResponse(headers=answer_headers(services.months, call))
        response.content_type = "text/event-stream"
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"  # nginx would hold events back
        await response.prepare(call.request)
        if call.request.method != "HEAD":
            with suppress(ConnectionError):
                await _follow(services, call, response, state, last=last)
        return response


async def _follow(
    services: Services, call: Call, response: web.StreamResponse, state: State, *, last: str | None
) -> None:
    """Tell states until the end, or until it is time to go. Raises `ConnectionError` where the caller has gone."""
    ends_at = time.monotonic() + services.settings.longest_stream
    told_at, pause, failures = time.monotonic(), SHORTEST_PAUSE, 0
    message = batches.GetBatch(id=orjson.loads(state.body)["batch_id"])
    await _write(call, response, b"retry: 2000\n\n")
    while True:
        now = time.monotonic()
        if state.id != last:
            await _write(call, response, state.event())
            last, told_at, pause = state.id, now, SHORTEST_PAUSE
        elif now - told_at >= KEEP_ALIVE:
            await _write(call, response, b": still here\n\n")
            told_at = now
        if state.over or now >= ends_at or not await waited(services, call, pause):
            return
        found = await _ask(services, call, message)
        failures = 0 if found is not None else failures + 1
        if failures >= MOST_FAILURES:
            return
        state = found or state
        pause = min(pause * SLOWING, LONGEST_PAUSE)


async def _ask(services: Services, call: Call, message: batches.GetBatch) -> State | None:
    try:
        reply = await ask_again(services, call, SENDS, message)
    except (Problem, TemporaryError) as error:
        _log.warning("a batch that is followed did not answer", error=type(error).__name__)
        return None
    return State.of(reply.body) if reply.status == 200 else None


async def _write(call: Call, response: web.StreamResponse, event: bytes) -> None:
    try:
        async with asyncio.timeout(STALLED):
            await response.write(event)
    except TimeoutError:
        cut(call)
        raise ConnectionResetError("the caller reads no more") from None
