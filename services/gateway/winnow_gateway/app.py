"""The composition root: the only place that constructs things."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from winnow_common import http
from winnow_common.clock import Clock, system_clock
from winnow_common.domains import public_suffixes
from winnow_common.kafka import KafkaLog
from winnow_common.lifecycle import Background
from winnow_common.log import Log
from winnow_common.operations import Operations
from winnow_common.postgres import Pool, open_pool, ping
from winnow_common.requests import Requests, open_requests
from winnow_common.sealed import SealedStore
from winnow_contracts.topics import REPLIES

from winnow_gateway.access_log import AccessLog
from winnow_gateway.authentication import Authentication
from winnow_gateway.credentials import Pepper, Prefix
from winnow_gateway.housekeeping import Housekeeping, LastUses
from winnow_gateway.limits.limiter import Limiter
from winnow_gateway.limits.policies import Policy
from winnow_gateway.limits.redis_windows import RedisWindows
from winnow_gateway.limits.windows import FailoverWindows, LocalWindows
from winnow_gateway.metrics import LIMITS_FELL_BACK, LOOKUPS, STREAMS
from winnow_gateway.months import Months
from winnow_gateway.passwords import Passwords
from winnow_gateway.places import Places
from winnow_gateway.plans import load_plans
from winnow_gateway.recall.cache import AnswerCache
from winnow_gateway.recall.pulse import Pulse
from winnow_gateway.redis_trips import Trips, open_trips
from winnow_gateway.reference_page import render_documents
from winnow_gateway.registration import Registration
from winnow_gateway.routes.router import Router
from winnow_gateway.routes.table import TABLE
from winnow_gateway.server import Server
from winnow_gateway.services import Services
from winnow_gateway.settings import Settings
from winnow_gateway.store import keys
from winnow_gateway.store.keys import Credential
from winnow_gateway.store.months import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A gateway that listens."""

    services: Services
    background: Background
    port: int
    operations_port: int


@asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[Background]:
    """The gateway of a process, on Kafka."""
    source = KafkaLog(settings.kafka, client=f"gateway-{settings.instance}")
    async with open_gateway(settings, source=source) as gateway:
        yield gateway.background


@asynccontextmanager
async def open_gateway(settings: Settings, *, source: Log, clock: Clock = system_clock) -> AsyncIterator[Gateway]:
    """A gateway on any log, which listens until the context ends and then answers what it has begun."""
    async with (
        open_pool(
            settings.postgres.get_secret_value(), size=settings.pool_size, name=f"gateway-{settings.instance}"
        ) as pool,
        open_trips(settings.redis.get_secret_value()) as trips,
        open_requests(source, replies=REPLIES, instance=settings.instance) as requests,
    ):
        services = compose(settings, pool=pool, requests=requests, trips=trips, clock=clock)
        access_log = AccessLog(format=settings.log if settings.access_log else None, instance=settings.instance)
        server = Server(services, Router(TABLE), access_log=access_log)
        operations = Operations()
        async with (
            operations.serve(host=settings.operations_host, port=settings.operations_port),
            Background() as background,
            http.serve(server.answer, host=settings.host, port=settings.port) as port,
        ):
            _start_chores(services, background, access_log)
            operations.add_check("postgres", partial(ping, pool))
            operations.add_check("log", source.ready)
            operations.add_check("background", background.check)
            try:
                yield Gateway(services=services, background=background, port=port, operations_port=operations.port)
            finally:
                services.closing.set()


def compose(settings: Settings, *, pool: Pool, requests: Requests, trips: Trips, clock: Clock) -> Services:
    """Everything that routes work with."""
    pepper = Pepper(settings.pepper.get_secret_value())
    plans = load_plans(settings.plans, default=settings.default_plan)
    sealed = SealedStore.at(settings.objects, master_key=settings.master_key.get_secret_value())
    months = Months(pool, clock=clock)
    windows = FailoverWindows(RedisWindows(trips), LocalWindows(), failed=LIMITS_FELL_BACK.inc)
    public_suffixes()
    pulse = Pulse(trips)
    streams = Places(settings.streams_at_once)
    STREAMS.set_function(lambda: streams.taken)

    async def look_up(text: str) -> Credential | None:
        find = keys.find_session if text.startswith(Prefix.SESSION) else keys.find_key
        found = await find(pool, pepper.credential(text), now=clock())
        LOOKUPS.labels("no" if found is None else "yes").inc()
        if found is not None:
            months.observe(found.tenant, Usage(found.month_started_at, found.month_used))
        return found

    return Services(
        settings=settings,
        clock=clock,
        pool=pool,
        requests=requests,
        sealed=sealed,
        pepper=pepper,
        plans=plans,
        registration=Registration(pepper, sealed),
        authentication=Authentication(look_up, plans=plans, default_plan=settings.default_plan, clock=clock),
        limiter=Limiter(windows),
        answer_cache=AnswerCache(trips, is_current=pulse.is_current),
        pulse=pulse,
        months=months,
        last_uses=LastUses(pool),
        passwords=Passwords(),
        documents=render_documents(TABLE, public_url=settings.public_url),
        sign_ups=Policy("sign_ups", settings.sign_ups_per_hour, 3600),
        uploads=Places(settings.uploads_at_once),
        downloads=Places(settings.downloads_at_once),
        streams=streams,
        closing=asyncio.Event(),
    )


def _start_chores(services: Services, background: Background, access_log: AccessLog) -> None:
    chores = Housekeeping(
        pool=services.pool,
        clock=services.clock,
        last_uses=services.last_uses,
        months=services.months,
        sealed=services.sealed,
    )

    async def finish() -> None:
        access_log.flush()
        await chores.finish()

    background.start("chores of each half minute", chores.run_often, drain=finish)
    background.start("chores of each hour", chores.run_seldom)
    background.start("pulse", services.pulse.run)
