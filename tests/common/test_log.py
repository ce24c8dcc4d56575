"""One suite over the log in memory and on Kafka; what a crash or a rebalance does is asked of Kafka alone."""

import asyncio
import gc
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid5

import pytest
from winnow_common.kafka import KafkaLog, create_topics
from winnow_common.log import MAXIMUM_BYTES, Log, Message, MessageTooLarge, Partition, Record, Subscription
from winnow_common.memory_log import MemoryLog
from winnow_contracts.event import Environment, Event
from winnow_contracts.topic import Topic

PARTITIONS = 4


@dataclass(frozen=True, slots=True)
class Place:
    """A log and a topic on it that no other test uses."""

    log: Log
    topic: str


@pytest.fixture(params=["memory", "kafka"])
def bootstrap(request: pytest.FixtureRequest) -> str | None:
    """The broker, or None where the log in memory is to be tested."""
    return request.getfixturevalue("kafka_bootstrap") if request.param == "kafka" else None


@pytest.fixture
async def place(bootstrap: str | None, topic_name: Callable[[str], str]) -> Place:
    name = topic_name("events")
    if bootstrap is None:
        return Place(MemoryLog(partitions=PARTITIONS), name)
    await create_topics(bootstrap, [_topic(name)])
    return Place(KafkaLog(bootstrap, client="test"), name)


def _topic(name: str) -> Topic:
    return Topic(name=name, key="key", publishers=(), consumers=(), messages=(), partitions=PARTITIONS)


async def _nothing(_: frozenset[Partition]) -> None:
    return None


@asynccontextmanager
async def member(place: Place, group: str = "group") -> AsyncIterator[Subscription]:
    async with place.log.subscribe([place.topic], group=group, revoked=_nothing) as subscription:
        yield subscription


async def read(subscription: Subscription, count: int, *, seconds: float = 20) -> list[Record]:
    found: list[Record] = []
    async with asyncio.timeout(seconds):
        while len(found) < count:
            found += await subscription.poll(maximum=100, timeout=0.2)
    return found


async def publish(place: Place, messages: Sequence[Message]) -> None:
    async with place.log.publisher() as publisher:
        await publisher.publish(messages)


def numbered(place: Place, count: int, *, keys: int = 5) -> list[Message]:
    return [Message(place.topic, f"key-{number % keys}".encode(), str(number).encode(), []) for number in range(count)]


async def test_records_of_one_key_arrive_in_the_order_they_were_published(place: Place) -> None:
    await publish(place, numbered(place, 100))

    async with member(place) as subscription:
        records = await read(subscription, 100)

    by_key = defaultdict(list)
    for record in records:
        by_key[record.key].append(int(record.value))
    assert len(by_key) == 5
    assert all(values == sorted(values) and len(values) == 20 for values in by_key.values())


async def test_single_and_grouped_messages_of_one_key_go_to_the_same_partition(place: Place) -> None:
    async with place.log.publisher() as publisher:
        for number in range(10):
            await publisher.publish([Message(place.topic, f"key-{number}".encode(), b"single", [])])
        await publisher.publish([Message(place.topic, f"key-{number}".encode(), b"group", []) for number in range(10)])

    async with member(place) as subscription:
        records = await read(subscription, 20)

    places = defaultdict(set)
    for record in records:
        places[record.key].add(record.partition.number)
    assert len(places) == 10
    assert all(len(numbers) == 1 for numbers in places.values())


async def test_members_of_a_group_share_the_records_and_groups_get_all_of_them(place: Place) -> None:
    async with member(place, "shared") as first, member(place, "shared") as second, member(place, "other") as other:
        await _until(lambda: first.assigned() and second.assigned() and other.assigned(), first, second, other)
        await publish(place, numbered(place, 200, keys=50))

        whole = await read(other, 200)
        shares = await asyncio.gather(_drain(first), _drain(second))

    assert len(whole) == 200
    assert sorted(int(record.value) for share in shares for record in share) == list(range(200))
    assert all(shares)


