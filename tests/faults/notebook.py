"""The note service seen from outside: its processes, its topics, its tables, and what callers were told."""

import os
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from winnow_common.kafka import KafkaLog, create_topics
from winnow_common.log import LogUnavailable, Message, Publisher
from winnow_common.outbox import message_key
from winnow_common.postgres import Pool
from winnow_contracts.event import Environment, Event
from winnow_contracts.topic import Topic
from winnow_local.processes import Command, Process
from winnow_local.server import holds

from .checker import Effect, Published, Told, check_answers, check_effects, check_facts, check_numbers, check_sequence
from .note_service import NOTE, Fate, Note, Settings
from .reading import Records, header, read_whole, reading

ACME = UUID(int=0xACE)
# A frozen relay keeps its shard until the server ends its transaction.
_RELAYED_WITHIN = 60.0

SERVICE = Path(__file__).with_name("note_service.py")
TABLES = """
CREATE TABLE tally (tenant_id uuid, subject text, count bigint NOT NULL, PRIMARY KEY (tenant_id, subject));
CREATE TABLE note (
    position bigint GENERATED ALWAYS AS IDENTITY, tenant_id uuid, request_id uuid, subject text, number bigint
);
"""


class Member(Process):
    """A process of the service."""

    @property
    def frozen(self) -> bool:
        """Whether it was stopped by a signal and has not been continued."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    @property
    def gone(self) -> bool:
        return self.exit_status is not None

    async def until_gone(self, *, within: float = 60) -> int | None:
        """Its exit status, once it has ended."""

        async def gone() -> bool:
            return self.gone

        await holds(gone, within=within)
        return self.exit_status

    async def until_frozen(self, *, within: float = 60) -> bool:
        """Whether it has frozen within so many seconds."""

        async def frozen() -> bool:
            return self.frozen

        return await holds(frozen, within=within)


@dataclass(slots=True)
class Notebook:
    """One deployment of the note service, with topics and a database of its own."""

    kafka: str
    postgres: str
    pool: Pool
    requests: Topic
    facts: Topic
    replies: Topic
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Pairs of operation and key, in the order in which they were published."""
    members: list[Member] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    """What its processes said so far."""

    @property
    def output(self) -> str:
        """The last of it, for a failure."""
        return "\n".join(self.lines[-60:])

    def settings(self, *, fate: Fate | None = None) -> Settings:
        """What a member is told."""
        return Settings(
            kafka=self.kafka,
            postgres=self.postgres,
            requests=self.requests.name,
            facts=self.facts.name,
            replies=self.replies.name,
            group=f"{self.requests.name}.notes",
            fate=fate,
        )

    def start(self, *, fate: Fate | None = None) -> Member:
        """Start a process of the service; it does not wait until it has joined."""
        settings = self.settings(fate=fate)
        command = Command(
            name=f"notes-{len(self.members)}", argv=(sys.executable, str(SERVICE), settings.model_dump_json())
        )
        member = Member(command, sink=self.lines.append)
        self.members.append(member)
        return member

    def ask(
        self,
        subject: str,
        *,
        spoiled: bool = False,
        tenant: UUID = ACME,
    ) -> Event:
        """A request for a note, not yet published."""
        return Event(
            id=uuid4(),
            source="winnow/gateway",
            type=NOTE.name,
            time=datetime.now(UTC),
            data=Note(subject=subject, spoiled=spoiled).model_dump_json().encode(),
            tenant=tenant,
            subject=subject,
            reply_to="0/test",
            environment=Environment.PRODUCTION,
        )

    async def publish(self, events: Sequence[Event]) -> None:
        """Put requests on the log, in this order, as often as it takes until they are acknowledged."""
        async with KafkaLog(self.kafka, client="test").publisher() as publisher:
            await self.publish_by(publisher, events)

    async def publish_by(self, publisher: Publisher, events: Sequence[Event]) -> None:
        """The same, by a publisher that is there already."""
        messages = [
            Message(
                self.requests.name, message_key(event.tenant or ACME, event.subject or ""), event.data, event.headers()
            )
            for event in events
        ]
        self.asked += [(str(event.id), key_of(event.tenant or ACME, event.subject or "")) for event in events]
        while True:
            try:
                return await publisher.publish(messages)
            except LogUnavailable:
                continue

    async def until_answered(self, *, within: float, replies: int = 0) -> list[Told]:
        """What callers were told, once each of them has an answer, and there are so many of them."""
        wanted = {operation for operation, _ in self.asked}

        def enough(found: Records) -> bool:
            return len(found) >= replies and wanted <= {header(record, "ce_causationid") for record in found}

        async with reading(self.kafka, self.replies.name) as found:
            records = await found.until(enough, within=within)
        assert enough(records), f"not everybody was answered within {within} s; the processes said:\n{self.output}"
        return told(records)

    async def effects(self) -> list[Effect]:
        """What is in the store."""
        rows = await self.pool.fetch("SELECT tenant_id, request_id, subject, number FROM note ORDER BY position")
        return [
            Effect(
                operation=str(row["request_id"]),
                key=key_of(row["tenant_id"], row["subject"]),
                number=row["number"],
            )
            for row in rows
        ]

    async def published(self) -> list[Published]:
        """What is on the topic of facts, once the outbox is empty."""

        async def empty() -> bool:
            return not await self.pool.fetchval("SELECT EXISTS (SELECT FROM outbox)")

        assert await holds(empty, within=_RELAYED_WITHIN), "facts stay in the outbox"
        return [
            Published(
                id=header(record, "ce_id"),
                operation=header(record, "ce_causationid"),
                key=key_of(UUID(header(record, "ce_tenant")), header(record, "ce_subject")),
                sequence=int(header(record, "ce_sequence")),
                content=record.value,
            )
            for record in await read_whole(self.kafka, self.facts.name)
        ]

    async def check(self, answers: Sequence[Told]) -> list[str]:
        """What does not agree between callers, store and log."""
        effects = await self.effects()
        published = await self.published()
        operations = [operation for operation, _ in self.asked]
        return [
            *check_answers(operations, answers),
            *check_effects(operations, answers, effects),
            *check_numbers(effects),
            *check_facts(effects, published, topic="facts"),
            *check_sequence(published, topic="facts"),
        ]

    async def end(self) -> None:
        """End every process that still runs, frozen ones too."""
        for member in self.members:
            if not member.gone:
                os.kill(member.pid, signal.SIGKILL)
                await member.until_gone()


