"""Files of leads: sending one, having it processed, and reading what became of its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from winnow.binding import D, Group, Listing, call, download, feed, listing, stream
from winnow.calls import Answer, Call, Perform, command, get, pause, question, segment, streamed
from winnow.errors import BatchFailed, UnusableArgument
from winnow.results import Batch, BatchAccepted, BatchSummary, Preview, Upload, parse
from winnow.saving import BytesReceived, Saving
from winnow.uploads import BytesSent, label, upload_body

PATH = "/api/batches"

FIRST_LOOK = 0.25
LONGEST_BETWEEN_LOOKS = 2.0

DownloadFormat = Literal["csv", "json", "ndjson", "parquet"]
LeadStatus = Literal["qualified", "rejected", "duplicate", "failed", "all"]
Requirement = Mapping[str, Any]
"""A condition as in rules, or one on `tier` or `score`: attribute, operator, and mostly a value."""

FORMATS: Mapping[str, DownloadFormat] = {
    ".csv": "csv",
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "parquet",
}
"""Of downloads, by the end of a file's name."""


class Batches(Group[D]):
    """Files of leads. Every row ends as qualified, rejected, duplicate or failed, and is accounted for."""

    @call
    def upload(
        self,
        path: str | PathLike[str],
        /,
        *,
        name: str | None = None,
        progress: BytesSent | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Upload]:
        """Send a file of leads, read from disk piece by piece: CSV, TSV, JSON, NDJSON, XLSX, or one of them gzipped.

        `name` is a label, the file's own name unless given. `progress` hears the bytes sent and the bytes in all.
        """
        request = command(
            "POST",
            "/api/upload",
            file=upload_body(path, progress=progress),
            query={"filename": name or label(path)},
            idempotency_key=idempotency_key,
        )
        return parse(Upload, (yield from self._perform(request)))

    @call
    def preview(self, upload_id: str, /, *, mapping: Mapping[str, str] | None = None) -> Call[Preview]:
        """What was detected in a file, and its first ten rows as they would be mapped; costs nothing."""
        path = f"/api/uploads/{segment(upload_id)}/preview"
        request = get(path) if mapping is None else question(path, json={"mapping": dict(mapping)})
        return parse(Preview, (yield from self._perform(request)))

    @call
    def process(
        self,
        upload_id: str | None = None,
        /,
        *,
        filename: str | None = None,
        rule_id: str | None = None,
        mapping: Mapping[str, str] | None = None,
        require: Sequence[Requirement] | None = None,
        max_credits: int | None = None,
        lead_events: bool = False,
        idempotency_key: str | None = None,
    ) -> Call[BatchAccepted]:
        """Have an upload processed, or the latest one called `filename`; then `wait` for it.

        `mapping` names fields for headers: `{"E-Mail (work)": "email"}`, with an empty text for a column that is left
        out. `require` is what a lead has to meet to qualify; `[]` is no bar at all, and without it the bar is tier
        neutral or better by the rule. At most `max_credits` leads are scored; the others fail and can be retried.
        `lead_events` has every lead told of on the log.
        """
        if (upload_id is None) is (filename is None):
            raise UnusableArgument("Give either the id of an upload or its file's name.")
        body = {
            "upload_id": upload_id,
            "filename": filename,
            "rule_id": rule_id,
            "mapping": None if mapping is None else dict(mapping),
            "require": None if require is None else [dict(condition) for condition in require],
            "max_credits": max_credits,
            "lead_events": lead_events or None,
        }
        given = {name: value for name, value in body.items() if value is not None}
        request = command("POST", "/api/process", json=given, idempotency_key=idempotency_key)
        return parse(BatchAccepted, (yield from self._perform(request)))

    @call
    def get(self, batch_id: str, /) -> Call[Batch]:
        """A batch with how far it is, and what became of its rows so far."""
        return (yield from _current(self._perform, batch_id))

    @listing
    def list(self, *, page_size: int | None = None) -> Listing[BatchSummary]:
        """Every batch, the newest first, page by page as it is read."""
        return Listing(get(PATH, query={"limit": page_size}), BatchSummary, linked=True)

    @call
    def wait(self, batch_id: str, /, *, progress: Callable[[Batch], None] | None = None) -> Call[Batch]:
        """Look until a batch has ended, telling `progress` each time. `BatchFailed` if its file could not be processed.

        A batch that was cancelled is returned as such, and failed rows alone are no failure: `counts` and `reasons`
        tell of them.
        """
        between = FIRST_LOOK
        while True:
            batch = yield from _current(self._perform, batch_id)
            if progress is not None:
                progress(batch)
            if batch.status == "failed":
                code, detail = (batch.error.code, batch.error.detail) if batch.error else ("unknown", "no reason given")
                raise BatchFailed(batch_id, code=code, detail=detail)
            if batch.ended:
                return batch
            yield from pause(between)
            between = min(between * 2, LONGEST_BETWEEN_LOOKS)

    @feed
    def events(self, batch_id: str, /) -> Call[Answer]:
        """What happens to a batch, as it happens, until the server ends the stream."""
        request = streamed(f"{_path(batch_id)}/events", accept="text/event-stream")
        return (yield from self._perform(request))

    @call
    def cancel(self, batch_id: str, /, *, idempotency_key: str | None = None) -> Call[BatchAccepted]:
        """Stop a batch. What was decided stays; rows that were not are failed, and can be retried."""
        request = command("POST", f"{_path(batch_id)}/cancel", idempotency_key=idempotency_key)
        return parse(BatchAccepted, (yield from self._perform(request)))

    @call
    def retry(self, batch_id: str, /, *, idempotency_key: str | None = None) -> Call[BatchAccepted]:
        """Try the failed rows of a batch again."""
        request = command("POST", f"{_path(batch_id)}/retry", idempotency_key=idempotency_key)
        return parse(BatchAccepted, (yield from self._perform(request)))

    @stream
    def rows(
        self, batch_id: str, /, *, format: DownloadFormat = "csv", status: LeadStatus = "qualified"
    ) -> Call[Answer]:
        """The rows of a batch with this status, as the bytes of one file."""
        return (yield from _rows(self._perform, batch_id, format=format, status=status))

    @download
    def save(
        self,
        batch_id: str,
        path: str | PathLike[str],
        /,
        *,
        format: DownloadFormat | None = None,
        status: LeadStatus = "qualified",
        progress: BytesReceived | None = None,
    ) -> Saving:
        """Download to `path`, beside it first and renamed at the end, so that an interrupted one leaves nothing.

        The format is told from the name unless it is given, and is CSV where that says none. `progress` hears the
        bytes so far.
        """
        place = Path(path)
        wanted = format or FORMATS.get(place.suffix.lower(), "csv")
        answering = _rows(self._perform, batch_id, format=wanted, status=status)
        return Saving(answering=answering, path=place, progress=progress)


def _path(batch_id: str) -> str:
    return f"{PATH}/{segment(batch_id)}"


def _current(perform: Perform, batch_id: str) -> Call[Batch]:
    return parse(Batch, (yield from perform(get(_path(batch_id)))))


def _rows(perform: Perform, batch_id: str, *, format: DownloadFormat, status: LeadStatus) -> Call[Answer]:
    request = streamed(f"/api/download/{segment(batch_id)}", query={"format": format, "status": status})
    return (yield from perform(request))
