"""How the gateway learns that the keeper knows every change: beats, which stop by themselves when it does not.

A beat says of a partition: whatever was committed before this moment is applied. It is made in steps that prove it:

1. the time is taken from Redis, whose clock the gateway asks as well, and then the outbox is looked at: every change
   that was committed before has its facts on the log already, or among those that wait there;
2. once all that waited have left, which they do when the broker has acknowledged them, it is asked where partitions
   end: whatever was committed before lies before those ends;
3. once the keeper has applied a partition up to there, the beat of that partition is the time of the first step.

Wherever a link of this chain hangs (a relay, the broker, the keeper, Redis), there are no new beats. A keeper that
sleeps through the loss of its partitions can do no harm either: it beats only for what it has really applied.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from winnow_common.log import Partition, Subscription
from winnow_common.postgres import Pool
from winnow_contracts.similarity_cache import FOLLOWED

from winnow_scoring.cache.redis_entries import RedisEntries
from winnow_scoring.metrics import CACHE_BEHIND
from winnow_scoring.store import keeping
from winnow_scoring.store.keeping import Waiting

BEAT_SECONDS: Final = 0.2
"""Between two looks: a beat is as old as two of them, at most, when the next one comes."""
_TOPICS: Final = frozenset(topic.name for topic in FOLLOWED)


@dataclass(slots=True)
class _Moment:
    """A time as of which a beat is on its way."""

    time_ms: int
    waiting: Mapping[int, Waiting]
    ends: dict[Partition, int] | None = None
    """Partitions that are not applied up to there yet; None until the facts that waited have left."""
    begun: float = field(default_factory=time.monotonic)


class Pulse:
    """Makes beats, step by step, between the batches of the keeper."""

    def __init__(self, *, pool: Pool, entries: RedisEntries) -> None:
        self._pool = pool
        self._entries = entries
        self._moment: _Moment | None = None
        self._looked_at = 0.0

    async def step(self, subscription: Subscription, *, applied: Mapping[Partition, int]) -> None:
        """Go on as far as can be gone now, all that was polled having been applied; `applied` has the offsets after.

        Raises what PostgreSQL, Redis and the log raise where they are away.
        """
        if time.monotonic() - self._looked_at < BEAT_SECONDS:
            return
        self._looked_at = time.monotonic()
        moment = self._moment = self._moment or await self._begin()
        if moment.ends is None:
            if moment.waiting and not have_left(moment.waiting, now=await self._waiting()):
                return
            standing = await subscription.standing(_TOPICS)
            moment.ends = {partition: each.end for partition, each in standing.items()}
            applied = {partition: each.position for partition, each in standing.items()}
        reached = {partition for partition, end in moment.ends.items() if applied.get(partition, 0) >= end}
        if reached:
            await self._entries.beat(dict.fromkeys(reached, moment.time_ms))
        held = subscription.assigned()
        moment.ends = {key: end for key, end in moment.ends.items() if key not in reached and key in held}
        if not moment.ends:
            CACHE_BEHIND.set(time.monotonic() - moment.begun)
            self._moment = None

    async def _begin(self) -> _Moment:
        now = await self._entries.time_ms()
        return _Moment(now, await self._waiting())

    async def _waiting(self) -> Mapping[int, Waiting]:
        async with self._pool.acquire() as connection:
            return await keeping.waiting(connection)


def have_left(before: Mapping[int, Waiting], *, now: Mapping[int, Waiting]) -> bool:
    """Whether none of the facts that waited before waits now."""
    return all(shard not in now or now[shard].oldest > each.newest for shard, each in before.items())
