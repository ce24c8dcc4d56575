"""Render: a file of results is written to a sealed object, page by page, for the gateway to send."""

from collections.abc import AsyncIterator
from typing import Final

from winnow_common.errors import PermanentError
from winnow_common.postgres import transaction

from winnow_pipeline.computing import Slot
from winnow_pipeline.files.detection import Detected
from winnow_pipeline.phases import rendering
from winnow_pipeline.phases.ingest import detected_context
from winnow_pipeline.phases.workshop import Workshop, batch_of
from winnow_pipeline.public_ids import leads_of
from winnow_pipeline.store import leads, renders, tasks
from winnow_pipeline.store.batches import Batch
from winnow_pipeline.store.leads import STATUSES
from winnow_pipeline.store.renders import kind_of
from winnow_pipeline.store.tasks import Task

_PAGE: Final = 1_000
_LARGEST: Final = 64 * 1024**3


async def render(task: Task, shop: Workshop, slot: Slot) -> None:
    """Write one file."""
    batch = await batch_of(shop, task)
    async with shop.pool.acquire() as connection:
        asked = await renders.find(
            connection, tenant=task.tenant, batch_id=task.batch, number=task.number, now=shop.clock()
        )
    if asked is None or asked.object is not None:
        async with transaction(shop.pool) as connection:
            await tasks.done(connection, task)
        return
    file = _File(task, shop, slot, batch)
    object = await shop.objects.write(file.pieces(), tenant=task.tenant, expires=asked.expires_at, maximum=_LARGEST)
    async with transaction(shop.pool) as connection:
        await tasks.done(connection, task)
        await renders.note(
            connection, tenant=task.tenant, batch_id=task.batch, number=task.number, object=object, rows=file.rows
        )


class _File:
    """A file while it is written."""

    def __init__(self, task: Task, shop: Workshop, slot: Slot, batch: Batch) -> None:
        self._task = task
        self._shop = shop
        self._slot = slot
        self._batch = batch
        self.rows = 0

    async def pieces(self) -> AsyncIterator[bytes]:
        """Its bytes."""
        format, status = kind_of(self._task.number)
        statuses = STATUSES if status == "all" else (status,)
        tenant, slot = self._task.tenant, self._slot
        keys = await self._shop.keys.of(self._shop.pool, tenant=tenant)
        plans = {self._batch.batch_id: self._batch.plan}
        await slot.call(rendering.begin, format, self._sources())
        after, last = leads_of(self._batch.batch_id)
        while True:
            found = await leads.in_range(
                self._shop.pool, tenant=tenant, after=after, last=last, statuses=statuses, limit=_PAGE
            )
            if not found:
                break
            yield await slot.call(rendering.page, found, keys, tenant=tenant, plans=plans)
            self.rows += len(found)
            after = found[-1].lead_id
        yield await slot.call(rendering.end)

    def _sources(self) -> list[str]:
        """Headers of the file's unmapped columns."""
        if self._batch.detected is None:
            return []
        try:
            content = self._shop.objects.unseal(self._batch.detected, context=detected_context(self._batch))
        except PermanentError:
            return []
        return [each.header for each in Detected.from_json(content).columns if each.field is None]
