"""Rework: leads are made again from what the vault holds of their rows, those that failed or that were unmerged."""

from collections.abc import Sequence
from enum import IntEnum
from uuid import UUID

from winnow_common.postgres import transaction

from winnow_pipeline.computing import Slot
from winnow_pipeline.leads import RawRow
from winnow_pipeline.phases import raw_rows
from winnow_pipeline.phases.workshop import CHUNK_ROWS, LEASE, Workshop, close_when_done
from winnow_pipeline.public_ids import leads_of
from winnow_pipeline.store import batches, chunks, leads, tasks, vault
from winnow_pipeline.store.leads import Again
from winnow_pipeline.store.tasks import Kind, Task
from winnow_pipeline.vault.contents import lead_of
from winnow_pipeline.vault.sealing import StoredContent, open_chunk
from winnow_pipeline.vault.tenant_keys import OpenedKeys


class Which(IntEnum):
    """Which of a batch's leads a task of rework is about; stands as its number."""

    FAILED = 0
    ASKED = 1


async def rework(task: Task, shop: Workshop, slot: Slot) -> None:
    """Cut the leads into chunks, which go through all phases again."""
    first, last = leads_of(task.batch)
    while True:
        async with shop.pool.acquire() as connection:
            ids = await leads.to_make_again(
                connection,
                tenant=task.tenant,
                first=first,
                last=last,
                failed=task.number == Which.FAILED,
                limit=CHUNK_ROWS,
            )
        if not ids:
            break
        await _cut(task, shop, slot, ids)
    async with transaction(shop.pool) as connection:
        await tasks.done(connection, task)
        await close_when_done(connection, task)


async def _cut(task: Task, shop: Workshop, slot: Slot, ids: Sequence[UUID]) -> None:
    tenant = task.tenant
    keys = await shop.keys.of(shop.pool, tenant=tenant)
    stored = await vault.some(shop.pool, tenant=tenant, ids=ids)
    raw, rows = await slot.call(_rows_of, keys, tenant=tenant, stored=stored)
    object = await shop.keep(raw, tenant=tenant)
    async with transaction(shop.pool) as connection:
        await tasks.hold(connection, task, until=shop.clock() + LEASE)
        await leads.set_again(connection, tenant=tenant, ids=ids, again=Again.IN_CHUNK)
        if not rows:
            return
        await batches.lock(connection, tenant=tenant, batch_id=task.batch)
        number = 1 + await chunks.last_number(connection, tenant=tenant, batch_id=task.batch)
        await chunks.add(
            connection, tenant=tenant, batch_id=task.batch, number=number, rows=rows, raw=object, rework=True
        )
        await tasks.add(
            connection, tenant=tenant, batch=task.batch, kind=Kind.PREPARE, now=shop.clock(), numbers=[number]
        )


def _rows_of(keys: OpenedKeys, *, tenant: UUID, stored: Sequence[StoredContent]) -> tuple[bytes, int]:
    """The rows that leads were made of, as a chunk's content, and how many. Runs in a process that computes."""
    opened = open_chunk(keys, tenant=tenant, leads=stored)
    made = [lead_of(data) for data in opened if data is not None]
    rows = [RawRow(lead.number, lead.line, lead.values, lead.source) for lead in made]
    return raw_rows.written(rows), len(rows)
