"""The cache of similarity answers: right whatever the order of facts, whatever comes again, whoever dies."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from redis.asyncio import Redis
from winnow_common.clock import system_clock
from winnow_common.log import Message
from winnow_common.memory_log import MemoryLog
from winnow_common.outbox import message_key, writing
from winnow_common.outcome import Fact
from winnow_common.postgres import Pool, transaction, write_together
from winnow_common.redis import open_redis
from winnow_common.relay import Relay
from winnow_contracts import profiles, similarity
from winnow_contracts.event import Event
from winnow_contracts.similarity_cache import (
    BEAT_FIELDS,
    BEAT_KEY,
    KEPT_MS,
    LATEST_MS,
    beat_field,
    behind_ms,
    entry_key,
    is_current,
    model_key,
)
from winnow_contracts.topic import MessageType, Topic
from winnow_contracts.topics import COMPANIES, SCORES, VERSIONS
from winnow_local.servers import Servers
from winnow_scoring.cache.facts import Answer, Facts, Place
from winnow_scoring.cache.pulse import have_left
from winnow_scoring.cache.redis_entries import RedisEntries
from winnow_scoring.commands import run
from winnow_scoring.keeper import Keeper
from winnow_scoring.store.keeping import Waiting

from .conftest import ACME, OTHER

DOMAIN = "newstartup.com"
PLACE = Place(ACME, DOMAIN, livemode=True)
ANSWER = {"score": 71.5, "grade": "B"}
PARTITIONS = 12


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator["Redis"]:
    async with open_redis(redis_url, timeout=2) as client:
        yield client


def answer(company: int = 1, model: int = 1, *, age_ms: int = 0) -> Answer:
    return Answer(company, model, datetime.now(UTC) - timedelta(milliseconds=age_ms), orjson.dumps(ANSWER))


async def cached(redis: "Redis", place: Place = PLACE) -> Any:
    """The answer as the gateway reads it: by the model that is in force."""
    key = entry_key(place.tenant, place.domain, livemode=place.livemode)
    model, found, entry = await redis.get(model_key(place.tenant)), await redis.hget(key, "answer"), None
    if found is not None and await redis.hget(key, "model") == model:
        entry = orjson.loads(found)
    return entry


# The scripts, whose steps come in any order


@dataclass(slots=True)
class Steps:
    """The steps that keep one answer, and what ends it."""

    entries: RedisEntries

    async def mark(self, given: Answer) -> None:
        await self.entries.note(Facts(answers={PLACE: given}))

    async def fill(self, given: Answer) -> int:
        return await self.entries.fill({PLACE: given}, now=datetime.now(UTC))

    async def keep(self, given: Answer) -> int:
        await self.mark(given)
        return await self.fill(given)

    async def change(self, version: int) -> None:
        await self.entries.note(Facts(changes={(ACME, DOMAIN): version}))

    async def build(self, version: int) -> None:
        await self.entries.note(Facts(models={ACME: version}))


@pytest.fixture
def steps(redis: "Redis") -> Steps:
    return Steps(RedisEntries(redis))


async def test_an_answer_is_kept_for_what_is_left_of_its_time(steps: Steps, redis: "Redis") -> None:
    assert await steps.keep(answer(age_ms=100_000)) == 1
    assert await cached(redis) == ANSWER
    left = await redis.pttl(entry_key(ACME, DOMAIN, livemode=True))
    assert KEPT_MS - 110_000 < left <= KEPT_MS - 100_000


async def test_a_change_ends_the_answer_in_either_mode(steps: Steps, redis: "Redis") -> None:
    test = Place(ACME, DOMAIN, livemode=False)
    await steps.keep(answer())
    await steps.entries.note(Facts(answers={test: answer()}))
    await steps.entries.fill({test: answer()}, now=datetime.now(UTC))
    await steps.change(2)
    assert (await cached(redis), await cached(redis, test)) == (None, None)


async def test_a_change_that_the_answer_knows_does_not_end_it(steps: Steps, redis: "Redis") -> None:
    await steps.keep(answer(company=2))
    await steps.change(2)
    await steps.change(1)
    assert await cached(redis) == ANSWER


async def test_a_change_between_mark_and_fill_keeps_the_answer_out(steps: Steps, redis: "Redis") -> None:
    await steps.mark(answer())
    await steps.change(2)
    assert await steps.fill(answer()) == 0
    assert await cached(redis) is None


async def test_an_emptied_redis_between_mark_and_fill_keeps_the_answer_out(steps: Steps, redis: "Redis") -> None:
    await steps.mark(answer())
    await redis.flushall()
    assert await steps.fill(answer()) == 0
    assert await redis.keys() == []


async def test_a_newer_profile_takes_the_place_of_an_older_one_and_never_the_reverse(
    steps: Steps, redis: "Redis"
) -> None:
    await steps.keep(answer(company=1))
    await steps.mark(answer(company=2))
    assert await cached(redis) is None
    assert await steps.keep(answer(company=1)) == 0
    assert await steps.fill(answer(company=2)) == 1
    assert await cached(redis) == ANSWER


async def test_another_model_ends_all_answers_of_the_tenant(steps: Steps, redis: "Redis") -> None:
    await steps.keep(answer(model=1))
    await steps.build(2)
    assert await cached(redis) is None
    assert await steps.keep(answer(model=1)) == 0
    assert await steps.keep(answer(model=2)) == 1
    assert await cached(redis) == ANSWER


async def test_an_older_model_that_is_told_late_changes_nothing(steps: Steps, redis: "Redis") -> None:
    await steps.keep(answer(model=2))
    await steps.build(1)
    assert await cached(redis) == ANSWER


async def test_an_answer_by_a_model_that_is_not_told_of_yet_tells_of_it(steps: Steps, redis: "Redis") -> None:
    await steps.build(1)
    await steps.keep(answer(model=2))
    assert await redis.get(model_key(ACME)) == b"2"
    assert await cached(redis) == ANSWER


async def test_an_answer_that_comes_again_changes_nothing(steps: Steps, redis: "Redis") -> None:
    given = answer(age_ms=60_000)
    for _ in range(2):
        assert await steps.keep(given) == 1
    assert await redis.pttl(entry_key(ACME, DOMAIN, livemode=True)) <= KEPT_MS - 60_000


async def test_large_versions_are_written_as_digits(steps: Steps, redis: "Redis") -> None:
    await steps.build(2**53 - 1)
    assert await redis.get(model_key(ACME)) == str(2**53 - 1).encode()


async def test_the_end_is_the_same_whatever_the_order(redis_url: str) -> None:
    async with open_redis(redis_url, timeout=2) as redis:
        steps = Steps(RedisEntries(redis))
        orders: list[list[Callable[[], Awaitable[Any]]]] = [
            [lambda: steps.change(2), lambda: steps.build(2), lambda: steps.keep(answer(2, 2))],
            [lambda: steps.keep(answer(2, 2)), lambda: steps.keep(answer(1, 2)), lambda: steps.keep(answer(2, 1))],
        ]
        for order in itertools.permutations(orders[0] + orders[1][1:]):
            await redis.flushall()
            for step in order:
                await step()
            assert await cached(redis) == ANSWER


# The keeper, from facts on the log


@dataclass(slots=True)
class World:
    """A log, PostgreSQL with the versions that are in force, and Redis; facts are published by hand."""

    log: MemoryLog
    pool: Pool
    redis: "Redis"
    tellings: list[Message] = field(default_factory=list)

    async def set(self, *, company: int | None = None, model: int | None = None, tenant: UUID = ACME) -> None:
        """Put versions in force, as if a transaction had committed."""
        if company is not None:
            await self.pool.execute(_COMPANY, tenant, DOMAIN, company)
        if model is not None:
            await self.pool.execute(_MODEL, tenant, model)

    def tell(self, type: MessageType, data: dict[str, Any], *, topic: Topic, tenant: UUID | None = ACME) -> None:
        """Append a fact."""
        key = "" if topic is VERSIONS else DOMAIN
        event = Event(
            id=uuid4(), source="winnow/scoring", type=type.name, time=datetime.now(UTC), data=b"", tenant=tenant
        )
        message = Message(topic.name, message_key(tenant or UUID(int=0), key), orjson.dumps(data), event.headers())
        self.tellings.append(message)
        self.log.append(message)

    def changed(self, version: int, type: MessageType = profiles.UPDATED) -> None:
        told = {"domain": DOMAIN, "version": version, "attributes": {}, "source": None}
        self.tell(type, told, topic=COMPANIES)

    def built(self, version: int) -> None:
        self.tell(similarity.PUBLISHED, _built(version), topic=VERSIONS)

    def computed(self, company: int = 1, model: int = 1, **about: Any) -> None:
        self.tell(similarity.COMPUTED, _computed(company, model, **about), topic=SCORES)

    @asynccontextmanager
    async def keeper(self) -> AsyncIterator[Keeper]:
        """One that runs, and is drained."""
        keeper = Keeper(log=self.log, pool=self.pool, entries=RedisEntries(self.redis), clock=system_clock)
        running = asyncio.create_task(keeper.run())
        try:
            yield keeper
        finally:
            await keeper.drain()
            await running

    async def catch_up(self) -> None:
        """Return when everything that was told is applied: a beat that began after now has come."""
        now = await RedisEntries(self.redis).time_ms()
        await until(lambda: self.beats_since(now))

    async def beats_since(self, moment: int) -> bool:
        beats = await self.redis.hgetall(BEAT_KEY)
        return len(beats) == len(BEAT_FIELDS) and min(map(int, beats.values())) > moment


_COMPANY = """
INSERT INTO company (tenant_id, domain, version, attributes, sources, terms, search, created_at, updated_at)
VALUES ($1, $2, $3, '{}', '{}', '{}', '', now(), now())
ON CONFLICT (tenant_id, domain) DO UPDATE SET version = excluded.version
"""
_MODEL = """
INSERT INTO similarity (tenant_id, revision, changed_at, model_version) VALUES ($1, $2, now(), $2)
ON CONFLICT (tenant_id) DO UPDATE SET revision = excluded.revision, model_version = excluded.model_version
"""


def _built(version: int) -> dict[str, Any]:
    return {
        "model_version": version,
        "customers": 10,
        "reference": {"name": "directory", "size": 1000},
        "code_version": "similarity-1",
        "built_at": datetime.now(UTC),
    }


def _computed(company: int, model: int, *, age_ms: int = 0, livemode: bool = True) -> dict[str, Any]:
    return {
        "score_id": "sco_1",
        "request_id": uuid4(),
        "domain": DOMAIN,
        "model_version": model,
        "company_version": company,
        "code_version": "similarity-1",
        "score": 71.5,
        "percentile": 88.0,
        "grade": "B",
        "confidence": {"level": "high", "value": 0.9},
        "missing": [],
        "computed_at": datetime.now(UTC) - timedelta(milliseconds=age_ms),
        "livemode": livemode,
        "cause": "request",
        "answer": ANSWER,
    }


async def until(condition: Callable[[], Awaitable[object]], *, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


@pytest.fixture
async def world(pool: Pool, redis: "Redis") -> World:
    """Version 1 of one company and of the model are in force."""
    world = World(MemoryLog(partitions=PARTITIONS), pool, redis)
    await world.set(company=1, model=1)
    return world


async def test_what_was_computed_is_answered_from_the_cache_within_a_second(world: World) -> None:
    async with world.keeper():
        world.computed()
        world.computed(livemode=False)
        await until(lambda: cached(world.redis), seconds=1)
        await until(lambda: cached(world.redis, Place(ACME, DOMAIN, livemode=False)), seconds=1)


@pytest.mark.parametrize("type", [profiles.UPDATED, profiles.ENRICHED, profiles.DELETED])
async def test_a_change_of_the_company_ends_its_answer_within_a_second(world: World, type: MessageType) -> None:
    async def is_gone() -> bool:
        return await cached(world.redis) is None

    async with world.keeper():
        world.computed()
        await until(lambda: cached(world.redis))
        world.changed(2, type)
        await until(is_gone, seconds=1)


async def test_an_answer_that_comes_after_the_change_that_it_does_not_know_is_left_out(world: World) -> None:
    await world.set(company=2)
    async with world.keeper():
        world.changed(2)
        world.computed(company=1)
        await world.catch_up()
        assert await cached(world.redis) is None
        world.computed(company=2)
        await until(lambda: cached(world.redis))


async def test_an_answer_is_left_out_though_redis_was_emptied_after_the_change(world: World) -> None:
    async with world.keeper():
        await world.set(company=2, model=2)
        world.changed(2)
        world.built(2)
        await world.catch_up()
        await world.redis.flushall()
        world.computed(company=1, model=1)
        world.computed(company=2, model=1)
        world.computed(company=1, model=2)
        await world.catch_up()
        assert await cached(world.redis) is None


async def test_another_model_ends_answers_and_the_next_one_is_kept(world: World) -> None:
    async with world.keeper():
        world.computed()
        await until(lambda: cached(world.redis))
        await world.set(model=2)
        world.built(2)
        await world.catch_up()
        assert await cached(world.redis) is None
        world.computed(model=2)
        await until(lambda: cached(world.redis))


async def test_facts_that_come_again_change_nothing(world: World) -> None:
    async with world.keeper():
        world.computed(company=1)
        await world.catch_up()
        await world.set(company=2)
        world.changed(2)
        await world.catch_up()
        for message in list(world.tellings):
            world.log.append(message)
        await world.catch_up()
        assert await cached(world.redis) is None


async def test_old_answers_are_not_kept(world: World) -> None:
    async with world.keeper():
        world.computed(age_ms=KEPT_MS + 1)
        await world.catch_up()
        assert await world.redis.hget(entry_key(ACME, DOMAIN, livemode=True), "answer") is None


async def test_an_answer_of_a_company_that_nobody_knows_is_left_out(world: World) -> None:
    async with world.keeper():
        world.tell(similarity.COMPUTED, _computed(1, 1), topic=SCORES, tenant=OTHER)
        await world.catch_up()
        assert await cached(world.redis, Place(OTHER, DOMAIN, livemode=True)) is None


async def test_what_cannot_be_read_is_passed_over(world: World) -> None:
    async with world.keeper():
        world.log.append(Message(SCORES.name, message_key(ACME, DOMAIN), b"{}", []))
        world.tell(similarity.COMPUTED, {"domain": DOMAIN}, topic=SCORES)
        world.tell(similarity.COMPUTED, _computed(1, 1), topic=SCORES, tenant=None)
        world.tell(MessageType("unheard.of", profiles.CompanyDeleted, profiles.DELETED.kind), {}, topic=SCORES)
        world.computed()
        await until(lambda: cached(world.redis))


async def test_a_keeper_that_is_killed_is_followed_by_one_that_goes_on(world: World) -> None:
    killed = Keeper(log=world.log, pool=world.pool, entries=RedisEntries(world.redis), clock=system_clock)
    running = asyncio.create_task(killed.run())
    world.computed()
    await until(lambda: cached(world.redis))
    running.cancel()
    await asyncio.wait([running])
    await world.set(company=2)
    world.changed(2)
    async with world.keeper():
        await world.catch_up()
        assert await cached(world.redis) is None
        world.computed(company=2)
        await until(lambda: cached(world.redis))


async def test_two_keepers_share_the_work_and_beat_for_all_partitions(world: World) -> None:
    async with world.keeper(), world.keeper():
        world.computed()
        await until(lambda: cached(world.redis))
        await world.set(company=2)
        world.changed(2)
        await world.catch_up()
        assert await cached(world.redis) is None


async def test_while_redis_is_away_the_keeper_waits_with_the_batch_in_hand(
    world: World, servers: Servers, redis_url: str
) -> None:
    async with world.keeper() as keeper:
        await world.catch_up()
        await servers.valkey.kill()
        world.computed()
        await asyncio.sleep(0.5)
        await servers.valkey.start()
        await until(lambda: cached(world.redis))
        await keeper.ready()


async def test_a_keeper_that_has_not_joined_is_not_ready(world: World) -> None:
    keeper = Keeper(log=world.log, pool=world.pool, entries=RedisEntries(world.redis), clock=system_clock)
    with pytest.raises(RuntimeError, match="joined"):
        await keeper.ready()


# Beats


async def behind(redis: "Redis") -> int | None:
    now = await RedisEntries(redis).time_ms()
    beats: Any = await redis.hgetall(BEAT_KEY)
    return behind_ms(beats, now_ms=now)


async def test_beats_are_fresh_while_the_keeper_runs_and_stop_with_it(world: World) -> None:
    async with world.keeper():
        await world.catch_up()
        ages = []
        for _ in range(10):
            await asyncio.sleep(0.1)
            ages.append(await behind(world.redis))
        assert all(is_current(age, since_ms=0) for age in ages)
    await asyncio.sleep(LATEST_MS / 1000)
    assert not is_current(await behind(world.redis), since_ms=0)


async def test_no_beat_is_later_than_a_change_that_has_not_left_for_the_log(world: World) -> None:
    fact = Fact(
        topic=COMPANIES,
        type=profiles.DELETED,
        id=uuid4(),
        tenant=ACME,
        key=DOMAIN,
        data=orjson.dumps({"domain": DOMAIN, "version": 2}),
        sequence=2,
    )
    async with world.keeper(), world.log.publisher() as publisher:
        world.computed()
        await world.catch_up()
        await world.set(company=2)
        async with transaction(world.pool) as connection:
            await write_together(connection, writing([(fact, None, None)], source="s", now=datetime.now(UTC)))
        committed = await RedisEntries(world.redis).time_ms()
        await asyncio.sleep(0.5)
        assert not await world.beats_since(committed)
        await Relay(pool=world.pool, publisher=publisher).move()
        await until(lambda: world.beats_since(committed))
        assert await cached(world.redis) is None


async def test_no_beat_comes_while_postgres_is_away(world: World, servers: Servers) -> None:
    async with world.keeper():
        await world.catch_up()
        await servers.postgres.kill()
        await asyncio.sleep(1.2)
        assert not is_current(await behind(world.redis), since_ms=0)
        await servers.postgres.start()
        await world.catch_up()


def test_a_missing_beat_counts_as_none_at_all() -> None:
    all_but_one = {field.encode(): b"1000" for field in BEAT_FIELDS[1:]}
    assert behind_ms(all_but_one, now_ms=1100) is None
    assert behind_ms(all_but_one | {BEAT_FIELDS[0].encode(): b"900"}, now_ms=1100) == 200
    assert beat_field(COMPANIES.name, 0) == BEAT_FIELDS[0]


def test_answers_may_be_used_for_somewhat_less_than_a_second_after_the_beat() -> None:
    assert is_current(200, since_ms=LATEST_MS - 200)
    assert not is_current(200, since_ms=LATEST_MS - 199)
    assert not is_current(None, since_ms=0)


def test_facts_have_left_when_none_of_those_that_waited_waits() -> None:
    before = {0: Waiting(5, 9), 2: Waiting(7, 7)}
    assert have_left(before, now={})
    assert have_left(before, now={0: Waiting(10, 12), 1: Waiting(1, 2)})
    assert not have_left(before, now={0: Waiting(9, 12)})
    assert not have_left(before, now={2: Waiting(6, 20)})


# The role


def test_the_role_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    settings = {"POSTGRES": "postgresql://x", "KAFKA": "x:1", "OBJECTS": "file:///x", "MASTER_KEY": "A" * 43 + "="}
    for name, value in settings.items():
        monkeypatch.setenv(f"WINNOW_SCORING_{name}", value)
    monkeypatch.delenv("WINNOW_SCORING_REDIS", raising=False)
    assert run(["keeper"]) == 2
    assert "WINNOW_SCORING_REDIS: the role keeper needs the URL of Redis or Valkey" in capsys.readouterr().err
