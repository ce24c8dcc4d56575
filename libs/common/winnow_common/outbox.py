"""The outbox: facts are written in the transaction that made them true, and leave for the log by the relay.

Publishing right after the commit from several processes puts records behind newer ones (measured: 119 of 3,000); so
facts leave only through here. Order per key holds because ids are drawn after the lock on what the fact is about was
taken (the aggregate's row, or the inbox row of the message), and because the relay drains a shard in id order.

A row holds all facts of one transaction and shard, packed: two facts for each score as rows of their own cost more
than the score.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID
from zlib import crc32

import orjson
from winnow_contracts.event import headers

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
    for (topic, type, id, tenant, key, data, sequence), cause, traceparent in facts:
        if len(data) > MAXIMUM_BYTES:
            raise MessageTooLarge(f"{type.name} of {len(data)} bytes")
        packed = (topic.name, type.name, id, tenant, key, data.decode(), sequence, cause, traceparent)
        shards[crc32(message_key(tenant, key)) % SHARDS].append(packed)
    head = {"source": source, "time": now.astimezone(UTC)}
    rows = [
        (shard, len(part), orjson.dumps({**head, "facts": part}))
        for shard, packed in shards.items()
        for part in _parts(packed)
    ]
    return [Write(_WRITE, [list(column) for column in zip(*rows, strict=True)])] if rows else []


def _parts(facts: list[object]) -> Iterator[list[object]]:
    for start in range(0, len(facts), _FACTS_PER_ROW):
        yield facts[start : start + _FACTS_PER_ROW]


def message_key(tenant: UUID, subject: str) -> bytes:
    """What a message is ordered by: its tenant, and within it the subject if it has one."""
    return _key(_known_text(tenant), subject)


def _key(tenant: str, subject: str) -> bytes:
    return f"{tenant}/{subject}".encode() if subject else tenant.encode()


_known_text = lru_cache(maxsize=10_000)(str)
"""Of tenants, which are few and come again."""


def unpack(packed: bytes, *, row: int) -> Iterator[Message]:
    """The messages of an outbox row, in order.

    A fact whose aggregate has no version gets a number that grows with the rows instead.
    """
    content = orjson.loads(packed)
    source, time = content["source"], content["time"]
    for position, fact in enumerate(content["facts"], row * _FACTS_PER_ROW):
        topic, type, id, tenant, key, data, sequence, cause, traceparent = fact
        extensions = [("ce_tenant", tenant), ("ce_sequence", str(position if sequence is None else sequence))]
        if key:
            extensions.append(("ce_subject", key))
        if cause is not None:
            extensions.append(("ce_causationid", cause))
        if traceparent is not None:
            extensions.append(("traceparent", traceparent))
        envelope = headers(id=id, source=source, type=type, time=time, extensions=extensions)
        yield Message(topic, _key(tenant, key), data.encode(), envelope)


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
