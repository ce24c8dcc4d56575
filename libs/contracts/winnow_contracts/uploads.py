"""Uploads: files of leads, sealed while they stream in, looked at before anything is paid."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from winnow_contracts.imports import ColumnName
from winnow_contracts.sealed import SealedReference, SealedText
from winnow_contracts.topic import Kind, MessageType

FieldName = Annotated[str, Field(max_length=80, pattern=r"^(?:[a-z_]+|custom\.[A-Za-z0-9_]{1,64})?$")]

Mapping = Annotated[
    dict[ColumnName, FieldName],
    Field(
        max_length=2_000,
        description="Columns of the file to fields of a lead, or `custom.<name>`; an empty text leaves a column out. "
        "Columns that it does not name are mapped as they would be without it.",
        examples=[{"E-Mail (work)": "email", "Firma": "company"}],
    ),
]


class AddUpload(BaseModel):
    """A file has arrived."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    object: SealedReference
    name: SealedText
    """The file's name as the caller said it: a label, never a path."""


class UploadAdded(BaseModel):
    """What the pipeline says of a new upload."""

    upload_id: str
    file_path: str
    size: int
    expires_at: datetime


class UploadAnswer(BaseModel):
    """A file that is here. `file_path` is an opaque handle, no path of a server."""

    filename: str
    size: int
    file_path: str
    upload_id: str
    expires_at: Annotated[datetime, Field(description="When the file is deleted unless it was processed before.")]


class PreviewUpload(BaseModel):
    """What was detected in a file, with its first ten rows as they would be mapped; answered sealed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    mapping: Mapping | None = None


class ColumnPreview(BaseModel):
    """A column of the file."""

    header: str
    field: Annotated[str | None, Field(description="What it is taken for; null where it goes into `source`.")]
    by: Annotated[str | None, Field(description="How that was decided: mapping, preset:<vendor>, dictionary, content.")]


class RowPreview(BaseModel):
    """A row as it would be taken."""

    row: int
    line: int
    values: dict[str, str]
    source: dict[str, str]
    reason: "RowReason | None" = None


class RowReason(BaseModel):
    """Why a row did not qualify. `detail` quotes nothing of the row."""

    code: str
    detail: str
    column: str | None = None


class PreviewAnswer(BaseModel):
    """A file before it is processed."""

    upload_id: str
    filename: str
    size: int
    format: Literal["csv", "json", "ndjson", "xlsx"]
    compression: Literal["gzip"] | None
    encoding: str | None
    delimiter: str | None
    has_header: bool
    skipped_lines: int
    columns: list[ColumnPreview]
    rows: list[RowPreview]


ADD = MessageType("uploads.add", AddUpload, Kind.COMMAND)
PREVIEW = MessageType("uploads.preview", PreviewUpload, Kind.READ)
