"""The keeper of the cache: similarity answers in Redis, from facts, so that the gateway can answer from there.

What has to hold: an answer from the cache is never older than a change of its company or of the model by more than a
second. Facts come late, again, and in any order, since they are of different topics, and several keepers share them;
Redis may be emptied between any two steps. So nothing is believed because of the order that it came in:

* a fact that a company or a model has changed drops what is older, and that is all it does;
* an answer is kept in three steps. Its entry is marked with the version of the profile; then PostgreSQL is asked
  whether that version and that of the model are still in force; then the entry is filled, if its mark still stands.
  A change that is committed before the question makes the answer be left out. One that is committed after it has its
  fact after it too, which removes the mark or the answer, whichever it finds. An emptied Redis has no mark.

Versions only grow, so whatever is done twice does nothing the second time: the keeper needs no inbox. A batch is
applied, then its offsets are let go; while Redis or PostgreSQL is away it waits, with the batch in hand. That the
gateway can tell whether the keeper lives and knows every change is the work of `winnow_scoring.cache.pulse`.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Final

from winnow_common import logs, redis
from winnow_common.clock import Clock
from winnow_common.log import Log, LogUnavailable, Partition, Record, Subscription
from winnow_common.postgres import Pool, is_transient
from winnow_contracts.topics import COMPANIES, SCORES, VERSIONS

from winnow_scoring.cache import facts
from winnow_scoring.cache.facts import Answer, Place
from winnow_scoring.cache.pulse import Pulse
from winnow_scoring.cache.redis_entries import RedisEntries
from winnow_scoring.metrics import CACHE_ANSWERS, CACHE_UNREADABLE
from winnow_scoring.store import keeping

logger = logs.get(__name__)

GROUP: Final = "scoring-keeper"
TOPICS: Final = (COMPANIES, SCORES, VERSIONS)
BATCH: Final = 500
_POLL_SECONDS: Final = 0.1
_COMMIT_SECONDS: Final = 1.0
_FIRST_WAIT: Final = 0.1
_LONGEST_WAIT: Final = 2.0
_STUCK_SECONDS: Final = 30.0
_DRAIN_SECONDS: Final = 20.0


class Keeper:
    """Applies facts to the cache as one member of its group until it is told to drain."""

    def __init__(self, *, log: Log, pool: Pool, entries: RedisEntries, clock: Clock) -> None:
        self._log = log
        self._pool = pool
        self._entries = entries
        self._clock = clock
        self._pulse = Pulse(pool=pool, entries=entries)
        self._idle = asyncio.Lock()
        self._draining = asyncio.Event()
        self._finished = asyncio.Event()
        self._applied: dict[Partition, int] = {}
        self._committed: dict[Partition, int] = {}
        self._committed_at = 0.0
        self._subscription: Subscription | None = None
        self._turned_at: float | None = None

    async def drain(self) -> None:
        """Finish the batch in hand, commit, leave the group; returns when `run` has."""
        self._draining.set()
        await self._finished.wait()

    async def ready(self) -> None:
        """For readiness: raises unless the loop has been round lately."""
        if self._turned_at is None:
            raise RuntimeError("has not joined its group yet")
        if time.monotonic() - self._turned_at > _STUCK_SECONDS:
            raise RuntimeError("has a batch in hand for too long")

    async def run(self) -> None:
        """Keep the cache until drained."""
        try:
            names = [topic.name for topic in TOPICS]
            async with self._log.subscribe(names, group=GROUP, revoked=self._revoked) as subscription:
                self._subscription = subscription
                while not self._draining.is_set():
                    await self._turn(subscription)
                await self._commit(subscription)
        finally:
            self._finished.set()

    async def _turn(self, subscription: Subscription) -> None:
        records = await subscription.poll(maximum=BATCH, timeout=_POLL_SECONDS)
        async with self._idle:
            if records and not await self._keep(records):
                return
            self._applied |= {record.partition: record.offset + 1 for record in records}
            await self._beat(subscription)
        if time.monotonic() - self._committed_at >= _COMMIT_SECONDS:
            await self._commit(subscription)
        self._turned_at = time.monotonic()

    async def _keep(self, records: Sequence[Record]) -> bool:
        """Apply records, however long what that needs is away; False where drained meanwhile."""
        found = facts.read(records, now=self._clock())
        CACHE_UNREADABLE.inc(found.unreadable)
        wait = _FIRST_WAIT
        while True:
            try:
                await self._entries.note(found)
                await self._fill(found.answers)
                return True
            except Exception as error:
                if not _is_away(error):
                    raise
                logger.warning("the cache waits: Redis or the database is away", error=repr(error))
            if await self._stopping(wait):
                return False
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _fill(self, answers: Mapping[Place, Answer]) -> None:
        """Keep those answers that are good and of the present, their entries being marked."""
        now = self._clock()
        good = {place: answer for place, answer in answers.items() if answer.left_ms(now) > 0}
        if not good:
            return
        async with self._pool.acquire() as connection:
            current = await keeping.current(connection, good)
        kept = await self._entries.fill(current, now=now) if current else 0
        for outcome, count in (
            ("kept", kept),
            ("overtaken", len(current) - kept),
            ("outdated", len(good) - len(current)),
        ):
            CACHE_ANSWERS.labels(outcome).inc(count)

    async def _beat(self, subscription: Subscription) -> None:
        """Let the gateway know, or leave it to find out that it does not hear."""
        try:
            await self._pulse.step(subscription, applied=self._applied)
        except Exception as error:
            if not _is_away(error):
                raise
            logger.debug("no beat", error=repr(error))

    async def _commit(self, subscription: Subscription) -> None:
        self._committed_at = time.monotonic()
        new = {key: offset for key, offset in self._applied.items() if self._committed.get(key) != offset}
        if new:
            self._committed |= new
            await subscription.commit(new)

    async def _revoked(self, partitions: frozenset[Partition]) -> None:
        """Let the batch in hand finish, and hand its offsets over; one that takes too long is applied twice."""
        try:
            async with asyncio.timeout(_DRAIN_SECONDS), self._idle:
                if self._subscription is not None:
                    await self._commit(self._subscription)
        except TimeoutError:
            logger.warning("partitions were taken while their batch was in hand", partitions=len(partitions))
        for partition in partitions:
            self._applied.pop(partition, None)
            self._committed.pop(partition, None)

    async def _stopping(self, seconds: float) -> bool:
        """Wait, but not when draining; whether draining."""
        try:
            await asyncio.wait_for(self._draining.wait(), seconds)
        except TimeoutError:
            return False
        return True


def _is_away(error: Exception) -> bool:
    return isinstance(error, (*redis.Away, LogUnavailable)) or is_transient(error)
