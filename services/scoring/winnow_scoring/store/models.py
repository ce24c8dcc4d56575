"""Models of similarity: what they are built from, which are out of date, who builds them, where they are.

A builder holds a lease on a tenant's row. A model is as good as the revision that its customers were read at or after;
that revision is its version, so a version is built once at most, and a newer one always replaces an older one.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from winnow_common.postgres import Connection, Pool, Write

PAGE: Final = 20_000
"""Customers that are read at once."""
REST: Final = 4
"""A builder rests so many times as long as a tenant's model took, before it builds for that tenant again."""
PROFILES_AWAITED: Final = timedelta(seconds=1.2)
"""By a tenant's first model; there is time left then to build a small one for whoever has waited for it."""
KEPT_UNUSED: Final = timedelta(hours=1)
"""For processes that still compare by a model that was replaced."""

# A year-old model is built again under a new version, since its object expires.
_RENEW = """
UPDATE similarity SET revision = revision + 1, changed_at = $1
WHERE model_version = revision AND built_at < $1::timestamptz - interval '300 days'
"""

# One that cannot be read any more is built again too.
_REBUILD = """
UPDATE similarity SET revision = revision + 1, changed_at = $3
FROM unnest($1::uuid[], $2::bigint[]) AS lost (tenant_id, model_version)
WHERE similarity.tenant_id = lost.tenant_id AND similarity.model_version = lost.model_version
    AND similarity.revision = lost.model_version
"""

# Whoever names its first customers asks for a score next: its first model waits for their profiles, if not for long.
_LEASE = """
WITH next AS (
    SELECT tenant_id FROM similarity
    WHERE (model_version IS NULL OR model_version < revision)
        AND (leased_until IS NULL OR leased_until < $2)
        AND (built_at IS NULL OR built_at + build_seconds * $4 * interval '1 second' < $2)
        AND (
            model_version IS NOT NULL
            OR EXISTS (
                SELECT FROM customer WHERE customer.tenant_id = similarity.tenant_id AND customer.created_at < $5
            )
            OR NOT EXISTS (
                SELECT FROM customer JOIN company USING (tenant_id, domain)
                WHERE customer.tenant_id = similarity.tenant_id
                    AND company.attributes = '{}' AND company.enriched IS NULL
                    AND company.sought_at > coalesce(company.enriched_at, '-infinity')
            )
        )
    ORDER BY changed_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE similarity SET lease_holder = $1, leased_until = $3
FROM next WHERE similarity.tenant_id = next.tenant_id
RETURNING similarity.tenant_id, similarity.revision
"""

_PROLONG = "UPDATE similarity SET leased_until = $3 WHERE tenant_id = $1 AND lease_holder = $2"

_RELEASE = "UPDATE similarity SET lease_holder = NULL, leased_until = NULL WHERE tenant_id = $1 AND lease_holder = $2"

_CUSTOMERS = """
SELECT customer.domain, customer.weight, company.attributes, company.enriched
FROM customer JOIN company ON company.tenant_id = customer.tenant_id AND company.domain = customer.domain
WHERE customer.tenant_id = $1 AND customer.domain > $2 AND (company.attributes <> '{}' OR company.enriched IS NOT NULL)
ORDER BY customer.domain LIMIT $3
"""

_OTHERS = """
SELECT company.attributes, company.enriched FROM company
WHERE company.tenant_id = $1 AND (company.attributes <> '{}' OR company.enriched IS NOT NULL)
    AND NOT EXISTS (
        SELECT FROM customer WHERE customer.tenant_id = company.tenant_id AND customer.domain = company.domain
    )
ORDER BY hashtextextended(company.domain, 0), company.domain LIMIT $2
"""

# Those that have not been looked at for the longest time; to count further than `most` would say nothing.
_TO_RENEW = """
WITH next AS (
    SELECT tenant_id FROM similarity
    WHERE model_version = revision AND coalesce(compared_at, built_at) < $1::timestamptz - interval '5 seconds'
        AND (compared_at IS NULL OR compared_at < $1::timestamptz - interval '30 seconds')
    ORDER BY compared_at NULLS FIRST LIMIT 50 FOR UPDATE SKIP LOCKED
)
UPDATE similarity SET compared_at = $1 FROM next WHERE similarity.tenant_id = next.tenant_id
RETURNING similarity.tenant_id, similarity.model_version, similarity.model_summary, (
    SELECT count(*) FROM (
        SELECT FROM company
        WHERE company.tenant_id = similarity.tenant_id
            AND (company.attributes <> '{}' OR company.enriched IS NOT NULL)
            AND NOT EXISTS (
                SELECT FROM customer WHERE customer.tenant_id = company.tenant_id AND customer.domain = company.domain
            )
        LIMIT $2
    ) AS counted
) AS own
"""

_DIRECTORY = """
SELECT attributes FROM directory_company ORDER BY hashtextextended(domain, 0), domain LIMIT $1
"""

_KEEP = """
WITH held AS (
    UPDATE similarity SET model_version = $2, model_summary = $7, built_at = $5, build_seconds = $8,
        lease_holder = NULL, leased_until = NULL
    WHERE tenant_id = $1 AND lease_holder = $9 AND (model_version IS NULL OR model_version < $2)
    RETURNING tenant_id
)
INSERT INTO similarity_model (tenant_id, model_version, object, code_version, built_at, expires_at)
SELECT tenant_id, $2, $3, $4, $5, $6 FROM held
RETURNING true
"""

_OBJECT = "SELECT object FROM similarity_model WHERE tenant_id = $1 AND model_version = $2 AND expires_at > $3"

