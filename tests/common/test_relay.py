"""The relay on a real database and a real broker: every fact once, in order per key, from several processes at once."""

import asyncio
import secrets
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from winnow_common import outbox
from winnow_common.identifiers import event_id
from winnow_common.kafka import KafkaLog, create_topics
from winnow_common.log import LogUnavailable, Message, Partition, Record
from winnow_common.outcome import Fact
from winnow_common.postgres import Pool, transaction
from winnow_common.relay import Relay
from winnow_contracts.event import Event

from .conftest import ACME, NOTED, House, make_house, until


@pytest.fixture
async def kafka_house(pool: Pool, kafka_bootstrap: str) -> House:
    house = make_house(KafkaLog(kafka_bootstrap, client="test"), pool, suffix=f".{secrets.token_hex(4)}")
    await create_topics(kafka_bootstrap, [replace(topic, partitions=4) for topic in (house.facts, house.requests)])
    await pool.execute("CREATE TABLE counter (key text PRIMARY KEY, value integer NOT NULL)")
    return house


def fact(house: House, key: str, number: int) -> Fact:
    return Fact(
        topic=house.facts,
        type=NOTED,
        id=event_id(ACME, NOTED.name, f"{key}/{number}"),
        tenant=ACME,
        key=key,
        data=b'{"subject":"%d"}' % number,
    )


async def count_up(house: House, key: str) -> None:
    """What a handler does: take the aggregate's lock, then write its fact."""
    async with transaction(house.pool) as connection:
        number = await connection.fetchval(
            "INSERT INTO counter (key, value) VALUES ($1, 1)"
            " ON CONFLICT (key) DO UPDATE SET value = counter.value + 1 RETURNING value",
            key,
        )
        await asyncio.sleep(0)
        await outbox.publish(connection, [fact(house, key, number)], source="winnow/notes", now=house.clock())


@asynccontextmanager
async def relays(house: House, count: int) -> AsyncIterator[list[Relay]]:
    async with house.log.publisher() as publisher:
        running = [Relay(pool=house.pool, publisher=publisher) for _ in range(count)]
        tasks = [asyncio.create_task(relay.run()) for relay in running]
        try:
            yield running
        finally:
            for relay in running:
                await relay.drain()
            await asyncio.gather(*tasks)


async def everything(house: House, count: int) -> list[Record]:
    async def revoked(_: frozenset[Partition]) -> None:
        return None

    found: list[Record] = []
    async with house.log.subscribe([house.facts.name], group="reader", revoked=revoked) as subscription:
        async with asyncio.timeout(60):
            while len(found) < count:
                found += await subscription.poll(maximum=500, timeout=0.5)
        found += await subscription.poll(maximum=500, timeout=0.5)
    return found


async def test_three_relays_and_many_writers_keep_the_order_of_every_key_and_lose_nothing(kafka_house: House) -> None:
    keys, each = [f"key-{number}" for number in range(30)], 100

    async def write(key: str) -> None:
        for _ in range(each):
            await count_up(kafka_house, key)

    async with relays(kafka_house, 3):
        await asyncio.gather(*(write(key) for key in keys))
        records = await everything(kafka_house, len(keys) * each)

    by_key: defaultdict[str, list[Event]] = defaultdict(list)
    for record in records:
        event = record.event()
        by_key[event.subject or ""].append(event)
    expected = [b'{"subject":"%d"}' % number for number in range(1, each + 1)]
    assert {key: [event.data for event in events] for key, events in by_key.items()} == dict.fromkeys(keys, expected)
    for events in by_key.values():
        sequences = [event.sequence or 0 for event in events]
        assert sequences == sorted(set(sequences))
    assert await kafka_house.pool.fetchval("SELECT count(*) FROM outbox") == 0


class _Dying:
    """A publisher whose process dies after the broker acknowledged and before the rows are deleted, now and then."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.calls = 0

    async def publish(self, messages: Sequence[Message]) -> None:
        async with self.house.log.publisher() as publisher:
            await publisher.publish(messages)
        self.calls += 1
        if self.calls % 2:
            raise LogUnavailable("died")


async def test_a_relay_that_dies_after_the_acknowledgement_repeats_under_the_same_ids(kafka_house: House) -> None:
    for number in range(5):
        await count_up(kafka_house, f"key-{number}")
    relay = Relay(pool=kafka_house.pool, publisher=_Dying(kafka_house))
    task = asyncio.create_task(relay.run())

    await until(lambda: kafka_house.pool.fetchval("SELECT count(*) = 0 FROM outbox"))
    await relay.drain()
    await task
    records = await everything(kafka_house, 6)

    counts = Counter(record.event().id for record in records)
    assert len(counts) == 5
    assert max(counts.values()) > 1
