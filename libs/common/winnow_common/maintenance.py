"""What a service does for its own tables and objects: once before it serves, and then every hour."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from winnow_common import inbox, logs
from winnow_common.clock import Clock
from winnow_common.errors import TemporaryError
from winnow_common.postgres import Pool, is_transient

log = logs.get(__name__)

Chore = Callable[[], Awaitable[object]]

_HOUR: Final = 3600.0
_SOON: Final = 5.0


async def keep_inbox(pool: Pool, clock: Clock) -> None:
    """Make the inbox's partitions that messages of the coming days need, and drop those that nobody needs."""
    async with pool.acquire() as connection:
        await inbox.keep_partitions(connection, now=clock())


async def hourly(*chores: Chore) -> None:
    """Do all of them an hour from now and every hour after; where something is away, they are tried again soon."""
    pause = _HOUR
    while True:
        await asyncio.sleep(pause)
        pause = _HOUR if await _all_done(chores) else _SOON


async def _all_done(chores: tuple[Chore, ...]) -> bool:
    for chore in chores:
        try:
            await chore()
        except Exception as error:
            if not is_transient(error) and not isinstance(error, TemporaryError):
                raise
            log.warning("maintenance waits: something is away", error=repr(error))
            return False
    return True
