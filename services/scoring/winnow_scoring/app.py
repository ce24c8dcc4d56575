"""The composition root: the only place that constructs things.

Four roles share the schema and run as processes of their own, so that nothing delays a single score: `serve` answers
requests from the log, `imports` takes in files, `models` builds models of similarity, `keeper` keeps similarity answers
in Redis. All of them relay facts.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from winnow_common import maintenance
from winnow_common.clock import Clock, system_clock
from winnow_common.consumer import Consumer
from winnow_common.cursors import Cursors
from winnow_common.kafka import KafkaLog
from winnow_common.lifecycle import Background
from winnow_common.log import Log, Publisher
from winnow_common.operations import Operations
from winnow_common.outcome import AnyHandler
from winnow_common.postgres import Pool, open_pool, ping
from winnow_common.redis import open_redis
from winnow_common.relay import Relay
from winnow_common.sealed import SealedStore
from winnow_common.stored_answers import stored_answers
from winnow_contracts.topic import Topic
from winnow_contracts.topics import ENRICHMENT_REQUESTS, ENRICHMENT_RESULTS, REPLIES, SCORING_REQUESTS

from winnow_scoring.cache.redis_entries import RedisEntries
from winnow_scoring.comparers import ModelComparers
from winnow_scoring.compiled_rules import CompiledRules
from winnow_scoring.handlers.companies import CompanyHandlers
from winnow_scoring.handlers.counterfactuals import CounterfactualHandlers
from winnow_scoring.handlers.customers import CustomerHandlers
from winnow_scoring.handlers.directory import DirectoryLookups
from winnow_scoring.handlers.enrichment import EnrichmentResults
from winnow_scoring.handlers.imports import ImportHandlers
from winnow_scoring.handlers.rule_reads import RuleReads
from winnow_scoring.handlers.rules import RuleHandlers
from winnow_scoring.handlers.scores import ScoreHandlers
from winnow_scoring.handlers.scoring import ScoringHandlers
from winnow_scoring.handlers.similarity import SimilarityHandlers
from winnow_scoring.import_runner import SOURCE, ImportRunner
from winnow_scoring.keeper import Keeper
from winnow_scoring.model_builder import ModelBuilder
from winnow_scoring.models import Models
from winnow_scoring.settings import Settings
from winnow_scoring.store import partitions, waiting
from winnow_scoring.waiting_room import WaitingRoom

GROUP: Final = "scoring"
RESULTS_GROUP: Final = "scoring-results"
DIRECTORY_GROUP: Final = "enrichment"
"""Of whoever answers requests for profiles, wherever that is."""
_REDIS_SECONDS: Final = 2.0
"""A batch of answers may be megabytes, and nobody waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """What all roles stand on."""

    log: Log
    pool: Pool
    publisher: Publisher
    relay: Relay
    objects: SealedStore
    background: Background
    operations: Operations


@asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[Background]:
    """Answer requests, until told to stop."""
    clock = system_clock
    async with _founded(settings, role="scoring", clock=clock) as base:
        models = Models(base.objects, clock=clock)
        room = WaitingRoom(
            pool=base.pool, publisher=base.publisher, models=models, clock=clock, wake_relay=base.relay.wake
        )
        base.background.start("waiting room", room.run, drain=room.drain)
        consume = partial(_consume, base, settings, clock=clock)
        consume("directory", ENRICHMENT_REQUESTS, group=DIRECTORY_GROUP, handlers=DirectoryLookups().all())
        consume("results", ENRICHMENT_RESULTS, group=RESULTS_GROUP, handlers=EnrichmentResults(clock=clock).all())
        consume("consumer", SCORING_REQUESTS, group=GROUP, handlers=handlers(settings, clock=clock, models=models))
        yield base.background


@asynccontextmanager
async def take_in(settings: Settings) -> AsyncIterator[Background]:
    """Take in files of companies, until told to stop."""
    async with _founded(settings, role="imports", clock=system_clock) as base:
        runner = ImportRunner(
            pool=base.pool,
            objects=base.objects,
            clock=system_clock,
            instance=settings.instance,
            wake_relay=base.relay.wake,
        )
        base.background.start("imports", runner.run, drain=runner.drain)
        yield base.background


