"""The relay: drains the outbox to the log, in order per key, from any number of processes at once.

Whoever holds a shard's advisory lock reads its oldest rows, publishes them, and deletes them when the broker has
acknowledged. Rows are found by being there, never by `id > last`: ids become visible out of order, and a relay that
remembered the last one lost 444 of 3,000 facts. A relay that dies between the acknowledgement and the delete leads to
a repeat under the same event id. The transaction is open while the broker acknowledges, for at most the publisher's
deadline, which is below the server's limit for idle transactions; the only locks it holds are the shards'.

The locks are taken by a statement of their own: the next one then sees what the holder before has deleted.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from winnow_common import logs
from winnow_common.log import LogUnavailable, Publisher
from winnow_common.metrics import RELAY_FAILURES, RELAYED
from winnow_common.outbox import SHARDS, unpack
from winnow_common.postgres import Pool, is_transient, transaction

log = logs.get(__name__)

_FAILURE_SECONDS = 0.5

_WAITING = """
SELECT shard FROM unnest($1::smallint[]) AS shard WHERE EXISTS (SELECT FROM outbox WHERE outbox.shard = shard.shard)
"""
_LOCK = """
SELECT shard FROM unnest($1::smallint[]) AS shard
WHERE pg_try_advisory_xact_lock(hashtextextended(current_schema() || '.outbox', shard))
"""
_OLDEST = """
SELECT shard, id, facts, packed FROM (
    SELECT locked.shard, id, facts, packed, sum(facts) OVER (PARTITION BY locked.shard ORDER BY id) - facts AS before
    FROM unnest($1::smallint[]) AS locked (shard)
    CROSS JOIN LATERAL (
        SELECT id, facts, packed FROM outbox WHERE outbox.shard = locked.shard ORDER BY id LIMIT $2
    ) AS oldest
) AS counted
WHERE before < $2
ORDER BY shard, id
"""
_DELETE = """
DELETE FROM outbox USING unnest($1::smallint[], $2::bigint[]) AS sent (shard, id)
WHERE outbox.shard = sent.shard AND outbox.id = sent.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How eagerly the relay looks, in seconds."""

    batch: int = 500
    """Facts of a shard that are moved at once, or a few more, since rows leave whole."""
    gathering: float = 0.05
    """Between two looks: what is written meanwhile leaves together. Looking after each of 100 scores a second took as
    much of the processor as scoring them."""
    longest: float = 0.25
    """While nobody wakes it: for what another process has written and did not live to move."""


class Relay:
    """Moves facts from this service's outbox to the log until it is cancelled."""

    def __init__(self, *, pool: Pool, publisher: Publisher, pace: Pace = Pace()) -> None:
        self._pool = pool
        self._publisher = publisher
        self._pace = pace
        self._woken = asyncio.Event()
        self._draining = asyncio.Event()
        self._finished = asyncio.Event()

    def wake(self) -> None:
        """Look soon: facts were written in this process."""
        self._woken.set()

    async def run(self) -> None:
        """Move facts until drained; faults of the log or of PostgreSQL are waited out."""
        try:
            while not self._draining.is_set():
                self._woken.clear()
                moved = await self._try_to_move()
                await _wait(self._draining, self._pace.gathering if moved else _FAILURE_SECONDS)
                await _wait(self._woken, self._pace.longest - self._pace.gathering)
        finally:
            self._finished.set()

    async def _try_to_move(self) -> bool:
        """Move what is there; False where the log or the database is away."""
        try:
            await self.move()
        except Exception as error:
            if not isinstance(error, LogUnavailable) and not is_transient(error):
                raise
            RELAY_FAILURES.inc()
            log.warning("facts wait: the log or the database is away", error=repr(error))
            return False
        return True

    async def drain(self) -> None:
        """Finish what is on its way; returns when `run` has."""
        self._draining.set()
        self.wake()
        await self._finished.wait()

    async def move(self) -> int:
        """Move what is there now; the number of facts moved by this process."""
        moved, shards = 0, list(range(SHARDS))
        while shards:
            shards = [row["shard"] for row in await self._pool.fetch(_WAITING, shards)]
            counts = await self._drain_once(shards) if shards else {}
            moved += sum(counts.values())
            shards = [shard for shard, count in counts.items() if count >= self._pace.batch]
        return moved

    async def _drain_once(self, shards: list[int]) -> dict[int, int]:
        """Move the oldest facts of those shards that nobody else drains; how many of each."""
        counts: dict[int, int] = {}
        async with transaction(self._pool) as connection:
            locked = [row["shard"] for row in await connection.fetch(_LOCK, shards)]
            rows = await connection.fetch(_OLDEST, locked, self._pace.batch) if locked else []
            if not rows:
                return counts
            await self._publisher.publish([message for row in rows for message in unpack(row["packed"], row=row["id"])])
            await connection.execute(_DELETE, [row["shard"] for row in rows], [row["id"] for row in rows])
        for row in rows:
            counts[row["shard"]] = counts.get(row["shard"], 0) + row["facts"]
        RELAYED.inc(sum(counts.values()))
        return counts


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, at most so long."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
