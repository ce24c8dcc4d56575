"""Uploads, batches and leads as they are asked for: paths, queries, and which ids may go on the log.

What is no id of ours names nothing here, and might be of a person: it is refused like one that does not exist, and
never published.
"""

import re
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from winnow_common.errors import Problem
from winnow_contracts.batches import DownloadFormat, DownloadStatus, ProcessFile, ProcessUpload
from winnow_contracts.leads import ListLeads
from winnow_contracts.uploads import Mapping

from winnow_gateway.companies import LONGEST_MAPPING, read_mapping
from winnow_gateway.file_names import LONGEST
from winnow_gateway.routes.route import Refusal

UPLOAD_NOT_FOUND: Final = Refusal(404, "upload_not_found", "Upload not found")
UPLOAD_DELETED: Final = Refusal(404, "upload_deleted", "The file was deleted: its batch is done, or it waited too long")
BATCH_NOT_FOUND: Final = Refusal(404, "batch_not_found", "Batch not found")
BATCH_NOT_OVER: Final = Refusal(409, "batch_not_over", "The batch is not over yet.")
LEAD_NOT_FOUND: Final = Refusal(404, "lead_not_found", "Lead not found")

UPLOAD_ID: Final = "upl_0198f2c5a1b27c3d8e4f5a6b7c8d9e0f"
BATCH_ID: Final = "batch_0198f2c5a1b27c3d8e4f5a6b7c8d9e0f"
LEAD_ID: Final = "lead_0198f2c5a1b27c3d8e4f5a6b00000001"

_SHAPE: Final = re.compile(r"(upl|batch|lead)_[0-9a-f]{32}")
_KINDS: Final = {"upl": UPLOAD_NOT_FOUND, "batch": BATCH_NOT_FOUND, "lead": LEAD_NOT_FOUND}

QueryMapping = Annotated[
    Mapping | None,
    BeforeValidator(read_mapping),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": LONGEST_MAPPING,
            "contentMediaType": "application/json",
            "contentSchema": {
                "type": "object",
                "maxProperties": 2_000,
                "propertyNames": {"minLength": 1, "maxLength": 200},
                "additionalProperties": {"type": "string", "maxLength": 80},
            },
        }
    ),
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class UploadQuery(_Strict):
    """What a file is called."""

    filename: Annotated[
        str | None,
        Field(
            max_length=LONGEST,
            description="What the file is called, where the body is the file itself. A label: folders in it mean "
            "nothing.",
            examples=["leads.csv"],
        ),
    ] = None


class PreviewQuery(_Strict):
    """How columns are to be taken."""

    mapping: Annotated[
        QueryMapping,
        Field(
            description="A JSON object: columns of the file to fields of a lead, or `custom.<name>`; an empty text "
            "leaves a column out. A long one goes into the body of POST."
        ),
    ] = None


class PreviewBody(_Strict):
    """How columns are to be taken."""

    mapping: Mapping | None = None


class UploadPath(_Strict):
    """Which upload."""

    id: Annotated[str, Field(max_length=100, description="The upload's id.", examples=[UPLOAD_ID])]


class BatchPath(_Strict):
    """Which batch."""

    id: Annotated[str, Field(max_length=100, description="The batch's id.", examples=[BATCH_ID])]


class JobPath(_Strict):
    """Which batch."""

    job_id: Annotated[str, Field(max_length=100, description="The batch's id.", examples=[BATCH_ID])]


class LeadPath(_Strict):
    """Which lead."""

    id: Annotated[str, Field(max_length=100, description="The lead's id.", examples=[LEAD_ID])]


class DownloadQuery(_Strict):
    """Which rows, and how they are written."""

    format: Annotated[
        DownloadFormat,
        Field(description="How they are written; CSV has dotted columns (`account.name`), and lists joined by `;`."),
    ] = "csv"
    status: Annotated[DownloadStatus, Field(description="Every row of the file is in exactly one of the others.")] = (
        "qualified"
    )


def upload_id(text: str) -> str:
    """The text, if an upload may have it as its id; raises 404 for anything else."""
    return _checked(text, kind="upl")


def batch_id(text: str) -> str:
    """The text, if a batch may have it as its id; raises 404 for anything else."""
    return _checked(text, kind="batch")


def lead_id(text: str) -> str:
    """The text, if a lead may have it as its id; raises 404 for anything else."""
    return _checked(text, kind="lead")


def list_leads(query: ListLeads) -> ListLeads:
    """The message that asks for a page of leads."""
    if query.batch_id is not None:
        batch_id(query.batch_id)
    return query


def process_upload(given: ProcessFile, *, name_digest: str | None) -> ProcessUpload:
    """The message that processes an upload, found by its id or by the digest of its name."""
    options = {name: getattr(given, name) for name in given.model_fields_set - {"filename", "upload_id"}}
    if given.upload_id is not None:
        return ProcessUpload(**options, upload_id=upload_id(given.upload_id))
    return ProcessUpload(**options, name_digest=name_digest)


def _checked(text: str, *, kind: str) -> str:
    match = _SHAPE.fullmatch(text)
    if match is None or match[1] != kind:
        refusal = _KINDS[kind]
        raise Problem(refusal.status, refusal.code, refusal.detail)
    return text
