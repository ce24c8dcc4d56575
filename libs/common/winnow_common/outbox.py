"""The outbox: facts are written in the transaction that made them true, and leave for the log by the relay.

Publishing right after the commit from several processes puts records behind newer ones (measured: 119 of 3,000); so
facts leave only through here. Order per key holds because ids are drawn after the lock on what the fact is about was
taken (the aggregate's row, or the inbox row of the message), and because the relay drains a shard in id order.

A row holds all facts of one transaction and shard, packed: two facts for each score as rows of their own cost more
than the score.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID
from zlib import crc32

import orjson
from winnow_contracts.event import Event

from winnow_common.log import MAXIMUM_BYTES, Message, MessageTooLarge
from winnow_common.outcome import Fact
from winnow_common.postgres import Connection, Write, write_together

SHARDS = 4
"""Facts of one key are in one shard. Changing it needs an empty outbox."""

_FACTS_PER_ROW = 4096
"""Rows number their facts from `id * 4096` on."""

_WRITE = """
INSERT INTO outbox (shard, facts, packed)
SELECT shard, facts, packed
FROM unnest($1::smallint[], $2::smallint[], $3::bytea[]) WITH ORDINALITY AS row (shard, facts, packed, position)
ORDER BY position
"""


def writing(facts: Sequence[tuple[Fact, UUID | None, str | None]], *, source: str, now: datetime) -> list[Write]:
    """What writes facts, each with its cause and trace context, in this order, in the transaction that led to them.

    Raises `MessageTooLarge` for data that would not fit into a record.
    """
    shards: defaultdict[int, list[object]] = defaultdict(list)
    for fact, cause, traceparent in facts:
        if len(fact.data) > MAXIMUM_BYTES:
            raise MessageTooLarge(f"{fact.type.name} of {len(fact.data)} bytes")
        event = Event(
            id=fact.id,
            source=source,
            type=fact.type.name,
            time=now,
            data=fact.data,
            tenant=fact.tenant,
            subject=fact.key or None,
            causation_id=cause,
            sequence=fact.sequence,
            traceparent=traceparent,
        )
        key = message_key(fact.tenant, fact.key)
        packed = (fact.topic.name, key.decode(), event.attributes(), fact.sequence is None, fact.data.decode())
        shards[crc32(key) % SHARDS].append(packed)
    rows = [(shard, len(part), orjson.dumps(part)) for shard, packed in shards.items() for part in _parts(packed)]
    return [Write(_WRITE, [list(column) for column in zip(*rows, strict=True)])] if rows else []


def _parts(facts: list[object]) -> Iterator[list[object]]:
    for start in range(0, len(facts), _FACTS_PER_ROW):
        yield facts[start : start + _FACTS_PER_ROW]


def message_key(tenant: UUID, subject: str) -> bytes:
    """What a message is ordered by: its tenant, and within it the subject if it has one."""
    return f"{tenant}/{subject}".encode() if subject else str(tenant).encode()


def unpack(packed: bytes, *, row: int) -> Iterator[Message]:
    """The messages of an outbox row, in order.

    A fact whose aggregate has no version gets a number that grows with the rows instead.
    """
    for position, (topic, key, attributes, unnumbered, data) in enumerate(orjson.loads(packed)):
        headers = [(name, value.encode()) for name, value in attributes]
        if unnumbered:
            headers.append(("ce_sequence", b"%d" % (row * _FACTS_PER_ROW + position)))
        yield Message(topic, key.encode(), data.encode(), headers)


async def publish(
    connection: Connection,
    facts: Sequence[Fact],
    *,
    source: str,
    now: datetime,
    cause: UUID | None = None,
    traceparent: str | None = None,
) -> None:
    """Write facts that no message led to directly, such as those of an import."""
    caused = [(fact, cause, traceparent) for fact in facts]
    await write_together(connection, writing(caused, source=source, now=now))


async def backlog(connection: Connection) -> int:
    """How many facts wait."""
    return int(await connection.fetchval("SELECT coalesce(sum(facts), 0) FROM outbox"))
