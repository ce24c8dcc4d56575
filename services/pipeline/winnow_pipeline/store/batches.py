"""Batches: what is asked, how far they are, and what came of them, summed over their chunks."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson
from winnow_common.postgres import Connection, Queryable, Record
from winnow_contracts.batches import ProcessingOptions
from winnow_contracts.bulk import BatchPlan
from winnow_contracts.sealed import SealedText

_ADD = """
INSERT INTO batch (
    tenant_id, batch_id, request_id, upload_id, options, livemode, status, stage, credits_left, created_at
)
VALUES ($1, $2, $3, $4, $5, $6, 'queued', 'prepare', $7, $8) ON CONFLICT DO NOTHING
"""

_COLUMNS = """
batch.batch_id, batch.request_id, batch.upload_id, batch.options, batch.livemode, batch.status, batch.stage,
batch.plan, batch.detected, batch.match_model, batch.checkpoint, batch.ingested, batch.rows, batch.cancelled_at,
batch.failure_code, batch.failure_detail, batch.created_at, batch.started_at, batch.finished_at, upload.name
"""

_FIND = f"""
SELECT {_COLUMNS} FROM batch JOIN upload USING (tenant_id, upload_id)
WHERE batch.tenant_id = $1 AND batch.batch_id = $2
"""  # noqa: S608

_LIST = f"""
SELECT {_COLUMNS} FROM batch JOIN upload USING (tenant_id, upload_id)
WHERE batch.tenant_id = $1 AND batch.batch_id < $2 ORDER BY batch.batch_id DESC LIMIT $3
"""  # noqa: S608

_TALLY = """
SELECT batch_id, phase, rework, sum(rows) AS rows, sum(qualified) AS qualified, sum(rejected) AS rejected,
    sum(duplicate) AS duplicate, sum(failed) AS failed, sum(credits) AS credits, sum(lookups) AS lookups,
    sum(lookup_hits) AS lookup_hits, sum(multi_source) AS multi_source, sum(confidence) AS confidence
FROM chunk WHERE tenant_id = $1 AND batch_id = ANY ($2::uuid[]) GROUP BY batch_id, phase, rework
"""

_INGESTED = """
UPDATE batch SET checkpoint = $3, bytes_read = $4, rows = rows + $5, ingested = $6, detected = coalesce($7, detected),
    status = CASE WHEN status = 'queued' THEN 'running' ELSE status END, started_at = coalesce(started_at, $8)
WHERE tenant_id = $1 AND batch_id = $2
"""

_CANCEL = """
UPDATE batch SET status = 'cancelled', cancelled_at = $3
WHERE tenant_id = $1 AND batch_id = $2 AND status IN ('queued', 'running') RETURNING true
"""

_FAIL = """
UPDATE batch SET status = 'failed', stage = 'close', failure_code = $3, failure_detail = $4
WHERE tenant_id = $1 AND batch_id = $2 AND status IN ('queued', 'running') RETURNING true
"""

_FINISH = """
UPDATE batch SET status = CASE WHEN status = 'running' THEN 'completed' ELSE status END, stage = 'over',
    finished_at = $3
WHERE tenant_id = $1 AND batch_id = $2
RETURNING status
"""

_REOPEN = """
UPDATE batch SET status = 'running', stage = 'score', finished_at = NULL, cancelled_at = NULL, credits_left = $3
WHERE tenant_id = $1 AND batch_id = $2
"""

_NEWEST: Final = UUID(int=2**128 - 1)

_PREPARED: Final = frozenset({"prepared", "matched", "scoring", "done"})
_MATCHED: Final = frozenset({"matched", "scoring", "done"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBatch:
    """A batch that is to be begun."""

    tenant: UUID
    batch_id: UUID
    request_id: UUID
    upload_id: UUID
    options: ProcessingOptions
    livemode: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch as it stands."""

    batch_id: UUID
    request_id: UUID
    upload_id: UUID
    name: SealedText
    options: ProcessingOptions
    livemode: bool
    status: str
    stage: str
    plan: BatchPlan | None
    detected: bytes | None
    """Sealed."""
    match_model: str | None
    """By which rows were compared, as JSON; None for the shipped one."""
    checkpoint: str | None
    ingested: bool
    rows: int
    cancelled_at: datetime | None
    failure_code: str | None
    failure_detail: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.stage == "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What came of a batch's rows so far."""

    prepared: int = 0
    matched: int = 0
    done: int = 0
    qualified: int = 0
    rejected: int = 0
    duplicate: int = 0
    failed: int = 0
    credits: int = 0
    lookups: int = 0
    lookup_hits: int = 0
    multi_source: int = 0
    confidence: float = 0.0
    """Sum of `dedup_confidence` of the qualified."""


async def add(connection: Connection, new: NewBatch) -> None:
    """Begin a batch."""
    await connection.execute(
        _ADD,
        new.tenant,
        new.batch_id,
        new.request_id,
        new.upload_id,
        new.options.model_dump_json(exclude_unset=True),
        new.livemode,
        new.options.max_credits,
        new.created_at,
    )


async def find(connection: Queryable, *, tenant: UUID, batch_id: UUID) -> Batch | None:
    """A batch of the tenant."""
    row = await connection.fetchrow(_FIND, tenant, batch_id)
    return None if row is None else _read(row)


async def before(connection: Connection, *, tenant: UUID, batch_id: UUID | None, limit: int) -> list[Batch]:
    """Batches older than one, newest first; the newest of all where none is named."""
    return [_read(row) for row in await connection.fetch(_LIST, tenant, batch_id or _NEWEST, limit)]


