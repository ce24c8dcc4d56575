"""Keys, in a schema of their own: tenants' under the master key, leads' under their tenant's."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from winnow_common.postgres import Connection, Queryable


class TenantKey(NamedTuple):
    """A key of a tenant, wrapped by the master key."""

    purpose: str
    version: int
    wrapped: bytes


async def tenant_keys(connection: Queryable, *, tenant: UUID) -> list[TenantKey]:
    """All keys of a tenant."""
    rows = await connection.fetch(
        "SELECT purpose, version, wrapped FROM pipeline_keys.tenant_key WHERE tenant_id = $1", tenant
    )
    return [TenantKey(*row) for row in rows]


async def all_tenant_keys(connection: Connection) -> list[tuple[UUID, TenantKey]]:
    """The keys of all tenants."""
    rows = await connection.fetch("SELECT tenant_id, purpose, version, wrapped FROM pipeline_keys.tenant_key")
    return [(row[0], TenantKey(*row[1:])) for row in map(tuple, rows)]


async def add_tenant_key(connection: Queryable, key: TenantKey, *, tenant: UUID, now: datetime) -> None:
    """Store a new key, unless somebody else did first."""
    await connection.execute(
        "INSERT INTO pipeline_keys.tenant_key (tenant_id, purpose, version, wrapped, created_at) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        tenant,
        key.purpose,
        key.version,
        key.wrapped,
        now,
    )


async def rewrap(connection: Connection, key: TenantKey, *, tenant: UUID) -> None:
    """The same key under another master key."""
    await connection.execute(
        "UPDATE pipeline_keys.tenant_key SET wrapped = $4 WHERE tenant_id = $1 AND purpose = $2 AND version = $3",
        tenant,
        key.purpose,
        key.version,
        key.wrapped,
    )


async def add_keys(connection: Connection, *, tenant: UUID, leads: Sequence[tuple[UUID, int, bytes, bytes]]) -> None:
    """Store leads' keys; those of a chunk that is repeated take the place of its old ones."""
    await remove(connection, tenant=tenant, ids=[lead[0] for lead in leads])
    await connection.copy_records_to_table(
        "lead_key",
        records=[(tenant, id, version, wrapped) for id, version, wrapped, _ in leads],
        columns=("tenant_id", "lead_id", "version", "wrapped"),
        schema_name="pipeline_keys",
    )


async def some(connection: Queryable, *, tenant: UUID, ids: Sequence[UUID]) -> dict[UUID, tuple[int, bytes]]:
    """Version and wrapped key of each of these leads that was not erased."""
    rows = await connection.fetch(
        "SELECT lead_id, version, wrapped FROM pipeline_keys.lead_key "
        "WHERE tenant_id = $1 AND lead_id = ANY ($2::uuid[])",
        tenant,
        list(ids),
    )
    return {row["lead_id"]: (row["version"], row["wrapped"]) for row in rows}


async def remove(connection: Connection, *, tenant: UUID, ids: Sequence[UUID]) -> int:
    """Destroy the keys of leads; how many there were."""
    done: str = await connection.execute(
        "DELETE FROM pipeline_keys.lead_key WHERE tenant_id = $1 AND lead_id = ANY ($2::uuid[])", tenant, list(ids)
    )
    return int(done.rpartition(" ")[2])


async def remove_range(connection: Connection, *, tenant: UUID, first: UUID, last: UUID) -> None:
    """Destroy the keys of all leads of a range."""
    await connection.execute(
        "DELETE FROM pipeline_keys.lead_key WHERE tenant_id = $1 AND lead_id BETWEEN $2 AND $3", tenant, first, last
    )
