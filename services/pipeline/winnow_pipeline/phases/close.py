"""Close: the rows are checked to add up, what lay between the phases is deleted, and the end is told."""

from typing import Final

from winnow_common import logs
from winnow_common.postgres import Connection, transaction

from winnow_pipeline import batch_answers, facts
from winnow_pipeline.computing import Slot
from winnow_pipeline.metrics import BATCHES
from winnow_pipeline.phases.workshop import Workshop, batch_of
from winnow_pipeline.public_ids import leads_of
from winnow_pipeline.store import batches, chunks, leads, links, renders, tasks, uploads, vault
from winnow_pipeline.store import keys as lead_keys
from winnow_pipeline.store.batches import Batch, Tally
from winnow_pipeline.store.tasks import Task

log = logs.get(__name__)

_DO_NOT_ADD_UP: Final = (
    "rows_do_not_add_up",
    "The rows that were decided are not as many as were read. The operator of this system has been told.",
)


async def close(task: Task, shop: Workshop, slot: Slot) -> None:  # noqa: ARG001  every step has a slot
    """End a batch."""
    batch = await batch_of(shop, task)
    parts = await chunks.all_of(shop.pool, tenant=task.tenant, batch_id=task.batch)
    async with shop.pool.acquire() as connection:
        upload = await uploads.find(connection, tenant=task.tenant, upload_id=batch.upload_id)
        old_files = await renders.forget(connection, tenant=task.tenant, batch_id=task.batch)
    left = [each for part in parts if part.phase != "done" for each in part.objects]
    await shop.drop([*left, *old_files], tenant=task.tenant)
    async with transaction(shop.pool) as connection:
        await tasks.done(connection, task)
        if batch.status == "failed":
            await _forget_rows(connection, task)
        else:
            await _check(connection, task, batch)
        status = await batches.finish(connection, tenant=task.tenant, batch_id=task.batch, now=shop.clock())
        needed = await uploads.is_needed(connection, tenant=task.tenant, upload_id=batch.upload_id)
        if not needed:
            await uploads.mark_deleted(connection, tenant=task.tenant, upload_id=batch.upload_id, now=shop.clock())
        await _tell(connection, task, shop, last_chunk=len(parts))
    BATCHES.labels(status).inc()
    shop.wake_relay()
    if upload is not None and not needed:
        await shop.drop([upload.object], tenant=task.tenant)


async def _check(connection: Connection, task: Task, batch: Batch) -> None:
    """Rows in are rows out, or the batch is not called complete."""
    first, last = leads_of(task.batch)
    stored = await leads.count(connection, tenant=task.tenant, first=first, last=last)
    tally = await _tally(connection, task)
    decided = tally.qualified + tally.rejected + tally.duplicate + tally.failed
    if stored == decided == batch.rows:
        return
    log.error("rows do not add up", batch=str(task.batch), rows=batch.rows, stored=stored, decided=decided)
    code, detail = _DO_NOT_ADD_UP
    await batches.fail(connection, tenant=task.tenant, batch_id=task.batch, code=code, detail=detail)


async def _forget_rows(connection: Connection, task: Task) -> None:
    """Of a file that could not be read to its end nothing is kept."""
    first, last = leads_of(task.batch)
    await links.remove_range(connection, tenant=task.tenant, first=first, last=last)
    await vault.remove_range(connection, tenant=task.tenant, first=first, last=last)
    await lead_keys.remove_range(connection, tenant=task.tenant, first=first, last=last)
    await leads.remove_range(connection, tenant=task.tenant, first=first, last=last)
    await chunks.remove_all(connection, tenant=task.tenant, batch_id=task.batch)
    await batches.forget_rows(connection, tenant=task.tenant, batch_id=task.batch)


async def _tell(connection: Connection, task: Task, shop: Workshop, *, last_chunk: int) -> None:
    batch = await batches.find(connection, tenant=task.tenant, batch_id=task.batch)
    if batch is not None:
        data = batch_answers.ended(task.batch, batch, await _tally(connection, task))
        told = facts.ended(data, tenant=task.tenant, batch_id=task.batch, chunks=last_chunk)
        await shop.tell(connection, [told], batch=batch)


async def _tally(connection: Connection, task: Task) -> Tally:
    return (await batches.tallies(connection, tenant=task.tenant, batch_ids=[task.batch]))[task.batch]
