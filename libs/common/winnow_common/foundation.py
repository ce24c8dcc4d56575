"""What every role of every service behind the gateway stands on: pool, log, relay, objects, chores and operations."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from winnow_contracts.topic import Topic
from winnow_contracts.topics import REPLIES

from winnow_common import maintenance
from winnow_common.clock import Clock
from winnow_common.consumer import Consumer
from winnow_common.kafka import KafkaLog
from winnow_common.lifecycle import Background
from winnow_common.log import Log, Publisher
from winnow_common.maintenance import Chore
from winnow_common.operations import Operations
from winnow_common.outcome import AnyHandler
from winnow_common.postgres import Pool, open_pool, ping
from winnow_common.relay import Relay
from winnow_common.sealed import SealedStore
from winnow_common.settings import CommonSettings

Tending = Callable[[Pool, Clock], Awaitable[object]]
"""Something that a service does for its own tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """The parts, all of them running."""

    log: Log
    pool: Pool
    publisher: Publisher
    relay: Relay
    objects: SealedStore
    background: Background
    operations: Operations
    clock: Clock

    def consume(
        self, name: str, topic: Topic, *, group: str, source: str, handlers: Sequence[AnyHandler], batch: int
    ) -> None:
        """Handle a topic until the service ends; `source` is what its facts name as theirs."""
        consumer = Consumer(
            log=self.log,
            publisher=self.publisher,
            pool=self.pool,
            topics=[topic],
            group=group,
            source=source,
            handlers=handlers,
            replies=REPLIES,
            seal=self.objects,
            clock=self.clock,
            relay=self.relay,
            batch=batch,
        )
        self.background.start(name, consumer.run, drain=consumer.drain)
        self.operations.add_check(name, consumer.ready)


@asynccontextmanager
async def founded(
    settings: CommonSettings, *, role: str, clock: Clock, pool_size: int, chores: Sequence[Tending] = ()
) -> AsyncIterator[Foundation]:
    """Open everything. `chores` are the service's own: done once before this returns, and then every hour."""
    name = f"{role}-{settings.instance}"
    source = KafkaLog(settings.kafka, client=name)
    objects = SealedStore.at(settings.objects, master_key=settings.master_key.get_secret_value())
    operations = Operations()
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            open_pool(settings.postgres.get_secret_value(), size=pool_size, name=name)
        )
        publisher = await stack.enter_async_context(source.publisher())
        await stack.enter_async_context(operations.serve(host=settings.operations_host, port=settings.operations_port))
        own: list[Chore] = [partial(maintenance.keep_inbox, pool, clock)]
        own += [partial(chore, pool, clock) for chore in chores]
        for chore in own:
            await chore()
        background = await stack.enter_async_context(Background())
        relay = Relay(pool=pool, publisher=publisher)
        background.start("relay", relay.run, drain=relay.drain)
        background.start("maintenance", partial(maintenance.hourly, *own, partial(_sweep, objects, clock)))
        operations.add_check("postgres", partial(ping, pool))
        operations.add_check("log", source.ready)
        operations.add_check("background", background.check)
        yield Foundation(
            log=source,
            pool=pool,
            publisher=publisher,
            relay=relay,
            objects=objects,
            background=background,
            operations=operations,
            clock=clock,
        )


async def _sweep(objects: SealedStore, clock: Clock) -> None:
    await objects.sweep(clock())
