"""Imports: what is to be taken in, who is at it, how far it is, and what did not go in.

A worker holds a lease, and each of its chunks moves the checkpoint from where it knew it to be: whoever lost the
lease, or believes to be elsewhere in the file, changes nothing. A tenant's imports follow each other, so that of two
files the later one wins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from winnow_common.postgres import Connection

MOST_ERRORS: Final = 1_000
"""Rejected rows that are kept; the rest is counted."""

_ADD = """
INSERT INTO company_import
    (tenant_id, import_id, request_id, kind, object, bytes_total, content_type, mapping, status, checkpoint, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $10)
ON CONFLICT DO NOTHING
"""

_LEASE = """
WITH next AS (
    SELECT waiting.tenant_id, waiting.import_id FROM company_import AS waiting
    WHERE waiting.status IN ('queued', 'running')
        AND (waiting.leased_until IS NULL OR waiting.leased_until < $2 OR waiting.lease_holder = $1)
        AND NOT EXISTS (
            SELECT FROM company_import AS earlier
            WHERE earlier.tenant_id = waiting.tenant_id AND earlier.status IN ('queued', 'running')
                AND earlier.import_id < waiting.import_id
        )
    ORDER BY (SELECT served_at FROM import_turn WHERE import_turn.tenant_id = waiting.tenant_id) NULLS FIRST,
        waiting.import_id
    LIMIT 1 FOR UPDATE OF waiting SKIP LOCKED
), turn AS (
    INSERT INTO import_turn (tenant_id, served_at) SELECT tenant_id, $2 FROM next
    ON CONFLICT (tenant_id) DO UPDATE SET served_at = $2
)
UPDATE company_import AS leased SET status = 'running', started_at = coalesce(leased.started_at, $2), lease_holder = $1,
    leased_until = $3
FROM next WHERE leased.tenant_id = next.tenant_id AND leased.import_id = next.import_id
RETURNING leased.tenant_id, leased.import_id, leased.request_id, leased.kind, leased.object, leased.content_type,
    leased.mapping, leased.checkpoint
"""

_ADVANCE = """
UPDATE company_import SET checkpoint = $5, bytes_read = $6, imported = imported + $7, rejected = rejected + $8,
    leased_until = $9
WHERE tenant_id = $1 AND import_id = $2 AND lease_holder = $3 AND checkpoint = $4 AND status = 'running'
RETURNING rejected
"""

_RELEASE = """
UPDATE company_import SET lease_holder = NULL, leased_until = NULL
WHERE tenant_id = $1 AND import_id = $2 AND lease_holder = $3 AND status = 'running'
"""

_FINISH = """
UPDATE company_import SET status = $5, failure_code = $6, failure_detail = $7, finished_at = $8, lease_holder = NULL,
    leased_until = NULL, bytes_read = CASE WHEN $5 = 'completed' THEN bytes_total ELSE bytes_read END,
    model_version = CASE WHEN kind = 'customers' THEN (SELECT revision FROM similarity WHERE tenant_id = $1) END
WHERE tenant_id = $1 AND import_id = $2 AND lease_holder = $3 AND checkpoint = $4 AND status = 'running'
RETURNING true
"""

_REJECT = """
INSERT INTO company_import_error (tenant_id, import_id, place, line, reason)
SELECT $1, $2, place, line, reason FROM unnest($3::bigint[], $4::bigint[], $5::text[]) AS rejected (place, line, reason)
"""

_FIND = """
SELECT import_id, status, imported, rejected, bytes_total, bytes_read, failure_code, failure_detail, created_at,
    started_at, finished_at, kind, model_version
FROM company_import WHERE tenant_id = $1 AND import_id = $2
"""

_LIST = """
SELECT import_id, status, imported, rejected, bytes_total, bytes_read, failure_code, failure_detail, created_at,
    started_at, finished_at, kind, model_version
