"""Batches: begun, looked at, listed, stopped, gone on with, downloaded. The work is done elsewhere (`worker`)."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from winnow_common.clock import Clock
from winnow_common.cursors import Cursors
from winnow_common.outcome import AnyHandler, Command, Outcome, Read, Request
from winnow_common.pages import page
from winnow_common.postgres import Connection
from winnow_contracts import batches as contract
from winnow_contracts.batches import (
    CancelBatch,
    DownloadBatch,
    GetBatch,
    ListBatches,
    ProcessingOptions,
    ProcessUpload,
    RetryBatch,
)
from winnow_contracts.bulk import PlanBatch

from winnow_pipeline import batch_answers, facts, refusals
from winnow_pipeline.handlers.uploads import find_upload
from winnow_pipeline.mappings import check_mapping
from winnow_pipeline.public_ids import Prefix, derived_id, leads_of, read_id, shown
from winnow_pipeline.store import batches, leads, renders, tasks, uploads
from winnow_pipeline.store.batches import Batch, NewBatch
from winnow_pipeline.store.tasks import Kind
from winnow_pipeline.store.uploads import Upload

_FILE_KEPT: Final = timedelta(hours=1)


class BatchHandlers:
    """Answers for `batches.*`."""

    def __init__(self, *, clock: Clock, cursors: Cursors) -> None:
        self._clock = clock
        self._cursors = cursors

    def all(self) -> tuple[AnyHandler, ...]:
        """The handlers with the messages that they take."""
        return (
            Command(contract.PROCESS, ProcessUpload, self.process),
            Command(contract.CANCEL, CancelBatch, self.cancel),
            Command(contract.RETRY, RetryBatch, self.retry),
            Read(contract.GET, GetBatch, self.get),
            Read(contract.LIST, ListBatches, self.list),
            Read(contract.DOWNLOAD, DownloadBatch, self.download),
        )

    async def process(self, request: Request[ProcessUpload], connection: Connection) -> Outcome:
        """Begin a batch: queue the reading of its file, and ask scoring by what it is scored."""
        tenant, asked, now = request.tenant, request.data, self._clock()
        check_mapping(asked.mapping)
        upload = await _upload(connection, tenant=tenant, asked=asked)
        new = NewBatch(
            tenant=tenant,
            batch_id=derived_id(request.id, key="batch", time=request.time),
            request_id=request.id,
            upload_id=upload.upload_id,
            options=ProcessingOptions(**asked.model_dump(exclude={"upload_id", "name_digest"}, exclude_unset=True)),
            livemode=request.environment.livemode,
            created_at=now,
        )
        await batches.add(connection, new)
        await tasks.add(connection, tenant=tenant, batch=new.batch_id, kind=Kind.INGEST, now=now)
        wanted = PlanBatch(batch_id=new.batch_id, rule_id=asked.rule_id, require=asked.require)
        plan = facts.plan(wanted.model_dump(mode="json"), tenant=tenant, batch_id=new.batch_id)
        public = shown(new.batch_id, prefix=Prefix.BATCH)
        begun = facts.started({"batch_id": public, "livemode": new.livemode}, tenant=tenant, batch_id=new.batch_id)
        return Outcome.json({"job_id": public, "batch_id": public, "status": "queued"}, status=202, facts=[plan, begun])

    async def cancel(self, request: Request[CancelBatch], connection: Connection) -> Outcome:
        """Stop a batch: rows that are not decided fail, and can be retried."""
        batch = await find_batch(connection, tenant=request.tenant, id=request.data.id)
        if (
            not await batches.cancel(connection, tenant=request.tenant, batch_id=batch.batch_id, now=self._clock())
            and batch.status != "cancelled"
        ):
            raise refusals.batch_over()
        return _accepted(batch.batch_id, status="cancelled")

    async def retry(self, request: Request[RetryBatch], connection: Connection) -> Outcome:
        """Make the rows that failed once more."""
        tenant, now = request.tenant, self._clock()
        batch = await find_batch(connection, tenant=tenant, id=request.data.id)
        await batches.lock(connection, tenant=tenant, batch_id=batch.batch_id)
        if not batch.is_over:
            raise refusals.batch_not_over()
        if batch.status == "failed":
            raise refusals.batch_failed()
        first, last = leads_of(batch.batch_id)
        if not await leads.has_failed(connection, tenant=tenant, first=first, last=last):
            raise refusals.nothing_failed()
        await batches.reopen(connection, tenant=tenant, batch=batch)
        await tasks.add(connection, tenant=tenant, batch=batch.batch_id, kind=Kind.REWORK, now=now)
        return _accepted(batch.batch_id, status="running")

    async def download(self, request: Request[DownloadBatch], connection: Connection) -> Outcome:
        """The file of results, or that it is being written.

        A question that may lead to work: whoever asks again finds the same file, and sets going what was left undone.
        """
        tenant, asked, now = request.tenant, request.data, self._clock()
        batch = await find_batch(connection, tenant=tenant, id=asked.id)
        if not batch.is_over:
            raise refusals.batch_not_over()
        if batch.status == "failed":
            raise refusals.batch_failed()
        number = renders.number_of(asked.format, asked.status)
        found = await renders.find(connection, tenant=tenant, batch_id=batch.batch_id, number=number, now=now)
        if found is None:
            expires = now + _FILE_KEPT
            await renders.ask(connection, tenant=tenant, batch_id=batch.batch_id, number=number, expires=expires)
        if found is None or found.object is None:
            await tasks.add(
                connection, tenant=tenant, batch=batch.batch_id, kind=Kind.RENDER, now=now, numbers=[number]
            )
            return Outcome.json({"state": "rendering"})
        return Outcome.json(
            {
                "state": "ready",
                "object": found.object.model_dump(mode="json"),
                "rows": found.rows,
                "name": batch.name.model_dump(),
            }
        )

    async def get(self, request: Request[GetBatch], connection: Connection) -> Outcome:
        """How far a batch is, or what came of it."""
        tenant = request.tenant
        batch = await find_batch(connection, tenant=tenant, id=request.data.id)
        tallies = await batches.tallies(connection, tenant=tenant, batch_ids=[batch.batch_id])
        reasons = await batches.reasons(connection, tenant=tenant, batch_id=batch.batch_id)
        return Outcome.json(batch_answers.detail(batch, tallies[batch.batch_id], reasons=reasons))

    async def list(self, request: Request[ListBatches], connection: Connection) -> Outcome:
        """Batches, newest first."""
        tenant, asked = request.tenant, request.data
        start = self._cursors.read(asked.cursor, tenant=tenant, of="batches")
        found = await batches.before(
            connection, tenant=tenant, batch_id=UUID(start) if start else None, limit=asked.limit + 1
        )
        tallies = await batches.tallies(connection, tenant=tenant, batch_ids=[each.batch_id for each in found])

        def answer(batch: Batch) -> dict[str, Any]:
            return batch_answers.summary(batch, tallies[batch.batch_id])

        def cursor(batch: Batch) -> str:
            return self._cursors.make(batch.batch_id.hex, tenant=tenant, of="batches")

        return page(found, limit=asked.limit, shown=answer, cursor=cursor)


async def find_batch(connection: Connection, *, tenant: UUID, id: str) -> Batch:
    """A batch of the tenant. Raises `Problem`."""
    batch_id = read_id(id, prefix=Prefix.BATCH)
    batch = batch_id and await batches.find(connection, tenant=tenant, batch_id=batch_id)
    if not batch:
        raise refusals.batch_not_found()
    return batch


async def _upload(connection: Connection, *, tenant: UUID, asked: ProcessUpload) -> Upload:
    """The file that is meant: that of an id, or the newest of a name."""
    if asked.upload_id is not None:
        return await find_upload(connection, tenant=tenant, id=asked.upload_id)
    found = await uploads.latest(connection, tenant=tenant, name_digest=asked.name_digest or "")
    if found is None:
        raise refusals.upload_not_found()
    if found.deleted_at is not None:
        raise refusals.upload_gone()
    return found


def _accepted(batch_id: UUID, *, status: str) -> Outcome:
    public = shown(batch_id, prefix=Prefix.BATCH)
    return Outcome.json({"job_id": public, "batch_id": public, "status": status}, status=202)
