"""What is done when a file cannot be processed, or a chunk defeats every attempt."""

from winnow_common.postgres import transaction

from winnow_pipeline.phases.workshop import Workshop
from winnow_pipeline.store import batches, chunks, tasks
from winnow_pipeline.store.tasks import Kind, Task


async def fail_batch(task: Task, shop: Workshop, *, code: str, detail: str) -> None:
    """The batch as a whole fails: nothing more is done for it but to clear up."""
    async with transaction(shop.pool) as connection:
        await tasks.done(connection, task)
        await batches.lock(connection, tenant=task.tenant, batch_id=task.batch)
        await batches.fail(connection, tenant=task.tenant, batch_id=task.batch, code=code, detail=detail)
        await tasks.forget_all(connection, tenant=task.tenant, batch=task.batch)
        await tasks.add(connection, tenant=task.tenant, batch=task.batch, kind=Kind.CLOSE, now=shop.clock())


async def fail_chunk(task: Task, shop: Workshop) -> None:
    """The chunk's rows fail: it goes on, without whatever could defeat a step again."""
    async with transaction(shop.pool) as connection:
        await chunks.note_failure(
            connection, tenant=task.tenant, batch_id=task.batch, number=task.number, code="not_handled"
        )
        await tasks.release(connection, task, due=shop.clock(), failed=True)
