"""Records scored in a tenant's month, in PostgreSQL: counted before the work, given back where none was done."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from asyncpg.exceptions import UniqueViolationError
from winnow_common.postgres import Pool

MONTH = timedelta(days=30)
KEPT_FOR = timedelta(days=14)
"""As long as a request may be repeated, and then some."""

_RESERVE = """
WITH known AS (
    SELECT 1 FROM reservation WHERE tenant_id = $1 AND request_id = ANY ($2::uuid[])
), counted AS (
    INSERT INTO month (tenant_id, started_at, used)
    SELECT $1, $5::timestamptz, $3::bigint WHERE NOT EXISTS (SELECT FROM known) AND $3 <= $4::bigint
    ON CONFLICT (tenant_id) DO UPDATE SET
        started_at = CASE WHEN month.started_at <= $6::timestamptz THEN EXCLUDED.started_at ELSE month.started_at END,
        used = CASE WHEN month.started_at <= $6 THEN 0 ELSE month.used END + EXCLUDED.used
        WHERE month.started_at <= $6 OR month.used + EXCLUDED.used <= $4
    RETURNING started_at, used
), reserved AS (
    INSERT INTO reservation (tenant_id, request_id, records, month_started_at, created_at)
    SELECT $1, $7::uuid, $3, started_at, $5 FROM counted
)
SELECT EXISTS (SELECT FROM known) AS known, EXISTS (SELECT FROM counted) AS counted,
       coalesce(counted.started_at, before.started_at) AS started_at, coalesce(counted.used, before.used) AS used
FROM (VALUES (1)) AS one
LEFT JOIN counted ON true
LEFT JOIN month AS before ON before.tenant_id = $1 AND before.started_at > $6
"""

_GIVE_BACK = """
WITH returned AS (
    DELETE FROM reservation WHERE tenant_id = $1 AND request_id = $2 RETURNING records, month_started_at
)
UPDATE month SET used = greatest(0, month.used - returned.records)
FROM returned
WHERE month.tenant_id = $1 AND month.started_at = returned.month_started_at
RETURNING month.started_at, month.used
"""


_KEEP = """
WITH returned AS (
    UPDATE reservation SET records = $3
    FROM (
        SELECT records FROM reservation WHERE tenant_id = $1 AND request_id = $2 FOR UPDATE
    ) AS before
    WHERE reservation.tenant_id = $1 AND reservation.request_id = $2 AND reservation.records > $3
    RETURNING before.records - reservation.records AS records, reservation.month_started_at
)
UPDATE month SET used = greatest(0, month.used - returned.records)
FROM returned
WHERE month.tenant_id = $1 AND month.started_at = returned.month_started_at
RETURNING month.started_at, month.used
"""


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of a month is used; `started_at` is None before its first call."""

    started_at: datetime | None
    used: int


@dataclass(frozen=True, slots=True)
class Reservation:
    """Whether a request's records are counted: by this call, or by an earlier one of the same request (`known`)."""

    known: bool
    counted: bool
    usage: Usage


async def reserve(
    pool: Pool, *, tenant: UUID, request: UUID, previous: UUID | None, records: int, limit: int, now: datetime
) -> Reservation:
    """Count the records of a request, once however often it is repeated, where the month has room for them.

    `previous` is the id that the request had if it began on the day before.
    """
    ids = [request] if previous is None else [request, previous]
    while True:
        try:
            row = await pool.fetchrow(_RESERVE, tenant, ids, records, limit, now, now - MONTH, request)
        except UniqueViolationError:
            # The same request, sent twice at once: the other call's reservation is visible by now.
            continue
        assert row is not None
        return Reservation(row["known"], row["counted"], Usage(row["started_at"], row["used"] or 0))


async def give_back(pool: Pool, *, tenant: UUID, request: UUID) -> Usage | None:
    """Take a request's records off the month again; None where they were not counted, or in a month that has ended."""
    row = await pool.fetchrow(_GIVE_BACK, tenant, request)
    return None if row is None else Usage(row["started_at"], row["used"])


async def keep(pool: Pool, *, tenant: UUID, request: UUID, records: int) -> Usage | None:
    """Keep so many of a request's records and take the rest off the month again, once however often it is said.

    None where no more than that was counted, or in a month that has ended. The reservation stays, even of no records:
    a repetition is to find it.
    """
    row = await pool.fetchrow(_KEEP, tenant, request, records)
    return None if row is None else Usage(row["started_at"], row["used"])


async def forget_reservations(pool: Pool, *, now: datetime) -> None:
    """Delete what no repetition can ask for any more."""
    await pool.execute("DELETE FROM reservation WHERE created_at < $1", now - KEPT_FOR)
