"""The log on Apache Kafka, by aiokafka; the only module that knows it.

Settings follow what was measured and what bit others: no linger (5 ms of it on requests and replies took the p50 of a
round trip from 5 to 24 ms); acks from all replicas and a deadline of our own instead of the idempotent producer,
which waits for ever when brokers are gone (the inbox makes repeats harmless); explicit offsets; dynamic membership;
every `stop()` bounded, since it can hang.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    KafkaError,
    TopicAlreadyExistsError,
    for_code,
)
from aiokafka.partitioner import murmur2
from winnow_contracts.topic import Topic

from winnow_common import logs
from winnow_common.log import (
    MAXIMUM_BYTES,
    LogUnavailable,
    Message,
    MessageTooLarge,
    Partition,
    Publisher,
    Record,
    Revoked,
    Standing,
    Subscription,
)

log = logs.get(__name__)

_STOP_SECONDS = 5.0
_DEADLINE_SECONDS = 5.0
_GRACE_SECONDS = 0.5
_STANDING_SECONDS = 1.0
_HEADER_ALLOWANCE = 16 * 1024
_NEVER_MS = 24 * 3600 * 1000


@lru_cache(maxsize=50_000)
def _hash(key: bytes) -> int:
    """As Kafka's own partitioner; remembered, since aiokafka's is written in Python and keys come again."""
    return int(murmur2(key)) & 0x7FFFFFFF


class KafkaPublisher:
    """Publishes through one producer; safe for concurrent use."""

    def __init__(self, producer: AIOKafkaProducer, *, deadline: float) -> None:
        self._producer = producer
        self._deadline = deadline
        self._partitions: dict[str, list[int]] = {}

    async def publish(self, messages: Sequence[Message]) -> None:
        """See `winnow_common.log.Publisher`."""
        for message in messages:
            if len(message.value) > MAXIMUM_BYTES:
                raise MessageTooLarge(f"{len(message.value)} bytes to {message.topic}")
        try:
            async with asyncio.timeout(self._deadline):
                pending = await (self._send_one(messages[0]) if len(messages) == 1 else self._send_many(messages))
                await asyncio.gather(*pending)
        except (KafkaError, TimeoutError) as error:
            raise LogUnavailable(f"no acknowledgement: {error!r}") from error

    async def _send_one(self, message: Message) -> list["asyncio.Future[Any]"]:
        """In one batch with what other callers send at the moment."""
        return [
            await self._producer.send(
                message.topic,
                message.value,
                key=message.key,
                partition=await self._partition_of(message),
                headers=message.headers,
            ),
        ]

    async def _send_many(self, messages: Sequence[Message]) -> list["asyncio.Future[Any]"]:
        """Whole batches per partition: several times cheaper than one `send` each."""
        grouped: defaultdict[Partition, list[Message]] = defaultdict(list)
        for message in messages:
            grouped[Partition(message.topic, await self._partition_of(message))].append(message)
        pending = []
        for partition, group in grouped.items():
            batch = self._producer.create_batch()
            for message in group:
                added = batch.append(
                    key=message.key,
                    value=message.value,
                    timestamp=None,
                    headers=message.headers,
                )
                if added is None:
                    pending.append(await self._producer.send_batch(batch, partition.topic, partition=partition.number))
                    batch = self._producer.create_batch()
                    batch.append(key=message.key, value=message.value, timestamp=None, headers=message.headers)
            pending.append(await self._producer.send_batch(batch, partition.topic, partition=partition.number))
        return pending

    async def _partition_of(self, message: Message) -> int:
        """The one it names, or the one of its key. A topic keeps its number of partitions while a process runs."""
        if message.partition is not None:
            return message.partition
        numbers = self._partitions.get(message.topic)
        if numbers is None:
            numbers = self._partitions[message.topic] = sorted(await self._producer.partitions_for(message.topic))
        return numbers[_hash(message.key or b"") % len(numbers)]


class KafkaSubscription:
    """A member of a consumer group."""

    def __init__(self, consumer: AIOKafkaConsumer, *, bootstrap: str, client: str) -> None:
        self._consumer = consumer
        self._bootstrap = bootstrap
        self._client = client
        self._asking: AIOKafkaConsumer | None = None

    async def poll(self, *, maximum: int, timeout: float) -> Sequence[Record]:
        """See `winnow_common.log.Subscription`."""
        try:
            # Left alone, aiokafka waits for the end of a rebalance, which takes as long as the slowest member.
            async with asyncio.timeout(timeout + _GRACE_SECONDS):
                fetched = await self._consumer.getmany(timeout_ms=int(timeout * 1000), max_records=maximum)
        except TimeoutError:
            return []
        except KafkaError as error:
            log.warning("reading from the log failed, trying again", error=repr(error))
            await asyncio.sleep(min(timeout, 0.5))
            return []
        assigned = self._consumer.assignment()
        return [
            _record(record) for partition, records in fetched.items() if partition in assigned for record in records
        ]

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """See `winnow_common.log.Subscription`.

        What cannot be committed is read again, which the inbox makes harmless.
        """
        assigned = self._consumer.assignment()
        mine = {TopicPartition(*key): offset for key, offset in offsets.items() if TopicPartition(*key) in assigned}
        if not mine:
            return
        try:
            async with asyncio.timeout(_DEADLINE_SECONDS):
                await self._consumer.commit(mine)
        except (CommitFailedError, IllegalStateError, KafkaError, TimeoutError) as error:
            log.warning("offsets were not committed, messages will be delivered again", error=repr(error))

    def rewind(self, partition: Partition, offset: int) -> None:
        """See `winnow_common.log.Subscription`."""
        with suppress(IllegalStateError):
            self._consumer.seek(TopicPartition(*partition), offset)

    def pause(self, partition: Partition) -> None:
        """See `winnow_common.log.Subscription`."""
        with suppress(IllegalStateError):
            self._consumer.pause(TopicPartition(*partition))

    def resume(self, partition: Partition) -> None:
        """See `winnow_common.log.Subscription`."""
        with suppress(IllegalStateError):
            self._consumer.resume(TopicPartition(*partition))

    def assigned(self) -> frozenset[Partition]:
        """See `winnow_common.log.Subscription`."""
        return frozenset(Partition(*partition) for partition in self._consumer.assignment())

    async def standing(self, topics: Collection[str]) -> Mapping[Partition, Standing]:
        """See `winnow_common.log.Subscription`.

        Asked over a connection of its own: a broker answers each in order, and holds a fetch that finds nothing for
        half a second.
        """
        mine = [partition for partition in self._consumer.assignment() if partition.topic in topics]
        try:
            async with asyncio.timeout(_STANDING_SECONDS):
                ends = await (await self._asker()).end_offsets(mine) if mine else {}
                return {
                    Partition(*partition): Standing(await self._consumer.position(partition), end)
                    for partition, end in ends.items()
                    if partition in self._consumer.assignment()
                }
        except IllegalStateError:  # a partition was taken between the two lines
            return {}
        except (KafkaError, TimeoutError, LogUnavailable) as error:
            raise LogUnavailable(f"the broker does not say where partitions end: {error!r}") from error

    async def stop(self) -> None:
        """Leave the group."""
        await _stopped(self._consumer)
        if self._asking is not None:
            await _stopped(self._asking)

    async def _asker(self) -> AIOKafkaConsumer:
        """A client that is in no group; made when it is first used, since most members never ask."""
        if self._asking is None:
            asking = AIOKafkaConsumer(
                bootstrap_servers=self._bootstrap, client_id=self._client, group_id=None, retry_backoff_ms=50
            )
            await _started(asking)
            self._asking = asking
        return self._asking


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    def __init__(self, revoked: Revoked) -> None:
        self._revoked = revoked

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        if revoked:
            await self._revoked(frozenset(Partition(*partition) for partition in revoked))

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        log.debug("partitions assigned", count=len(assigned))


class KafkaLog:
    """Connects to the brokers at `bootstrap` (`host:port`, several with commas)."""

    def __init__(self, bootstrap: str, *, client: str, deadline: float = _DEADLINE_SECONDS) -> None:
        self._bootstrap = bootstrap
        self._client = client
        self._deadline = deadline

    @asynccontextmanager
    async def publisher(self) -> AsyncIterator[Publisher]:
        """See `winnow_common.log.Log`."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client,
            acks="all",
            linger_ms=0,
            compression_type="lz4",
            max_request_size=MAXIMUM_BYTES * 2,
            max_batch_size=MAXIMUM_BYTES + _HEADER_ALLOWANCE,
            request_timeout_ms=int(self._deadline * 1000),
            retry_backoff_ms=50,
        )
        await _started(producer)
        try:
            yield KafkaPublisher(producer, deadline=self._deadline)
        finally:
            await _stopped(producer)

    @asynccontextmanager
    async def subscribe(self, topics: Sequence[str], *, group: str, revoked: Revoked) -> AsyncIterator[Subscription]:
        """See `winnow_common.log.Log`."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            rebalance_timeout_ms=60_000,
            # Waiting out a database that is away is not being stuck; heartbeats tell the broker that we live.
            max_poll_interval_ms=_NEVER_MS,
            request_timeout_ms=65_000,
            retry_backoff_ms=50,
        )
        consumer.subscribe(topics=list(topics), listener=_Listener(revoked))
        await _started(consumer)
        subscription = KafkaSubscription(consumer, bootstrap=self._bootstrap, client=self._client)
        try:
            yield subscription
        finally:
            await subscription.stop()

    @asynccontextmanager
    async def tail(self, topic: str, *, partition: int) -> AsyncIterator[AsyncIterator[Record]]:
        """See `winnow_common.log.Log`."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="latest",
            retry_backoff_ms=50,
        )
        await _started(consumer)
        try:
            place = TopicPartition(topic, partition)
            consumer.assign([place])
            await consumer.seek_to_end(place)
            await consumer.position(place)
            yield _read(consumer)
        except KafkaError as error:
            raise LogUnavailable(repr(error)) from error
        finally:
            await _stopped(consumer)

    async def ready(self) -> None:
        """See `winnow_common.log.Log`."""
        hosts = self._bootstrap.split(",")
        for address in hosts:
            host, _, port = address.rpartition(":")
            try:
                async with asyncio.timeout(2):
                    _, writer = await asyncio.open_connection(host, int(port))
                writer.close()
                return
            except (OSError, TimeoutError):
                continue
        raise LogUnavailable(f"no broker answers at {self._bootstrap}")


