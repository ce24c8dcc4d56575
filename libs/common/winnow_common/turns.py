"""What workers in the background have in common: turns, each followed by a rest, until told to stop."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from winnow_common import logs
from winnow_common.errors import TemporaryError
from winnow_common.postgres import is_transient

log = logs.get(__name__)


class Turns:
    """Takes turns until drained. A turn says how many seconds to rest after it; what is away is waited for.

    `worker` says in the log who waits.
    """

    def __init__(self, turn: Callable[[], Awaitable[float]], *, worker: str, away: float = 1.0) -> None:
        self._turn = turn
        self._worker = worker
        self._away = away
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def is_stopping(self) -> bool:
        """Whether the turn in hand is the last one."""
        return self._stopping.is_set()

    async def run(self) -> None:
        """Go on until drained; raises what nobody foresaw."""
        try:
            while not self.is_stopping:
                seconds = await self._taken()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), seconds)
        finally:
            self._ended.set()

    async def drain(self) -> None:
        """Let the turn in hand end; returns when `run` has."""
        self._stopping.set()
        await self._ended.wait()

    async def _taken(self) -> float:
        try:
            return await self._turn()
        except Exception as error:
            if not isinstance(error, TemporaryError) and not is_transient(error):
                raise
            log.warning("a worker waits: something is away", worker=self._worker, error=repr(error))
            return self._away
