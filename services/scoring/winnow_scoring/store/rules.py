"""Rules, their versions, and which of them is the default.

Whoever changes a tenant's rules holds the lock of its rulebook first, so changes of one tenant follow each other, and
so do their facts.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from winnow_common.postgres import Connection

from winnow_scoring.rulebook import STARTER_ID, STARTER_VERSION, Draft, Version, starter

_LOCK = """
INSERT INTO rulebook (tenant_id, revision) VALUES ($1, 0)
ON CONFLICT (tenant_id) DO UPDATE SET revision = rulebook.revision
"""

_FIND = """
SELECT rule_id, latest_version, published_version, deleted_at IS NOT NULL AS deleted,
    rule_id IS NOT DISTINCT FROM (SELECT default_rule_id FROM rulebook WHERE tenant_id = $1) AS is_default
FROM rule WHERE tenant_id = $1 AND rule_id = $2
"""

_SAVE = """
INSERT INTO rule (tenant_id, rule_id, latest_version, created_at, updated_at) VALUES ($1, $2, 1, $3, $3)
ON CONFLICT (tenant_id, rule_id) DO UPDATE SET
    latest_version = rule.latest_version + 1,
    created_at = CASE WHEN rule.deleted_at IS NULL THEN rule.created_at ELSE $3 END,
    updated_at = $3,
    deleted_at = NULL
