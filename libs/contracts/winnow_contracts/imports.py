"""Imports: a file of companies, taken in row by row in the background."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from winnow_contracts.pages import PageRequest
from winnow_contracts.sealed import SealedReference
from winnow_contracts.topic import Kind, MessageType

ImportContentType = Literal["text/csv", "application/json", "application/x-ndjson"]

ImportStatus = Literal["queued", "running", "completed", "failed"]

ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ImportCompanies(BaseModel):
    """Take in the companies of a sealed file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    object: SealedReference
    content_type: ImportContentType
    mapping: Annotated[
        dict[ColumnName, ColumnName] | None,
        Field(
            max_length=500,
            description="Names in the file to attributes of a company, `domain` or `custom.<name>`; what it "
            "does not name is left out.",
            examples=[{"Company Website": "domain", "Sector": "industry"}],
        ),
    ] = None


class GetImport(BaseModel):
    """How far an import has come."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str


class ListImports(PageRequest):
    """The tenant's imports, newest first."""


class RowError(BaseModel):
    """Why one row did not go in.

    `line` is the line of the file that the row begins on; in a JSON array the number of the item, from 1.
    """

    line: int
    reason: str


class ImportFailure(BaseModel):
    """Why a file could not be read."""

    code: str
    detail: str


class ImportSummary(BaseModel):
    """An import in a list; `rows` are those read so far, each of them imported or rejected."""

    import_id: str
    status: ImportStatus
    rows: int
    imported: int
    rejected: int
    bytes_total: int
    bytes_read: int
    error: ImportFailure | None = None
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    kind: Literal["companies", "customers"] = "companies"
    model_version: Annotated[
        int | None, Field(description="Of customers, once they are in: the version of the model that will know them.")
    ] = None


class ImportAnswer(ImportSummary):
    """An import; the first 1,000 rejected rows are in `errors`."""

    errors: list[RowError]


class ImportAccepted(BaseModel):
    """The file is here and will be taken in; `GET /v1/imports/{import_id}` says how far it is."""

    import_id: str
    status: ImportStatus


IMPORT = MessageType("companies.import", ImportCompanies, Kind.COMMAND)
GET = MessageType("imports.get", GetImport, Kind.READ)
LIST = MessageType("imports.list", ListImports, Kind.READ)
