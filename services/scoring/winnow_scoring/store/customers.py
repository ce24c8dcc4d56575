"""Who the customers are, and the revision that counts what changes about them.

Whoever changes customers, or a profile that a customer has, counts the revision up in the same transaction, under the
lock of the tenant's row. Locks are taken in one order: companies, then this row, then customers. So a change of a
profile that is not committed yet is seen by whoever adds its company (which waits for the company's row), or sees
the new customer itself.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from winnow_common.postgres import Connection

_LOCK = """
INSERT INTO similarity (tenant_id, revision, changed_at) VALUES ($1, 0, $2)
ON CONFLICT (tenant_id) DO UPDATE SET revision = similarity.revision
RETURNING revision
"""

_COUNT_UP = "UPDATE similarity SET revision = revision + 1, changed_at = $2 WHERE tenant_id = $1 RETURNING revision"

# A tenant that never had customers has no row.
_TIDY = "DELETE FROM similarity WHERE tenant_id = $1 AND revision = 0"

_NOTE = """
UPDATE similarity SET revision = revision + 1, changed_at = $3
WHERE tenant_id = $1
    AND EXISTS (SELECT FROM customer WHERE customer.tenant_id = $1 AND customer.domain = ANY ($2::text[]))
"""

_ADD = """
WITH written AS (
    INSERT INTO customer (tenant_id, domain, weight, created_at)
    SELECT $1, given.domain, coalesce(given.weight, known.weight, 1), $4
    FROM unnest($2::text[], $3::double precision[]) AS given (domain, weight)
    LEFT JOIN customer AS known ON known.tenant_id = $1 AND known.domain = given.domain
    ORDER BY given.domain
    ON CONFLICT (tenant_id, domain) DO UPDATE SET weight = excluded.weight WHERE customer.weight <> excluded.weight
    RETURNING domain
)
SELECT count(*) FROM written
"""

_KEEP_ONLY = """
WITH gone AS (
    DELETE FROM customer
    WHERE tenant_id = $1
        AND NOT EXISTS (SELECT FROM unnest($2::text[]) AS given (domain) WHERE given.domain = customer.domain)
    RETURNING domain
)
SELECT count(*) FROM gone
"""

_REMOVE = "DELETE FROM customer WHERE tenant_id = $1 AND domain = $2 RETURNING true"

_COUNT = "SELECT count(*) FROM customer WHERE tenant_id = $1"

_LIST = """
SELECT customer.domain, customer.weight, customer.created_at,
    coalesce(company.attributes::json ->> 'name', company.enriched::json ->> 'name') AS name,
    CASE
        WHEN company.attributes <> '{}' OR company.enriched IS NOT NULL THEN 'known'
        WHEN company.sought_at > coalesce(company.enriched_at, '-infinity') THEN 'looked for'
        ELSE 'unknown'
    END AS profile
FROM customer LEFT JOIN company ON company.tenant_id = customer.tenant_id AND company.domain = customer.domain
WHERE customer.tenant_id = $1 AND customer.domain > $2
ORDER BY customer.domain LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How many customers there are, and the revision that knows them."""

    customers: int
    revision: int


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer with what its company is called."""

    domain: str
    weight: float
    created_at: datetime
    name: str | None
    profile: Literal["known", "looked for", "unknown"]

    def as_json(self) -> dict[str, Any]:
        """The `CustomerAnswer`."""
        return {
            "domain": self.domain,
            "name": self.name,
            "weight": self.weight,
            "profile": self.profile,
            "created_at": self.created_at,
        }


async def replace(connection: Connection, *, tenant: UUID, weights: Mapping[str, float], now: datetime) -> Standing:
    """Make these all customers there are, by domain."""
    revision = await connection.fetchval(_LOCK, tenant, now)
    gone = await connection.fetchval(_KEEP_ONLY, tenant, list(weights))
    written = await _write(connection, tenant=tenant, weights=weights, now=now)
    return await _standing(connection, tenant=tenant, revision=revision, changed=gone + written > 0, now=now)


async def add(
    connection: Connection,
    *,
    tenant: UUID,
    weights: Mapping[str, float | None],
    now: datetime,
    profiles_changed: bool = False,
) -> Standing:
    """Make these customers too. One that is there gets this weight; without one it keeps its own, which is 1 at first.

    `profiles_changed` says that a profile of them has changed in this transaction, which counts even where they do not.
    """
    revision = await connection.fetchval(_LOCK, tenant, now)
    written = await _write(connection, tenant=tenant, weights=weights, now=now)
    changed = profiles_changed or written > 0
    return await _standing(connection, tenant=tenant, revision=revision, changed=changed, now=now)


async def remove(connection: Connection, *, tenant: UUID, domain: str, now: datetime) -> Standing | None:
    """Make this company no customer; None where it is none."""
    revision = await connection.fetchval(_LOCK, tenant, now)
    removed = await connection.fetchval(_REMOVE, tenant, domain)
    standing = await _standing(connection, tenant=tenant, revision=revision, changed=bool(removed), now=now)
    return standing if removed else None


async def note_profiles(connection: Connection, *, tenant: UUID, domains: Collection[str], now: datetime) -> None:
    """Profiles of these companies have changed: count the revision up, once, if any of them is a customer."""
    if domains:
        await connection.execute(_NOTE, tenant, list(domains), now)


async def after(connection: Connection, *, tenant: UUID, domain: str | None, limit: int) -> list[Customer]:
    """Customers behind a domain, in the order of domains."""
    rows = await connection.fetch(_LIST, tenant, domain or "", limit)
    return [Customer(**dict(row)) for row in rows]


async def _write(connection: Connection, *, tenant: UUID, weights: Mapping[str, float | None], now: datetime) -> int:
    """How many are new or have another weight now."""
    written: int = await connection.fetchval(_ADD, tenant, list(weights), list(weights.values()), now)
    return written


async def _standing(connection: Connection, *, tenant: UUID, revision: int, changed: bool, now: datetime) -> Standing:
    if changed:
        revision = await connection.fetchval(_COUNT_UP, tenant, now)
    elif revision == 0:
        await connection.execute(_TIDY, tenant)
    return Standing(await connection.fetchval(_COUNT, tenant), revision)
