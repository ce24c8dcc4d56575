"""Retention: once an hour, what is older than it may be is deleted, batch by batch."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from winnow_common import logs
from winnow_common.clock import Clock
from winnow_common.foundation import Tending
from winnow_common.postgres import Pool, transaction

from winnow_pipeline.public_ids import leads_of
from winnow_pipeline.settings import Settings
from winnow_pipeline.store import keys as lead_keys
from winnow_pipeline.store import leads, links, partitions, retention, uploads, vault

log = logs.get(__name__)

_AT_ONCE: Final = 100


def chores(settings: Settings) -> Sequence[Tending]:
    """What the service does for its tables."""

    async def old_leads(pool: Pool, clock: Clock) -> None:
        await delete_old_leads(pool, clock, keep=timedelta(days=settings.retention_days))

    async def old_uploads(pool: Pool, clock: Clock) -> None:
        await forget_old_uploads(pool, clock, keep=timedelta(days=settings.upload_days))

    return (_make_partitions, old_leads, old_uploads)


async def delete_old_leads(pool: Pool, clock: Clock, *, keep: timedelta) -> int:
    """Delete batches that ended longer ago, with leads, contents and keys; how many."""
    deleted = 0
    while True:
        async with pool.acquire() as connection:
            found = await retention.expired_batches(connection, before=clock() - keep, limit=_AT_ONCE)
        for tenant, batch_id in found:
            first, last = leads_of(batch_id)
            async with transaction(pool) as connection:
                await lead_keys.remove_range(connection, tenant=tenant, first=first, last=last)
                await vault.remove_range(connection, tenant=tenant, first=first, last=last)
                await links.remove_range(connection, tenant=tenant, first=first, last=last)
                await leads.remove_range(connection, tenant=tenant, first=first, last=last)
                await retention.forget_batch(connection, tenant=tenant, batch_id=batch_id)
        deleted += len(found)
        if len(found) < _AT_ONCE:
            break
    if deleted:
        log.info("old batches were deleted", batches=deleted)
    return deleted


async def forget_old_uploads(pool: Pool, clock: Clock, *, keep: timedelta) -> int:
    """Note that files are gone that nobody processed in time; their objects expire by themselves."""
    async with transaction(pool) as connection:
        found = await retention.unprocessed(connection, before=clock() - keep, limit=_AT_ONCE)
        for tenant, upload_id, _ in found:
            await uploads.mark_deleted(connection, tenant=tenant, upload_id=upload_id, now=clock())
    return len(found)


async def _make_partitions(pool: Pool, clock: Clock) -> None:
    async with pool.acquire() as connection:
        await partitions.keep(connection, now=clock())
