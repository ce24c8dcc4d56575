"""API keys in PostgreSQL, and the look-up of a credential."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from winnow_common.postgres import Connection, Pool, Record
from winnow_contracts.event import Environment

from winnow_gateway.scopes import ALL_SCOPES, Scope, known_scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """An API key that has not been revoked; its secret is known to its owner alone."""

    id: UUID
    hint: str
    name: str
    environment: Environment
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    replaced_by: UUID | None = None
    """The key that a rotation made; this one works on until it expires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Who a key or session token belongs to, and how much of the month its account has used."""

    tenant: UUID
    id: UUID
    environment: Environment
    scopes: frozenset[Scope]
    expires_at: datetime | None
    plan: str
    month_started_at: datetime | None
    month_used: int


async def insert_key(connection: Connection, key: StoredKey, *, tenant: UUID, key_hash: bytes) -> None:
    """Add a key."""
    await connection.execute(
        "INSERT INTO api_key (tenant_id, key_id, key_hash, hint, name, environment, scopes, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant,
        key.id,
        key_hash,
        key.hint,
        key.name,
        key.environment.value,
        sorted(key.scopes),
        key.created_at,
        key.expires_at,
    )


async def list_keys(connection: Connection, *, tenant: UUID, now: datetime) -> list[StoredKey]:
    """The tenant's keys that work, oldest first."""
    rows = await connection.fetch(
        "SELECT key_id, hint, name, environment, scopes, created_at, expires_at, last_used_at, replaced_by"
        " FROM api_key WHERE tenant_id = $1 AND revoked_at IS NULL"
        " AND (expires_at IS NULL OR expires_at > $2) ORDER BY key_id",
        tenant,
        now,
    )
    return [_key(row) for row in rows]


async def revoke_key(connection: Connection, *, tenant: UUID, id: UUID, now: datetime) -> None:
    """End a key at once."""
    await connection.execute(
        "UPDATE api_key SET revoked_at = $3 WHERE tenant_id = $1 AND key_id = $2 AND revoked_at IS NULL",
        tenant,
        id,
        now,
    )


async def replace_key(
    connection: Connection, *, tenant: UUID, id: UUID, replaced_by: UUID, expires_at: datetime
) -> None:
    """Let a key end at that time, if it does not end sooner, since another took its place."""
    await connection.execute(
        "UPDATE api_key SET replaced_by = $3, expires_at = LEAST(expires_at, $4) WHERE tenant_id = $1 AND key_id = $2",
        tenant,
        id,
        replaced_by,
        expires_at,
    )


async def touch_keys(pool: Pool, used: Mapping[tuple[UUID, UUID], datetime]) -> None:
    """Note when keys, given by tenant and id, were last used."""
    await pool.execute(
        "UPDATE api_key SET last_used_at = used.at"
        " FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS used (tenant_id, key_id, at)"
        " WHERE api_key.tenant_id = used.tenant_id AND api_key.key_id = used.key_id"
        " AND (api_key.last_used_at IS NULL OR api_key.last_used_at < used.at)",
        [tenant for tenant, _ in used],
        [key for _, key in used],
        list(used.values()),
    )


async def find_key(pool: Pool, key_hash: bytes, *, now: datetime) -> Credential | None:
    """The credential of an API key that works."""
    row = await pool.fetchrow(
        "SELECT tenant_id, key_id AS id, environment, scopes, expires_at, plan, started_at, used"
        " FROM api_key JOIN account USING (tenant_id) LEFT JOIN month USING (tenant_id)"
        " WHERE key_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)",
        key_hash,
        now,
    )
    return None if row is None else _credential(row)


async def find_session(pool: Pool, token_hash: bytes, *, now: datetime) -> Credential | None:
    """The credential of a session that has not ended; it may do everything in production."""
    row = await pool.fetchrow(
        "SELECT tenant_id, session_id AS id, 'production' AS environment, NULL AS scopes, expires_at, plan,"
        " started_at, used"
        " FROM session JOIN account USING (tenant_id) LEFT JOIN month USING (tenant_id)"
        " WHERE token_hash = $1 AND expires_at > $2",
        token_hash,
        now,
    )
    return None if row is None else _credential(row)


def _key(row: Record) -> StoredKey:
    return StoredKey(
        id=row["key_id"],
        hint=row["hint"],
        name=row["name"],
        environment=Environment(row["environment"]),
        scopes=known_scopes(row["scopes"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        replaced_by=row["replaced_by"],
    )


def _credential(row: Record) -> Credential:
    scopes = row["scopes"]
    return Credential(
        tenant=row["tenant_id"],
        id=row["id"],
        environment=Environment(row["environment"]),
        scopes=ALL_SCOPES if scopes is None else known_scopes(scopes),
        expires_at=row["expires_at"],
        plan=row["plan"],
        month_started_at=row["started_at"],
        month_used=row["used"] or 0,
    )
