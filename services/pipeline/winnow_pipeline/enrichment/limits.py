"""Limits around a source: how long it may take, how often it is asked at once, and when it is left alone.

A source that fails is asked once more, as long as that happens seldom (a retry budget: whoever is overloaded is not
asked twice as often for it); one that fails again and again is not asked for a while (a circuit breaker), so that a
batch is never held up by whoever is away. What a source does not answer is unknown, not absent.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from winnow_common import logs

from winnow_pipeline.enrichment.interface import Found, Source
from winnow_pipeline.metrics import SOURCE_CALLS

log = logs.get(__name__)

_PAUSE_BEFORE_RETRY: Final = 0.1
_MOST_SAVED: Final = 10.0
"""Retries that may be due at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of one source."""

    timeout: float = 2.0
    """Seconds for one call."""
    retries: int = 1
    """Of one call."""
    retry_share: float = 0.2
    """Of all calls that may be retries, in the long run."""
    concurrency: int = 8
    """Calls at the same time."""
    failures: int = 5
    """In a row, after which it is left alone."""
    rest: float = 30.0
    """Seconds for which it is left alone."""
    price: int = 0
    """Of a company that is found, in credits."""


class Unanswered(Exception):
    """The source did not answer; nothing follows from that."""


class Limited:
    """A source within its limits."""

    def __init__(self, source: Source, limits: Limits, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self.limits = limits
        self._gate = asyncio.Semaphore(limits.concurrency)
        self._monotonic = monotonic
        self._failures = 0
        self._closed_until = 0.0
        self._retries_left = _MOST_SAVED

    @property
    def name(self) -> str:
        """The source's."""
        return self._source.name

    async def look_up(self, domains: Sequence[str], wanted: frozenset[str]) -> dict[str, Found]:
        """What the source says. Raises `Unanswered`."""
        self._retries_left = min(_MOST_SAVED, self._retries_left + self.limits.retry_share)
        for left in reversed(range(self.limits.retries + 1)):
            async with self._gate:
                found = await self._asked(domains, wanted)
            if found is not None:
                return found
            if not left or self._retries_left < 1:
                break
            self._retries_left -= 1
            await asyncio.sleep(_PAUSE_BEFORE_RETRY)
        raise Unanswered

    async def _asked(self, domains: Sequence[str], wanted: frozenset[str]) -> dict[str, Found] | None:
        """What the source says, None where it does not answer."""
        if self._monotonic() < self._closed_until:
            raise Unanswered
        try:
            async with asyncio.timeout(self.limits.timeout):
                found = await self._source.look_up(domains, wanted)
        except Exception as error:  # noqa: BLE001  whatever it is, the batch goes on without
            self._failed(error)
            return None
        self._failures = 0
        SOURCE_CALLS.labels(self.name, "answered").inc()
        return found

    def _failed(self, error: Exception) -> None:
        SOURCE_CALLS.labels(self.name, "failed").inc()
        self._failures += 1
        if self._failures >= self.limits.failures:
            self._closed_until = self._monotonic() + self.limits.rest
            log.warning("a source is left alone for a while", source=self.name, error=type(error).__name__)
