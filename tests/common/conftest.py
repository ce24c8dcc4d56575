"""A small service to test the plumbing with: it takes notes, and misbehaves as it is told to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import winnow_common
from pydantic import BaseModel
from winnow_common import inbox
from winnow_common.consumer import Consumer
from winnow_common.errors import PermanentError, Problem, TemporaryError
from winnow_common.identifiers import event_id
from winnow_common.log import Log, Message, Publisher, Record
from winnow_common.memory_log import MemoryLog
from winnow_common.outbox import message_key
from winnow_common.outcome import AnyHandler, BatchCommand, Command, Fact, FactHandler, Outcome, Outcomes, Read, Request
from winnow_common.postgres import Connection, Pool, Write, migrate, open_pool
from winnow_common.quarantine import Quarantine
from winnow_contracts.event import Environment, Event
from winnow_contracts.topic import Kind, MessageType, Topic

MIGRATIONS = Path(winnow_common.__file__).parent / "migrations"
ACME = UUID(int=0xACE)


class Note(BaseModel):
    """What to note, and how to behave about it."""

    subject: str
    behaviour: str = "ok"


NOTE = MessageType("notes.note", Note, Kind.COMMAND)
NOTE_TOGETHER = MessageType("notes.note_together", Note, Kind.COMMAND)
COUNT = MessageType("notes.count", Note, Kind.READ)
HEARD = MessageType("rumours.heard", Note, Kind.FACT)
NOTED = MessageType("notes.noted", Note, Kind.FACT)


@dataclass(slots=True)
class Clock:
    """A clock that a test moves."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class OpenSeal:
    """Stands in for the store's seal where encryption is not what is tested."""

    def seal(self, data: bytes, *, context: str) -> bytes:
        return context.encode() + b"|" + data[::-1]

    def unseal(self, data: bytes, *, context: str) -> bytes:
        return data.removeprefix(context.encode() + b"|")[::-1]


class Notes:
    """The handlers. `calls` counts how often each subject was tried."""

    def __init__(self, facts: Topic) -> None:
        self.facts = facts
        self.calls: list[str] = []
        self.temporary_until: int = 1

    async def note(self, request: Request[Note], connection: Connection) -> Outcome:
        subject, behaviour = request.data.subject, request.data.behaviour
        self.calls.append(subject)
        await self._write(connection, [request])
        if behaviour == "refuse":
            raise Problem(404, "unknown_subject", "There is no such subject.")
        if behaviour == "overloaded":
            raise Problem(503, "overloaded", "Try again.")
        if behaviour == "permanent":
            raise PermanentError("this can never be noted")
        if behaviour == "bug":
            raise KeyError("nobody thought of this")
        if behaviour == "temporary" and self.calls.count(subject) <= self.temporary_until:
            raise TemporaryError("the ink is dry", delay=0.05)
        return Outcome.json({"noted": subject}, status=201, facts=[self._noted(request)])

    async def note_together(self, requests: Sequence[Request[Note]], connection: Connection) -> Outcomes:
        self.calls += [request.data.subject for request in requests]
        if any(request.data.behaviour == "bug" for request in requests):
            raise KeyError("nobody thought of this")
        for subject in [each.data.subject for each in requests if each.data.behaviour == "temporary"]:
            if self.calls.count(subject) <= self.temporary_until:
                raise TemporaryError("the ink is dry", delay=0.05)
        return Outcomes(
            [Outcome.json({"noted": request.data.subject}, facts=[self._noted(request)]) for request in requests],
            [
                Write(
                    "INSERT INTO note (tenant_id, request_id, subject) SELECT * FROM unnest($1::uuid[], $2::uuid[],"
                    " $3::text[])",
                    (
                        [request.tenant for request in requests],
                        [request.id for request in requests],
                        [request.data.subject for request in requests],
                    ),
                )
            ],
        )

    async def count(self, request: Request[Note], connection: Connection) -> Outcome:
        self.calls.append(request.data.subject)
        if request.data.behaviour == "refuse":
            raise Problem(404, "unknown_subject", "There is no such subject.")
        count = await connection.fetchval("SELECT count(*) FROM note WHERE tenant_id = $1", request.tenant)
        return Outcome.json({"count": count})

    async def heard(self, request: Request[Note], connection: Connection) -> Outcome:
        self.calls.append(request.data.subject)
        if request.data.behaviour == "permanent":
            raise PermanentError("this rumour can never be noted")
        await self._write(connection, [request])
        return Outcome()

    def all(self) -> list[AnyHandler]:
        return [
            Command(NOTE, Note, self.note),
            BatchCommand(NOTE_TOGETHER, Note, self.note_together),
            Read(COUNT, Note, self.count),
            FactHandler(HEARD, Note, self.heard),
        ]

    def _noted(self, request: Request[Note]) -> Fact:
        return Fact(
            topic=self.facts,
            type=NOTED,
            id=event_id(request.id, NOTED.name, request.data.subject),
            tenant=request.tenant,
            key=request.data.subject,
            data=Note(subject=request.data.subject).model_dump_json().encode(),
        )

    async def _write(self, connection: Connection, requests: Sequence[Request[Note]]) -> None:
        await connection.executemany(
            "INSERT INTO note (tenant_id, request_id, subject) VALUES ($1, $2, $3)",
            [(request.tenant, request.id, request.data.subject) for request in requests],
        )