FROM company_import WHERE tenant_id = $1 AND import_id < $2 ORDER BY import_id DESC LIMIT $3
"""

_ERRORS = "SELECT line, reason FROM company_import_error WHERE tenant_id = $1 AND import_id = $2 ORDER BY place"

_NEWEST = UUID(int=2**128 - 1)


class ImportKind(StrEnum):
    """What the rows of a file are."""

    COMPANIES = "companies"
    CUSTOMERS = "customers"


class LeaseLost(Exception):
    """Somebody else works on this import now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewImport:
    """An import that is to be begun."""

    tenant: UUID
    import_id: UUID
    request_id: UUID
    kind: ImportKind
    object: str
    bytes_total: int
    content_type: str
    mapping: str | None
    checkpoint: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """An import that a worker holds, as it was when the worker got it."""

    holder: str
    tenant: UUID
    import_id: UUID
    request_id: UUID
    kind: ImportKind
    object: str
    content_type: str
    mapping: str | None
    checkpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """What a chunk did."""

    old_checkpoint: str
    checkpoint: str
    bytes_read: int
    imported: int
    rejected: Sequence[tuple[int, str]]
    """Line and reason."""


@dataclass(frozen=True, slots=True)
class StoredImport:
    """Where an import stands."""

    import_id: UUID
    status: str
    imported: int
    rejected: int
    bytes_total: int
    bytes_read: int
    failure_code: str | None
    failure_detail: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    kind: str
    model_version: int | None


async def add(connection: Connection, *, new: NewImport) -> None:
    """Put an import into the queue."""
    await connection.execute(
        _ADD,
        new.tenant,
        new.import_id,
        new.request_id,
        new.kind,
        new.object,
        new.bytes_total,
        new.content_type,
        new.mapping,
        new.checkpoint,
        new.created_at,
    )


async def lease(connection: Connection, *, holder: str, now: datetime, until: datetime) -> Lease | None:
    """The import whose turn it is: of the tenant that has waited longest, its oldest, unless somebody holds it."""
    row = await connection.fetchrow(_LEASE, holder, now, until)
    if row is None:
        return None
    # asyncpg's own UUIDs cannot be written as JSON.
    ids = {name: UUID(int=row[name].int) for name in ("tenant_id", "import_id", "request_id")}
    return Lease(
        holder=holder,
        tenant=ids["tenant_id"],
        import_id=ids["import_id"],
        request_id=ids["request_id"],
        kind=ImportKind(row["kind"]),
        object=row["object"],
        content_type=row["content_type"],
        mapping=row["mapping"],
        checkpoint=row["checkpoint"],
    )


async def advance(connection: Connection, *, lease: Lease, by: Advance, until: datetime) -> None:
    """Move the checkpoint, count, keep what was rejected, and prolong the lease. Raises `LeaseLost`."""
    rejected = await connection.fetchval(
        _ADVANCE,
        lease.tenant,
        lease.import_id,
        lease.holder,
        by.old_checkpoint,
        by.checkpoint,
        by.bytes_read,
        by.imported,
        len(by.rejected),
        until,
    )
    if rejected is None:
        raise LeaseLost
    first = rejected - len(by.rejected)
    kept = by.rejected[: max(0, MOST_ERRORS - first)]
    if kept:
        lines, reasons = zip(*kept, strict=True)
        places = range(first, first + len(kept))
        await connection.execute(_REJECT, lease.tenant, lease.import_id, places, lines, reasons)


async def release(connection: Connection, *, lease: Lease) -> None:
    """Let somebody else go on."""
    await connection.execute(_RELEASE, lease.tenant, lease.import_id, lease.holder)


async def finish(
    connection: Connection, *, lease: Lease, checkpoint: str, failure: tuple[str, str] | None, now: datetime
) -> None:
    """Close an import at its checkpoint, with code and detail of what was wrong, if anything. Raises `LeaseLost`."""
    status = "completed" if failure is None else "failed"
    code, detail = failure or (None, None)
    closed = await connection.fetchval(
        _FINISH, lease.tenant, lease.import_id, lease.holder, checkpoint, status, code, detail, now
    )
    if not closed:
        raise LeaseLost


async def find(connection: Connection, *, tenant: UUID, import_id: UUID) -> StoredImport | None:
    """An import."""
    row = await connection.fetchrow(_FIND, tenant, import_id)
    return None if row is None else StoredImport(**dict(row))


async def errors(connection: Connection, *, tenant: UUID, import_id: UUID) -> list[tuple[int, str]]:
    """Line and reason of the first rejected rows, in the order of the file."""
    return [(row["line"], row["reason"]) for row in await connection.fetch(_ERRORS, tenant, import_id)]


async def before(connection: Connection, *, tenant: UUID, import_id: UUID | None, limit: int) -> list[StoredImport]:
    """Imports before one, newest first."""
    rows = await connection.fetch(_LIST, tenant, import_id or _NEWEST, limit)
    return [StoredImport(**dict(row)) for row in rows]
