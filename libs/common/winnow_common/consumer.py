"""The consumer loop: one batch, one transaction, every message answered once.

A batch is read, handled in one PostgreSQL transaction together with its inbox rows and facts, committed, answered,
and only then are its offsets let go. Whatever dies in between, the batch comes again, and the inbox says what was
done and answered (`winnow_common.inbox`). Errors are instructions:

* what is away (the database, the log) is waited for, with the batch in hand;
* `TemporaryError` puts its message and what follows it in its partition back, and leaves the partition for `delay`
  seconds;
* `PermanentError`, and what cannot be read at all, becomes a dead letter and an error reply;
* anything else is a bug: the batch is halved until the offender is alone, tried once more, and put aside like the
  above;
* too many dead letters stop the consumer, or refuse their tenant (`winnow_common.quarantine`).

Order per key holds: a batch keeps the order of its partitions, halves run one after the other, and a message that is
put back takes all that follow it in its partition with it. One loop runs one batch at a time; `revoked` waits for it,
so that a rebalance hands over partitions that are done.
"""

import asyncio
import time
from collections.abc import Sequence

from winnow_contracts.topic import Topic

from winnow_common import dead_letters, logs
from winnow_common.clock import Clock
from winnow_common.delivery import Delivery, Intake, reply_to
from winnow_common.execution import Abandoned, Execution, Surroundings
from winnow_common.log import Log, LogUnavailable, Partition, Publisher, Record, Subscription
from winnow_common.metrics import BATCH_SECONDS, BATCH_SIZE, QUARANTINED
from winnow_common.outcome import AnyHandler
from winnow_common.postgres import Pool
from winnow_common.quarantine import Quarantine
from winnow_common.relay import Relay

logger = logs.get(__name__)

BATCH = 500
"""Messages taken at once: throughput grows up to about this, and light traffic does not notice it."""
_POLL_SECONDS = 0.5
_COMMIT_SECONDS = 1.0
_DRAIN_SECONDS = 20.0
_LONGEST_WAIT = 2.0
_STUCK_SECONDS = 30.0


class Consumer:
    """Handles a service's topics as one member of its group until it is told to drain."""

    def __init__(
        self,
        *,
        log: Log,
        publisher: Publisher,
        pool: Pool,
        topics: Sequence[Topic],
        group: str,
        source: str,
        handlers: Sequence[AnyHandler],
        replies: Topic,
        seal: dead_letters.Seal,
        clock: Clock,
        relay: Relay | None = None,
        batch: int = BATCH,
        quarantine: Quarantine | None = None,
    ) -> None:
        self._log = log
        self._publisher = publisher
        self._topics = [topic.name for topic in topics]
        self._group = group
        self._source = source
        self._replies = replies
        self._clock = clock
        self._batch = batch
        self._quarantine = quarantine or Quarantine()
        self._intake = Intake(topics, handlers, self._quarantine)
        self._surroundings = Surroundings(
            pool=pool,
            source=source,
            seal=seal,
            clock=clock,
            quarantine=self._quarantine,
            relay=relay,
            stopping=self._stopping,
        )
        self._idle = asyncio.Lock()
        self._draining = asyncio.Event()
        self._finished = asyncio.Event()
        self._positions: dict[Partition, int] = {}
        self._resting: dict[Partition, float] = {}
        self._committed_at = 0.0
        self._committing = asyncio.Lock()
        self._commit_in_background: asyncio.Task[None] | None = None
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
        """Handle messages until drained.

        Raises `winnow_common.quarantine.TooManyDeadLetters`.
        """
        try:
            async with self._log.subscribe(self._topics, group=self._group, revoked=self._revoked) as subscription:
                self._subscription = subscription
                await self._turns(subscription)
        finally:
            self._finished.set()

    async def _turns(self, subscription: Subscription) -> None:
        try:
            while not self._draining.is_set():
                await self._turn(subscription)
        except Abandoned:
            logger.warning("a batch is left to whoever reads it next: drained while it could not be finished")
        finally:
            await self._commit(subscription)

    async def _turn(self, subscription: Subscription) -> None:
        self._wake_partitions(subscription)
        records = await subscription.poll(maximum=self._batch, timeout=_POLL_SECONDS)
        async with self._idle:
            if records:
                await self._handle(records, subscription)
        if time.monotonic() - self._committed_at >= _COMMIT_SECONDS:
            if self._commit_in_background is not None:
                await self._commit_in_background
            self._commit_in_background = asyncio.create_task(self._commit(subscription), name="offsets")
        self._turned_at = time.monotonic()

    async def _commit(self, subscription: Subscription) -> None:
        """Let go of what is done; while the loop goes on, which has nothing to wait for."""
        async with self._committing:
            self._committed_at = time.monotonic()
            if self._positions:
                positions, self._positions = self._positions, {}
                await subscription.commit(positions)

    async def _revoked(self, partitions: frozenset[Partition]) -> None:
        """Let the batch in hand finish and hand its offsets over; one that takes too long is done twice, harmlessly."""
        try:
            async with asyncio.timeout(_DRAIN_SECONDS), self._idle:
                if self._subscription is not None:
                    await self._commit(self._subscription)
        except TimeoutError:
            logger.warning("partitions were taken while their batch was in hand", partitions=len(partitions))
        for partition in partitions:
            self._positions.pop(partition, None)
            self._resting.pop(partition, None)

    async def _handle(self, records: Sequence[Record], subscription: Subscription) -> None:
        """Bring one batch to its end: handled, answered, offsets let go."""
        started = time.monotonic()
        now = self._clock()
        self._quarantine.handled(len(records), now=started)
        deliveries = [self._intake.take(record, now=now, monotonic=started) for record in records]
        execution = Execution(self._surroundings, deliveries)
        await execution.run()
        await self._answer(deliveries)
        QUARANTINED.set(self._quarantine.size)
        for record in records:
            self._positions[record.partition] = record.offset + 1
        for partition, (offset, delay) in execution.put_back.items():
            self._positions[partition] = offset
            subscription.rewind(partition, offset)
            subscription.pause(partition)
            self._resting[partition] = time.monotonic() + delay
        BATCH_SIZE.observe(len(records))
        BATCH_SECONDS.observe(time.monotonic() - started)

    def _wake_partitions(self, subscription: Subscription) -> None:
        now = time.monotonic()
        for partition in [partition for partition, until in self._resting.items() if until <= now]:
            del self._resting[partition]
            subscription.resume(partition)

    async def _answer(self, deliveries: Sequence[Delivery]) -> None:
        """Send the replies; while the log does not take them, the batch is not done."""
        messages = [
            reply_to(delivery, topic=self._replies, source=self._source, now=self._clock())
            for delivery in deliveries
            if delivery.answered
        ]
        wait = 0.1
        while messages:
            try:
                await self._publisher.publish(messages)
                return
            except LogUnavailable as error:
                logger.warning("replies wait: the log is away", error=repr(error), replies=len(messages))
                if await self._stopping(wait):
                    raise Abandoned from error
                wait = min(wait * 2, _LONGEST_WAIT)

    async def _stopping(self, seconds: float) -> bool:
        """Wait, but not when draining; whether draining."""
        try:
            await asyncio.wait_for(self._draining.wait(), seconds)
        except TimeoutError:
            return False
        return True
