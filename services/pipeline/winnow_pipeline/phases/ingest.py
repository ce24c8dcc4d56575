"""Ingest: the file is read from where it stopped, and its rows are kept in sealed chunks.

A turn takes about a second; then other tenants' files have theirs. A chunk, its task and the checkpoint behind it are
one transaction, so a crash repeats one chunk at most.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from winnow_common.errors import PermanentError
from winnow_common.postgres import transaction
from winnow_common.sealed_values import open_text
from winnow_contracts.sealed import SealedReference

from winnow_pipeline.computing import Slot
from winnow_pipeline.files.detection import Detected, detect
from winnow_pipeline.files.failures import Unreadable
from winnow_pipeline.files.reading import Checkpoint, read_rows
from winnow_pipeline.leads import RawRow
from winnow_pipeline.phases import raw_rows
from winnow_pipeline.phases.failing import fail_batch
from winnow_pipeline.phases.workshop import CHUNK_ROWS, LEASE, Workshop, batch_of, match_when_prepared, progress
from winnow_pipeline.public_ids import MOST_ROWS
from winnow_pipeline.sealed_io import SealedSource
from winnow_pipeline.store import batches, chunks, tasks, uploads
from winnow_pipeline.store.batches import Batch
from winnow_pipeline.store.tasks import Kind, Task

TURN: Final = 1.0


async def ingest(task: Task, shop: Workshop, slot: Slot) -> None:  # noqa: ARG001  every step has a slot
    """Read on for a turn."""
    batch = await batch_of(shop, task)
    try:
        await _read_on(task, shop, batch)
    except Unreadable as error:
        await fail_batch(task, shop, code=error.code, detail=error.detail)
    except PermanentError:
        await fail_batch(
            task, shop, code="upload_deleted", detail="The file is not there any more. Upload and process it again."
        )


async def _read_on(task: Task, shop: Workshop, batch: Batch) -> None:
    async with shop.pool.acquire() as connection:
        upload = await uploads.find(connection, tenant=task.tenant, upload_id=batch.upload_id)
        number = await chunks.last_number(connection, tenant=task.tenant, batch_id=task.batch)
    if upload is None:
        raise PermanentError("the upload is gone")
    source = SealedSource(shop.objects, upload.object, tenant=task.tenant)
    detected = await _detected(task, shop, batch, source)
    start = None if batch.checkpoint is None else Checkpoint.from_json(batch.checkpoint)
    over = time.monotonic() + TURN
    sealed = shop.objects.seal(detected.to_json(), context=detected_context(batch)) if start is None else None
    rows = batch.rows
    async for read in read_rows(source, detected, start=start, rows_per_batch=CHUNK_ROWS):
        rows += len(read.rows)
        if rows > MOST_ROWS:
            raise Unreadable("too_many_rows", f"The file has more than {MOST_ROWS:,} rows. Split it.")
        kept = await shop.keep(raw_rows.written(read.rows), tenant=task.tenant) if read.rows else None
        number += kept is not None
        step = _Step(rows=read.rows, number=number, kept=kept, checkpoint=read.checkpoint, last=read.last)
        await _store(task, shop, batch, step, sealed=sealed)
        sealed = None
        if read.last:
            return
        if time.monotonic() > over:
            await tasks.release(shop.pool, task, due=shop.clock(), failed=False)
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    rows: Sequence[RawRow]
    number: int
    kept: SealedReference | None
    checkpoint: Checkpoint
    last: bool


async def _store(task: Task, shop: Workshop, batch: Batch, step: _Step, *, sealed: bytes | None) -> None:
    """A chunk, its task and the checkpoint."""
    now, tenant, batch_id = shop.clock(), task.tenant, task.batch
    async with transaction(shop.pool) as connection:
        if step.last:
            await tasks.done(connection, task)
        else:
            await tasks.hold(connection, task, until=now + LEASE)
        if step.kept is not None:
            await chunks.add(
                connection, tenant=tenant, batch_id=batch_id, number=step.number, rows=len(step.rows), raw=step.kept
            )
            await tasks.add(
                connection, tenant=tenant, batch=batch_id, kind=Kind.PREPARE, now=now, numbers=[step.number]
            )
            told = progress(batch, tenant=tenant, phase="ingest", chunk=step.number, rows=len(step.rows))
            await shop.tell(connection, [told], batch=batch)
        await batches.note_ingested(
            connection,
            tenant=tenant,
            batch_id=batch_id,
            checkpoint=step.checkpoint.to_json(),
            bytes_read=step.checkpoint.bytes_read,
            rows=len(step.rows),
            all_read=step.last,
            detected=sealed,
            now=now,
        )
        if step.last:
            await match_when_prepared(connection, task)
    shop.wake_relay()


async def _detected(task: Task, shop: Workshop, batch: Batch, source: SealedSource) -> Detected:
    if batch.detected is not None:
        return Detected.from_json(shop.objects.unseal(batch.detected, context=detected_context(batch)))
    name = open_text(shop.objects, batch.name, tenant=task.tenant)
    return await detect(source, file_name=name, mapping=batch.options.mapping, presets=shop.presets)


def detected_context(batch: Batch) -> str:
    """What binds what was detected in a file to its batch: headers may be personal where a file has none."""
    return f"batch/{batch.batch_id}/detected"
