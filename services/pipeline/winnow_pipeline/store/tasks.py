"""Work that waits for a worker: leased by one at a time, given back, or done; tenants take turns.

A lease names its holder and runs out unless it is extended, so work of a worker that was killed goes on elsewhere.
Every change that a step makes is conditional on its lease (`done`, in the step's transaction): whoever lost it changes
nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from winnow_common.postgres import Connection, Pool, Queryable

MOST_IN_SCORING: Final = 4
"""Chunks of one tenant that scoring has in hand: enough to keep it busy, few enough for others to be heard."""

_ADD = """
INSERT INTO task (tenant_id, batch_id, kind, number, due_at) SELECT $1, $2, $3, number, $5
FROM unnest($4::integer[]) AS number
ON CONFLICT DO NOTHING
"""

# The tenant that was served longest ago comes first, and of its work what is nearest to its end.
_LEASE = """
WITH next AS (
    SELECT task.tenant_id, task.batch_id, task.kind, task.number
    FROM task LEFT JOIN task_turn AS turn ON turn.tenant_id = task.tenant_id
    WHERE task.kind = ANY ($4::text[]) AND task.due_at <= $2
        AND (task.leased_until IS NULL OR task.leased_until < $2)
        AND (task.kind <> 'score' OR $5 > (
            SELECT count(*) FROM chunk WHERE chunk.tenant_id = task.tenant_id AND chunk.phase = 'scoring'
        ))
        AND (task.kind NOT IN ('dedup', 'dedup_large') OR NOT EXISTS (
            SELECT FROM dedup_turn AS other WHERE other.tenant_id = task.tenant_id
                AND (other.batch_id <> task.batch_id OR other.number <> task.number)
        ))
    ORDER BY turn.served_at NULLS FIRST, array_position($4::text[], task.kind), task.batch_id, task.number
    LIMIT 1 FOR UPDATE OF task SKIP LOCKED
), turn AS (
    INSERT INTO task_turn (tenant_id, served_at) SELECT tenant_id, $2 FROM next
    ON CONFLICT (tenant_id) DO UPDATE SET served_at = $2
)
UPDATE task AS leased SET lease_holder = $1, leased_until = $3, attempts = leased.attempts + 1
FROM next WHERE leased.tenant_id = next.tenant_id AND leased.batch_id = next.batch_id AND leased.kind = next.kind
    AND leased.number = next.number
RETURNING leased.tenant_id, leased.batch_id, leased.kind, leased.number, leased.attempts
"""

_EXTEND = """
UPDATE task SET leased_until = $6
WHERE tenant_id = $1 AND batch_id = $2 AND kind = $3 AND number = $4 AND lease_holder = $5
RETURNING true
"""

_RELEASE = """
UPDATE task SET lease_holder = NULL, leased_until = NULL, due_at = $6,
    attempts = CASE WHEN $7 THEN attempts ELSE 0 END
WHERE tenant_id = $1 AND batch_id = $2 AND kind = $3 AND number = $4 AND lease_holder = $5
RETURNING true
"""

_DONE = """
DELETE FROM task WHERE tenant_id = $1 AND batch_id = $2 AND kind = $3 AND number = $4 AND lease_holder = $5
RETURNING true
"""


class Kind(StrEnum):
    """What is to be done."""

    INGEST = "ingest"
    PREPARE = "prepare"
    DEDUP = "dedup"
    DEDUP_LARGE = "dedup_large"
    SCORE = "score"
    FINISH = "finish"
    CLOSE = "close"
    RENDER = "render"
    REWORK = "rework"


class LeaseLost(Exception):
    """Somebody else has this work now, or it is wanted no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Work in the hands of its holder. `number` is the chunk's, or 0 where it is about the whole batch."""

    tenant: UUID
    batch: UUID
    kind: Kind
    number: int
    attempts: int
    """This one included."""
    holder: str


async def add(
    connection: Connection, *, tenant: UUID, batch: UUID, kind: Kind, now: datetime, numbers: Sequence[int] = (0,)
) -> None:
    """Work that may begin now; what waits already is left as it is."""
    await connection.execute(_ADD, tenant, batch, kind, list(numbers), now)


async def lease(pool: Pool, *, holder: str, kinds: Sequence[Kind], now: datetime, until: datetime) -> Task | None:
    """The next work of these kinds, which are in order of preference; None where there is none."""
    row = await pool.fetchrow(_LEASE, holder, now, until, list(kinds), MOST_IN_SCORING)
    if row is None:
        return None
    return Task(
        tenant=UUID(bytes=row["tenant_id"].bytes),  # the driver's own class of UUIDs cannot be written as JSON
        batch=UUID(bytes=row["batch_id"].bytes),
        kind=Kind(row["kind"]),
        number=row["number"],
        attempts=row["attempts"],
        holder=holder,
    )


async def extend(pool: Pool, task: Task, *, until: datetime) -> bool:
    """Keep the lease; whether it was still held."""
    return await pool.fetchval(_EXTEND, *_key(task), until) is not None


async def hold(connection: Connection, task: Task, *, until: datetime) -> None:
    """Keep the lease, in the transaction of a step that is one of many. Raises `LeaseLost`."""
    if await connection.fetchval(_EXTEND, *_key(task), until) is None:
        raise LeaseLost


async def release(connection: Queryable, task: Task, *, due: datetime, failed: bool) -> None:
    """Give it back to be gone on with from `due`; an attempt that did not fail does not count. Raises `LeaseLost`."""
    if await connection.fetchval(_RELEASE, *_key(task), due, failed) is None:
        raise LeaseLost


async def done(connection: Connection, task: Task) -> None:
    """Take it away, in the transaction that did it. Raises `LeaseLost`, and nothing of that transaction may stand."""
    if await connection.fetchval(_DONE, *_key(task)) is None:
        raise LeaseLost


async def forget_all(connection: Connection, *, tenant: UUID, batch: UUID) -> None:
    """Take away what waits of a batch, and its turn; whoever has any of it in hand loses the lease."""
    await connection.execute("DELETE FROM task WHERE tenant_id = $1 AND batch_id = $2", tenant, batch)
    await end_dedup_turn(connection, tenant=tenant, batch=batch)


async def remove(connection: Connection, *, tenant: UUID, batch: UUID, kind: Kind, number: int) -> None:
    """Take away one that was done by somebody else than its holder, such as an answer that arrived."""
    await connection.execute(
        "DELETE FROM task WHERE tenant_id = $1 AND batch_id = $2 AND kind = $3 AND number = $4",
        tenant,
        batch,
        kind,
        number,
    )


async def take_dedup_turn(pool: Pool, task: Task, *, now: datetime) -> bool:
    """Whether the task is now the one of its tenant that joins leads."""
    await pool.execute(
        "INSERT INTO dedup_turn (tenant_id, batch_id, number, since) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        task.tenant,
        task.batch,
        task.number,
        now,
    )
    holder = await pool.fetchrow("SELECT batch_id, number FROM dedup_turn WHERE tenant_id = $1", task.tenant)
    return holder is not None and tuple(holder) == (task.batch, task.number)


async def end_dedup_turn(connection: Connection, *, tenant: UUID, batch: UUID) -> None:
    """Let the tenant's next batch, or chunk of rework, have its turn."""
    await connection.execute("DELETE FROM dedup_turn WHERE tenant_id = $1 AND batch_id = $2", tenant, batch)


def _key(task: Task) -> tuple[UUID, UUID, str, int, str]:
    return task.tenant, task.batch, task.kind, task.number, task.holder
