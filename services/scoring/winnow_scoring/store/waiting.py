"""Requests that wait for a profile or a model, and scores that are owed since they were answered without one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from winnow_common.postgres import Connection, Pool, Write

OWED_FOR: Final = timedelta(days=1)
"""A profile that comes later than this is not scored by itself any more."""

MODEL: Final = ""
"""Stands where a domain does for whoever waits for the tenant's first model."""

_WAIT = """
INSERT INTO waiting (tenant_id, request_id, type, data, envelope, due_at)
SELECT tenant_id, request_id, type, data, envelope, due_at
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::text[], $6::timestamptz[])
    AS given (tenant_id, request_id, type, data, envelope, due_at)
ORDER BY tenant_id, request_id
ON CONFLICT (tenant_id, request_id) DO UPDATE SET envelope = excluded.envelope, due_at = excluded.due_at
    WHERE waiting.data = excluded.data
"""

_FOR = """
INSERT INTO waiting_for (tenant_id, domain, request_id, livemode, created_at)
SELECT tenant_id, domain, request_id, livemode, $5
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::boolean[]) AS given (tenant_id, domain, request_id, livemode)
ORDER BY tenant_id, domain, request_id
ON CONFLICT DO NOTHING
"""

# A profile is waited for until whoever was asked has answered, or the tenant says something after that.
_PENDING = """
    CASE WHEN wanted.domain = '' THEN EXISTS (
        SELECT FROM similarity WHERE similarity.tenant_id = wanted.tenant_id AND similarity.model_version IS NULL
    ) ELSE NOT EXISTS (
        SELECT FROM company WHERE company.tenant_id = wanted.tenant_id AND company.domain = wanted.domain
            AND (
                company.enriched IS NOT NULL
                OR company.enriched_at >= company.sought_at
                OR company.attributes <> '{}' AND company.updated_at >= coalesce(company.sought_at, '-infinity')
            )
    ) END
"""

_TENANTS = "SELECT DISTINCT tenant_id FROM (SELECT tenant_id FROM waiting ORDER BY due_at LIMIT 100) AS given"
_TENANTS_OWED = "SELECT DISTINCT tenant_id FROM (SELECT tenant_id FROM waiting_for WHERE answered LIMIT 100) AS given"