async def test_what_was_not_committed_is_delivered_again_and_what_was_is_not(place: Place) -> None:
    await publish(place, numbered(place, 20, keys=1))

    async with member(place) as subscription:
        records = await read(subscription, 20)
        await subscription.commit({records[0].partition: 12})
    async with member(place) as subscription:
        again = await read(subscription, 8)

    assert [record.offset for record in again] == list(range(12, 20))


async def test_committing_a_partition_that_is_not_assigned_does_not_spoil_the_others(place: Place) -> None:
    await publish(place, numbered(place, 5, keys=1))

    async with member(place) as subscription:
        records = await read(subscription, 5)
        await subscription.commit({records[0].partition: 5, Partition("elsewhere", 3): 9})
    await publish(place, [Message(place.topic, b"key-0", b"new", [])])
    async with member(place) as subscription:
        again = await read(subscription, 1)

    assert [record.value for record in again] == [b"new"]


async def test_an_event_comes_back_with_every_attribute(place: Place) -> None:
    event = Event(
        id=UUID(int=1),
        source="winnow/gateway",
        type="scoring.score",
        time=datetime(2026, 5, 4, 3, 2, 1, 999, tzinfo=UTC),
        data=b'{"domain":"x.example"}',
        tenant=UUID(int=2),
        subject="x.example",
        causation_id=UUID(int=3),
        sequence=7,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        reply_to="3/gateway-1",
        budget_ms=1500,
        environment=Environment.STAGING,
        fingerprint="ab",
        previous_id=uuid5(UUID(int=1), "yesterday"),
        status=200,
        encoding="deflate",
        replayed=True,
    )
    await publish(place, [Message(place.topic, b"key", event.data, event.headers())])

    async with member(place) as subscription:
        (record,) = await read(subscription, 1)

    assert record.event() == event
    assert record.key == b"key"


async def test_a_value_over_the_limit_is_refused_and_nothing_of_its_group_is_sent(place: Place) -> None:
    largest = Message(place.topic, b"a", b"\xff" * MAXIMUM_BYTES, [])
    async with place.log.publisher() as publisher:
        with pytest.raises(MessageTooLarge):
            await publisher.publish(
                [Message(place.topic, b"a", b"small", []), largest._replace(value=largest.value + b"!")]
            )
        await publisher.publish([largest])

    async with member(place) as subscription:
        (record,) = await read(subscription, 1)

    assert len(record.value) == MAXIMUM_BYTES


async def test_a_tail_sees_what_comes_after_it_on_its_partition_alone(place: Place) -> None:
    await publish(place, [Message(place.topic, None, b"before", [], 2)])

    async with place.log.tail(place.topic, partition=2) as records:
        await publish(
            place, [Message(place.topic, None, b"elsewhere", [], 1), Message(place.topic, None, b"after", [], 2)]
        )
        async with asyncio.timeout(20):
            record = await anext(records)

    assert record.value == b"after"
    assert record.partition == Partition(place.topic, 2)


async def test_a_member_knows_where_it_stands_and_where_its_partitions_end(place: Place) -> None:
    async with member(place) as subscription:
        await _until(subscription.assigned, subscription)
        before = await subscription.standing([place.topic])
        await publish(place, numbered(place, 20))
        unread = await subscription.standing([place.topic])
        records = await read(subscription, 20)
        after = await subscription.standing([place.topic])
        elsewhere = await subscription.standing(["another"])

    assert all(each.position == each.end for each in before.values())
    assert sum(each.end - before[partition].end for partition, each in unread.items()) == 20
    assert {partition: each.position for partition, each in unread.items()} == {
        partition: each.end for partition, each in before.items()
    }
    assert after == {partition: (each.end, each.end) for partition, each in unread.items()}
    assert {record.partition for record in records} <= set(after)
    assert elsewhere == {}


async def test_a_rewound_partition_is_read_again_from_there(place: Place) -> None:
    await publish(place, numbered(place, 10, keys=1))

    async with member(place) as subscription:
        records = await read(subscription, 10)
        subscription.rewind(records[0].partition, 4)
        again = await read(subscription, 6)

    assert [record.offset for record in again] == list(range(4, 10))