_VERSIONS = """
SELECT tenant_id, model_version FROM similarity WHERE tenant_id = ANY ($1::uuid[]) AND model_version IS NOT NULL
"""

_STANDING = """
SELECT revision, model_version, model_summary, built_at, build_seconds,
    (SELECT count(*) FROM customer WHERE customer.tenant_id = similarity.tenant_id) AS customers
FROM similarity WHERE tenant_id = $1
"""

_UNUSED = """
DELETE FROM similarity_model AS model USING similarity
WHERE similarity.tenant_id = model.tenant_id AND model.model_version < similarity.model_version
    AND EXISTS (
        SELECT FROM similarity_model AS newer
        WHERE newer.tenant_id = model.tenant_id AND newer.model_version > model.model_version AND newer.built_at < $1
    )
    AND NOT EXISTS (
        SELECT FROM similarity_score AS score
        WHERE score.tenant_id = model.tenant_id AND score.model_version = model.model_version
    )
RETURNING model.tenant_id, model.object
"""


class LeaseLost(Exception):
    """Somebody else builds for this tenant now."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A tenant that a builder builds for."""

    holder: str
    tenant: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class StoredCustomer:
    """A customer with what the tenant and others say of it."""

    domain: str
    weight: float
    attributes: str
    enriched: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewModel:
    """A model that was built."""

    version: int
    object: str
    code_version: str
    built_at: datetime
    expires_at: datetime
    summary: str
    build_seconds: float


@dataclass(frozen=True, slots=True)
class Renewable:
    """A model whose reference population is to be looked at, and how many companies there are now."""

    tenant: UUID
    model_version: int
    model_summary: str
    own: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a tenant's model stands."""

    revision: int
    model_version: int | None
    model_summary: str | None
    built_at: datetime | None
    build_seconds: float | None
    customers: int


async def renew(connection: Connection, *, now: datetime) -> None:
    """Ask for new versions of models whose objects are about to expire."""
    await connection.execute(_RENEW, now)


def rebuilding(lost: Mapping[UUID, int], *, now: datetime) -> list[Write]:
    """What asks for a new version where that of a tenant cannot be read or is out of date, once."""
    return [Write(_REBUILD, [list(lost), list(lost.values()), now])] if lost else []


async def lease(connection: Connection, *, holder: str, now: datetime, until: datetime) -> Lease | None:
    """The tenant whose model has been out of date for longest, unless somebody builds it or it has just been built."""
    row = await connection.fetchrow(_LEASE, holder, now, until, float(REST), now - PROFILES_AWAITED)
    return None if row is None else Lease(holder, UUID(int=row["tenant_id"].int), row["revision"])


async def prolong(connection: Connection, *, lease: Lease, until: datetime) -> None:
    """Go on building."""
    await connection.execute(_PROLONG, lease.tenant, lease.holder, until)


async def release(connection: Connection, *, lease: Lease) -> None:
    """Let somebody else build."""
    await connection.execute(_RELEASE, lease.tenant, lease.holder)


async def customers(pool: Pool, *, tenant: UUID) -> AsyncIterator[StoredCustomer]:
    """The customers that something is known of, by domain; page by page, so not as of one moment."""
    after = ""
    while True:
        rows = await pool.fetch(_CUSTOMERS, tenant, after, PAGE)
        for row in rows:
            yield StoredCustomer(*row)
        if len(rows) < PAGE:
            return
        after = rows[-1]["domain"]


async def others(pool: Pool, *, tenant: UUID, most: int) -> list[tuple[str, str | None]]:
    """What the tenant and others say of companies that are no customers; a sample that stays the same."""
    return [(row["attributes"], row["enriched"]) for row in await pool.fetch(_OTHERS, tenant, most)]


async def to_renew(connection: Connection, *, now: datetime, most: int) -> list[Renewable]:
    """Models that have not been looked at for half a minute; companies are counted up to `most`."""
    return [Renewable(*row) for row in await connection.fetch(_TO_RENEW, now, most)]


async def directory(pool: Pool, *, most: int) -> list[str]:
    """What the directory says of a sample of its companies."""
    return [row["attributes"] for row in await pool.fetch(_DIRECTORY, most)]


async def keep(connection: Connection, *, lease: Lease, model: NewModel) -> None:
    """Compare by this model from now on. Raises `LeaseLost`, and the transaction has to be rolled back."""
    kept = await connection.fetchval(
        _KEEP,
        lease.tenant,
        model.version,
        model.object,
        model.code_version,
        model.built_at,
        model.expires_at,
        model.summary,
        model.build_seconds,
        lease.holder,
    )
    if not kept:
        raise LeaseLost


async def object_of(connection: Connection, *, tenant: UUID, version: int, now: datetime) -> str | None:
    """The reference of a model's object; None where it is kept no more."""
    reference: str | None = await connection.fetchval(_OBJECT, tenant, version, now)
    return reference


async def versions(connection: Connection, *, tenants: Sequence[UUID]) -> list[tuple[UUID, int]]:
    """By which versions these tenants compare, as far as they have any."""
    rows = await connection.fetch(_VERSIONS, tenants)
    return [(row["tenant_id"], row["model_version"]) for row in rows]


async def standing(connection: Connection, *, tenant: UUID) -> Standing | None:
    """How the tenant's model stands; None where there never was a customer."""
    row = await connection.fetchrow(_STANDING, tenant)
    return None if row is None else Standing(**dict(row))


async def forget_unused(connection: Connection, *, now: datetime) -> Sequence[tuple[UUID, str]]:
    """Forget models that were replaced a while ago and that no score was computed by; their tenants and objects."""
    return [(row["tenant_id"], row["object"]) for row in await connection.fetch(_UNUSED, now - KEPT_UNUSED)]
