"""The gate that all requests of a run go through: closed by a limit of the plan, for as long as the limit asks.

Requests that run beside each other share a limit. Were each to wait on its own, those that were just about to be sent
would be refused once more; so one refusal holds all of them back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from winnow import RateLimited

LONGEST_WAIT = 90.0
"""Seconds: a limit by the minute ends within them, one by the month does not."""

MOST_REFUSALS = 5
"""Times that the gate closes without an answer in between, after which waiting is given up."""

WITHOUT_RETRY_AFTER = 5.0
STEP = 0.5


@dataclass(slots=True)
class Gate:
    """Open at first. Belongs to one event loop."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    on_close: Callable[[RateLimited, float], None] | None = None
    _opens_at: float = 0.0
    _refusals: int = 0

    async def passed(self) -> None:
        """Wait until the gate is open. In steps, since it may be opened early."""
        while (seconds := self._opens_at - self.clock()) > 0:
            await self.sleep(min(seconds, STEP))

    def close(self, error: RateLimited, /) -> None:
        """Hold all requests back for as long as `error` asks; raises it where that is too long or comes too often."""
        seconds = WITHOUT_RETRY_AFTER if error.retry_after is None else error.retry_after
        if seconds > LONGEST_WAIT:
            raise error
        now = self.clock()
        if self._opens_at <= now:
            # The first of those that were under way together; the others are refused by the same limit.
            self._refusals += 1
            if self._refusals > MOST_REFUSALS:
                raise error
            if self.on_close is not None:
                self.on_close(error, seconds)
        self._opens_at = max(self._opens_at, now + seconds)

    def answered(self) -> None:
        """Note that a request went through."""
        self._refusals = 0

    def open(self) -> None:
        """Hold nothing back any more."""
        self._opens_at = 0.0