async def create_topics(bootstrap: str, topics: Sequence[Topic], *, replication: int = 1) -> None:
    """Create those of the topics that do not exist."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [
            NewTopic(
                topic.name,
                num_partitions=topic.partitions,
                replication_factor=replication,
                topic_configs={
                    "cleanup.policy": "compact" if topic.compacted else "delete",
                    "retention.ms": str(topic.retention_ms),
                    "message.timestamp.type": "LogAppendTime",
                    "max.message.bytes": str(MAXIMUM_BYTES * 2),
                },
            )
            for topic in topics
            if topic.name not in existing
        ]
        if missing:
            response = await admin.create_topics(missing)
            for name, code, *_ in response.topic_errors:
                if code and not issubclass(for_code(code), TopicAlreadyExistsError):
                    raise LogUnavailable(f"topic {name} could not be created: {for_code(code).__name__}")
    finally:
        await admin.close()


async def _read(consumer: AIOKafkaConsumer) -> AsyncIterator[Record]:
    while True:
        try:
            fetched = await consumer.getmany(timeout_ms=1000)
        except KafkaError as error:
            log.warning("reading from the log failed, trying again", error=repr(error))
            await asyncio.sleep(0.2)
            continue
        for records in fetched.values():
            for record in records:
                yield _record(record)


def _record(record: Any) -> Record:
    return Record(
        partition=Partition(record.topic, record.partition),
        offset=record.offset,
        timestamp_ms=record.timestamp,
        key=record.key,
        value=record.value or b"",
        headers=record.headers,
    )


async def _started(client: Any) -> None:
    try:
        await client.start()
    except BaseException as error:
        await _stopped(client)
        if isinstance(error, KafkaError):
            raise LogUnavailable(repr(error)) from error
        raise


async def _stopped(client: Any) -> None:
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await client.stop()
    except (TimeoutError, KafkaError) as error:
        log.warning("the log's client did not stop in time", error=repr(error))
        await _cut_off(client)


async def _cut_off(client: Any) -> None:
    """Close what `stop` would have closed after the step that it hangs in: a rebalance, or a broker that is away."""
    for name in ("_fetcher", "_sender", "_client", "client"):
        if (part := getattr(client, name, None)) is not None:
            with suppress(TimeoutError, KafkaError):
                async with asyncio.timeout(_STOP_SECONDS):
                    await part.close()
