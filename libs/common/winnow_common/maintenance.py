"""What a service does for itself every hour: partitions are made and dropped, expired objects deleted."""

import asyncio

from winnow_common import inbox, logs
from winnow_common.clock import Clock
from winnow_common.postgres import Pool, is_transient
from winnow_common.sealed import SealedStore

log = logs.get(__name__)

_HOUR = 3600.0
_SOON = 5.0


async def prepare(pool: Pool, clock: Clock) -> None:
    """Make the partitions that messages of the coming days need; before the first message is handled."""
    async with pool.acquire() as connection:
        await inbox.keep_partitions(connection, now=clock())


async def keep(pool: Pool, clock: Clock, *, objects: SealedStore | None = None) -> None:
    """Tidy up every hour, for ever; what is away is tried again soon."""
    while True:
        try:
            await prepare(pool, clock)
            if objects is not None:
                swept = await objects.sweep(clock())
                log.debug("expired objects deleted", count=swept)
            pause = _HOUR
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("maintenance waits", error=repr(error))
            pause = _SOON
        await asyncio.sleep(pause)
