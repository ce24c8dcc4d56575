"""The inbox's partitions: made ahead, dropped when nobody needs them, and a place for messages of any day."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from winnow_common import inbox
from winnow_common.inbox import Handled, Identity
from winnow_common.postgres import Pool, transaction

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


async def partitions(pool: Pool) -> set[str]:
    rows = await pool.fetch(
        "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = 'inbox'::regclass"
    )
    return {row["relname"] for row in rows}


async def keep(pool: Pool, now: datetime) -> None:
    async with pool.acquire() as connection:
        await inbox.keep_partitions(connection, now=now)


async def remember(pool: Pool, day: date) -> Identity:
    identity = Identity(UUID(int=1), day, uuid4())
    async with transaction(pool) as connection:
        await inbox.remember(connection, [Handled(identity, 200, b"{}")], now=NOW)
    return identity


async def test_partitions_of_the_coming_week_are_made_once_however_many_processes_try(pool: Pool) -> None:
    await asyncio.gather(*(keep(pool, NOW) for _ in range(4)))

    days = {f"inbox_{NOW.date() + timedelta(days=offset):%Y%m%d}" for offset in range(-1, 8)}
    assert days <= await partitions(pool)


async def test_partitions_older_than_two_weeks_are_dropped(pool: Pool) -> None:
    await keep(pool, NOW)
    await remember(pool, NOW.date())

    await keep(pool, NOW + timedelta(days=30))

    assert f"inbox_{NOW:%Y%m%d}" not in await partitions(pool)
    assert await pool.fetchval("SELECT count(*) FROM inbox") == 0


async def test_a_message_of_a_day_without_a_partition_is_remembered_and_does_not_hinder_later_ones(pool: Pool) -> None:
    far = NOW + timedelta(days=20)
    identity = await remember(pool, far.date())

    await keep(pool, far)

    async with pool.acquire() as connection:
        found = await inbox.find(connection, [identity], now=far)
    assert found.keys() == {0}


async def test_an_answer_is_found_by_the_request_s_id_for_a_day(pool: Pool) -> None:
    identity = await remember(pool, NOW.date())

    async with pool.acquire() as connection:
        soon = await inbox.answer_of(connection, tenant=identity.tenant, id=identity.id, now=NOW + timedelta(hours=23))
        late = await inbox.answer_of(connection, tenant=identity.tenant, id=identity.id, now=NOW + timedelta(hours=25))
        foreign = await inbox.answer_of(connection, tenant=UUID(int=2), id=identity.id, now=NOW)

    assert soon is not None
    assert soon.status == 200
    assert late is None
    assert foreign is None
