"""The relay: drains the outbox to the log, in order per key, from any number of processes at once.

Whoever holds a shard's advisory lock reads its oldest rows, publishes them, and deletes them when the broker has
acknowledged. Rows are found by being there, never by `id > last`: ids become visible out of order, and a relay that
remembered the last one lost 444 of 3,000 facts. A relay that dies between the acknowledgement and the delete leads to
a repeat under the same event id. The transaction is open while the broker acknowledges, for at most the publisher's
deadline, which is below the server's limit for idle transactions; the only lock it holds is the shard's.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from winnow_common import logs
from winnow_common.log import LogUnavailable, Publisher
from winnow_common.metrics import RELAY_FAILURES, RELAYED
from winnow_common.outbox import unpack
from winnow_common.postgres import Pool, is_transient, transaction

log = logs.get(__name__)

_FAILURE_SECONDS = 0.5

_WAITING = "SELECT DISTINCT shard FROM outbox"
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended(current_schema() || '.outbox', $1))"
_OLDEST = """
SELECT id, facts, packed FROM (
    SELECT id, facts, packed, sum(facts) OVER (ORDER BY id) - facts AS before
    FROM (SELECT id, facts, packed FROM outbox WHERE shard = $1 ORDER BY id LIMIT $2) AS oldest
) AS counted
WHERE before < $2
ORDER BY id
"""
_DELETE = "DELETE FROM outbox WHERE shard = $1 AND id = ANY ($2::bigint[])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How eagerly the relay looks: at once while there is work, then ever less often, in seconds."""

    batch: int = 1000
    shortest: float = 0.01
    longest: float = 0.25


class Relay:
    """Moves facts from this service's outbox to the log until it is cancelled."""

    def __init__(self, *, pool: Pool, publisher: Publisher, pace: Pace = Pace()) -> None:
        self._pool = pool
        self._publisher = publisher
        self._pace = pace
        self._woken = asyncio.Event()
        self._finished = asyncio.Event()
        self._draining = False

    def wake(self) -> None:
        """Look at once: facts were written in this process."""
        self._woken.set()

    async def run(self) -> None:
        """Move facts until drained; faults of the log or of PostgreSQL are waited out."""
        pause = self._pace.shortest
        try:
            while not self._draining:
                moved = await self._try_to_move()
                if moved is None:
                    pause = _FAILURE_SECONDS
                else:
                    pause = self._pace.shortest if moved else min(pause * 2, self._pace.longest)
                await self._rest(pause)
        finally:
            self._finished.set()

    async def _try_to_move(self) -> int | None:
        """The number of facts moved; None where the log or the database is away."""
        try:
            return await self.move()
        except Exception as error:
            if not isinstance(error, LogUnavailable) and not is_transient(error):
                raise
            RELAY_FAILURES.inc()
            log.warning("facts wait: the log or the database is away", error=repr(error))
            return None

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), seconds)
        self._woken.clear()

    async def drain(self) -> None:
        """Finish what is on its way; returns when `run` has."""
        self._draining = True
        self.wake()
        await self._finished.wait()

    async def move(self) -> int:
        """Move what is there now; the number of facts moved by this process."""
        moved = 0
        async with self._pool.acquire() as connection:
            shards = [row["shard"] for row in await connection.fetch(_WAITING)]
        for shard in shards:
            while count := await self._drain_once(shard):
                moved += count
                if count < self._pace.batch:
                    break
        return moved

    async def _drain_once(self, shard: int) -> int:
        async with transaction(self._pool) as connection:
            if not await connection.fetchval(_LOCK, shard):
                return 0
            rows = await connection.fetch(_OLDEST, shard, self._pace.batch)
            if not rows:
                return 0
            messages = [message for row in rows for message in unpack(row["packed"], row=row["id"])]
            await self._publisher.publish(messages)
            await connection.execute(_DELETE, shard, [row["id"] for row in rows])
        count: int = sum(row["facts"] for row in rows)
        RELAYED.inc(count)
        return count
