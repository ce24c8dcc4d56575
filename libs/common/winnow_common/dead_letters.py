"""Dead letters: messages that can never be handled, put aside for the operator with the reason.

The message is sealed, since nobody knows what is in it, and belongs to its tenant, so that it can be erased. Replaying
publishes it again as it was; its id is the same, so what was handled meanwhile is not handled twice.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid5

import orjson

from winnow_common.log import Message, Publisher, Record
from winnow_common.postgres import Connection

_CONTEXT = "dead_letters"
_LONGEST_REASON = 500


class Seal(Protocol):
    """Encrypts small values; `winnow_common.sealed.SealedStore` does."""

    def seal(self, data: bytes, *, context: str) -> bytes:
        """The value, readable only by whoever holds the master key and names the same context."""

    def unseal(self, data: bytes, *, context: str) -> bytes:
        """The value again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """What the operator sees of a dead letter."""

    tenant_id: UUID
    dead_letter_id: UUID
    topic: str
    log_partition: int
    log_offset: int
    type: str | None
    reason: str
    failed_at: datetime
    replayed_at: datetime | None

    def as_json(self) -> dict[str, object]:
        """As a program reads it."""
        return asdict(self)


_NEWEST = """
SELECT tenant_id, dead_letter_id, topic, log_partition, log_offset, type, reason, failed_at, replayed_at
FROM dead_letters ORDER BY failed_at DESC LIMIT $1
"""

_ONE = """
SELECT tenant_id, dead_letter_id, topic, log_partition, log_offset, type, reason, failed_at, replayed_at, sealed
FROM dead_letters WHERE dead_letter_id = $1
"""


def place_id(record: Record) -> UUID:
    """An id for a record that may have none of its own: where it lies on the log."""
    return uuid5(UUID(int=0), f"{record.partition.topic}/{record.partition.number}/{record.offset}")


async def put_aside(
    connection: Connection,
    record: Record,
    *,
    tenant: UUID,
    type: str | None,
    reason: str,
    seal: Seal,
    now: datetime,
) -> None:
    """Write a dead letter; a redelivery of the same record changes nothing."""
    envelope = orjson.dumps(
        {
            "key": None if record.key is None else record.key.hex(),
            "value": record.value.hex(),
            "headers": [(name, value.hex()) for name, value in record.headers],
        },
    )
    await connection.execute(
        "INSERT INTO dead_letters (tenant_id, dead_letter_id, topic, log_partition, log_offset, type, reason, sealed,"
        " failed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        tenant,
        place_id(record),
        record.partition.topic,
        record.partition.number,
        record.offset,
        type,
        reason[:_LONGEST_REASON].replace("\0", ""),
        seal.seal(envelope, context=_CONTEXT),
        now,
    )


async def newest(connection: Connection, *, limit: int = 100) -> Sequence[DeadLetter]:
    """The latest dead letters, newest first."""
    rows = await connection.fetch(_NEWEST, limit)
    return [DeadLetter(**dict(row)) for row in rows]


async def show(connection: Connection, id: UUID, *, seal: Seal) -> tuple[DeadLetter, Message] | None:
    """A dead letter and the message that it holds."""
    row = await connection.fetchrow(_ONE, id)
    if row is None:
        return None
    fields = dict(row)
    envelope = orjson.loads(seal.unseal(fields.pop("sealed"), context=_CONTEXT))
    message = Message(
        topic=fields["topic"],
        key=None if envelope["key"] is None else bytes.fromhex(envelope["key"]),
        value=bytes.fromhex(envelope["value"]),
        headers=[(name, bytes.fromhex(value)) for name, value in envelope["headers"]],
    )
    return DeadLetter(**fields), message


async def replay(connection: Connection, id: UUID, *, publisher: Publisher, seal: Seal, now: datetime) -> bool:
    """Publish a dead letter again and note when; false where there is none of that id."""
    found = await show(connection, id, seal=seal)
    if found is None:
        return False
    await publisher.publish([found[1]])
    await connection.execute("UPDATE dead_letters SET replayed_at = $2 WHERE dead_letter_id = $1", id, now)
    return True