@asynccontextmanager
async def build(settings: Settings) -> AsyncIterator[Background]:
    """Build models of similarity, until told to stop."""
    async with _founded(settings, role="models", clock=system_clock) as base:
        builder = ModelBuilder(
            pool=base.pool,
            objects=base.objects,
            clock=system_clock,
            instance=settings.instance,
            wake_relay=base.relay.wake,
        )
        base.background.start("models", builder.run, drain=builder.drain)
        base.background.start("old models", partial(maintenance.hourly, builder.tidy))
        yield base.background


@asynccontextmanager
async def keep(settings: Settings, *, redis_url: str) -> AsyncIterator[Background]:
    """Keep similarity answers in Redis, until told to stop."""
    async with (
        open_redis(redis_url, timeout=_REDIS_SECONDS) as redis,
        _founded(settings, role="keeper", clock=system_clock) as base,
    ):
        entries = RedisEntries(redis)
        keeper = Keeper(log=base.log, pool=base.pool, entries=entries, clock=system_clock)
        base.background.start("keeper", keeper.run, drain=keeper.drain)
        base.operations.add_check("redis", entries.ready)
        base.operations.add_check("keeper", keeper.ready)
        yield base.background


def handlers(settings: Settings, *, clock: Clock, models: Models) -> Sequence[AnyHandler]:
    """Everything that scoring answers."""
    cursors = Cursors(settings.master_key.get_secret_value())
    compiled, comparers = CompiledRules(), ModelComparers(models)
    return [
        *SimilarityHandlers(clock=clock, models=models).all(),
        *CustomerHandlers(clock=clock, cursors=cursors).all(),
        *ScoringHandlers(clock=clock, compiled=compiled).all(),
        *ScoreHandlers(cursors=cursors, compiled=compiled, comparers=comparers).all(),
        *CounterfactualHandlers(compiled=compiled, comparers=comparers).all(),
        *CompanyHandlers(clock=clock, cursors=cursors).all(),
        *ImportHandlers(clock=clock, cursors=cursors).all(),
        *RuleHandlers(clock=clock).all(),
        *RuleReads(cursors=cursors).all(),
        stored_answers(clock),
    ]


def _consume(
    base: Foundation,
    settings: Settings,
    name: str,
    /,
    topic: Topic,
    *,
    group: str,
    handlers: Sequence[AnyHandler],
    clock: Clock,
) -> None:
    """Handle a topic until the service ends."""
    consumer = Consumer(
        log=base.log,
        publisher=base.publisher,
        pool=base.pool,
        topics=[topic],
        group=group,
        source=SOURCE,
        handlers=handlers,
        replies=REPLIES,
        seal=base.objects,
        clock=clock,
        relay=base.relay,
        batch=settings.batch,
    )
    base.background.start(name, consumer.run, drain=consumer.drain)
    base.operations.add_check(name, consumer.ready)


@asynccontextmanager
async def _founded(settings: Settings, *, role: str, clock: Clock) -> AsyncIterator[Foundation]:
    """Pool, log, relay, maintenance and the operations port."""
    name = f"{role}-{settings.instance}"
    source = KafkaLog(settings.kafka, client=name)
    objects = SealedStore.at(settings.objects, master_key=settings.master_key.get_secret_value())
    operations = Operations()
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            open_pool(settings.postgres.get_secret_value(), size=settings.pool_size, name=name)
        )
        chores = (partial(maintenance.keep_inbox, pool, clock), partial(_keep_scores, pool, clock))
        publisher = await stack.enter_async_context(source.publisher())
        await stack.enter_async_context(operations.serve(host=settings.operations_host, port=settings.operations_port))
        for chore in chores:
            await chore()
        background = await stack.enter_async_context(Background())
        relay = Relay(pool=pool, publisher=publisher)
        background.start("relay", relay.run, drain=relay.drain)
        background.start(
            "maintenance",
            partial(maintenance.hourly, *chores, partial(_sweep, objects, clock), partial(_forget, pool, clock)),
        )
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
        )


async def _keep_scores(pool: Pool, clock: Clock) -> None:
    async with pool.acquire() as connection:
        await partitions.keep(connection, now=clock())


async def _forget(pool: Pool, clock: Clock) -> None:
    await waiting.forget(pool, now=clock())


async def _sweep(objects: SealedStore, clock: Clock) -> None:
    await objects.sweep(clock())
