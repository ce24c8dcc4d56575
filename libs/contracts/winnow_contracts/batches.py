"""Batches: a file that is processed, from its first row to the list of qualified leads."""

from collections.abc import Mapping as AnyMapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from winnow_contracts.pages import PageRequest
from winnow_contracts.rules import Condition, RuleOperator, Value
from winnow_contracts.scores import RuleReference
from winnow_contracts.sealed import SealedReference, SealedText
from winnow_contracts.topic import Kind, MessageType
from winnow_contracts.uploads import Mapping

BatchStatus = Literal["queued", "running", "completed", "failed", "cancelled"]
LeadStatus = Literal["qualified", "rejected", "duplicate", "failed"]
Phase = Literal["ingest", "normalize", "validate", "enrich", "dedup", "score"]
PHASES: Final[tuple[Phase, ...]] = ("ingest", "normalize", "validate", "enrich", "dedup", "score")
DownloadFormat = Literal["csv", "json", "ndjson", "parquet"]
DownloadStatus = Literal["qualified", "rejected", "duplicate", "failed", "all"]

MOST_REQUIREMENTS: Final = 50

_ALIASES: Final[AnyMapping[str, str]] = {
    "email_status": "contact.email_status",
    "phone_status": "contact.phone_status",
    "seniority": "contact.seniority",
    "function": "contact.function",
}


class OutcomeCondition(BaseModel):
    """A condition on what came out of scoring."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    attribute: Literal["tier", "score"]
    operator: RuleOperator
    value: Value


Requirement = Annotated[
    OutcomeCondition | Condition,
    Field(
        description="A condition as in rules, or one on `tier` or `score`. `email_status`, `phone_status`, `seniority` "
        "and `function` may be written without `contact.`."
    ),
]
Requirements = Annotated[
    list[Requirement],
    Field(
        max_length=MOST_REQUIREMENTS,
        description="What a lead has to meet to qualify, all of it. An empty list is no bar at all; without it the "
        "bar is tier neutral or better by the rule.",
        examples=[
            [{"attribute": "contact.email_status", "operator": "in", "value": ["verified_deliverable", "risky"]}]
        ],
    ),
]


def _plainly(condition: Any) -> Any:
    if not isinstance(condition, AnyMapping) or not isinstance(condition.get("attribute"), str):
        return condition
    return {**condition, "attribute": _ALIASES.get(condition["attribute"], condition["attribute"])}


class ProcessingOptions(BaseModel):
    """How a file is processed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule_id: RuleReference | None = None
    mapping: Mapping | None = None
    require: Requirements | None = None
    max_credits: Annotated[
        int | None,
        Field(ge=0, le=1_000_000_000, description="Leads that are scored at most; the others fail and can be retried."),
    ] = None
    lead_events: Annotated[
        bool, Field(description="Whether every lead is told of on the log, not the batch's progress alone.")
    ] = False

    @field_validator("require", mode="before")
    @classmethod
    def _aliases(cls, given: Any) -> Any:
        return [_plainly(condition) for condition in given] if isinstance(given, list) else given


class ProcessFile(ProcessingOptions):
    """Process an upload, named by its id or, as the latest of that name, by its file name."""

    filename: Annotated[str | None, Field(min_length=1, max_length=1_000, examples=["leads.csv"])] = None
    upload_id: Annotated[str | None, Field(max_length=100)] = None

    @model_validator(mode="after")
    def _names_one(self) -> "ProcessFile":
        if (self.filename is None) is (self.upload_id is None):
            raise ValueError("give either filename or upload_id")
        return self


class ProcessUpload(ProcessingOptions):
    """The same on the log, where a file's name is not told."""

    upload_id: str | None = None
    name_digest: Annotated[str | None, Field(pattern=r"^[0-9a-f]{64}$")] = None
    """`SealedText.digest` of the name."""


class BatchAccepted(BaseModel):
    """The file will be processed; `GET /api/batches/{batch_id}` says how far it is. Both ids are the same."""

    job_id: str
    batch_id: str
    status: BatchStatus


class GetBatch(BaseModel):
    """One batch."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str


class ListBatches(PageRequest):
    """The tenant's batches, newest first."""


class CancelBatch(BaseModel):
    """Stop a batch. What was decided stays; rows that were not are failed, and can be retried."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str


class RetryBatch(BaseModel):
    """Try a batch's failed rows again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str


