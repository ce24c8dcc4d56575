"""Asking over the log: publish a request, wait for the reply that names it.

Each process reads one partition of the reply topic, chosen from its instance's name, from its end, before it is
ready. Two processes that share a partition ignore each other's replies. Whether the answer comes or not, the request
is on the log once it was acknowledged, and its answer is stored by the service; so giving up waiting loses nothing.
"""

import asyncio
import zlib
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from winnow_contracts.event import Event
from winnow_contracts.topic import Topic

from winnow_common import logs
from winnow_common.log import Log, LogUnavailable, Message, Publisher, Record
from winnow_common.metrics import ASKED, WAITING

log = logs.get(__name__)


class NoReply(Exception):
    """No answer in time; the request goes on, and its answer can be asked for by its id."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer of a service: an HTTP status and the body's bytes."""

    status: int
    body: bytes
    replayed: bool
    records: int | None = None
    """Of a success that costs: how many scored records it is, where that is not what the request stands for."""


class Requests:
    """Made by `open_requests`."""

    def __init__(self, publisher: Publisher, *, reply_to: str) -> None:
        self._publisher = publisher
        self._address = reply_to.encode()
        self._waiting: defaultdict[bytes, deque[asyncio.Future[Reply]]] = defaultdict(deque)
        self.reply_to = reply_to
        """What a request's `reply_to` must be for the answer to come here."""

    async def ask(self, topic: Topic, event: Event, *, key: bytes, timeout: float) -> Reply:
        """Publish a request and wait for its reply, at most `timeout` seconds.

        Raises `NoReply`, or `LogUnavailable` where the log did not take the request.
        """
        name = str(event.id).encode()
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        waiting = self._waiting[name]
        waiting.append(future)
        WAITING.inc()
        end = "failed"
        try:
            async with asyncio.timeout(timeout):
                await self._publisher.publish(
                    [Message(topic=topic.name, key=key, value=event.data, headers=event.headers())],
                )
                reply = await future
            end = "answered"
            return reply
        except TimeoutError:
            end = "timeout"
            raise NoReply(f"no reply to {event.id} within {timeout} s") from None
        except LogUnavailable:
            end = "unavailable"
            raise
        finally:
            WAITING.dec()
            ASKED.labels(topic.name, end).inc()
            if future in waiting:
                waiting.remove(future)
            if not waiting:
                self._waiting.pop(name, None)

    def receive(self, record: Record) -> None:
        """Hand a reply to whoever waits for it; replies to others and late ones are passed over."""
        headers = dict(record.headers)
        if headers.get("ce_replyto") != self._address:
            return
        waiting = self._waiting.get(headers.get("ce_causationid", b""))
        if not waiting:
            return
        compressed = headers.get("ce_encoding") == b"deflate"
        reply = Reply(
            status=int(headers.get("ce_status", b"500")),
            body=zlib.decompress(record.value) if compressed else record.value,
            replayed=headers.get("ce_replayed") == b"true",
            records=int(headers["ce_records"]) if "ce_records" in headers else None,
        )
        while waiting:
            future = waiting.popleft()
            if not future.done():
                future.set_result(reply)
                return


@asynccontextmanager
async def open_requests(source: Log, *, replies: Topic, instance: str) -> AsyncIterator[Requests]:
    """Requests whose replies come to this instance; ready to ask on entry."""
    partition = zlib.crc32(instance.encode()) % replies.partitions
    async with (
        source.publisher() as publisher,
        source.tail(replies.name, partition=partition) as records,
    ):
        requests = Requests(publisher, reply_to=f"{partition}/{instance}")
        reader = asyncio.create_task(_receive(records, requests), name="replies")
        try:
            yield requests
        finally:
            reader.cancel()
            await asyncio.wait([reader])


async def _receive(records: AsyncIterator[Record], requests: Requests) -> None:
    async for record in records:
        try:
            requests.receive(record)
        except (ValueError, zlib.error) as error:
            log.warning("a reply could not be read", error=repr(error))
