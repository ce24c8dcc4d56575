"""Models are built in the background: each version once, by whoever holds the lease, from what is known then."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from winnow_common.errors import TemporaryError
from winnow_common.objects import ObjectMissing
from winnow_common.postgres import Pool
from winnow_contracts import customers, similarity
from winnow_contracts.sealed import SealedReference
from winnow_contracts.similarity import SimilarityStatus
from winnow_scoring import model_builder
from winnow_scoring.model_builder import ModelBuilder
from winnow_scoring.populations import ENOUGH, ENOUGH_OWN
from winnow_scoring.store import models
from winnow_scoring.store.models import KEPT_UNUSED, PROFILES_AWAITED, REST

from .conftest import ACME, OTHER, Clock
from .similarity_house import CUSTOMERS, LIKE_THEM, UNLIKE_THEM, House, answer_of


@pytest.fixture
def house(pool: Pool, clock: Clock) -> House:
    return House(pool, clock)


async def standing(house: House) -> tuple[int, int | None]:
    """The version that is wanted, and that which there is."""
    row = await house.pool.fetchrow("SELECT revision, model_version FROM similarity WHERE tenant_id = $1", ACME)
    assert row is not None
    return row["revision"], row["model_version"]


async def kept_versions(house: House) -> list[int]:
    """Of models whose objects are there."""
    found = []
    for row in await house.pool.fetch("SELECT tenant_id, model_version, object FROM similarity_model ORDER BY 2"):
        reference = SealedReference.model_validate_json(row["object"])
        assert [piece async for piece in house.objects.read(reference, tenant=row["tenant_id"])]
        found.append(row["model_version"])
    return found


async def another_version(house: House) -> None:
    """A change of a customer's profile, and the model that knows it."""
    count = await house.count("similarity_model")
    await house.put("customer-0.com", {**CUSTOMERS["customer-0.com"], "employees": 1000 + count})
    await house.build()


# Which and when


async def test_where_nothing_has_changed_nothing_is_built(house: House) -> None:
    builder = house.builder()
    assert await builder.build_one() is False
    await house.model()
    house.clock.forward(hours=1)
    assert await builder.build_one() is False


async def test_a_model_that_was_built_is_told_with_its_version(house: House) -> None:
    await house.model()
    [told] = await house.facts(similarity.PUBLISHED)
    assert (told["model_version"], told["customers"]) == (1, 5)
    assert told["reference"] == {"name": "baseline", "size": 600}
    assert await standing(house) == (1, 1)


async def test_the_tenant_that_has_waited_longest_is_next(house: House, clock: Clock) -> None:
    await house.customers(*CUSTOMERS, tenant=OTHER)
    clock.forward(seconds=1)
    await house.customers(*CUSTOMERS)
    assert await house.builder().build_one()
    rows = await house.pool.fetch("SELECT tenant_id FROM similarity WHERE model_version IS NOT NULL")
    assert [row["tenant_id"] for row in rows] == [OTHER]


