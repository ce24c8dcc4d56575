"""What is kept for too long: leads of old batches, and files that nobody processed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from winnow_common.postgres import Connection
from winnow_contracts.sealed import SealedReference


async def expired_batches(connection: Connection, *, before: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """Tenant and id of batches that ended before a moment."""
    rows = await connection.fetch(
        "SELECT tenant_id, batch_id FROM batch WHERE finished_at < $1 AND stage = 'over' ORDER BY finished_at LIMIT $2",
        before,
        limit,
    )
    return [(row["tenant_id"], row["batch_id"]) for row in rows]


async def forget_batch(connection: Connection, *, tenant: UUID, batch_id: UUID) -> None:
    """Delete a batch with its chunks, renders and work; its leads go by `store.leads` and the vault."""
    for table in ("chunk", "render", "task", "batch"):
        await connection.execute(
            f"DELETE FROM {table} WHERE tenant_id = $1 AND batch_id = $2",  # noqa: S608  names of this module
            tenant,
            batch_id,
        )


async def unprocessed(
    connection: Connection, *, before: datetime, limit: int
) -> Sequence[tuple[UUID, UUID, SealedReference]]:
    """Tenant, id and object of files that arrived before a moment, and that no batch needs."""
    rows = await connection.fetch(
        "SELECT tenant_id, upload_id, object FROM upload WHERE deleted_at IS NULL AND created_at < $1 "
        "AND NOT EXISTS (SELECT FROM batch WHERE batch.tenant_id = upload.tenant_id "
        "AND batch.upload_id = upload.upload_id AND batch.stage <> 'over') LIMIT $2",
        before,
        limit,
    )
    return [(row["tenant_id"], row["upload_id"], SealedReference.model_validate_json(row["object"])) for row in rows]
