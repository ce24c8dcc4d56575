"""The inbox: which messages have been handled, and what was answered, in the transaction that did the work.

A message is handled first and remembered last, in one transaction: whoever is second to remember the same id waits
for the first, is refused and rolls all of its work back (`AlreadyHandled`). So a redelivery, a zombie, a retry after
504 and an Idempotency-Key used twice are one mechanism, and no row is written twice.

An id derived from an Idempotency-Key contains the UTC day; it is looked up a day back as well, and stands for 24 hours.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from winnow_common.errors import Problem
from winnow_common.postgres import Connection, Write, is_duplicate, write_together

NOBODY = UUID(int=0)
"""Stands for the tenant of messages that have none, such as a sign-up."""

STORED_FOR = timedelta(hours=24)
KEPT_FOR = timedelta(days=14)
"""Longer than the log keeps messages, so that nothing delivered again is taken for new."""
_AHEAD = 7

_FIND = """
SELECT asked.position, stored.status, stored.reply, stored.fingerprint
FROM unnest($1::integer[], $2::uuid[], $3::date[], $4::uuid[], $5::timestamptz[])
    AS asked (position, tenant_id, day, message_id, handled_after)
CROSS JOIN LATERAL (
    SELECT status, reply, fingerprint, handled_at FROM inbox
    WHERE inbox.tenant_id = asked.tenant_id AND inbox.day = asked.day AND inbox.message_id = asked.message_id
    LIMIT 1
) AS stored
WHERE asked.handled_after IS NULL OR stored.handled_at > asked.handled_after
"""

_REMEMBER = """
INSERT INTO inbox (tenant_id, day, message_id, fingerprint, status, reply, handled_at)
SELECT tenant_id, day, message_id, fingerprint, status, reply, $7::timestamptz
FROM unnest($1::uuid[], $2::date[], $3::uuid[], $4::text[], $5::smallint[], $6::bytea[])
    AS handled (tenant_id, day, message_id, fingerprint, status, reply)
"""


class AlreadyHandled(Exception):
    """Somebody else has remembered one of these messages meanwhile; this transaction must be rolled back."""


class Identity(NamedTuple):
    """What a message is known by."""

    tenant: UUID
    day: date
    id: UUID
    previous_id: UUID | None = None
    """The id that the same Idempotency-Key had on the day before."""
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """The answer that an earlier message of the same id got; `body` is None where it showed a secret, or was a fact."""

    status: int | None
    body: bytes | None
    fingerprint: str | None

    def check(self, fingerprint: str | None) -> None:
        """Raise a 422 `Problem` where the same key came with another payload."""
        if fingerprint is not None and self.fingerprint is not None and fingerprint != self.fingerprint:
            raise Problem(
                422,
                "idempotency_key_reused",
                "This Idempotency-Key was used with another payload within the last 24 hours."
                " Use a new key for a new request.",
            )


class Handled(NamedTuple):
    """A message that was handled, and what is to be said when it comes again."""

    identity: Identity
    status: int | None
    body: bytes | None


def day_of(moment: datetime) -> date:
    """The UTC day of a message."""
    return moment.astimezone(UTC).date()


async def find(connection: Connection, identities: Sequence[Identity], *, now: datetime) -> Mapping[int, Stored]:
    """What is stored for these messages, by their position in the sequence.

    What was handled under the message's own id stays handled, however late it comes again; what was handled under its
    key on the day before stands for 24 hours.
    """
    asked: list[tuple[int, UUID, date, UUID, datetime | None]] = [
        (position, item.tenant, item.day, item.id, None) for position, item in enumerate(identities)
    ]
    asked += [
        (position, item.tenant, item.day - timedelta(days=1), item.previous_id, now - STORED_FOR)
        for position, item in enumerate(identities)
        if item.previous_id is not None
    ]
    if not asked:
        return {}
    rows = await connection.fetch(_FIND, *map(list, zip(*asked, strict=True)))
    return {row["position"]: Stored(row["status"], row["reply"], row["fingerprint"]) for row in rows}


def remembering(handled: Sequence[Handled], *, now: datetime) -> list[Write]:
    """What writes down that these were handled, with their answers, in the transaction that did it.

    It has to be carried out under `noticing`.
    """
    if not handled:
        return []
    columns = (
        [item.identity.tenant for item in handled],
        [item.identity.day for item in handled],
        [item.identity.id for item in handled],
        [item.identity.fingerprint for item in handled],
        [item.status for item in handled],
        [item.body for item in handled],
    )
    return [Write(_REMEMBER, (*columns, now))]


@contextmanager
def noticing() -> Iterator[None]:
    """Raises `AlreadyHandled` where another transaction was first to remember one of the messages."""
    try:
        yield
    except Exception as error:
        if is_duplicate(error, table="inbox"):
            raise AlreadyHandled from error
        raise


async def remember(connection: Connection, handled: Sequence[Handled], *, now: datetime) -> None:
    """Write down that these were handled; raises `AlreadyHandled`, and the transaction has to be rolled back."""
    with noticing():
        await write_together(connection, remembering(handled, now=now))


async def answer_of(connection: Connection, *, tenant: UUID, id: UUID, now: datetime) -> Stored | None:
    """The stored answer of a request of the last 24 hours, for a caller that did not see it."""
    today = day_of(now)
    row = await connection.fetchrow(
        "SELECT status, reply, fingerprint FROM inbox"
        " WHERE tenant_id = $1 AND day = ANY ($2::date[]) AND message_id = $3 AND handled_at > $4"
        " AND status IS NOT NULL",
        tenant,
        [today - timedelta(days=1), today, today + timedelta(days=1)],
        id,
        now - STORED_FOR,
    )
    return None if row is None else Stored(row["status"], row["reply"], row["fingerprint"])


async def keep_partitions(connection: Connection, *, now: datetime) -> None:
    """Make the partitions of the coming days and drop those that nobody needs; safe to run from several processes."""
    today = day_of(now)
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('winnow.inbox.partitions', 0))")
        existing = {
            row["name"]
            for row in await connection.fetch(
                "SELECT child.relname AS name FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid"
                " WHERE inhparent = 'inbox'::regclass",
            )
        }
        for offset in range(-1, _AHEAD + 1):
            day = today + timedelta(days=offset)
            if (name := f"inbox_{day:%Y%m%d}") not in existing and not await _strays(connection, day):
                await connection.execute(
                    f"CREATE TABLE {name} PARTITION OF inbox"
                    f" FOR VALUES FROM ('{day.isoformat()}') TO ('{(day + timedelta(days=1)).isoformat()}')",
                )
        oldest = f"inbox_{today - KEPT_FOR:%Y%m%d}"
        for name in existing:
            if name != "inbox_default" and name < oldest:
                await connection.execute(f"DROP TABLE {name}")
        await connection.execute("DELETE FROM inbox_default WHERE day < $1", today - KEPT_FOR)


async def _strays(connection: Connection, day: date) -> bool:
    """Whether rows of that day are in the default partition already, where they then stay."""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM inbox_default WHERE day = $1)", day))
