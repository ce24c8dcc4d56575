"""Uploads: noted when they arrived, and looked at before anything is paid."""

from typing import Any
from uuid import UUID

from winnow_common.clock import Clock
from winnow_common.errors import PermanentError, Problem
from winnow_common.outcome import AnyHandler, Command, Outcome, Read, Request
from winnow_common.postgres import Connection
from winnow_common.sealed import SealedStore
from winnow_common.sealed_values import open_text
from winnow_contracts import uploads as contract
from winnow_contracts.uploads import AddUpload, PreviewUpload

from winnow_pipeline import refusals
from winnow_pipeline.files.detection import Detected, detect
from winnow_pipeline.files.failures import Unreadable
from winnow_pipeline.files.presets import Presets
from winnow_pipeline.files.reading import read_rows
from winnow_pipeline.leads import RawRow
from winnow_pipeline.mappings import check_mapping
from winnow_pipeline.public_ids import Prefix, derived_id, read_id, shown
from winnow_pipeline.sealed_io import SealedSource, sealed_answer
from winnow_pipeline.store import uploads
from winnow_pipeline.store.uploads import Upload

_ROWS_SHOWN = 10


class UploadHandlers:
    """Answers for `uploads.*`."""

    def __init__(self, *, clock: Clock, objects: SealedStore, presets: Presets) -> None:
        self._clock = clock
        self._objects = objects
        self._presets = presets

    def all(self) -> tuple[AnyHandler, ...]:
        """The handlers with the messages that they take."""
        return (
            Command(contract.ADD, AddUpload, self.add),
            Read(contract.PREVIEW, PreviewUpload, self.preview),
        )

    async def add(self, request: Request[AddUpload], connection: Connection) -> Outcome:
        """Note a file that the gateway has sealed."""
        asked = request.data
        upload = Upload(
            upload_id=derived_id(request.id, key="upload", time=request.time),
            object=asked.object,
            size=asked.object.size,
            name=asked.name,
            created_at=self._clock(),
            expires_at=asked.object.expires,
        )
        await uploads.add(connection, upload, tenant=request.tenant, request_id=request.id)
        public = shown(upload.upload_id, prefix=Prefix.UPLOAD)
        answer = {
            "upload_id": public,
            "file_path": f"uploads/{public}",
            "size": upload.size,
            "expires_at": upload.expires_at,
        }
        return Outcome.json(answer, status=201)

    async def preview(self, request: Request[PreviewUpload], connection: Connection) -> Outcome:
        """What is detected in a file, and its first rows as they would be mapped."""
        tenant, mapping = request.tenant, request.data.mapping
        check_mapping(mapping)
        upload = await find_upload(connection, tenant=tenant, id=request.data.id)
        name = open_text(self._objects, upload.name, tenant=tenant)
        source = SealedSource(self._objects, upload.object, tenant=tenant)
        try:
            detected = await detect(source, file_name=name, mapping=mapping, presets=self._presets)
            rows = await _first_rows(source, detected)
        except Unreadable as error:
            raise Problem(422, error.code, error.detail) from None
        except PermanentError:
            raise refusals.upload_gone() from None
        answer = _shown(upload, name=name, detected=detected, rows=rows)
        return await sealed_answer(self._objects, answer, tenant=tenant, now=self._clock())


async def find_upload(connection: Connection, *, tenant: UUID, id: str) -> Upload:
    """A file that is still there. Raises `Problem`."""
    upload_id = read_id(id, prefix=Prefix.UPLOAD)
    upload = upload_id and await uploads.find(connection, tenant=tenant, upload_id=upload_id)
    if not upload:
        raise refusals.upload_not_found()
    if upload.deleted_at is not None:
        raise refusals.upload_gone()
    return upload


async def _first_rows(source: SealedSource, detected: Detected) -> list[RawRow]:
    async for read in read_rows(source, detected, start=None, rows_per_batch=_ROWS_SHOWN):
        return list(read.rows[:_ROWS_SHOWN])
    return []


def _shown(upload: Upload, *, name: str, detected: Detected, rows: list[RawRow]) -> dict[str, Any]:
    """A `PreviewAnswer`."""
    return {
        "upload_id": shown(upload.upload_id, prefix=Prefix.UPLOAD),
        "filename": name,
        "size": upload.size,
        "format": detected.format,
        "compression": detected.compression,
        "encoding": detected.encoding,
        "delimiter": detected.delimiter,
        "has_header": detected.has_header,
        "skipped_lines": detected.skipped_lines,
        "columns": [{"header": each.header, "field": each.field, "by": each.by} for each in detected.columns],
        "rows": [_row(row) for row in rows],
    }


def _row(row: RawRow) -> dict[str, Any]:
    reason = row.reason
    return {
        "row": row.number,
        "line": row.line,
        "values": {str(field): _storable(value) for field, value in row.values.items()},
        "source": {_storable(header): _storable(value) for header, value in row.source.items()},
        "reason": None if reason is None else {"code": reason.code, "detail": reason.detail, "column": reason.column},
    }


def _storable(text: str) -> str:
    """What UTF-8 can say of it, at most as much as anybody looks at."""
    return text[:1_000].encode("utf-8", "replace").decode()
