"""Uploads: files of leads before they are processed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from winnow.results.parsing import Result


class RowReason(Result):
    """Why a row did not qualify: a stable code, a sentence that quotes nothing of the row, and the column at fault."""

    code: str
    detail: str
    column: str | None = None


class Upload(Result):
    """A file that is there, until `expires_at` or until it was processed."""

    upload_id: str
    filename: str
    size: int
    file_path: str = ""
    expires_at: datetime | None = None


class ColumnPreview(Result):
    """A column: the field that it is taken for, None where it is kept as it is, and how that was decided."""

    header: str
    field: str | None = None
    by: str | None = None


class RowPreview(Result):
    """A row as it would be taken; `source` has the columns that are no field."""

    row: int
    line: int
    values: Mapping[str, str]
    source: Mapping[str, str]
    reason: RowReason | None = None


class Preview(Result):
    """What was detected in a file, and its first rows as they would be mapped."""

    upload_id: str
    filename: str
    size: int
    format: str
    compression: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    has_header: bool = True
    skipped_lines: int = 0
    columns: Sequence[ColumnPreview] = ()
    rows: Sequence[RowPreview] = ()
