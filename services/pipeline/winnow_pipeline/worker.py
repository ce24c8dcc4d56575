"""The role `chunks`: takes leased work step by step, computing in processes of its own.

Several slots take whatever is nearest to its end, tenant by tenant; one more reads files, and one more compares large
batches, so that neither holds up the rest. A lease is kept while its step goes on and runs out with the process, so
work of a worker that was killed goes on elsewhere within half a minute.

A step that fails for a reason nobody foresaw is tried again; then its chunk goes on without what defeated it, and at
last its batch fails. While too many facts wait to leave, nothing new is begun.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final
from uuid import uuid4

from winnow_common import logs, outbox
from winnow_common.errors import TemporaryError, origin
from winnow_common.postgres import is_transient
from winnow_common.turns import Turns

from winnow_pipeline.computing import ProcessLost, Slot
from winnow_pipeline.metrics import LEASES_LOST, PAUSED, STEPS, STEPS_FAILED
from winnow_pipeline.phases.close import close
from winnow_pipeline.phases.dedup import dedup
from winnow_pipeline.phases.failing import fail_batch, fail_chunk
from winnow_pipeline.phases.finish import finish
from winnow_pipeline.phases.ingest import ingest
from winnow_pipeline.phases.prepare import prepare
from winnow_pipeline.phases.render import render
from winnow_pipeline.phases.rework import rework
from winnow_pipeline.phases.score import score
from winnow_pipeline.phases.workshop import LEASE, Workshop
from winnow_pipeline.store import tasks
from winnow_pipeline.store.tasks import Kind, LeaseLost, Task

log = logs.get(__name__)

Step = Callable[[Task, Workshop, Slot], Awaitable[None]]

STEPS_BY_KIND: Final[Mapping[Kind, Step]] = {
    Kind.INGEST: ingest,
    Kind.PREPARE: prepare,
    Kind.DEDUP: dedup,
    Kind.DEDUP_LARGE: dedup,
    Kind.SCORE: score,
    Kind.FINISH: finish,
    Kind.CLOSE: close,
    Kind.RENDER: render,
    Kind.REWORK: rework,
}
QUICK: Final = (Kind.CLOSE, Kind.FINISH, Kind.SCORE, Kind.RENDER, Kind.DEDUP, Kind.REWORK, Kind.PREPARE)
"""What every slot does, the nearest to its end first."""

_OF_CHUNKS: Final = frozenset({Kind.PREPARE, Kind.SCORE, Kind.FINISH})
_CHUNK_FAILS_AFTER: Final = 3
_BATCH_FAILS_AFTER: Final = 6
_EXTENDED_EACH: Final = 8.0
_IDLE: Final = 0.1
_BACKLOG: Final = 10_000
"""Facts that may wait to leave before steps wait too."""


class Worker:
    """One slot: takes work of some kinds, one step at a time."""

    def __init__(self, shop: Workshop, *, name: str, kinds: Sequence[Kind]) -> None:
        self._shop = shop
        self._kinds = kinds
        self._holder = f"{name}/{uuid4().hex}"
        self._slot = Slot()
        self._turns = Turns(self._take_turn, worker=name)

    async def run(self) -> None:
        """Work until drained; what is away is waited for."""
        try:
            await self._turns.run()
        finally:
            self._slot.close()

    async def drain(self) -> None:
        """Finish the step in hand, unless that takes too long: then its lease runs out."""
        await self._turns.drain()

    async def work_once(self) -> bool:
        """One step; whether there was any to take."""
        if await self._is_paused():
            return False
        now = self._shop.clock()
        task = await tasks.lease(self._shop.pool, holder=self._holder, kinds=self._kinds, now=now, until=now + LEASE)
        if task is None:
            return False
        await self._carry_out(task)
        return True

    async def _take_turn(self) -> float:
        return 0.0 if await self.work_once() else _IDLE

    async def _is_paused(self) -> bool:
        async with self._shop.pool.acquire() as connection:
            paused = await outbox.backlog(connection) > _BACKLOG
        PAUSED.set(paused)
        return paused

    async def _carry_out(self, task: Task) -> None:
        began = time.monotonic()
        keeping = asyncio.create_task(self._keep(task))
        try:
            await STEPS_BY_KIND[task.kind](task, self._shop, self._slot)
        except LeaseLost:
            LEASES_LOST.inc()
            log.warning("a step went on elsewhere", kind=task.kind, batch=str(task.batch), number=task.number)
        except TemporaryError as error:
            await self._give_back(task, after=error.delay, failed=False)
        except Exception as error:  # noqa: BLE001  whatever it is, other work goes on
            if is_transient(error):
                await self._give_back(task, after=1.0, failed=False)
            else:
                await self._failed(task, error)
        finally:
            keeping.cancel()
            STEPS.labels(task.kind).observe(time.monotonic() - began)

    async def _keep(self, task: Task) -> None:
        """Extend the lease until cancelled; where that does not go, the step finds out when it ends."""
        while True:
            await asyncio.sleep(_EXTENDED_EACH)
            with suppress(Exception):
                await tasks.extend(self._shop.pool, task, until=self._shop.clock() + LEASE)

    async def _give_back(self, task: Task, *, after: float, failed: bool) -> None:
        due = self._shop.clock() + timedelta(seconds=after)
        with suppress(LeaseLost):
            await tasks.release(self._shop.pool, task, due=due, failed=failed)

    async def _failed(self, task: Task, error: Exception) -> None:
        STEPS_FAILED.labels(task.kind).inc()
        reason = "its process died" if isinstance(error, ProcessLost) else origin(error)
        log.error(
            "a step failed",
            kind=task.kind,
            batch=str(task.batch),
            number=task.number,
            attempts=task.attempts,
            reason=reason,
        )
        with suppress(LeaseLost):
            if task.kind is not Kind.RENDER and task.attempts >= _BATCH_FAILS_AFTER:
                await fail_batch(
                    task,
                    self._shop,
                    code="not_handled",
                    detail="The file could not be processed. The operator of this system has been told.",
                )
            elif task.kind in _OF_CHUNKS and task.attempts >= _CHUNK_FAILS_AFTER:
                await fail_chunk(task, self._shop)
            else:
                await self._give_back(task, after=min(2.0**task.attempts, 60.0), failed=True)


def workers(shop: Workshop, *, slots: int, instance: str) -> list[Worker]:
    """All of a process: as many slots as it computes in, one for files, and one for large batches."""
    quick = [Worker(shop, name=f"{instance}/{number}", kinds=QUICK) for number in range(slots)]
    reading = Worker(shop, name=f"{instance}/files", kinds=[Kind.INGEST])
    large = Worker(shop, name=f"{instance}/large", kinds=[Kind.DEDUP_LARGE])
    return [*quick, reading, large]