_READY = f"""
SELECT tenant_id, request_id, type, data, envelope, due_at <= $1 AS due FROM waiting
WHERE due_at <= $1 OR NOT EXISTS (
    SELECT FROM waiting_for AS wanted
    WHERE wanted.tenant_id = waiting.tenant_id AND wanted.request_id = waiting.request_id AND {_PENDING}
)
ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - put together from constants

_ANSWERED = """
WITH gone AS (
    DELETE FROM waiting USING unnest($1::uuid[], $2::uuid[]) AS given (tenant_id, request_id)
    WHERE waiting.tenant_id = given.tenant_id AND waiting.request_id = given.request_id
), settled AS (
    DELETE FROM waiting_for AS wanted USING unnest($1::uuid[], $2::uuid[]) AS given (tenant_id, request_id)
    WHERE wanted.tenant_id = given.tenant_id AND wanted.request_id = given.request_id AND NOT wanted.answered
        AND NOT EXISTS (
            SELECT FROM unnest($3::uuid[], $4::uuid[], $5::text[]) AS owed (tenant_id, request_id, domain)
            WHERE owed.tenant_id = wanted.tenant_id AND owed.request_id = wanted.request_id
                AND owed.domain = wanted.domain
        )
)
INSERT INTO waiting_for (tenant_id, request_id, domain, answered, livemode, created_at)
SELECT DISTINCT tenant_id, request_id, domain, true, livemode, $7::timestamptz
FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::boolean[]) AS owed (tenant_id, request_id, domain, livemode)
ON CONFLICT (tenant_id, domain, request_id) DO UPDATE SET answered = true
"""

# What can be given: a profile came, or was there already and the first model came.
# CASE keeps PostgreSQL from reading all companies to find those that are wanted: it looks up each that is wanted.
_OWED = """
SELECT tenant_id, request_id, domain, livemode FROM waiting_for AS wanted
WHERE answered AND CASE WHEN answered THEN EXISTS (
    SELECT FROM company JOIN similarity USING (tenant_id)
    WHERE company.tenant_id = wanted.tenant_id AND company.domain = wanted.domain
        AND (
            company.enriched IS NOT NULL
            OR company.attributes <> '{}'
                AND greatest(company.updated_at, similarity.built_at) >= wanted.created_at
        )
        AND similarity.model_version IS NOT NULL
) END
LIMIT $1 FOR UPDATE SKIP LOCKED
"""

_PAID = """
DELETE FROM waiting_for AS wanted
USING unnest($1::uuid[], $2::uuid[], $3::text[]) AS given (tenant_id, request_id, domain)
WHERE wanted.tenant_id = given.tenant_id AND wanted.request_id = given.request_id AND wanted.domain = given.domain
"""


class Waiting(NamedTuple):
    """A request that is to wait."""

    tenant: UUID
    request_id: UUID
    type: str
    data: bytes
    envelope: str
    due_at: datetime


class Wanted(NamedTuple):
    """What a request waits for."""

    tenant: UUID
    domain: str
    """Or `MODEL`."""
    request_id: UUID
    livemode: bool


class Owed(NamedTuple):
    """A score that is still to be published."""

    tenant: UUID
    request_id: UUID
    domain: str
    livemode: bool


@dataclass(frozen=True, slots=True)
class Ready:
    """A request that can be answered, or has to be."""

    tenant: UUID
    request_id: UUID
    type: str
    data: bytes
    envelope: str
    due: bool


def writing(waiting: Collection[Waiting], wanted: Collection[Wanted], *, now: datetime) -> list[Write]:
    """What notes that requests wait, and for what; one that comes again waits from now on, for its newest sender."""
    if not waiting:
        return []
    return [
        Write(_WAIT, [list(column) for column in zip(*waiting, strict=True)]),
        Write(_FOR, [*(list(column) for column in zip(*wanted, strict=True)), now]),
    ]


async def is_anybody_waiting(pool: Pool) -> bool:
    """Whether there is any request to look at; costs next to nothing."""
    return bool(await pool.fetchval("SELECT EXISTS (SELECT FROM waiting)"))


async def tenants(pool: Pool, *, owed: bool = False) -> list[UUID]:
    """Of those who wait longest, or to whom scores are owed."""
    query = _TENANTS_OWED if owed else _TENANTS
    return [row["tenant_id"] for row in await pool.fetch(query)]


async def ready(connection: Connection, *, now: datetime, most: int) -> list[Ready]:
    """Requests that need not or must not wait any longer; nobody else gets them until the transaction ends."""
    return [Ready(_plain(tenant), _plain(id), *rest) for tenant, id, *rest in await connection.fetch(_READY, now, most)]


async def answered(connection: Connection, requests: Sequence[Ready], *, owed: Sequence[Owed], now: datetime) -> None:
    """These are answered; `owed` are scores that are published when they can be."""
    await connection.execute(
        _ANSWERED,
        [request.tenant for request in requests],
        [request.request_id for request in requests],
        *([list(column) for column in zip(*owed, strict=True)] if owed else [[], [], [], []]),
        now,
    )


async def owed(connection: Connection, *, most: int) -> list[Owed]:
    """Scores that were owed and can be given; nobody else gets them until the transaction ends."""
    return [Owed(_plain(tenant), _plain(id), *rest) for tenant, id, *rest in await connection.fetch(_OWED, most)]


async def paid(connection: Connection, given: Sequence[Owed]) -> None:
    """These are owed no more."""
    await connection.execute(
        _PAID, [each.tenant for each in given], [each.request_id for each in given], [each.domain for each in given]
    )


async def forget(pool: Pool, *, now: datetime) -> None:
    """Forget scores that have been owed for too long."""
    await pool.execute("DELETE FROM waiting_for WHERE answered AND created_at < $1", now - OWED_FOR)


def _plain(id: UUID) -> UUID:
    """The driver's UUIDs are of a class of their own, which orjson does not know."""
    return UUID(int=id.int)
