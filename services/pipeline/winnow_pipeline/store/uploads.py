"""Files that arrived and wait to be processed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from winnow_common.postgres import Connection
from winnow_contracts.sealed import SealedReference, SealedText

_ADD = """
INSERT INTO upload (tenant_id, upload_id, request_id, object, size, name, name_digest, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING
"""
_FIND = """
SELECT upload_id, object, size, name, created_at, expires_at, deleted_at FROM upload
WHERE tenant_id = $1 AND upload_id = $2
"""
_LATEST = """
SELECT upload_id, object, size, name, created_at, expires_at, deleted_at FROM upload
WHERE tenant_id = $1 AND name_digest = $2 ORDER BY upload_id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file, by reference."""

    upload_id: UUID
    object: SealedReference
    size: int
    name: SealedText
    created_at: datetime
    expires_at: datetime
    deleted_at: datetime | None = None


async def add(connection: Connection, upload: Upload, *, tenant: UUID, request_id: UUID) -> None:
    """Note a file that arrived."""
    await connection.execute(
        _ADD,
        tenant,
        upload.upload_id,
        request_id,
        upload.object.model_dump_json(),
        upload.size,
        upload.name.model_dump_json(),
        upload.name.digest,
        upload.created_at,
        upload.expires_at,
    )


async def find(connection: Connection, *, tenant: UUID, upload_id: UUID) -> Upload | None:
    """A file of the tenant."""
    return _read(await connection.fetchrow(_FIND, tenant, upload_id))


async def latest(connection: Connection, *, tenant: UUID, name_digest: str) -> Upload | None:
    """The file of that name that arrived last."""
    return _read(await connection.fetchrow(_LATEST, tenant, name_digest))


async def is_needed(connection: Connection, *, tenant: UUID, upload_id: UUID) -> bool:
    """Whether a batch that goes on is made of it."""
    found = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM batch WHERE tenant_id = $1 AND upload_id = $2 AND stage <> 'over')",
        tenant,
        upload_id,
    )
    return bool(found)


async def mark_deleted(connection: Connection, *, tenant: UUID, upload_id: UUID, now: datetime) -> None:
    """Note that the object is gone."""
    await connection.execute(
        "UPDATE upload SET deleted_at = $3 WHERE tenant_id = $1 AND upload_id = $2 AND deleted_at IS NULL",
        tenant,
        upload_id,
        now,
    )


def _read(row: "object | None") -> Upload | None:
    if row is None:
        return None
    values = dict(row)  # type: ignore[call-overload]
    return Upload(
        **{
            **values,
            "object": SealedReference.model_validate_json(values["object"]),
            "name": SealedText.model_validate_json(values["name"]),
        }
    )
