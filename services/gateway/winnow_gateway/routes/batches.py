"""Batches: files that are processed, how far they are, and what came of them."""

from winnow_contracts import batches

from winnow_gateway.handlers.batch_events import follow_batch
from winnow_gateway.handlers.batches import list_batches, process_file
from winnow_gateway.handlers.downloads import download
from winnow_gateway.leads import (
    BATCH_NOT_FOUND,
    BATCH_NOT_OVER,
    UPLOAD_DELETED,
    UPLOAD_NOT_FOUND,
    BatchPath,
    DownloadQuery,
    JobPath,
    batch_id,
)
from winnow_gateway.routes.lead_examples import ACCEPTED, BATCH, BATCH_IN_LIST, PROCESS
from winnow_gateway.routes.route import Answer, Refusal, Route, to_pipeline
from winnow_gateway.routes.scoring import INVALID_CURSOR, RULE_NOT_FOUND
from winnow_gateway.scopes import Scope

_ACCEPTED_HEADERS = ("Location", "Retry-After")
_BATCH_FAILED = Refusal(409, "batch_failed", "The file could not be processed, so that there are no rows.")
_TOO_MANY = Refusal(503, "too_many_at_once", "There are as many of these calls under way as there may be.")
_LINKS = {
    "getBatch": {"id": "$response.body#/batch_id"},
    "cancelBatch": {"id": "$response.body#/batch_id"},
    "downloadLeads": {"job_id": "$response.body#/job_id"},
}

ROUTES = (
    Route(
        method="POST",
        path="/api/process",
        name="processFile",
        tag="Batches",
        summary="Process a file of leads",
        description="Reads, normalizes, validates, enriches, compares and scores every row of an upload, named by "
        "`upload_id` or, as the latest of that name, by `filename`. `require` says what a lead has to meet to "
        "qualify; without it the bar is tier neutral or better.",
        answers={
            202: Answer("The file will be processed.", batches.BatchAccepted, ACCEPTED, headers=_ACCEPTED_HEADERS)
        },
        refusals=(UPLOAD_NOT_FOUND, UPLOAD_DELETED, RULE_NOT_FOUND),
        scope=Scope.LEADS_WRITE,
        body=batches.ProcessFile,
        body_examples=PROCESS,
        local=process_file,
        local_asks=True,
        links=_LINKS,
    ),
    Route(
        method="GET",
        path="/api/batches",
        name="listBatches",
        tag="Batches",
        summary="List batches",
        description='Your batches as an array, newest first. `Link: <…>; rel="next"` leads to the next page.',
        answers={
            200: Answer("Batches.", list[batches.BatchListAnswer], [BATCH_IN_LIST], headers=("Link",)),
        },
        refusals=(INVALID_CURSOR,),
        scope=Scope.LEADS_READ,
        query=batches.ListBatches,
        local=list_batches,
        local_asks=True,
    ),
    Route(
        method="GET",
        path="/api/batches/{id}",
        name="getBatch",
        tag="Batches",
        summary="See how far a batch is",
        description="Once the batch is over, `counts.rows` is the sum of the others.",
        answers={200: Answer("The batch.", batches.BatchAnswer, BATCH)},
        refusals=(BATCH_NOT_FOUND,),
        scope=Scope.LEADS_READ,
        path_model=BatchPath,
        sends=to_pipeline(type=batches.GET, message=lambda inputs: batches.GetBatch(id=batch_id(inputs.path.id))),
        links={"downloadLeads": {"job_id": "$response.body#/job_id"}},
    ),
    Route(
        method="GET",
        path="/api/batches/{id}/events",
        name="followBatch",
        tag="Batches",
        summary="Follow a batch",
        description="Server-sent events: `progress` with the batch as GET /api/batches/{id} shows it, whenever that "
        "has changed, and `end` with how it ended, after which the stream closes. Come back with `Last-Event-ID`, as "
        "an EventSource does, and nothing is told twice.",
        answers={
            200: Answer("The events.", str, media_types=("text/event-stream",)),
            204: Answer("The end was told before: there is nothing to come back for."),
        },
        refusals=(BATCH_NOT_FOUND, _TOO_MANY),
        scope=Scope.LEADS_READ,
        path_model=BatchPath,
        local=follow_batch,
        local_asks=True,
    ),
    Route(
        method="POST",
        path="/api/batches/{id}/cancel",
        name="cancelBatch",
        tag="Batches",
        summary="Stop a batch",
        description="What was decided stays; rows that were not are failed, and can be retried.",
        answers={
            202: Answer("The batch is being stopped.", batches.BatchAccepted, ACCEPTED, headers=_ACCEPTED_HEADERS)
        },
        refusals=(BATCH_NOT_FOUND, Refusal(409, "batch_over", "The batch is over already.")),
        scope=Scope.LEADS_WRITE,
        path_model=BatchPath,
        sends=to_pipeline(
            type=batches.CANCEL,
            message=lambda inputs: batches.CancelBatch(id=batch_id(inputs.path.id)),
            location="/api/batches/{batch_id}",
        ),
    ),
    Route(
        method="POST",
        path="/api/batches/{id}/retry",
        name="retryBatch",
        tag="Batches",
        summary="Try the failed rows of a batch again",
        answers={202: Answer("They will be tried again.", batches.BatchAccepted, ACCEPTED, headers=_ACCEPTED_HEADERS)},
        refusals=(
            BATCH_NOT_FOUND,
            BATCH_NOT_OVER,
            _BATCH_FAILED,
            Refusal(409, "nothing_to_retry", "No row of the batch has failed."),
        ),
        scope=Scope.LEADS_WRITE,
        path_model=BatchPath,
        sends=to_pipeline(
            type=batches.RETRY,
            message=lambda inputs: batches.RetryBatch(id=batch_id(inputs.path.id)),
            location="/api/batches/{batch_id}",
        ),
    ),
    Route(
        method="GET",
        path="/api/download/{job_id}",
        name="downloadLeads",
        tag="Batches",
        summary="Download the results of a batch",
        description="The qualified leads as CSV, unless asked otherwise. Every row of the file is in exactly one of "
        "qualified, rejected, duplicate and failed. Cells that a spreadsheet would run are neutralised. The first of a "
        "kind has to be written before it is sent, which takes a while for a large batch.",
        answers={
            200: Answer(
                "The file.",
                str,
                media_types=(
                    "text/csv",
                    "application/json",
                    "application/x-ndjson",
                    "application/vnd.apache.parquet",
                ),
                headers=("Content-Disposition",),
            )
        },
        refusals=(
            BATCH_NOT_FOUND,
            BATCH_NOT_OVER,
            _BATCH_FAILED,
            _TOO_MANY,
            Refusal(503, "file_gone", "The file was kept for a while and is gone. Ask again for a new one."),
            Refusal(504, "still_rendering", "The file is still being written. Ask again in a little while."),
        ),
        scope=Scope.LEADS_READ,
        path_model=JobPath,
        query=DownloadQuery,
        local=download,
        local_asks=True,
    ),
)