async def test_a_paused_partition_rests_while_others_go_on_until_it_is_resumed(place: Place) -> None:
    async with member(place) as subscription:
        await _until(subscription.assigned, subscription)
        subscription.pause(Partition(place.topic, 0))
        await publish(place, [Message(place.topic, None, str(number).encode(), [], number) for number in range(4)])
        others = await read(subscription, 3)
        nothing = await subscription.poll(maximum=10, timeout=0.3)
        subscription.resume(Partition(place.topic, 0))
        (rested,) = await read(subscription, 1)

    assert {record.partition.number for record in others} == {1, 2, 3}
    assert not nothing
    assert rested.partition.number == 0


async def test_partitions_are_handed_over_after_the_batch_in_hand_was_committed(place: Place) -> None:
    handed: list[frozenset[Partition]] = []
    read_up_to: dict[Partition, int] = {}
    members: list[Subscription] = []

    async def revoked(partitions: frozenset[Partition]) -> None:
        handed.append(partitions)
        await members[0].commit(read_up_to)

    await publish(place, numbered(place, 40, keys=20))
    async with place.log.subscribe([place.topic], group="handover", revoked=revoked) as first:
        members.append(first)
        for record in await read(first, 40):
            read_up_to[record.partition] = record.offset + 1
        async with member(place, "handover") as second:
            await _until(lambda: first.assigned() and second.assigned(), first, second)
            again = await _drain(second) + await _drain(first)

    assert handed
    assert again == []


async def test_a_poll_ends_in_time_while_a_rebalance_waits_for_another_member(
    kafka_bootstrap: str, topic_name: Callable[[str], str]
) -> None:
    place = Place(KafkaLog(kafka_bootstrap, client="test"), topic_name("events"))
    await create_topics(kafka_bootstrap, [_topic(place.topic)])
    rebalancing, slow = asyncio.Event(), asyncio.Event()

    async def revoked(_: frozenset[Partition]) -> None:
        rebalancing.set()
        await slow.wait()

    async def join_and_leave() -> None:
        async with member(place, "slow"):
            pass

    async with place.log.subscribe([place.topic], group="slow", revoked=revoked) as first, asyncio.timeout(30):
        await _until(first.assigned, first)
        joining = asyncio.create_task(join_and_leave())
        await rebalancing.wait()
        polled = await asyncio.wait_for(first.poll(maximum=1, timeout=0.1), 10)
        slow.set()
        await joining

    assert not polled


async def test_a_member_that_leaves_while_a_rebalance_goes_on_closes_its_connections(
    kafka_bootstrap: str, topic_name: Callable[[str], str]
) -> None:
    place = Place(KafkaLog(kafka_bootstrap, client="test"), topic_name("events"))
    await create_topics(kafka_bootstrap, [_topic(place.topic)])
    rebalancing, slow = asyncio.Event(), asyncio.Event()

    async def revoked(_: frozenset[Partition]) -> None:
        rebalancing.set()
        await slow.wait()

    async def join() -> None:
        async with member(place, "slow"):
            pass

    async with place.log.subscribe([place.topic], group="slow", revoked=revoked) as first:
        await _until(first.assigned, first)
        joining = asyncio.create_task(join())
        await rebalancing.wait()
        joining.cancel()
        await asyncio.wait([joining], timeout=30)
        slow.set()

    gc.collect()  # what is not closed warns, and warnings are errors


async def _until(condition: Callable[[], object], *subscriptions: Subscription) -> None:
    """Poll so that assignments come in, and give back whatever is read."""
    async with asyncio.timeout(30):
        while not condition():
            for subscription in subscriptions:
                assert not await subscription.poll(maximum=1, timeout=0.05)


async def _drain(subscription: Subscription) -> list[Record]:
    found: list[Record] = []
    quiet = 0
    while quiet < 3:
        records = await subscription.poll(maximum=100, timeout=0.3)
        found += records
        quiet = 0 if records else quiet + 1
    return found
