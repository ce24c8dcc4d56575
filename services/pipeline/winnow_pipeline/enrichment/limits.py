"""Limits around a source: how long it may take, how often it is asked at once, and when it is left alone.

A source that fails is asked once more; one that fails again and again is not asked for a while (a circuit breaker), so
that a batch is never held up by whoever is away. What a source does not answer is unknown, not absent.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of one source."""

    timeout: float = 2.0
    """Seconds for one call."""
    retries: int = 1
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

    @property
    def name(self) -> str:
        """The source's."""
        return self._source.name

    async def look_up(self, domains: Sequence[str], wanted: frozenset[str]) -> dict[str, Found]:
        """What the source says. Raises `Unanswered`."""
        for attempt in range(self.limits.retries + 1):
            if self._monotonic() < self._closed_until:
                raise Unanswered
            try:
                async with self._gate, asyncio.timeout(self.limits.timeout):
                    found = await self._source.look_up(domains, wanted)
            except Exception as error:  # noqa: BLE001  whatever it is, the batch goes on without
                self._failed(error)
                if attempt < self.limits.retries:
                    await asyncio.sleep(_PAUSE_BEFORE_RETRY)
            else:
                self._failures = 0
                SOURCE_CALLS.labels(self.name, "answered").inc()
                return found
        raise Unanswered

    def _failed(self, error: Exception) -> None:
        SOURCE_CALLS.labels(self.name, "failed").inc()
        self._failures += 1
        if self._failures >= self.limits.failures:
            self._closed_until = self._monotonic() + self.limits.rest
            log.warning("a source is left alone for a while", source=self.name, error=type(error).__name__)
