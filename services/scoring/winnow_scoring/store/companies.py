"""Company profiles and their versions.

Whoever changes a company holds its row's lock before its fact is written, so that facts leave in the order of
versions. Rows that are there are locked in the order of their domains, then new ones are made in that order: two
transactions seldom wait for each other in a circle, and where they do, PostgreSQL undoes one, which is tried again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from winnow_common.pages import LARGEST_PAGE
from winnow_common.postgres import Connection, Record
from winnow_contracts.profiles import CompanyFilters

from winnow_scoring.folding import fold
from winnow_scoring.profiles import Profile, provenance, term

_LOCK = """
SELECT domain, version, attributes, sources, created_at, updated_at, deleted_at IS NOT NULL AS deleted
FROM company WHERE tenant_id = $1 AND domain = ANY ($2::text[]) ORDER BY domain FOR UPDATE
"""

_WRITE = """
WITH given AS (
    SELECT domain, attributes, sources, terms::bigint[] AS terms, employees, search
    FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[]) WITH ORDINALITY
        AS company (domain, attributes, sources, terms, employees, search, place)
    ORDER BY place
), written AS (
    INSERT INTO company
        (tenant_id, domain, version, attributes, sources, terms, employees, search, created_at, updated_at)
    SELECT $1, domain, 1, attributes, sources, terms, employees, search, $8, $8 FROM given
    ON CONFLICT (tenant_id, domain) DO UPDATE SET
        version = company.version + 1,
        attributes = excluded.attributes,
        sources = excluded.sources,
        terms = excluded.terms,
        employees = excluded.employees,
        search = excluded.search,
        created_at = CASE WHEN company.deleted_at IS NULL THEN company.created_at ELSE excluded.created_at END,
        updated_at = excluded.updated_at,
        deleted_at = NULL
    RETURNING domain, version, attributes, sources, created_at, updated_at
), kept AS (
    INSERT INTO company_version (tenant_id, domain, version, attributes, created_at)
    SELECT $1, domain, version, attributes, updated_at FROM written
)
SELECT domain, version, sources, created_at, updated_at FROM written ORDER BY domain
"""

_DELETE = """
UPDATE company SET version = version + 1, attributes = '{}', sources = '{}', terms = '{}', employees = NULL,
    search = '', updated_at = $3, deleted_at = $3
WHERE tenant_id = $1 AND domain = $2 AND deleted_at IS NULL
RETURNING version
"""

_GET = """
SELECT domain, version, attributes, sources, created_at, updated_at
FROM company WHERE tenant_id = $1 AND domain = $2 AND deleted_at IS NULL
"""

_LIST = """
SELECT domain, version, attributes, sources, created_at, updated_at FROM (
    SELECT *, sum(octet_length(attributes) + octet_length(sources)) OVER (ORDER BY domain) AS size_so_far FROM (
        SELECT domain, version, attributes, sources, created_at, updated_at
        FROM company WHERE tenant_id = $1 AND deleted_at IS NULL AND domain > $2 {conditions}
        ORDER BY domain LIMIT $3
    ) AS found
) AS measured
WHERE size_so_far - octet_length(attributes) - octet_length(sources) <= {largest}
ORDER BY domain
"""

_TO_SCORE = """
SELECT company.version, company.attributes, company.updated_at, coalesce(rulebook.revision, 0)
FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS asked (tenant_id, domain, place)
LEFT JOIN company ON company.tenant_id = asked.tenant_id AND company.domain = asked.domain
    AND company.deleted_at IS NULL
LEFT JOIN rulebook ON rulebook.tenant_id = asked.tenant_id
ORDER BY asked.place
"""


@dataclass(frozen=True, slots=True)
class Company:
    """A profile as it is stored."""

    domain: str
    version: int
    attributes: str
    sources: str
    created_at: datetime
    updated_at: datetime

    def as_json(self) -> dict[str, Any]:
        """The `CompanyAnswer`."""
        return {
            "domain": self.domain,
            **orjson.loads(self.attributes),
            "version": self.version,
            "sources": orjson.Fragment(self.sources),
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }


class Scorable(NamedTuple):
    """What a score is computed from: the version of a profile, its attributes, and when they were last changed.

    All are None where the company is unknown. With it comes the revision of the tenant's rulebook.
    """

    version: int | None
    attributes: str | None
    updated_at: datetime | None
    revision: int


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a profile that was put."""

    company: Company
    created: bool
    changed: bool


