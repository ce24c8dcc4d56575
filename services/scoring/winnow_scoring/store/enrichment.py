"""What others say of companies, beside what the tenant says, and when it was last asked for.

A company that only others know is a row of `company` whose deleted_at is set: for the tenant's own lists, and for
rules, it is not there. Both kinds of changes count the version up. `sought_at` is when it was last asked for;
`enriched_at` is of what is known, or of the answer that nothing is.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import orjson
from winnow_common.postgres import Connection, Record

from winnow_scoring.profiles import effective
from winnow_scoring.similarity.traits import traits_of

ASK_AGAIN_AFTER: Final = timedelta(days=1)

# The rows are locked, so that a profile that is being written counts; see `store.customers`.
_LOCK = """
SELECT domain, attributes, enriched, sought_at
FROM company WHERE tenant_id = $1 AND domain = ANY ($2::text[]) ORDER BY domain FOR UPDATE
"""

_SEEK = """
INSERT INTO company
    (tenant_id, domain, version, attributes, sources, terms, search, created_at, updated_at, deleted_at, sought_at)
SELECT $1, domain, 0, '{}', '{}', '{}', '', $3, $3, $3, $3 FROM unnest($2::text[]) AS sought (domain) ORDER BY domain
ON CONFLICT (tenant_id, domain) DO UPDATE SET sought_at = excluded.sought_at
"""

# The version of a profile that the tenant gave too is kept with the tenant's attributes, since scores by rules are
# joined with it. updated_at stays: it is of what the tenant says.
_KEEP = """
WITH written AS (
    INSERT INTO company (tenant_id, domain, version, attributes, sources, terms, search, created_at, updated_at,
        deleted_at, enriched, enriched_source, enriched_at, sought_at)
    VALUES ($1, $2, 1, '{}', '{}', '{}', '', $6, $6, $6, $3, $4, $5, $6)
    ON CONFLICT (tenant_id, domain) DO UPDATE SET
        version = company.version + 1,
        enriched = excluded.enriched,
        enriched_source = excluded.enriched_source,
        enriched_at = excluded.enriched_at,
        sought_at = excluded.sought_at
    WHERE company.enriched IS NULL
        OR (company.enriched_at <= excluded.enriched_at
            AND (company.enriched, company.enriched_source)
                IS DISTINCT FROM (excluded.enriched, excluded.enriched_source))
    RETURNING domain, version, attributes, updated_at, deleted_at
), kept AS (
    INSERT INTO company_version (tenant_id, domain, version, attributes, created_at)
    SELECT $1, domain, version, attributes, updated_at FROM written WHERE deleted_at IS NULL
)
SELECT version FROM written
"""

_CONFIRM = """
UPDATE company SET sought_at = $4, enriched_at = greatest(enriched_at, $3) WHERE tenant_id = $1 AND domain = $2
"""

_FOUND_NOTHING = """
INSERT INTO company (tenant_id, domain, version, attributes, sources, terms, search, created_at, updated_at,
    deleted_at, enriched_at, sought_at)
VALUES ($1, $2, 0, '{}', '{}', '{}', '', $3, $3, $3, $3, $3)
ON CONFLICT (tenant_id, domain) DO UPDATE SET
    sought_at = excluded.sought_at,
    enriched_at = CASE WHEN company.enriched IS NULL THEN excluded.enriched_at ELSE company.enriched_at END
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What somebody else says of a company."""

    domain: str
    attributes: str
    """Canonical JSON, as of a `Profile`."""
    source: str | None
    observed_at: datetime


async def seek(
    connection: Connection,
    *,
    tenant: UUID,
    domains: Collection[str],
    now: datetime,
    again_after: timedelta = ASK_AGAIN_AFTER,
) -> list[str]:
    """Those of these companies that are to be asked for: nothing is known of them, and nobody asked lately.

    They are noted as asked for; all that are there are locked.
    """
    rows = {row["domain"]: row for row in await connection.fetch(_LOCK, tenant, list(domains))}
    settled = {
        domain
        for domain, row in rows.items()
        if _says_something(row) or (row["sought_at"] is not None and row["sought_at"] > now - again_after)
    }
    wanted = sorted(set(domains) - settled)
    if wanted:
        await connection.execute(_SEEK, tenant, wanted, now)
    return wanted


def _says_something(row: Record) -> bool:
    """Whether there is anything that companies are compared by; a name alone is not."""
    own, others = orjson.loads(row["attributes"]), row["enriched"]
    known = own if others is None else effective(own, orjson.loads(others))
    return not traits_of(known).is_unknown


async def keep(connection: Connection, *, tenant: UUID, finding: Finding, now: datetime) -> int | None:
    """Keep what was found unless newer is known; the version that this made, None where nothing changed."""
    version: int | None = await connection.fetchval(
        _KEEP, tenant, finding.domain, finding.attributes, finding.source, finding.observed_at, now
    )
    if version is None:
        await connection.execute(_CONFIRM, tenant, finding.domain, finding.observed_at, now)
    return version


async def found_nothing(connection: Connection, *, tenant: UUID, domain: str, now: datetime) -> None:
    """Note that a company was looked for in vain; what was known of it stays."""
    await connection.execute(_FOUND_NOTHING, tenant, domain, now)
