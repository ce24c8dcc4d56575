"""The vault's contents: sealed bytes by lead."""

from collections.abc import Sequence
from uuid import UUID

from winnow_common.postgres import Connection, Queryable

from winnow_pipeline.vault.sealing import SealedLead, StoredContent

_SOME = """
SELECT wanted.lead_id, key.version, key.wrapped, vault.sealed
FROM unnest($2::uuid[]) AS wanted (lead_id)
LEFT JOIN pipeline_keys.lead_key AS key ON key.tenant_id = $1 AND key.lead_id = wanted.lead_id
LEFT JOIN vault ON vault.tenant_id = $1 AND vault.lead_id = wanted.lead_id
"""

_REPLACE = """
UPDATE vault SET sealed = new.sealed FROM unnest($2::uuid[], $3::bytea[]) AS new (lead_id, sealed)
WHERE vault.tenant_id = $1 AND vault.lead_id = new.lead_id
"""


async def add_contents(connection: Connection, *, tenant: UUID, leads: Sequence[SealedLead]) -> None:
    """Store contents; those of a chunk that is repeated take the place of its old ones."""
    await remove(connection, tenant=tenant, ids=[lead.lead_id for lead in leads])
    await connection.copy_records_to_table(
        "vault",
        records=[(tenant, lead.lead_id, lead.sealed) for lead in leads],
        columns=("tenant_id", "lead_id", "sealed"),
    )


async def replace_contents(connection: Connection, *, tenant: UUID, leads: Sequence[SealedLead]) -> None:
    """Store other contents under the keys that the leads have; those that were erased stay erased."""
    if leads:
        ids, sealed = [lead.lead_id for lead in leads], [lead.sealed for lead in leads]
        await connection.execute(_REPLACE, tenant, ids, sealed)


async def some(connection: Queryable, *, tenant: UUID, ids: Sequence[UUID]) -> list[StoredContent]:
    """What is stored of each of these leads, in their order."""
    return [StoredContent(*row) for row in await connection.fetch(_SOME, tenant, list(ids))]


async def remove(connection: Connection, *, tenant: UUID, ids: Sequence[UUID]) -> int:
    """Delete contents; how many there were."""
    done: str = await connection.execute(
        "DELETE FROM vault WHERE tenant_id = $1 AND lead_id = ANY ($2::uuid[])", tenant, list(ids)
    )
    return int(done.rpartition(" ")[2])


async def remove_range(connection: Connection, *, tenant: UUID, first: UUID, last: UUID) -> None:
    """Delete the contents of all leads of a range."""
    await connection.execute(
        "DELETE FROM vault WHERE tenant_id = $1 AND lead_id BETWEEN $2 AND $3", tenant, first, last
    )