async def put(
    connection: Connection, *, tenant: UUID, profiles: Mapping[str, Profile], source: str, now: datetime
) -> list[Change]:
    """Make these the profiles of these domains; what is the same already is left alone. In the order of domains."""
    domains = sorted(profiles)
    before = {row["domain"]: row for row in await connection.fetch(_LOCK, tenant, domains)}
    changed = [domain for domain in domains if not _is_same(before.get(domain), profile=profiles[domain])]
    rows = []
    for domain in changed:
        sources = _sources(before.get(domain), profile=profiles[domain], source=source, now=now)
        rows.append(_row(domain, tenant=tenant, profile=profiles[domain], sources=sources))
    written = await connection.fetch(_WRITE, tenant, *zip(*rows, strict=True), now) if rows else []
    after = {row["domain"]: row for row in written}
    return [
        Change(
            Company(attributes=profiles[domain].text, **_stored(after.get(domain) or before[domain])),
            created=domain not in before or before[domain]["deleted"],
            changed=domain in after,
        )
        for domain in domains
    ]


async def delete(connection: Connection, *, tenant: UUID, domain: str, now: datetime) -> int | None:
    """Forget a company; the version that this made, or None where there is none."""
    version: int | None = await connection.fetchval(_DELETE, tenant, domain, now)
    return version


async def get(connection: Connection, *, tenant: UUID, domain: str) -> Company | None:
    """A profile."""
    row = await connection.fetchrow(_GET, tenant, domain)
    return None if row is None else Company(**dict(row))


async def after(
    connection: Connection, *, tenant: UUID, domain: str | None, filters: CompanyFilters, limit: int
) -> list[Company]:
    """Profiles behind a domain in the order of domains: at most so many, and hardly more than a page may hold."""
    conditions, values = _conditions(filters, tenant=tenant)
    query = _LIST.format(conditions=conditions, largest=LARGEST_PAGE)
    rows = await connection.fetch(query, tenant, domain or "", limit, *values)
    return [Company(**dict(row)) for row in rows]


async def to_score(connection: Connection, *, asked: Sequence[tuple[UUID, str]]) -> list[Scorable]:
    """The profiles of (tenant, domain) pairs, in their order."""
    tenants, domains = [tenant for tenant, _ in asked], [domain for _, domain in asked]
    return [Scorable(*row) for row in await connection.fetch(_TO_SCORE, tenants, domains)]


def _is_same(row: Record | None, *, profile: Profile) -> bool:
    return row is not None and not row["deleted"] and row["attributes"] == profile.text


def _stored(row: Record) -> dict[str, Any]:
    return {name: row[name] for name in ("domain", "version", "sources", "created_at", "updated_at")}


def _sources(row: Record | None, *, profile: Profile, source: str, now: datetime) -> dict[str, Any]:
    old = {} if row is None else orjson.loads(row["attributes"])
    known = {} if row is None else orjson.loads(row["sources"])
    return provenance(profile.attributes, old=old, known=known, source=source, now=now)


def _row(domain: str, *, tenant: UUID, profile: Profile, sources: dict[str, Any]) -> tuple[Any, ...]:
    """Terms go as the text of an array, since `unnest` would flatten arrays of arrays."""
    terms = "{" + ",".join(map(str, profile.terms(tenant, domain=domain))) + "}"
    written = orjson.dumps(sources).decode()
    return domain, profile.text, written, terms, profile.attributes.get("employees"), profile.search_text(domain)


def _conditions(filters: CompanyFilters, *, tenant: UUID) -> tuple[str, list[Any]]:
    """Conditions beside the first three parameters, and their values."""
    values: list[Any] = []
    conditions: list[str] = []

    def add(condition: str, value: Any) -> None:
        values.append(value)
        conditions.append(f"AND {condition.format(f'${len(values) + 3}')}")

    found_by = filters.model_dump(include={"industry", "country", "tag", "technology"}, exclude_none=True)
    terms = [term(tenant, name=name, value=value) for name, value in found_by.items()]
    if terms:
        add("terms @> {}::bigint[]", terms)
    if filters.min_employees is not None:
        add("employees >= {}", filters.min_employees)
    if filters.max_employees is not None:
        add("employees <= {}", filters.max_employees)
    if filters.q is not None:
        add("strpos(search, {}) > 0", fold(filters.q).replace("\0", ""))
    return " ".join(conditions), values
