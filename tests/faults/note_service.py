"""A service that takes notes, as a process of its own that can be made to die or to freeze at a named point.

Run as `python note_service.py '<Settings as JSON>'`. A note counts up its subject's tally and adds a row without any
constraint that would hide a second one: what keeps it single is the plumbing alone.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel
from winnow_common import lifecycle, logs
from winnow_common.clock import system_clock
from winnow_common.consumer import Consumer
from winnow_common.identifiers import event_id
from winnow_common.kafka import KafkaLog
from winnow_common.lifecycle import Background
from winnow_common.log import Message, Publisher
from winnow_common.outcome import Command, Fact, Outcome, Request
from winnow_common.postgres import Connection, open_pool
from winnow_common.relay import Relay
from winnow_common.settings import LogFormat, LogLevel
from winnow_contracts.topic import Kind, MessageType, Topic


class Note(BaseModel):
    """What to note; `spoiled` ones make the handler fail as a bug would."""

    subject: str
    spoiled: bool = False


NOTE = MessageType("notes.note", Note, Kind.COMMAND)
NOTED = MessageType("notes.noted", Note, Kind.FACT)


class Point(StrEnum):
    """Where a process can meet its fate."""

    INSIDE_STATEMENT = "between two messages of one statement"
    BEFORE_COMMIT = "before the commit"
    BEFORE_REPLY = "after the commit, before the reply"
    AFTER_REPLY = "after the reply, before the offsets are committed"
    BEFORE_RELAY = "with facts read, before they are sent"
    AFTER_RELAY = "after the broker has the facts, before they leave the outbox"


class Fate(BaseModel):
    """A signal that the process sends itself, once, when it comes to a point."""

    point: Point
    signal: signal.Signals


class Settings(BaseModel):
    """Where everything is."""

    kafka: str
    postgres: str
    requests: str
    facts: str
    replies: str
    group: str
    fate: Fate | None = None


@dataclass(slots=True)
class Destiny:
    """Fires a fate at its point."""

    fate: Fate | None

    def comes_to(self, point: Point) -> None:
        """Die or freeze here, if this is the point and the first time."""
        fate = self.fate
        if fate is not None and fate.point is point:
            self.fate = None
            os.kill(os.getpid(), fate.signal)


@dataclass(frozen=True, slots=True)
class FatefulPublisher:
    """Passes messages on; the process may meet its fate before or after that."""

    publisher: Publisher
    destiny: Destiny
    before: Point
    after: Point

    async def publish(self, messages: Sequence[Message]) -> None:
        self.destiny.comes_to(self.before)
        await self.publisher.publish(messages)
        self.destiny.comes_to(self.after)


@dataclass(frozen=True, slots=True)
class Notes:
    """The handler."""

    facts: Topic
    destiny: Destiny

    async def note(self, request: Request[Note], connection: Connection) -> Outcome:
        subject = request.data.subject
        number = await connection.fetchval(
            "INSERT INTO tally (tenant_id, subject, count) VALUES ($1, $2, 1)"
            " ON CONFLICT (tenant_id, subject) DO UPDATE SET count = tally.count + 1 RETURNING count",
            request.tenant,
            subject,
        )
        await connection.execute(
            "INSERT INTO note (tenant_id, request_id, subject, number) VALUES ($1, $2, $3, $4)",
            request.tenant,
            request.id,
            subject,
            number,
        )
        if request.data.spoiled:
            raise KeyError("nobody thought of this")
        await connection.prepare("SELECT 1")  # the server now waits for more of it, and does not call that idle
        self.destiny.comes_to(Point.INSIDE_STATEMENT)
        await connection.execute("SELECT 1")
        self.destiny.comes_to(Point.BEFORE_COMMIT)
        return Outcome.json({"subject": subject, "number": number}, status=201, facts=[self._fact(request, number)])

    def _fact(self, request: Request[Note], number: int) -> Fact:
        return Fact(
            topic=self.facts,
            type=NOTED,
            id=event_id(request.id, NOTED.name, request.data.subject),
            tenant=request.tenant,
            key=request.data.subject,
            data=request.data.model_dump_json().encode(),
            sequence=number,
        )


class OpenSeal:
    """Keeps dead letters as they are."""

    def seal(self, data: bytes, *, context: str) -> bytes:
        return data

    def unseal(self, data: bytes, *, context: str) -> bytes:
        return data


@asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[Background]:
    """The service, composed as real ones are."""
    destiny = Destiny(settings.fate)
    log = KafkaLog(settings.kafka, client="notes")
    async with (
        open_pool(settings.postgres, size=6, name="notes") as pool,
        log.publisher() as replies,
        log.publisher() as facts,
        Background() as background,
    ):
        relay = Relay(pool=pool, publisher=FatefulPublisher(facts, destiny, Point.BEFORE_RELAY, Point.AFTER_RELAY))
        consumer = Consumer(
            log=log,
            publisher=FatefulPublisher(replies, destiny, Point.BEFORE_REPLY, Point.AFTER_REPLY),
            pool=pool,
            topics=[_topic(settings.requests)],
            group=settings.group,
            source="winnow/notes",
            handlers=[Command(NOTE, Note, Notes(_topic(settings.facts), destiny).note)],
            replies=_topic(settings.replies),
            seal=OpenSeal(),
            clock=system_clock,
            relay=relay,
        )
        background.start("relay", relay.run, drain=relay.drain)
        background.start("consumer", consumer.run, drain=consumer.drain)
        yield background


def _topic(name: str) -> Topic:
    return Topic(name=name, key="subject", publishers=(), consumers=(), messages=())


if __name__ == "__main__":
    logs.configure(format=LogFormat.JSON, level=LogLevel.INFO, service="notes", instance=str(os.getpid()))
    sys.exit(asyncio.run(lifecycle.run(serve(Settings.model_validate_json(sys.argv[1])))))
