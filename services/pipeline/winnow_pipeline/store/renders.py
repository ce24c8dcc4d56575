"""Files of results that somebody asked for: one per batch, format and status, written once and kept for a while."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args
from uuid import UUID

from winnow_common.postgres import Connection
from winnow_contracts.batches import DownloadFormat, DownloadStatus
from winnow_contracts.sealed import SealedReference

_FORMATS: Final = get_args(DownloadFormat)
_STATUSES: Final = get_args(DownloadStatus)


@dataclass(frozen=True, slots=True)
class Render:
    """A file that is being written, or is there."""

    object: SealedReference | None
    rows: int | None
    expires_at: datetime


def number_of(format: str, status: str) -> int:
    """What a kind of file is called in keys."""
    return _FORMATS.index(format) * len(_STATUSES) + _STATUSES.index(status)


def kind_of(number: int) -> tuple[str, str]:
    """Format and status again."""
    return _FORMATS[number // len(_STATUSES)], _STATUSES[number % len(_STATUSES)]


async def find(connection: Connection, *, tenant: UUID, batch_id: UUID, number: int, now: datetime) -> Render | None:
    """The file, where it was asked for and is not too old."""
    row = await connection.fetchrow(
        "SELECT object, rows, expires_at FROM render "
        "WHERE tenant_id = $1 AND batch_id = $2 AND number = $3 AND expires_at > $4",
        tenant,
        batch_id,
        number,
        now,
    )
    if row is None:
        return None
    object = None if row["object"] is None else SealedReference.model_validate_json(row["object"])
    return Render(object, row["rows"], row["expires_at"])


async def ask(connection: Connection, *, tenant: UUID, batch_id: UUID, number: int, expires: datetime) -> None:
    """Note that it is wanted; what was written before is written again."""
    await connection.execute(
        "INSERT INTO render (tenant_id, batch_id, number, expires_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (tenant_id, batch_id, number) DO UPDATE SET object = NULL, rows = NULL, expires_at = $4",
        tenant,
        batch_id,
        number,
        expires,
    )


async def note(
    connection: Connection, *, tenant: UUID, batch_id: UUID, number: int, object: SealedReference, rows: int
) -> None:
    """It is there."""
    await connection.execute(
        "UPDATE render SET object = $4, rows = $5 WHERE tenant_id = $1 AND batch_id = $2 AND number = $3",
        tenant,
        batch_id,
        number,
        object.model_dump_json(),
        rows,
    )


async def forget(connection: Connection, *, tenant: UUID, batch_id: UUID) -> list[SealedReference]:
    """What was written of a batch counts no more; the objects that may go."""
    rows = await connection.fetch(
        "DELETE FROM render WHERE tenant_id = $1 AND batch_id = $2 RETURNING object", tenant, batch_id
    )
    return [SealedReference.model_validate_json(row["object"]) for row in rows if row["object"] is not None]
