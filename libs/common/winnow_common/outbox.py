"""The outbox: facts are written in the transaction that made them true, and leave for the log by the relay.

Publishing right after the commit from several processes puts records behind newer ones (measured: 119 of 3,000); so facts
leave only through here. Order per key holds because ids are drawn after the lock on what the fact is about was taken (the
aggregate's row, or the inbox row of the message), and because the relay drains a shard in id order.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zlib import crc32

import orjson
from winnow_contracts.event import Event

from winnow_common.log import MAXIMUM_BYTES, MessageTooLarge
from winnow_common.outcome import Fact
from winnow_common.postgres import Connection

SHARDS = 4
"""Facts of one key are in one shard. Changing it needs an empty outbox."""

_WRITE = """
INSERT INTO outbox (shard, topic, key, envelope, data)
SELECT shard, topic, key, envelope, data
FROM unnest($1::smallint[], $2::text[], $3::bytea[], $4::bytea[], $5::bytea[]) WITH ORDINALITY
    AS fact (shard, topic, key, envelope, data, position)
ORDER BY position
"""


async def write(
    connection: Connection,
    facts: Sequence[tuple[Fact, UUID | None, str | None]],
    *,
    source: str,
    now: datetime,
) -> None:
    """Write facts, each with its cause and trace context, in this order, in the transaction that is open.

    Raises `MessageTooLarge` for data that would not fit into a record.
    """
    if not facts:
        return
    shards, topics, keys, envelopes, bodies = [], [], [], [], []
    moment = now.isoformat()
    for fact, cause, traceparent in facts:
        if len(fact.data) > MAXIMUM_BYTES:
            raise MessageTooLarge(f"{fact.type.name} of {len(fact.data)} bytes")
        key = message_key(fact.tenant, fact.key)
        shards.append(crc32(key) % SHARDS)
        topics.append(fact.topic.name)
        keys.append(key)
        envelopes.append(orjson.dumps(_envelope(fact, cause, traceparent, source=source, moment=moment)))
        bodies.append(fact.data)
    await connection.execute(_WRITE, shards, topics, keys, envelopes, bodies)


def message_key(tenant: UUID, subject: str) -> bytes:
    """What a message is ordered by: its tenant, and within it the subject if it has one."""
    return f"{tenant}/{subject}".encode() if subject else str(tenant).encode()


def _envelope(
    fact: Fact,
    cause: UUID | None,
    traceparent: str | None,
    *,
    source: str,
    moment: str,
) -> dict[str, object]:
    return {
        "id": fact.id,
        "source": source,
        "type": fact.type.name,
        "time": moment,
        "tenant": fact.tenant,
        "subject": fact.key or None,
        "causation_id": cause,
        "sequence": fact.sequence,
        "traceparent": traceparent,
    }


def event_of(envelope: bytes, data: bytes, *, number: int) -> Event:
    """The event of an outbox row; `number` is the row's id, which stands in where the aggregate has no version."""
    fields = orjson.loads(envelope)
    cause, sequence = fields["causation_id"], fields["sequence"]
    return Event(
        id=UUID(fields["id"]),
        source=fields["source"],
        type=fields["type"],
        time=datetime.fromisoformat(fields["time"]),
        data=data,
        tenant=UUID(fields["tenant"]),
        subject=fields["subject"],
        causation_id=None if cause is None else UUID(cause),
        sequence=number if sequence is None else sequence,
        traceparent=fields["traceparent"],
    )


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
    await write(connection, [(fact, cause, traceparent) for fact in facts], source=source, now=now)


async def backlog(connection: Connection, *, enough: int) -> int:
    """How many facts wait, counted no further than `enough`."""
    return int(await connection.fetchval("SELECT count(*) FROM (SELECT FROM outbox LIMIT $1) AS waiting", enough))