@dataclass(slots=True)
class House:
    """The service, its log and its database, and what a caller sees of them."""

    log: Log
    pool: Pool
    clock: Clock
    requests: Topic
    facts: Topic
    replies: Topic
    notes: Notes
    seal: OpenSeal = field(default_factory=OpenSeal)

    def ask(
        self,
        subject: str,
        *,
        type: MessageType = NOTE,
        behaviour: str = "ok",
        tenant: UUID = ACME,
        reply_to: str | None = "0/test",
        **attributes: Any,
    ) -> Event:
        """A message that the service takes."""
        fields: dict[str, Any] = {
            "id": uuid4(),
            "source": "winnow/gateway",
            "type": type.name,
            "time": self.clock(),
            "data": Note(subject=subject, behaviour=behaviour).model_dump_json().encode(),
            "tenant": tenant,
            "subject": subject,
            "reply_to": reply_to,
            "environment": Environment.PRODUCTION,
        }
        return Event(**fields | attributes)

    def message(self, event: Event) -> Message:
        key = message_key(event.tenant or UUID(int=0), event.subject or "")
        return Message(self.requests.name, key, event.data, event.headers())

    async def publish(self, *events: Event) -> None:
        async with self.log.publisher() as publisher:
            await publisher.publish([self.message(event) for event in events])

    def consumer(self, publisher: Publisher, **changes: Any) -> Consumer:
        arguments: dict[str, Any] = {
            "log": self.log,
            "publisher": publisher,
            "pool": self.pool,
            "topics": [self.requests],
            "group": "notes",
            "source": "winnow/notes",
            "handlers": self.notes.all(),
            "replies": self.replies,
            "seal": self.seal,
            "clock": self.clock,
            "quarantine": Quarantine(),
        }
        return Consumer(**arguments | changes)

    @asynccontextmanager
    async def running(self, publisher: Publisher | None = None, **changes: Any) -> AsyncIterator[Consumer]:
        async with self.log.publisher() as own:
            consumer = self.consumer(publisher or own, **changes)
            task = asyncio.create_task(consumer.run())
            try:
                yield consumer
            finally:
                async with asyncio.timeout(30):
                    await consumer.drain()
                    await task

    async def answers(self, *events: Event, replies_before: int = 0) -> list[Record]:
        """Run the service until these were answered; their replies in the order asked."""
        await self.publish(*events)
        async with self.running():
            return await self.replies_to(*events)

    async def replies_to(self, *events: Event, count: int | None = None) -> list[Record]:
        """The last replies that name these events, once there are so many replies to them."""
        wanted = {str(event.id).encode() for event in events}
        assert isinstance(self.log, MemoryLog)
        async with asyncio.timeout(20):
            while True:
                found = [
                    record
                    for record in self.log.records(self.replies.name)
                    if dict(record.headers)["ce_causationid"] in wanted
                ]
                if len(found) >= (len(events) if count is None else count):
                    break
                await self.log.changed(0.1)
        by_cause = {dict(record.headers)["ce_causationid"]: record for record in found}
        return [by_cause[str(event.id).encode()] for event in events]

    async def noted(self) -> list[str]:
        """Subjects in the database, in the order they were written."""
        return [row["subject"] for row in await self.pool.fetch("SELECT subject FROM note ORDER BY number")]


@pytest.fixture(scope="session")
def messages_template(databases: Any) -> str:
    """A database with the plumbing's tables, to be copied for each test."""
    url: str = databases.create()
    migrate(url, MIGRATIONS)
    return url.rpartition("/")[2]


@pytest.fixture
def messages_url(databases: Any, messages_template: str) -> Iterator[str]:
    """The URL of a database with the plumbing's tables."""
    url = databases.create(template=messages_template)
    yield url
    databases.drop(url)


@pytest.fixture
async def pool(messages_url: str) -> AsyncIterator[Pool]:
    async with open_pool(messages_url, size=8, name="test") as pool:
        async with pool.acquire() as connection:
            await connection.execute(
                "CREATE TABLE note (number bigint GENERATED ALWAYS AS IDENTITY, tenant_id uuid, request_id uuid,"
                " subject text, PRIMARY KEY (tenant_id, request_id))"
            )
            await inbox.keep_partitions(connection, now=datetime.now(UTC))
        yield pool


@pytest.fixture
def house(pool: Pool) -> House:
    """The service on the log in memory and a real database."""
    return make_house(MemoryLog(partitions=12), pool, suffix="")


async def until(condition: Callable[[], Awaitable[object]], *, seconds: float = 20) -> None:
    """Return when the condition holds; fail when it does not in time."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


def make_house(log: Log, pool: Pool, *, suffix: str) -> House:
    facts = Topic(name=f"facts{suffix}", key="subject", publishers=("notes",), consumers=(), messages=())
    return House(
        log=log,
        pool=pool,
        clock=Clock(),
        requests=Topic(name=f"requests{suffix}", key="subject", publishers=(), consumers=("notes",), messages=()),
        facts=facts,
        replies=Topic(name=f"replies{suffix}", key="partition", publishers=(), consumers=(), messages=()),
        notes=Notes(facts),
    )
