"""Models are fetched once, kept while there is room, and missed without harm."""

import asyncio
from typing import Any
from uuid import UUID

import orjson
import pytest
from winnow_common.errors import TemporaryError
from winnow_common.postgres import Pool
from winnow_contracts import customers
from winnow_contracts.sealed import SealedReference
from winnow_scoring.metrics import MODELS_LOADED
from winnow_scoring.model_builder import KEPT_FOR
from winnow_scoring.models import Models
from winnow_scoring.similarity.model import Model

from .conftest import ACME, OTHER, Clock
from .similarity_house import House


@pytest.fixture
async def house(pool: Pool, clock: Clock) -> House:
    """Has two versions of a model."""
    house = House(pool, clock)
    await house.model()
    await house.ask(customers.DELETE, {"domain": "customer-0.com"})
    await house.build()
    return house


async def get(house: House, models: Models, version: int = 1, *, tenant: UUID = ACME) -> Model | None:
    async with house.pool.acquire() as connection:
        return await models.get(connection, tenant=tenant, version=version)


def loaded() -> float:
    """How many models were read from the store by this process."""
    [sample] = [sample for metric in MODELS_LOADED.collect() for sample in metric.samples if "total" in sample.name]
    return sample.value


async def sizes(house: House) -> list[int]:
    rows = await house.pool.fetch("SELECT object FROM similarity_model ORDER BY model_version")
    return [SealedReference.model_validate_json(row["object"]).size for row in rows]


async def test_a_model_is_fetched_when_it_is_first_needed_and_kept(house: House) -> None:
    models, before = Models(house.objects, clock=house.clock), loaded()
    first = await get(house, models)
    again = await get(house, models)
    assert first is not None
    assert (first.version, len(first.customers.domains), again is first) == (1, 5, True)
    assert loaded() - before == 1


async def test_all_who_need_a_model_at_once_share_one_fetch(house: House) -> None:
    models, before = Models(house.objects, clock=house.clock), loaded()
    found = await asyncio.gather(*(get(house, models) for _ in range(20)))
    assert len({id(model) for model in found}) == 1
    assert loaded() - before == 1


async def test_whoever_gives_up_leaves_the_fetch_to_the_others(house: House) -> None:
    models = Models(house.objects, clock=house.clock)
    impatient, patient = asyncio.create_task(get(house, models)), asyncio.create_task(get(house, models))
    while not models._loading:
        await asyncio.sleep(0)
    impatient.cancel()
    assert await patient is not None


async def test_what_was_used_least_recently_is_dropped_when_there_is_no_room(house: House) -> None:
    await house.model(OTHER)
    one, two = await sizes(house), max(await sizes(house))
    models = Models(house.objects, clock=house.clock, most_bytes=2 * two)
    assert len(one) == 3
    for version, tenant in ((1, ACME), (2, ACME), (1, ACME), (1, OTHER)):
        assert await get(house, models, version, tenant=tenant) is not None
    before = loaded()
    await get(house, models, 1)
    await get(house, models, 1, tenant=OTHER)
    kept = loaded() - before
    await get(house, models, 2)
    assert (kept, loaded() - before) == (0, 1)


async def test_a_model_that_is_larger_than_all_room_is_kept_alone(house: House) -> None:
    models = Models(house.objects, clock=house.clock, most_bytes=1)
    await get(house, models)
    before = loaded()
    await get(house, models)
    kept = loaded() - before
    await get(house, models, 2)
    await get(house, models, 1)
    assert (kept, loaded() - before) == (0, 2)


async def test_a_version_that_never_was_is_none(house: House) -> None:
    models = Models(house.objects, clock=house.clock)
    assert (await get(house, models, 9), await get(house, models, tenant=OTHER)) == (None, None)


async def test_a_model_that_has_expired_is_none(house: House, clock: Clock) -> None:
    clock.now += KEPT_FOR
    assert await get(house, Models(house.objects, clock=clock)) is None


async def test_a_model_whose_object_is_gone_is_none(house: House) -> None:
    assert await get(house, Models(House(house.pool, house.clock).objects, clock=house.clock)) is None


async def test_a_model_in_another_format_is_none(house: House) -> None:
    async def pieces() -> Any:
        yield orjson.dumps({"format": 99})

    clock = house.clock
    other = await house.objects.write(pieces(), tenant=ACME, expires=clock() + KEPT_FOR, maximum=1000)
    await house.pool.execute("UPDATE similarity_model SET object = $1 WHERE model_version = 1", other.model_dump_json())
    assert await get(house, Models(house.objects, clock=clock)) is None


async def test_while_the_store_is_away_whoever_asks_is_told_and_the_next_one_is_not(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = Models(house.objects, clock=house.clock)

    def away(*_: Any, **__: Any) -> Any:
        raise TemporaryError("away")

    with monkeypatch.context() as patched:
        patched.setattr(house.objects, "read", away)
        with pytest.raises(TemporaryError):
            await get(house, models)
    assert await get(house, models) is not None
