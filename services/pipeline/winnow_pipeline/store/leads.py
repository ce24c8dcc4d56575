"""Leads: what became of every row, without anything of the person; contents are in the vault."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from winnow_common.postgres import Connection, Pool

COLUMNS: Final = (
    "tenant_id",
    "lead_id",
    "batch_id",
    "line",
    "status",
    "reason_code",
    "reason_detail",
    "duplicate_of",
    "dedup_confidence",
    "email_status",
    "phone_status",
    "domain",
    "score",
    "rule_score",
    "tier",
    "similarity",
    "percentile",
    "grade",
    "cache_hit",
    "sources",
    "account",
    "created_at",
)

_READ: Final = ", ".join(f"lead.{column}" for column in COLUMNS if column != "tenant_id")

# Under one snapshot with their keys and contents, so that an erasure is seen whole or not at all.
_FOUND: Final = f"""
SELECT {_READ}, key.version, key.wrapped, vault.sealed
FROM lead
LEFT JOIN pipeline_keys.lead_key AS key USING (tenant_id, lead_id)
LEFT JOIN vault USING (tenant_id, lead_id)
"""

_RANGE = (
    _FOUND
    + """
WHERE lead.tenant_id = $1 AND lead.lead_id > $2 AND lead.lead_id <= $3 AND lead.status = ANY ($4::text[])
ORDER BY lead.lead_id LIMIT $5
"""
)
_NEWEST_FIRST = (
    _FOUND
    + """
WHERE lead.tenant_id = $1 AND lead.lead_id < $2 AND lead.status = ANY ($3::text[]) ORDER BY lead.lead_id DESC LIMIT $4
"""
)
_SOME = _FOUND + "WHERE lead.tenant_id = $1 AND lead.lead_id = ANY ($2::uuid[]) ORDER BY lead.lead_id"

STATUSES: Final = ("qualified", "rejected", "duplicate", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLead:
    """A row of the table, with its wrapped key and its sealed contents where they were not erased."""

    lead_id: UUID
    batch_id: UUID
    line: int
    status: str
    reason_code: str | None
    reason_detail: str | None
    duplicate_of: UUID | None
    dedup_confidence: float | None
    email_status: str
    phone_status: str
    domain: str | None
    score: float | None
    rule_score: int | None
    tier: str | None
    similarity: float | None
    percentile: float | None
    grade: str | None
    cache_hit: bool | None
    sources: int
    account: bytes | None
    created_at: datetime
    version: int | None = None
    wrapped: bytes | None = None
    sealed: bytes | None = None


async def replace(connection: Connection, *, tenant: UUID, leads: Sequence[StoredLead]) -> None:
    """Write these; what was written of them before goes."""
    ids = [lead.lead_id for lead in leads]
    await connection.execute("DELETE FROM lead WHERE tenant_id = $1 AND lead_id = ANY ($2::uuid[])", tenant, ids)
    await connection.copy_records_to_table(
        "lead",
        records=[(tenant, *(getattr(lead, column) for column in COLUMNS[1:])) for lead in leads],
        columns=COLUMNS,
    )


async def in_range(
    connection: Connection | Pool,
    *,
    tenant: UUID,
    after: UUID,
    last: UUID,
    statuses: Sequence[str] = STATUSES,
    limit: int,
) -> list[StoredLead]:
    """Leads behind one id up to another, in order."""
    rows = await connection.fetch(_RANGE, tenant, after, last, list(statuses), limit)
    return [StoredLead(**dict(row)) for row in rows]


async def newest(
    connection: Connection | Pool, *, tenant: UUID, before: UUID, statuses: Sequence[str], limit: int
) -> list[StoredLead]:
    """Leads before an id, newest first."""
    rows = await connection.fetch(_NEWEST_FIRST, tenant, before, list(statuses), limit)
    return [StoredLead(**dict(row)) for row in rows]


async def some(connection: Connection | Pool, *, tenant: UUID, ids: Sequence[UUID]) -> list[StoredLead]:
    """These leads, in the order of their ids; those that do not exist are absent."""
    return [StoredLead(**dict(row)) for row in await connection.fetch(_SOME, tenant, list(ids))]


async def statuses_of(connection: Connection, *, tenant: UUID, ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Status and reason's code of each, before it is made again."""
    rows = await connection.fetch(
        "SELECT lead_id, status, reason_code FROM lead WHERE tenant_id = $1 AND lead_id = ANY ($2::uuid[])",
        tenant,
        list(ids),
    )
    return {row["lead_id"]: (row["status"], row["reason_code"] or "") for row in rows}


async def ids_with_status(
    connection: Connection, *, tenant: UUID, first: UUID, last: UUID, status: str, limit: int
) -> list[UUID]:
    """Ids of a batch's leads of one status, but for those that were erased."""
    rows = await connection.fetch(
        "SELECT lead_id FROM lead WHERE tenant_id = $1 AND lead_id BETWEEN $2 AND $3 AND status = $4 "
        "ORDER BY lead_id LIMIT $5",
        tenant,
        first,
        last,
        status,
        limit,
    )
    return [row["lead_id"] for row in rows]


async def count(connection: Connection | Pool, *, tenant: UUID, first: UUID, last: UUID) -> int:
    """How many leads a range has."""
    found = await connection.fetchval(
        "SELECT count(*) FROM lead WHERE tenant_id = $1 AND lead_id BETWEEN $2 AND $3", tenant, first, last
    )
    return int(found)
