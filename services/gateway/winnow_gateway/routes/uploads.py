"""Uploads: files of leads, and what is found in them before anything is paid."""

from winnow_contracts import uploads

from winnow_gateway.handlers.uploads import upload_file
from winnow_gateway.leads import (
    UPLOAD_DELETED,
    UPLOAD_NOT_FOUND,
    PreviewBody,
    PreviewQuery,
    UploadPath,
    UploadQuery,
    upload_id,
)
from winnow_gateway.routes.lead_examples import CSV, MAPPING, PREVIEW, UPLOAD
from winnow_gateway.routes.route import Answer, Refusal, Route, to_pipeline
from winnow_gateway.scopes import Scope

_PREVIEW = (
    "Says what was detected, and shows the first ten rows as they would be taken. What `mapping` does not name is "
    "mapped as it would be without it."
)
_PREVIEWED = Answer("What the file is, and its first rows.", uploads.PreviewAnswer, PREVIEW)
_UNREADABLE = Refusal(
    422, "unreadable_file", "The file cannot be read as it is: the code and the detail say why, and what to do."
)

ROUTES = (
    Route(
        method="POST",
        path="/api/upload",
        name="uploadFile",
        tag="Uploads",
        summary="Upload a file of leads",
        description="CSV, TSV, JSON, NDJSON or XLSX, or one of these compressed by gzip, of up to 1 GiB: in the part "
        "`file` of a form, or as it is with `?filename=`. What it is, its content says. It is encrypted while it "
        "arrives, and deleted when it was processed or has waited for too long. `filename` is a label: folders in it "
        "mean nothing.",
        answers={201: Answer("The file is here.", uploads.UploadAnswer, UPLOAD)},
        refusals=(
            Refusal(400, "broken_form", "The form does not arrive as its Content-Type says."),
            Refusal(400, "missing_file", "The form has no part `file`. Send the file in it."),
            Refusal(400, "two_files", "The form has two files. Send one at a time."),
            Refusal(400, "broken_body", "The body does not arrive as its headers say. Send the request again."),
            Refusal(408, "body_timeout", "No byte arrived for 30 seconds."),
            Refusal(413, "body_too_large", "The file is larger than 1,073,741,824 bytes."),
            Refusal(503, "too_many_at_once", "There are as many uploads under way as there may be."),
        ),
        scope=Scope.LEADS_WRITE,
        query=UploadQuery,
        body_media_types=("multipart/form-data", "text/csv", "application/octet-stream"),
        body_schemas={
            "multipart/form-data": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
            }
        },
        body_examples={"text/csv": CSV},
        streamed=True,
        local=upload_file,
        local_asks=True,
        links={"previewUpload": {"id": "$response.body#/upload_id"}},
    ),
    Route(
        method="GET",
        path="/api/uploads/{id}/preview",
        name="previewUpload",
        tag="Uploads",
        summary="See what is in a file",
        description=_PREVIEW,
        answers={200: _PREVIEWED},
        refusals=(UPLOAD_NOT_FOUND, UPLOAD_DELETED, _UNREADABLE),
        scope=Scope.LEADS_READ,
        path_model=UploadPath,
        query=PreviewQuery,
        sends=to_pipeline(
            type=uploads.PREVIEW,
            message=lambda inputs: uploads.PreviewUpload(id=upload_id(inputs.path.id), mapping=inputs.query.mapping),
            wait=20.0,
        ),
    ),
    Route(
        method="POST",
        path="/api/uploads/{id}/preview",
        name="previewMappedUpload",
        tag="Uploads",
        summary="See what is in a file with a long mapping",
        description=_PREVIEW,
        answers={200: _PREVIEWED},
        refusals=(UPLOAD_NOT_FOUND, UPLOAD_DELETED, _UNREADABLE),
        scope=Scope.LEADS_READ,
        path_model=UploadPath,
        body=PreviewBody,
        body_required=False,
        body_examples={"default": {"mapping": MAPPING}},
        sends=to_pipeline(
            type=uploads.PREVIEW,
            message=lambda inputs: uploads.PreviewUpload(id=upload_id(inputs.path.id), mapping=inputs.body.mapping),
            wait=20.0,
        ),
        idempotent=False,
    ),
)