class Counts(BaseModel):
    """What became of the rows; once the batch has ended `rows` is the sum of the others."""

    rows: int
    qualified: int
    rejected: int
    duplicate: int
    failed: int


class PhaseProgress(BaseModel):
    """How far a phase is, in rows; `total` is not known before all are read."""

    phase: Phase
    done: int
    total: int | None


class Phase3Metrics(BaseModel):
    """Counted, none of it invented; a ratio without a sample is null."""

    cache_hit_rate: Annotated[float | None, Field(description="Of the companies looked up, the share that was known.")]
    predictive_matches: Annotated[int, Field(description="Leads whose company had been looked up ahead.")]
    multi_source_validated: Annotated[
        int, Field(description="Leads of whose company two sources or more say the same of an attribute.")
    ]
    avg_confidence: Annotated[float | None, Field(description="Mean `dedup_confidence` of the qualified leads.")]


class BatchFailure(BaseModel):
    """Why a file could not be processed, and what to do."""

    code: str
    detail: str


class ReasonCount(BaseModel):
    """How many rows did not qualify for one reason."""

    status: LeadStatus
    code: str
    rows: int


class BatchSummary(BaseModel):
    """A batch on the log, where its file's name is sealed."""

    batch_id: str
    job_id: str
    upload_id: str
    filename: SealedText | str
    status: BatchStatus
    leads_processed: int
    leads_qualified: int
    counts: Counts
    error: BatchFailure | None
    livemode: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class BatchDetail(BatchSummary):
    """A batch with everything that is counted."""

    phases: list[PhaseProgress]
    reasons: list[ReasonCount]
    phase3_metrics: Phase3Metrics
    rule_id: str | None
    rule_version: int | None
    model_version: int | None
    credits: Annotated[int, Field(description="Leads that were scored, which is what they cost in live mode.")]


class BatchListAnswer(BatchSummary):
    """A batch in a list."""

    filename: str


class BatchAnswer(BatchDetail):
    """A batch."""

    filename: str


class DownloadBatch(BaseModel):
    """The rows of a batch as a file; answered by `Download`, first perhaps that it is being written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    format: DownloadFormat = "csv"
    status: DownloadStatus = "qualified"


class Download(BaseModel):
    """A file that is being written, or is there."""

    state: Literal["rendering", "ready"]
    object: SealedReference | None = None
    rows: int | None = None
    name: SealedText | None = None
    """Of the uploaded file."""


class BatchStarted(BaseModel):
    """A batch has begun."""

    batch_id: str
    livemode: bool


class BatchProgressed(BaseModel):
    """A chunk of a batch has gone through a phase, or through all of them."""

    batch_id: str
    phase: Phase
    chunk: int
    rows: int
    livemode: bool


class BatchEnded(BaseModel):
    """A batch is over: its rows add up, or it was cancelled, or its file could not be processed."""

    batch_id: str
    status: Literal["completed", "failed", "cancelled"]
    counts: Counts
    error: BatchFailure | None
    credits: int
    livemode: bool


class LeadDecided(BaseModel):
    """What became of a lead; only where the tenant asked for events of leads."""

    lead_id: str
    batch_id: str
    row: int
    status: LeadStatus
    reason: str | None
    duplicate_of: str | None
    domain: str | None
    score: float | None
    tier: str | None
    grade: str | None
    livemode: bool


class BatchReference(BaseModel):
    """Which batch, in messages between services."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    batch_id: UUID


PROCESS = MessageType("batches.process", ProcessUpload, Kind.COMMAND)
GET = MessageType("batches.get", GetBatch, Kind.READ)
LIST = MessageType("batches.list", ListBatches, Kind.READ)
CANCEL = MessageType("batches.cancel", CancelBatch, Kind.COMMAND)
RETRY = MessageType("batches.retry", RetryBatch, Kind.COMMAND)
DOWNLOAD = MessageType("batches.download", DownloadBatch, Kind.READ)
STARTED = MessageType("batch.started", BatchStarted, Kind.FACT)
PROGRESSED = MessageType("batch.progressed", BatchProgressed, Kind.FACT)
ENDED = MessageType("batch.ended", BatchEnded, Kind.FACT)
DECIDED = MessageType("lead.decided", LeadDecided, Kind.FACT)
