"""Carrying out a batch: one transaction if it goes well, smaller and smaller ones around what does not."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from winnow_common import dead_letters, logs, telemetry
from winnow_common.clock import Clock
from winnow_common.delivery import Delivery, State
from winnow_common.errors import PermanentError, Problem, TemporaryError, origin
from winnow_common.handling import Place, carry_out, only_reads
from winnow_common.inbox import AlreadyHandled
from winnow_common.log import Partition
from winnow_common.metrics import DEAD_LETTERS, HALVED, HANDLED, RETRIED
from winnow_common.postgres import ACQUIRE_TIMEOUT, Pool, is_transient, transaction
from winnow_common.quarantine import Quarantine
from winnow_common.relay import Relay

log = logs.get(__name__)

T = TypeVar("T")

_LONGEST_WAIT = 2.0
_TRIES = 2
_READS_AT_ONCE = 4


class Abandoned(Exception):
    """The service drains while the database is away: the batch is left to whoever reads it next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What carrying out needs, the same for every batch."""

    pool: Pool
    source: str
    seal: dead_letters.Seal
    clock: Clock
    quarantine: Quarantine
    relay: Relay | None
    stopping: Callable[[float], Awaitable[bool]]
    """Waits so many seconds, or less when the service drains; whether it drains."""


@dataclass(slots=True)
class Execution:
    """One batch; `put_back` says afterwards which partitions are to be read again, and from where."""

    at: Surroundings
    deliveries: Sequence[Delivery]
    put_back: dict[Partition, Place] = field(default_factory=dict)
    failed_before: bool = False
    """Whether a try failed, which may be because some of it was handled before."""

    async def run(self) -> None:
        """Settle every delivery, or put it back.

        Raises `Abandoned`, or `winnow_common.quarantine.TooManyDeadLetters`.
        """
        await self._settle([delivery for delivery in self.deliveries if not delivery.is_read])
        reads = [delivery for delivery in self.deliveries if delivery.is_read and self._due(delivery)]
        gate = asyncio.Semaphore(_READS_AT_ONCE)
        await asyncio.gather(*(self._read(delivery, gate) for delivery in reads))
        for delivery in self.deliveries:
            if delivery.state is State.DOOMED:
                self.at.quarantine.died(delivery.tenant, now=time.monotonic())
                await self._patiently(partial(self._bury, delivery))
        counts = Counter((delivery.type, _what_came_of(delivery)) for delivery in self.deliveries)
        for labels, count in counts.items():
            HANDLED.labels(*labels).inc(count)

    def _due(self, delivery: Delivery) -> bool:
        """Whether it is to be handled now: pending, and not behind one of its partition that was put back."""
        if delivery.state is not State.PENDING:
            return False
        blocked = self.put_back.get(delivery.record.partition)
        return blocked is None or delivery.record.offset < blocked.offset

    async def _settle(self, deliveries: Sequence[Delivery]) -> None:
        """Handle them in one transaction; where that fails, in two halves, until the offender is alone."""
        due = [delivery for delivery in deliveries if self._due(delivery)]
        if not due:
            return
        try:
            repeated = await self._patiently(partial(self._transact, due))
        except Abandoned:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, the offender is looked for
            self.failed_before = True
            if len(due) > 1:
                HALVED.inc()
                await self._settle(due[: len(due) // 2])
                await self._settle(due[len(due) // 2 :])
                return
            await self._failed(due[0], error)
            return
        await self._settle(repeated)

    async def _failed(self, delivery: Delivery, error: Exception) -> None:
        """Alone and failing: once more, since somebody may have handled it meanwhile, then it is put aside."""
        delivery.attempts += 1
        if delivery.attempts < _TRIES:
            await self._settle([delivery])
            return
        log.error("a message failed for a reason nobody foresaw", type=delivery.type, error=origin(error))
        delivery.doom(origin(error))

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do it, and wait out what passes: the database away, a lock held, a message that somebody else handles too."""
        wait = 0.1
        while True:
            try:
                return await work()
            except AlreadyHandled:
                self.failed_before = True
                RETRIED.inc()
            except Exception as error:
                if not is_transient(error):
                    raise
                RETRIED.inc()
                log.warning("the batch waits", error=repr(error), messages=len(self.deliveries))
                if await self.at.stopping(wait):
                    raise Abandoned from error
                wait = min(wait * 2, _LONGEST_WAIT)

    async def _transact(self, due: Sequence[Delivery]) -> list[Delivery]:
        """One transaction; returns repetitions within the batch, to be answered once the first of them is committed.

        Where batch commands alone are asked for, all that is written is one statement, which is a transaction by
        itself: a score takes two or three round trips to the database instead of eight.
        """
        pool, now = self.at.pool, self.at.clock()
        place = pool.acquire(timeout=ACQUIRE_TIMEOUT) if only_reads(due) else transaction(pool)
        first = due[0].event
        with telemetry.span("handle", traceparent=first.traceparent if first is not None else None, messages=len(due)):
            async with place as connection:
                work = await carry_out(
                    due, connection, failed_before=self.failed_before, source=self.at.source, now=now
                )
        for delivery, answer in work.stored:
            delivery.repeat(answer)
        for delivery in work.done:
            delivery.state = State.HANDLED
        self.put_back |= work.postponed
        if work.done and self.at.relay is not None:
            self.at.relay.wake()
        return work.repeated

    async def _read(self, delivery: Delivery, gate: asyncio.Semaphore) -> None:
        """Answer a question; where the database is away its sender is told at once, since it does not wait for long."""
        handler, request = delivery.handler, delivery.request
        assert handler is not None
        assert request is not None
        assert delivery.event is not None
        try:
            async with gate, self.at.pool.acquire() as connection:
                with telemetry.span(delivery.type, traceparent=delivery.event.traceparent):
                    delivery.finish(await handler.handle(request, connection))  # type: ignore[arg-type]
        except Problem as problem:
            delivery.refuse(problem)
        except PermanentError as error:
            delivery.doom(str(error))
        except Exception as error:  # noqa: BLE001  whatever it is, the sender is told
            if isinstance(error, TemporaryError) or is_transient(error):
                delivery.refuse(Problem(503, "unavailable", "The service cannot answer at the moment. Try again."))
            else:
                log.error("a read failed for a reason nobody foresaw", type=delivery.type, error=origin(error))  # noqa: TRY400
                delivery.doom(origin(error))

    async def _bury(self, delivery: Delivery) -> None:
        """Put a message aside for the operator, and tell its sender."""
        async with transaction(self.at.pool) as connection:
            await dead_letters.put_aside(
                connection,
                delivery.record,
                tenant=delivery.tenant,
                type=None if delivery.event is None else delivery.event.type,
                reason=delivery.reason,
                seal=self.at.seal,
                now=self.at.clock(),
            )
        DEAD_LETTERS.labels(delivery.type).inc()
        log.error("a message was put aside", type=delivery.type, reason=delivery.reason)
        delivery.refuse(
            Problem(
                500,
                "not_handled",
                "The request could not be handled. It was put aside for the operator of this system.",
            ),
        )


def _what_came_of(delivery: Delivery) -> str:
    """In few words, since it labels a metric."""
    if delivery.reason:
        return "dead"
    if delivery.outcome is None:
        return "skipped" if delivery.state is State.SKIPPED else "put back"
    return "repeated" if delivery.replayed else f"{delivery.outcome.status // 100}xx"