RETURNING latest_version
"""

_SAVE_VERSION = """
INSERT INTO rule_version (tenant_id, rule_id, version, name, definition, hash, wants_default, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""

_PUBLISH = """
UPDATE rule SET published_version = $3, published_revision = rulebook.revision + 1, updated_at = $4,
    first_published_revision = coalesce(rule.first_published_revision, rulebook.revision + 1)
FROM rulebook WHERE rule.tenant_id = $1 AND rule.rule_id = $2 AND rulebook.tenant_id = $1
"""

_PUBLISH_VERSION = "UPDATE rule_version SET published_at = $4 WHERE tenant_id = $1 AND rule_id = $2 AND version = $3"

_DELETE = """
UPDATE rule SET published_version = NULL, published_revision = NULL, first_published_revision = NULL,
    updated_at = $3, deleted_at = $3
WHERE tenant_id = $1 AND rule_id = $2
"""

_SETTLE_DEFAULT = """
UPDATE rulebook SET revision = revision + 1, default_rule_id = (
    SELECT rule.rule_id FROM rule
    JOIN rule_version AS version ON version.tenant_id = rule.tenant_id AND version.rule_id = rule.rule_id
        AND version.version = rule.published_version
    WHERE rule.tenant_id = $1
    ORDER BY version.wants_default DESC, CASE WHEN version.wants_default THEN -rule.published_revision END,
        rule.first_published_revision
    LIMIT 1
) WHERE tenant_id = $1
RETURNING revision, default_rule_id
"""

_VERSION = """
SELECT rule_id, version, name, definition, hash, created_at, published_at
FROM rule_version WHERE tenant_id = $1 AND rule_id = $2 AND version = $3
"""

_VERSIONS = """
SELECT rule_id, version, name, definition, hash, created_at, published_at
FROM rule_version
WHERE tenant_id = $1 AND rule_id = $2 AND version < $3 ORDER BY version DESC LIMIT $4
"""

_PUBLISHED_BEFORE = """
SELECT max(version) FROM rule_version
WHERE tenant_id = $1 AND rule_id = $2 AND version < $3 AND published_at IS NOT NULL
"""

_DEFAULT = "SELECT default_rule_id FROM rulebook WHERE tenant_id = $1"

_LIST = """
SELECT rule_id, name, published_version, latest_version, updated_at,
    rule_id = coalesce((SELECT default_rule_id FROM rulebook WHERE tenant_id = $1), $4) AS is_default
FROM (
    SELECT rule.rule_id, version.name, rule.published_version, rule.latest_version, rule.updated_at
    FROM rule JOIN rule_version AS version ON version.tenant_id = rule.tenant_id AND version.rule_id = rule.rule_id
        AND version.version = rule.latest_version
    WHERE rule.tenant_id = $1 AND rule.deleted_at IS NULL
    UNION ALL SELECT $4, $5, $6::bigint, $6::bigint, NULL
) AS every_rule
WHERE rule_id > $2 ORDER BY rule_id LIMIT $3
"""

_TO_SCORE = """
SELECT asked.place, rule.rule_id, version.version, version.name, version.hash
FROM unnest($1::integer[], $2::uuid[], $3::text[]) AS asked (place, tenant_id, rule_id)
LEFT JOIN rulebook ON rulebook.tenant_id = asked.tenant_id AND asked.rule_id IS NULL
JOIN rule ON rule.tenant_id = asked.tenant_id AND rule.rule_id = coalesce(asked.rule_id, rulebook.default_rule_id)
JOIN rule_version AS version ON version.tenant_id = rule.tenant_id AND version.rule_id = rule.rule_id
    AND version.version = rule.published_version
"""

_DEFINITIONS = """
SELECT DISTINCT ON (version.hash) version.hash, version.definition
FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS asked (tenant_id, rule_id, version)
JOIN rule_version AS version ON version.tenant_id = asked.tenant_id AND version.rule_id = asked.rule_id
    AND version.version = asked.version
"""

_KEEP_STARTER = """
INSERT INTO rule_version (tenant_id, rule_id, version, name, definition, hash, wants_default, created_at, published_at)
SELECT tenant_id, $2, $3, $4, $5, $6, false, $7, $7 FROM unnest($1::uuid[]) AS asked (tenant_id)
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class StoredRule:
    """Where a rule stands."""

    rule_id: str
    latest_version: int
    published_version: int | None
    deleted: bool
    is_default: bool


@dataclass(frozen=True, slots=True)
class ListedRule:
    """A rule in a list."""

    rule_id: str
    name: str
    published_version: int | None
    latest_version: int
    updated_at: datetime | None
    is_default: bool


class Rulebook(NamedTuple):
    """How often a tenant's published rules have changed, and its default rule."""

    revision: int
    default_rule_id: str


class Published(NamedTuple):
    """The version by which a rule scores."""

    rule_id: str
    version: int
    name: str
    hash: str


async def lock(connection: Connection, *, tenant: UUID) -> None:
    """Let nobody else change this tenant's rules until the transaction ends."""
    await connection.execute(_LOCK, tenant)


async def find(connection: Connection, *, tenant: UUID, rule_id: str) -> StoredRule | None:
    """A rule, also one that is deleted."""
    row = await connection.fetchrow(_FIND, tenant, rule_id)
    return None if row is None else StoredRule(**dict(row))


async def save(connection: Connection, *, tenant: UUID, rule_id: str, draft: Draft, now: datetime) -> int:
    """Add a version to a rule, which is made if need be; the version's number."""
    version: int = await connection.fetchval(_SAVE, tenant, rule_id, now)
    wants_default = draft.wants_default
    await connection.execute(
        _SAVE_VERSION, tenant, rule_id, version, draft.name, draft.definition, draft.hash, wants_default, now
    )
    return version


async def publish(connection: Connection, *, tenant: UUID, rule_id: str, version: int, now: datetime) -> Rulebook:
    """Score by this version from now on."""
    await connection.execute(_PUBLISH, tenant, rule_id, version, now)
    await connection.execute(_PUBLISH_VERSION, tenant, rule_id, version, now)
    return await _settle_default(connection, tenant=tenant)


async def delete(connection: Connection, *, tenant: UUID, rule_id: str, now: datetime) -> Rulebook:
    """Take a rule away; its versions stay."""
    await connection.execute(_DELETE, tenant, rule_id, now)
    return await _settle_default(connection, tenant=tenant)


async def version(connection: Connection, *, tenant: UUID, rule_id: str, version: int) -> Version | None:
    """One version of a rule, also of a deleted one."""
    row = await connection.fetchrow(_VERSION, tenant, rule_id, version)
    return None if row is None else Version(**dict(row))


async def versions_before(
    connection: Connection, *, tenant: UUID, rule_id: str, version: int, limit: int
) -> list[Version]:
    """Versions below one, newest first."""
    rows = await connection.fetch(_VERSIONS, tenant, rule_id, version, limit)
    return [Version(**dict(row)) for row in rows]


async def published_before(connection: Connection, *, tenant: UUID, rule_id: str, version: int) -> int | None:
    """The newest version below one that has been published."""
    found: int | None = await connection.fetchval(_PUBLISHED_BEFORE, tenant, rule_id, version)
    return found


async def default_rule_id(connection: Connection, *, tenant: UUID) -> str:
    """By which rule requests are scored that name none."""
    return await connection.fetchval(_DEFAULT, tenant) or STARTER_ID


async def after(connection: Connection, *, tenant: UUID, rule_id: str | None, limit: int) -> list[ListedRule]:
    """Rules behind one by id, the starter rule among them."""
    rows = await connection.fetch(_LIST, tenant, rule_id or "", limit, STARTER_ID, starter().name, STARTER_VERSION)
    return [ListedRule(**dict(row)) for row in rows]


async def to_score(connection: Connection, *, asked: Sequence[tuple[UUID, str | None]]) -> dict[int, Published]:
    """The published versions of (tenant, rule) pairs in one query, by their places.

    No rule stands for the default one; where that is the starter, nothing is found.
    """
    tenants, rule_ids = [tenant for tenant, _ in asked], [rule_id for _, rule_id in asked]
    rows = await connection.fetch(_TO_SCORE, list(range(len(asked))), tenants, rule_ids)
    return {row[0]: Published(row[1], row[2], row[3], row[4]) for row in rows}


async def definitions(connection: Connection, *, asked: Collection[tuple[UUID, str, int]]) -> dict[str, str]:
    """The definitions of (tenant, rule, version) by their hashes."""
    rows = await connection.fetch(_DEFINITIONS, *(list(column) for column in zip(*asked, strict=True)))
    return {row["hash"]: row["definition"] for row in rows}


async def keep_starter(connection: Connection, *, tenants: Collection[UUID], now: datetime) -> None:
    """Write down the starter rule for tenants that it scores for: their scores outlive it as it is now."""
    draft = starter()
    values: tuple[Any, ...] = (STARTER_ID, STARTER_VERSION, draft.name, draft.definition, draft.hash, now)
    await connection.execute(_KEEP_STARTER, sorted(tenants), *values)


async def _settle_default(connection: Connection, *, tenant: UUID) -> Rulebook:
    row = await connection.fetchrow(_SETTLE_DEFAULT, tenant)
    assert row is not None, "the rulebook was locked, so it is there"
    return Rulebook(row["revision"], row["default_rule_id"] or STARTER_ID)