def whose(event: Event) -> tuple[UUID, str]:
    """The tenant and subject of a request."""
    return event.tenant or ACME, event.subject or ""


def key_of(tenant: UUID, subject: str) -> str:
    """What effects and facts are ordered by."""
    return f"{tenant}/{subject}"


def told(replies: Records) -> list[Told]:
    """Replies as answers."""
    return [
        Told(
            operation=header(record, "ce_causationid"),
            status=int(header(record, "ce_status")),
            body=record.value or b"",
        )
        for record in replies
    ]


def delivered_again(answers: Sequence[Told]) -> int:
    """How many answers repeat an earlier one: so often a message was delivered that had been handled before."""
    return sum(count - 1 for count in Counter(answer.operation for answer in answers).values())


async def open_notebook(kafka: str, postgres: str, pool: Pool, *, prefix: str, partitions: int) -> Notebook:
    """Make the tables and topics of a deployment."""
    await pool.execute(TABLES)

    def topic(name: str) -> Topic:
        return Topic(
            name=f"{prefix}.{name}", key="subject", publishers=(), consumers=(), messages=(), partitions=partitions
        )

    notebook = Notebook(
        kafka=kafka,
        postgres=postgres,
        pool=pool,
        requests=topic("requests"),
        facts=topic("facts"),
        replies=topic("replies"),
    )
    await create_topics(kafka, [notebook.requests, notebook.facts, notebook.replies])
    return notebook
