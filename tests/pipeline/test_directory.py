"""The pipeline's copy of the directory says what scoring's says, in whatever order it is told."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import pytest
import winnow_common
import winnow_pipeline
from winnow_common.outcome import BatchCommand, Request
from winnow_common.postgres import Pool, migrate, open_pool, transaction, write_together
from winnow_contracts import directory as contract
from winnow_contracts.directory import EVERYBODY
from winnow_pipeline.enrichment.directory import DirectorySource
from winnow_pipeline.handlers.directory import DirectoryFacts
from winnow_pipeline.store import directory

MIGRATIONS = [Path(file).parent / "migrations" for file in (winnow_common.__file__, winnow_pipeline.__file__)]
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Databases(Protocol):
    """The fixture of the tests' root."""

    def create(self, *, template: str | None = None) -> str: ...

    def drop(self, url: str) -> None: ...


@pytest.fixture(scope="module")
def pipeline_database(databases: Databases) -> Iterator[str]:
    url = databases.create()
    migrate(url, *MIGRATIONS)
    yield url
    databases.drop(url)


@pytest.fixture
async def pool(pipeline_database: str) -> AsyncIterator[Pool]:
    async with open_pool(pipeline_database, size=4, name="test") as pool:
        await pool.execute("TRUNCATE listed_company, directory_cleared")
        yield pool


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def company(domain: str, *, minute: int = 0, **attributes: Any) -> dict[str, Any]:
    return {"domain": domain, "loaded_at": at(minute).isoformat(), "attributes": attributes}


async def hear(pool: Pool, type: str, *facts: dict[str, Any]) -> None:
    """Take facts as the consumer does."""
    [handler] = [each for each in DirectoryFacts().all() if each.message.name == type]
    requests: Sequence[Request[Any]] = [
        Request(id=uuid4(), tenant=EVERYBODY, data=handler.model.model_validate(fact), time=NOON) for fact in facts
    ]
    async with transaction(pool) as connection:
        if isinstance(handler, BatchCommand):
            outcomes = await handler.handle(requests, connection)
            assert len(outcomes.each) == len(facts)
            await write_together(connection, outcomes.writes)
        else:
            for request in requests:
                await handler.handle(request, connection)


async def listed(pool: Pool, *companies: dict[str, Any]) -> None:
    await hear(pool, contract.LISTED.name, *companies)


async def cleared(pool: Pool, *, minute: int) -> None:
    await hear(pool, contract.CLEARED.name, {"cleared_at": at(minute).isoformat()})


async def known(pool: Pool, *domains: str) -> dict[str, Any]:
    """What the source says of companies."""
    found = await DirectorySource(pool).look_up(domains, frozenset())
    assert all(each.source == "directory" for each in found.values())
    return {domain: dict(each.attributes) for domain, each in found.items()}


async def test_companies_are_found_with_all_that_was_said_of_them(pool: Pool) -> None:
    attributes: dict[str, Any] = {
        "name": "Acme",
        "employees": 5,
        "technologies": ["React", "AWS"],
        "custom": {"tier": "gold"},
    }
    await listed(pool, company("acme.com", **attributes), company("other.com", name="Other"))

    assert await known(pool, "acme.com", "nobody.com") == {"acme.com": attributes}
    [found] = (await DirectorySource(pool).look_up(["other.com"], frozenset())).values()
    assert found.observed_at == NOON


@pytest.mark.parametrize("minutes", [(0, 1), (1, 0)])
async def test_the_latest_counts_in_whatever_order_it_is_told(pool: Pool, minutes: tuple[int, ...]) -> None:
    for minute in minutes:
        await listed(pool, company("acme.com", minute=minute, name=f"Name {minute}"))
    await listed(pool, *(company("together.com", minute=minute, name=f"Name {minute}") for minute in minutes))

    assert await known(pool, "acme.com", "together.com") == {
        "acme.com": {"name": "Name 1"},
        "together.com": {"name": "Name 1"},
    }


@pytest.mark.parametrize("order", list(permutations([("listed", 0), ("cleared", 1), ("listed", 2), ("cleared", -1)])))
async def test_what_was_loaded_before_a_clearing_never_comes_back(pool: Pool, order: Sequence[tuple[str, int]]) -> None:
    for type, minute in order:
        if type == "listed":
            await listed(pool, company(f"loaded-{minute}.com", minute=minute, name="Acme"))
        else:
            await cleared(pool, minute=minute)

    assert set(await known(pool, "loaded-0.com", "loaded-2.com")) == {"loaded-2.com"}


async def test_a_clearing_waits_for_what_is_written_down_at_that_moment(pool: Pool) -> None:
    entry = directory.Entry("{}", at(0))
    async with transaction(pool) as connection:
        await write_together(connection, directory.listing([("acme.com", entry)]))
        clearing = asyncio.create_task(cleared(pool, minute=1))
        await until_somebody_waits(pool)
    await clearing

    assert await known(pool, "acme.com") == {}


async def test_a_listing_that_waits_for_a_clearing_knows_of_it(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await directory.clear(connection, until=at(1))
        listing = asyncio.create_task(listed(pool, company("early.com", minute=0), company("late.com", minute=2)))
        await until_somebody_waits(pool)
    await listing

    assert set(await known(pool, "early.com", "late.com")) == {"late.com"}


async def test_what_is_told_once_more_fills_a_copy_that_was_lost_and_changes_no_other(pool: Pool) -> None:
    await listed(pool, company("acme.com", name="Acme"))
    await listed(pool, company("acme.com", name="Acme"))
    once_more = await known(pool, "acme.com")
    await pool.execute("TRUNCATE listed_company")
    await listed(pool, company("acme.com", name="Acme"))

    assert once_more == await known(pool, "acme.com") == {"acme.com": {"name": "Acme"}}


async def until_somebody_waits(pool: Pool) -> None:
    """Until a statement waits for a lock."""
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with asyncio.timeout(20):
        while not await pool.fetchval(blocked):
            await asyncio.sleep(0.01)
