"""Batches: files of leads while they are processed, and what became of their rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue, TypeAdapter, ValidationError

from winnow.errors import UnexpectedAnswer
from winnow.event_stream import ServerEvent
from winnow.results.parsing import Result

ENDED = frozenset({"completed", "failed", "cancelled"})

_JSON_OBJECT = TypeAdapter(dict[str, JsonValue])


class BatchAccepted(Result):
    """A batch that will be worked on; both ids are the same."""

    batch_id: str
    job_id: str
    status: str


class Counts(Result):
    """What became of the rows; once a batch has ended `rows` is the sum of the others."""

    rows: int = 0
    qualified: int = 0
    rejected: int = 0
    duplicate: int = 0
    failed: int = 0


class PhaseProgress(Result):
    """How far a phase is, in rows; `total` is None while rows are still being read."""

    phase: str
    done: int
    total: int | None = None


class BatchMetrics(Result):
    """What was counted of companies and sources; a ratio without a sample is None."""

    cache_hit_rate: float | None = None
    predictive_matches: int = 0
    multi_source_validated: int = 0
    avg_confidence: float | None = None


class FileFailure(Result):
    """Why a file could not be processed, and what to do."""

    code: str
    detail: str


class ReasonCount(Result):
    """How many rows did not qualify for one reason."""

    status: str
    code: str
    rows: int


class BatchSummary(Result):
    """A batch in a list: queued, running, completed, failed or cancelled. Failed rows alone leave it completed."""

    batch_id: str
    job_id: str
    status: str
    filename: str = ""
    upload_id: str | None = None
    leads_processed: int = 0
    leads_qualified: int = 0
    counts: Counts = Counts()
    error: FileFailure | None = None
    livemode: bool = True
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def ended(self) -> bool:
        return self.status in ENDED


class Batch(BatchSummary):
    """A batch with all that is counted; `credits` are the leads that were scored."""

    phases: Sequence[PhaseProgress] = ()
    reasons: Sequence[ReasonCount] = ()
    phase3_metrics: BatchMetrics = BatchMetrics()
    rule_id: str | None = None
    rule_version: int | None = None
    model_version: int | None = None
    credits: int = 0


class BatchEvent(Result):
    """Something that happened to a batch, as its stream of events tells it."""

    type: str
    data: Mapping[str, JsonValue]
    id: str | None = None


def parse_events(events: Iterable[ServerEvent], /) -> Iterator[BatchEvent]:
    """Events with their data read; `UnexpectedAnswer` where that is no JSON object."""
    for event in events:
        try:
            data = _JSON_OBJECT.validate_json(event.data)
        except ValidationError:
            detail = "An event is not as this version of the client expects it. Update the client."
            raise UnexpectedAnswer(detail, status=200, code="unexpected_answer") from None
        yield BatchEvent(type=event.type, data=data, id=event.id)