async def lock(connection: Connection, *, tenant: UUID, batch_id: UUID) -> str | None:
    """Hold the batch's row until the end of the transaction; its status, None where it is gone."""
    status: str | None = await connection.fetchval(
        "SELECT status FROM batch WHERE tenant_id = $1 AND batch_id = $2 FOR UPDATE", tenant, batch_id
    )
    return status


async def tallies(connection: Connection, *, tenant: UUID, batch_ids: list[UUID]) -> dict[UUID, Tally]:
    """What came of the rows of each."""
    sums: dict[UUID, Counter[str]] = {batch_id: Counter() for batch_id in batch_ids}
    for row in await connection.fetch(_TALLY, tenant, batch_ids):
        found = sums[row["batch_id"]]
        if not row["rework"]:
            found["prepared"] += row["rows"] if row["phase"] in _PREPARED else 0
            found["matched"] += row["rows"] if row["phase"] in _MATCHED else 0
            found["done"] += row["rows"] if row["phase"] == "done" else 0
        for name in ("qualified", "rejected", "duplicate", "failed", "credits"):
            found[name] += row[name]
        for name in ("lookups", "lookup_hits", "multi_source", "confidence"):
            found[name] += row[name]
    return {batch_id: Tally(**found) for batch_id, found in sums.items()}


async def reasons(connection: Connection, *, tenant: UUID, batch_id: UUID) -> Counter[tuple[str, str]]:
    """How many rows did not qualify, by status and code."""
    counts: Counter[tuple[str, str]] = Counter()
    for row in await connection.fetch(
        "SELECT reasons FROM chunk WHERE tenant_id = $1 AND batch_id = $2 AND reasons IS NOT NULL", tenant, batch_id
    ):
        for status, code, number in orjson.loads(row["reasons"]):
            counts[status, code] += number
    return counts


async def note_ingested(
    connection: Connection,
    *,
    tenant: UUID,
    batch_id: UUID,
    checkpoint: str | None,
    bytes_read: int,
    rows: int,
    all_read: bool,
    detected: bytes | None,
    now: datetime,
) -> None:
    """So many more rows were read; `detected` the first time."""
    await connection.execute(_INGESTED, tenant, batch_id, checkpoint, bytes_read, rows, all_read, detected, now)


async def set_plan(connection: Connection, *, tenant: UUID, batch_id: UUID, plan: BatchPlan) -> None:
    """By what it is scored."""
    await connection.execute(
        "UPDATE batch SET plan = $3 WHERE tenant_id = $1 AND batch_id = $2", tenant, batch_id, plan.model_dump_json()
    )


async def set_match_model(connection: Connection, *, tenant: UUID, batch_id: UUID, model: str | None) -> None:
    """By what its rows were compared."""
    await connection.execute(
        "UPDATE batch SET match_model = $3 WHERE tenant_id = $1 AND batch_id = $2", tenant, batch_id, model
    )


async def set_stage(connection: Connection, *, tenant: UUID, batch_id: UUID, stage: str) -> None:
    """What the batch as a whole waits for."""
    await connection.execute(
        "UPDATE batch SET stage = $3 WHERE tenant_id = $1 AND batch_id = $2", tenant, batch_id, stage
    )


async def spend(connection: Connection, *, tenant: UUID, batch_id: UUID, wanted: int) -> int:
    """How many of so many leads may be scored; those are taken off what is left."""
    left = await connection.fetchval(
        "SELECT credits_left FROM batch WHERE tenant_id = $1 AND batch_id = $2 FOR UPDATE", tenant, batch_id
    )
    if left is None:
        return wanted
    granted = min(wanted, int(left))
    await connection.execute(
        "UPDATE batch SET credits_left = credits_left - $3 WHERE tenant_id = $1 AND batch_id = $2",
        tenant,
        batch_id,
        granted,
    )
    return granted


async def cancel(connection: Connection, *, tenant: UUID, batch_id: UUID, now: datetime) -> bool:
    """Stop it; whether it was going on."""
    return await connection.fetchval(_CANCEL, tenant, batch_id, now) is not None


async def fail(connection: Connection, *, tenant: UUID, batch_id: UUID, code: str, detail: str) -> bool:
    """It cannot be processed; whether it was going on."""
    return await connection.fetchval(_FAIL, tenant, batch_id, code, detail) is not None


async def finish(connection: Connection, *, tenant: UUID, batch_id: UUID, now: datetime) -> str:
    """It is over; its status."""
    status: str = await connection.fetchval(_FINISH, tenant, batch_id, now)
    return status


async def reopen(connection: Connection, *, tenant: UUID, batch: Batch) -> None:
    """It goes on, with rows that are made again, of which as many may be scored as of the first ones."""
    await connection.execute(_REOPEN, tenant, batch.batch_id, batch.options.max_credits)


async def forget_rows(connection: Connection, *, tenant: UUID, batch_id: UUID) -> None:
    """None of its rows are kept."""
    await connection.execute(
        "UPDATE batch SET rows = 0, detected = NULL WHERE tenant_id = $1 AND batch_id = $2", tenant, batch_id
    )


async def unmatched(connection: Connection, *, tenant: UUID) -> list[UUID]:
    """Batches whose leads were not compared yet, so that they are nobody's survivors."""
    rows = await connection.fetch(
        "SELECT batch_id FROM batch WHERE tenant_id = $1 AND stage IN ('prepare', 'dedup')", tenant
    )
    return [row["batch_id"] for row in rows]


def _read(row: Record) -> Batch:
    values = dict(row)
    return Batch(
        **{
            **values,
            "request_id": UUID(bytes=values["request_id"].bytes),  # the driver's own class cannot be written as JSON
            "name": SealedText.model_validate_json(values["name"]),
            "options": ProcessingOptions.model_validate_json(values["options"]),
            "plan": None if values["plan"] is None else BatchPlan.model_validate_json(values["plan"]),
        }
    )
