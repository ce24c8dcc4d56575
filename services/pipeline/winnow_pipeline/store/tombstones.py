"""Tombstones: pseudonyms of persons who were erased and are not taken in again, and receipts of that.

Chunks are stored under the tenant's lock, shared, and erasures hold it alone: so a chunk either sees the tombstone, or
the erasure sees the chunk.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from winnow_common.postgres import Connection, Queryable

_ADD = """
INSERT INTO tombstone (tenant_id, pseudonym, version, erased_at, receipt_id)
SELECT $1, pseudonym, version, $4, $5 FROM unnest($2::bytea[], $3::smallint[]) AS new (pseudonym, version)
ON CONFLICT DO NOTHING
"""


async def hold_off(connection: Connection, *, tenant: UUID) -> None:
    """Nobody of the tenant is erased until the end of the transaction."""
    await connection.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))", _lock(tenant))


async def hold(connection: Connection, *, tenant: UUID) -> None:
    """No chunk of the tenant is stored until the end of the transaction."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", _lock(tenant))


async def count(connection: Queryable, *, tenant: UUID) -> int:
    """How many erasures there were; grows with each."""
    return int(await connection.fetchval("SELECT count(*) FROM erasure WHERE tenant_id = $1", tenant))


async def find(connection: Queryable, *, tenant: UUID, pseudonyms: Collection[bytes]) -> set[bytes]:
    """Those of the pseudonyms that are of somebody who was erased."""
    rows = await connection.fetch(
        "SELECT pseudonym FROM tombstone WHERE tenant_id = $1 AND pseudonym = ANY ($2::bytea[])",
        tenant,
        list(pseudonyms),
    )
    return {row["pseudonym"] for row in rows}


async def add(
    connection: Connection, *, tenant: UUID, pseudonyms: Sequence[tuple[bytes, int]], receipt_id: UUID, now: datetime
) -> None:
    """Keep persons from being taken in again; a pseudonym comes with the version of its key."""
    await connection.execute(
        _ADD, tenant, [each for each, _ in pseudonyms], [version for _, version in pseudonyms], now, receipt_id
    )


async def note_erasure(connection: Connection, *, tenant: UUID, receipt_id: UUID, receipt: str, now: datetime) -> None:
    """Keep the receipt of an erasure."""
    await connection.execute(
        "INSERT INTO erasure (tenant_id, receipt_id, receipt, erased_at) VALUES ($1, $2, $3, $4)",
        tenant,
        receipt_id,
        receipt,
        now,
    )


async def receipt_of(connection: Connection, *, tenant: UUID, receipt_id: UUID) -> str | None:
    """The receipt of an erasure that was done before."""
    found: str | None = await connection.fetchval(
        "SELECT receipt FROM erasure WHERE tenant_id = $1 AND receipt_id = $2", tenant, receipt_id
    )
    return found


def _lock(tenant: UUID) -> str:
    return f"winnow.pipeline.erasure/{tenant}"
