"""The composition root: the only place that constructs things.

Five roles share the schema and run as processes of their own, so that nothing delays a single score: `serve` answers
requests from the log, `imports` takes in files, `models` builds models of similarity, `keeper` keeps similarity answers
in Redis, `bulk` scores the leads of batches. All of them relay facts.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Final

from winnow_common import maintenance
from winnow_common.clock import Clock, system_clock
from winnow_common.cursors import Cursors
from winnow_common.foundation import Foundation, founded
from winnow_common.lifecycle import Background
from winnow_common.outcome import AnyHandler
from winnow_common.postgres import Pool
from winnow_common.redis import open_redis
from winnow_common.stored_answers import stored_answers
from winnow_contracts.topics import ENRICHMENT_RESULTS, SCORING_BULK, SCORING_REQUESTS

from winnow_scoring.cache.redis_entries import RedisEntries
from winnow_scoring.comparers import ModelComparers
from winnow_scoring.compiled_rules import CompiledRules
from winnow_scoring.handlers.bulk import BulkHandlers
from winnow_scoring.handlers.companies import CompanyHandlers
from winnow_scoring.handlers.counterfactuals import CounterfactualHandlers
from winnow_scoring.handlers.customers import CustomerHandlers
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
BULK_GROUP: Final = "scoring-bulk"
_CHUNKS_AT_ONCE: Final = 2
"""In one transaction: a chunk's scores wait for those of the next, and no longer."""
_REDIS_SECONDS: Final = 2.0
"""A batch of answers may be megabytes, and nobody waits for it."""


@asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[Background]:
    """Answer requests, until told to stop."""
    clock = system_clock
    async with _founded(settings, role="scoring") as base:
        models = Models(base.objects, clock=clock)
        room = WaitingRoom(
            pool=base.pool, publisher=base.publisher, models=models, clock=clock, wake_relay=base.relay.wake
        )
        base.background.start("waiting room", room.run, drain=room.drain)
        consume = partial(base.consume, source=SOURCE, batch=settings.batch)
        consume("results", ENRICHMENT_RESULTS, group=RESULTS_GROUP, handlers=EnrichmentResults(clock=clock).all())
        consume("consumer", SCORING_REQUESTS, group=GROUP, handlers=handlers(settings, clock=clock, models=models))
        yield base.background


@asynccontextmanager
async def take_in(settings: Settings) -> AsyncIterator[Background]:
    """Take in files of companies, until told to stop."""
    async with _founded(settings, role="imports") as base:
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
    async with _founded(settings, role="models") as base:
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
async def score_in_bulk(settings: Settings) -> AsyncIterator[Background]:
    """Score the leads of batches, until told to stop."""
    async with _founded(settings, role="bulk") as base:
        models = Models(base.objects, clock=system_clock)
        handlers = BulkHandlers(clock=system_clock, objects=base.objects, models=models).all()
        base.consume("bulk", SCORING_BULK, group=BULK_GROUP, source=SOURCE, handlers=handlers, batch=_CHUNKS_AT_ONCE)
        yield base.background


@asynccontextmanager
async def keep(settings: Settings, *, redis_url: str) -> AsyncIterator[Background]:
    """Keep similarity answers in Redis, until told to stop."""
    async with (
        open_redis(redis_url, timeout=_REDIS_SECONDS) as redis,
        _founded(settings, role="keeper") as base,
    ):
        entries = RedisEntries(redis)
        keeper = Keeper(log=base.log, pool=base.pool, entries=entries, clock=system_clock)
        base.background.start("keeper", keeper.run, drain=keeper.drain)
        base.operations.add_check("redis", entries.ready)
        base.operations.add_check("keeper", keeper.ready)
        yield base.background


def _founded(settings: Settings, *, role: str) -> AbstractAsyncContextManager[Foundation]:
    return founded(
        settings, role=role, clock=system_clock, pool_size=settings.pool_size, chores=(_keep_scores, _forget)
    )


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


async def _keep_scores(pool: Pool, clock: Clock) -> None:
    async with pool.acquire() as connection:
        await partitions.keep(connection, now=clock())


async def _forget(pool: Pool, clock: Clock) -> None:
    await waiting.forget(pool, now=clock())