async def test_a_change_while_a_model_is_built_asks_for_another_one(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.customers(*CUSTOMERS)
    build = model_builder.build  # type: ignore[attr-defined]
    changes = iter([True])
    loop = asyncio.get_running_loop()

    def with_a_change(*about: Any, **more: Any) -> Any:
        if next(changes, False):
            asyncio.run_coroutine_threadsafe(house.put("customer-0.com", UNLIKE_THEM), loop).result()
        return build(*about, **more)

    monkeypatch.setattr(model_builder, "build", with_a_change)
    await house.build()
    in_between = await standing(house)
    await house.build()
    assert (in_between, await standing(house)) == ((2, 1), (2, 2))


async def test_after_a_long_build_its_tenant_rests_four_times_as_long_and_others_do_not(
    house: House, clock: Clock
) -> None:
    await house.model()
    await house.pool.execute("UPDATE similarity SET build_seconds = 10")
    await house.put("customer-0.com", UNLIKE_THEM)
    clock.forward(seconds=10 * REST - 1)
    rests = await house.builder().build_one()
    await house.model(OTHER)
    assert await house.builder().build_one()
    assert (rests, await standing(house)) == (False, (2, 2))


async def test_a_first_model_waits_for_profiles_that_are_on_their_way_but_not_for_long(
    house: House, clock: Clock
) -> None:
    await house.customers(*CUSTOMERS, "far.com")
    clock.now += PROFILES_AWAITED
    before = await house.builder().build_one()
    clock.forward(seconds=0.1)
    assert (before, await house.builder().build_one()) == (False, True)


async def test_a_first_model_is_built_at_once_when_the_last_profile_is_there(house: House) -> None:
    await house.customers(*CUSTOMERS, "far.com", "nowhere.com")
    await house.arrives("far.com")
    before = await house.builder().build_one()
    await house.arrives("nowhere.com", None)
    assert (before, await house.builder().build_one()) == (False, True)
    assert (await house.facts(similarity.PUBLISHED))[-1]["customers"] == 6


# One at a time


async def test_two_builders_at_once_build_a_version_once(house: House) -> None:
    await house.customers(*CUSTOMERS)
    built = await asyncio.gather(*(house.builder().build_one() for _ in range(4)))
    assert (sorted(built), len(await house.facts(similarity.PUBLISHED))) == ([False, False, False, True], 1)


async def test_what_a_killed_builder_had_is_built_when_its_lease_has_run_out(house: House, clock: Clock) -> None:
    await house.customers(*CUSTOMERS)
    async with house.pool.acquire() as connection:
        await models.lease(connection, holder="killed", now=clock(), until=clock() + timedelta(seconds=30))
    clock.forward(seconds=29)
    before = await house.builder().build_one()
    clock.forward(seconds=2)
    assert (before, await house.builder().build_one()) == (False, True)


async def test_a_builder_that_lost_its_lease_leaves_nothing_and_goes_on(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.customers(*CUSTOMERS)
    slow, quick = house.builder(), house.builder()
    population = ModelBuilder._population
    overtaken = iter([True])

    async def slowly(builder: ModelBuilder, *about: Any) -> Any:
        if builder is slow and next(overtaken, False):
            clock.forward(seconds=31)
            assert await quick.build_one()
        return await population(builder, *about)

    monkeypatch.setattr(ModelBuilder, "_population", slowly)
    assert await slow.build_one()
    assert (await kept_versions(house), len(await house.facts(similarity.PUBLISHED))) == ([1], 1)
    assert await count_objects(house) == 1
    await another_version(house)
    assert await standing(house) == (2, 2)


async def test_a_builder_that_lost_its_lease_does_not_put_an_older_model_in_the_place_of_a_newer(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.customers(*CUSTOMERS)
    slow, quick = house.builder(), house.builder()
    population = ModelBuilder._population
    overtaken = iter([True])

    async def slowly(builder: ModelBuilder, *about: Any) -> Any:
        if builder is slow and next(overtaken, False):
            await house.put("customer-0.com", UNLIKE_THEM)
            clock.forward(seconds=31)
            assert await quick.build_one()
        return await population(builder, *about)

    monkeypatch.setattr(ModelBuilder, "_population", slowly)
    assert await slow.build_one()
    assert (await standing(house), await kept_versions(house)) == ((2, 2), [2])


async def test_a_lease_is_prolonged_while_a_model_takes_long(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_builder, "_PROLONGED_EACH", 0.01)
    await house.customers(*CUSTOMERS)
    population = ModelBuilder._population

    async def slowly(builder: ModelBuilder, *about: Any) -> Any:
        clock.forward(seconds=25)
        await _until_leased(house, clock() + timedelta(seconds=30))
        clock.forward(seconds=25)
        assert await house.builder().build_one() is False
        return await population(builder, *about)

    monkeypatch.setattr(ModelBuilder, "_population", slowly)
    assert await house.builder().build_one()
    assert await standing(house) == (1, 1)


async def _until_leased(house: House, until: Any) -> None:
    async with asyncio.timeout(30):
        while await house.pool.fetchval("SELECT leased_until FROM similarity") < until:
            await asyncio.sleep(0.01)


async def test_a_builder_whose_store_is_away_lets_others_build_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.customers(*CUSTOMERS)

    async def away(*_: Any, **__: Any) -> Any:
        raise TemporaryError("away")

    with monkeypatch.context() as patched:
        patched.setattr(house.objects, "write", away)
        with pytest.raises(TemporaryError):
            await house.builder().build_one()
    assert await house.builder().build_one()


async def test_it_works_until_it_is_drained(house: House) -> None:
    await house.customers(*CUSTOMERS)
    builder = house.builder()
    running = asyncio.create_task(builder.run())
    async with asyncio.timeout(30):
        while not await house.facts(similarity.PUBLISHED):
            await asyncio.sleep(0.01)
        await builder.drain()
    await running
    assert await standing(house) == (1, 1)


# From what


async def _companies(house: House, table: str, count: int) -> None:
    """Companies of the tenant's own, or of the directory, whose domains begin with the table's name."""
    attributes = [orjson.dumps({**UNLIKE_THEM, "employees": number + 1}).decode() for number in range(count)]
    domains = [f"{table}-{number}.com" for number in range(count)]
    if table == "company":
        await house.pool.execute(
            "INSERT INTO company"
            " (tenant_id, domain, version, attributes, sources, terms, search, created_at, updated_at)"
            " SELECT $1, domain, 1, attributes, '{}', '{}', '', now(), now()"
            " FROM unnest($2::text[], $3::text[]) AS given (domain, attributes)",
            ACME,
            domains,
            attributes,
        )
    else:
        await house.pool.execute(
            "INSERT INTO directory_company (domain, attributes, terms, loaded_at)"
            " SELECT domain, attributes, '{}', now() FROM unnest($1::text[], $2::text[]) AS given (domain, attributes)",
            domains,
            attributes,
        )


@pytest.mark.parametrize(
    ("own", "shared", "name", "size"),
    [
        (ENOUGH_OWN, 50, "your companies", ENOUGH_OWN),
        (ENOUGH_OWN - 1, 0, "your companies", ENOUGH_OWN - 1),
        (ENOUGH_OWN - 1, 50, "your companies and directory", ENOUGH_OWN + 49),
        (0, ENOUGH, "directory", ENOUGH),
        (ENOUGH - 2, 1, "baseline", 600),
        (0, 0, "baseline", 600),
    ],
)
async def test_percentiles_are_ranks_among_companies_that_are_named(
    house: House, own: int, shared: int, name: str, size: int
) -> None:
    await _companies(house, "company", own)
    await _companies(house, "directory_company", shared)
    await house.model()
    await house.put("new.com", LIKE_THEM)
    answer = answer_of(await house.score())
    status = await house.ask(similarity.GET, {})
    assert answer["reference"] == status["reference"] == {"name": name, "size": size}


async def test_customers_are_none_of_the_companies_that_others_rank_among(house: House) -> None:
    await _companies(house, "company", ENOUGH_OWN)
    await house.customers(*CUSTOMERS, "company-0.com", "company-1.com")
    await house.build()
    assert (await house.ask(similarity.GET, {}))["reference"]["size"] == ENOUGH_OWN - 2


async def test_what_others_know_of_customers_counts(house: House) -> None:
    await house.customers("far.com")
    await house.arrives("far.com", LIKE_THEM)
    await house.build()
    assert (await house.facts(similarity.PUBLISHED))[-1]["customers"] == 1


async def test_customers_of_whom_nothing_is_known_make_a_model_that_scores_nobody(house: House) -> None:
    await house.customers("far.com", "farther.com")
    await house.arrives("far.com", None)
    await house.arrives("farther.com", None)
    await house.build()
    await house.put("new.com", LIKE_THEM)
    status, answer = await house.ask(similarity.GET, {}), answer_of(await house.score())
    assert (status["status"], status["customers"], status["customers_known"]) == ("ready", 2, 0)
    assert (answer["score"], answer["reason"]["code"]) == (None, "no_customers")


async def test_more_customers_than_are_read_at_once_are_all_read(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "PAGE", 2)
    await house.model()
    assert (await house.facts(similarity.PUBLISHED))[-1]["customers"] == 5


# Tidied


async def test_models_that_were_replaced_an_hour_ago_and_never_used_are_deleted_with_their_objects(
    house: House, clock: Clock
) -> None:
    await house.model()
    await another_version(house)
    await another_version(house)
    await house.builder().tidy()
    too_early = await kept_versions(house)
    clock.now += KEPT_UNUSED + timedelta(seconds=1)
    await house.builder().tidy()
    assert (too_early, await kept_versions(house), await count_objects(house)) == ([1, 2, 3], [3], 1)


async def test_models_that_a_score_was_computed_by_are_kept(house: House, clock: Clock) -> None:
    await house.put("new.com", LIKE_THEM)
    await house.model()
    await house.score()
    await another_version(house)
    await another_version(house)
    clock.now += KEPT_UNUSED + timedelta(seconds=1)
    await house.builder().tidy()
    assert await kept_versions(house) == [1, 3]


async def test_where_the_model_changes_all_the_time_old_ones_are_deleted_all_the_same(
    house: House, clock: Clock
) -> None:
    await house.model()
    for _ in range(4):
        clock.forward(minutes=25)
        await another_version(house)
        await house.builder().tidy()
    assert await kept_versions(house) == [2, 3, 4, 5]


async def test_a_model_is_built_again_before_it_expires(house: House, clock: Clock) -> None:
    await house.model()
    clock.forward(days=299)
    await house.builder().tidy()
    too_early = await standing(house)
    clock.forward(days=2)
    await house.builder().tidy()
    await house.builder().tidy()
    await house.build()
    assert (too_early, await standing(house)) == ((1, 1), (2, 2))


async def test_a_model_is_of_its_tenant_alone(house: House) -> None:
    await house.model()
    reference = SealedReference.model_validate_json(await house.pool.fetchval("SELECT object FROM similarity_model"))
    with pytest.raises(ObjectMissing):
        await house.objects.delete(reference, tenant=OTHER)
    await house.ask(customers.PUT, {"customers": []}, tenant=OTHER)
    assert await kept_versions(house) == [1]


async def count_objects(house: House) -> int:
    return len([name async for name in _names(house)])


async def _names(house: House) -> AsyncIterator[str]:
    async for names in house.objects._objects.names("sealed"):
        for name in names:
            yield name


async def test_a_population_that_came_after_the_customers_makes_a_new_model(house: House, clock: Clock) -> None:
    await house.model()
    before = await house.ask(similarity.GET, {})
    for number in range(ENOUGH_OWN):
        await house.put(f"other{number}.com", {"industry": "Retail", "employees": number + 1})
    builder = house.builder()
    clock.forward(seconds=60)

    renewed = [await builder.renew()]
    await builder.build_one()
    for _ in range(2):
        clock.forward(seconds=60)
        renewed.append(await builder.renew())

    after = await house.ask(similarity.GET, {})
    assert renewed == [1, 0, 0]
    assert before["reference"]["name"] == "baseline"
    assert after["reference"] == {"name": "your companies", "size": ENOUGH_OWN}
    assert after["model_version"] > before["model_version"]
    assert set(after) == set(SimilarityStatus.model_fields)
