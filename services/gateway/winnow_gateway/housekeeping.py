"""What has to be done now and then: last uses written down, records given back late, old rows and files deleted."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from winnow_common import logs, maintenance
from winnow_common.clock import Clock
from winnow_common.errors import TemporaryError
from winnow_common.postgres import Pool, Transient, is_transient
from winnow_common.sealed import SealedStore

from winnow_gateway.months import Months
from winnow_gateway.store import keys
from winnow_gateway.store.months import forget_reservations

OFTEN: Final = 30.0

_log = logs.get(__name__)


class LastUses:
    """When keys were last used, to the minute: gathered here and written together."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._used: dict[tuple[UUID, UUID], datetime] = {}

    def note(self, tenant: UUID, key: UUID, now: datetime) -> None:
        """A key is used at this moment."""
        self._used[tenant, key] = now

    async def write(self) -> None:
        """Write down what was gathered; what cannot be written is tried again next time."""
        used, self._used = self._used, {}
        if not used:
            return
        try:
            whole_minutes = {key: moment.replace(second=0, microsecond=0) for key, moment in used.items()}
            await keys.touch_keys(self._pool, whole_minutes)
        except Transient:
            self._used = used | self._used
            raise


class Housekeeping:
    """Runs the chores; one that fails because something is away waits for its next turn."""

    def __init__(self, *, pool: Pool, clock: Clock, last_uses: LastUses, months: Months, sealed: SealedStore) -> None:
        self._pool = pool
        self._clock = clock
        self._last_uses = last_uses
        self._months = months
        self._sealed = sealed

    async def run_often(self) -> None:
        """The chores of each half minute, for ever."""
        while True:
            await _try(self._last_uses.write)
            await _try(self._months.pay_owed)
            await asyncio.sleep(OFTEN)

    async def run_seldom(self) -> None:
        """The chores of each hour, for ever; the first time at once."""
        await _try(self._tidy)
        await maintenance.hourly(self._tidy)

    async def finish(self) -> None:
        """What must not be lost when the process ends."""
        await _try(self._last_uses.write)
        await _try(self._months.pay_owed)

    async def _tidy(self) -> None:
        now = self._clock()
        await maintenance.keep_inbox(self._pool, self._clock)
        await forget_reservations(self._pool, now=now)
        await self._sealed.sweep(now)


async def _try(chore: Callable[[], Awaitable[None]]) -> None:
    try:
        await chore()
    except Exception as error:
        if not (is_transient(error) or isinstance(error, TemporaryError)):
            raise
        _log.warning("a chore waits for its next turn", chore=chore.__qualname__, error=type(error).__name__)
