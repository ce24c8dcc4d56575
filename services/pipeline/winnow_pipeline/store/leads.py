"""Leads: what became of every row, without anything of the person; contents are in the vault."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final
from uuid import UUID

from winnow_common.postgres import Connection, Queryable

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
"""  # noqa: S608

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


class Again(IntEnum):
    """Whether a lead is being made again."""

    NO = 0
    ASKED = 1
    IN_CHUNK = 2


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


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a lead, as far as it was counted."""

    status: str
    reason_code: str | None
    dedup_confidence: float | None
    was_scored: bool


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
    connection: Queryable,
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
    connection: Queryable, *, tenant: UUID, before: UUID, statuses: Sequence[str], limit: int
) -> list[StoredLead]:
    """Leads before an id, newest first."""
    rows = await connection.fetch(_NEWEST_FIRST, tenant, before, list(statuses), limit)
    return [StoredLead(**dict(row)) for row in rows]


async def some(connection: Queryable, *, tenant: UUID, ids: Sequence[UUID]) -> list[StoredLead]:
    """These leads, in the order of their ids; those that do not exist are absent."""
    return [StoredLead(**dict(row)) for row in await connection.fetch(_SOME, tenant, list(ids))]


async def fates_of(connection: Connection, *, tenant: UUID, ids: Sequence[UUID]) -> dict[UUID, Fate]:
    """What became of each, before it is made again."""
    rows = await connection.fetch(
        "SELECT lead_id, status, reason_code, dedup_confidence, score IS NOT NULL AS was_scored FROM lead "
        "WHERE tenant_id = $1 AND lead_id = ANY ($2::uuid[])",
        tenant,
        list(ids),
    )
    return {
        row["lead_id"]: Fate(row["status"], row["reason_code"], row["dedup_confidence"], row["was_scored"])
        for row in rows
    }


async def set_again(connection: Connection, *, tenant: UUID, ids: Sequence[UUID], again: Again) -> None:
    """How far they are in being made again; meanwhile they show what they were."""
    await connection.execute(
        "UPDATE lead SET again = $3 WHERE tenant_id = $1 AND lead_id = ANY ($2::uuid[])", tenant, list(ids), again
    )


async def nobodys_survivors(connection: Connection, *, tenant: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Those of them that failed and are not being made again, or were erased: no duplicate can lean on them."""
    rows = await connection.fetch(
        "SELECT lead_id FROM lead WHERE tenant_id = $1 AND lead_id = ANY ($2::uuid[]) "
        "AND (status = 'failed' AND again = 0 OR reason_code = 'erased')",
        tenant,
        list(ids),
    )
    return {row["lead_id"] for row in rows}


async def has_failed(connection: Connection, *, tenant: UUID, first: UUID, last: UUID) -> bool:
    """Whether a batch has leads that can be tried again."""
    found = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM lead WHERE tenant_id = $1 AND lead_id BETWEEN $2 AND $3 AND status = 'failed')",
        tenant,
        first,
        last,
    )
    return bool(found)


async def to_make_again(
    connection: Connection, *, tenant: UUID, first: UUID, last: UUID, failed: bool, limit: int
) -> list[UUID]:
    """Leads of a batch that are to be made again and are in no chunk yet; where `failed`, all that have failed."""
    which = "status = 'failed' AND again = 0" if failed else f"again = {Again.ASKED:d}"
    rows = await connection.fetch(
        f"SELECT lead_id FROM lead WHERE tenant_id = $1 AND lead_id BETWEEN $2 AND $3 AND {which} "  # noqa: S608
        "ORDER BY lead_id LIMIT $4",
        tenant,
        first,
        last,
        limit,
    )
    return [row["lead_id"] for row in rows]


async def batches_of(connection: Connection, *, tenant: UUID, ids: Sequence[UUID]) -> list[UUID]:
    """The batches that leads are of."""
    rows = await connection.fetch(
        "SELECT DISTINCT batch_id FROM lead WHERE tenant_id = $1 AND lead_id = ANY ($2::uuid[])", tenant, list(ids)
    )
    return [row["batch_id"] for row in rows]


async def blank(connection: Connection, *, tenant: UUID, ids: Sequence[UUID]) -> int:
    """Leave of leads nothing but that they were there, and what they were counted as; how many there are."""
    done: str = await connection.execute(
        "UPDATE lead SET reason_code = 'erased', reason_detail = 'The person was erased on request.', "
        "email_status = 'unknown', phone_status = 'unknown', domain = NULL, account = NULL "
        "WHERE tenant_id = $1 AND lead_id = ANY ($2::uuid[])",
        tenant,
        list(ids),
    )
    return int(done.rpartition(" ")[2])


async def point_to(connection: Connection, *, tenant: UUID, old: UUID, new: UUID) -> None:
    """Duplicates of one lead are another's from now on."""
    await connection.execute(
        "UPDATE lead SET duplicate_of = $3 WHERE tenant_id = $1 AND duplicate_of = $2", tenant, old, new
    )


async def remove_range(connection: Connection, *, tenant: UUID, first: UUID, last: UUID) -> None:
    """Forget all leads of a range."""
    await connection.execute("DELETE FROM lead WHERE tenant_id = $1 AND lead_id BETWEEN $2 AND $3", tenant, first, last)


async def count(connection: Queryable, *, tenant: UUID, first: UUID, last: UUID) -> int:
    """How many leads a range has."""
    found = await connection.fetchval(
        "SELECT count(*) FROM lead WHERE tenant_id = $1 AND lead_id BETWEEN $2 AND $3", tenant, first, last
    )
    return int(found)
