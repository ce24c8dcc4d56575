"""The log in memory: a fake for unit tests that passes the same suite as Kafka.

One process, one event loop. Groups rebalance when members come and go, partitions are shared out round robin, records
that were not committed are delivered again to whoever gets the partition next.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from zlib import crc32

from winnow_common.log import (
    MAXIMUM_BYTES,
    Message,
    MessageTooLarge,
    Partition,
    Publisher,
    Record,
    Revoked,
    Standing,
    Subscription,
)


@dataclass(slots=True)
class _Group:
    topics: frozenset[str] = frozenset()
    members: list["_Member"] = field(default_factory=list)
    committed: dict[Partition, int] = field(default_factory=dict)
    balancing: asyncio.Lock = field(default_factory=asyncio.Lock)


class MemoryLog:
    """Topics exist as soon as they are used, with `partitions` parts each."""

    def __init__(self, *, partitions: int = 4) -> None:
        self._partitions = partitions
        self._records: defaultdict[Partition, list[Record]] = defaultdict(list)
        self._groups: defaultdict[str, _Group] = defaultdict(_Group)
        self._appended = asyncio.Event()

    def records(self, topic: str) -> list[Record]:
        """All records of a topic, partition after partition; for assertions."""
        return [record for number in range(self._partitions) for record in self._records[Partition(topic, number)]]

    @asynccontextmanager
    async def publisher(self) -> AsyncIterator[Publisher]:
        """See `winnow_common.log.Log`."""
        yield _Publisher(self)

    @asynccontextmanager
    async def subscribe(self, topics: Sequence[str], *, group: str, revoked: Revoked) -> AsyncIterator[Subscription]:
        """See `winnow_common.log.Log`."""
        state = self._groups[group]
        member = _Member(self, state, revoked)
        state.topics |= frozenset(topics)
        await self._rebalance(state, [*state.members, member])
        try:
            yield member
        finally:
            await self._rebalance(state, [other for other in state.members if other is not member])

    @asynccontextmanager
    async def tail(self, topic: str, *, partition: int) -> AsyncIterator[AsyncIterator[Record]]:
        """See `winnow_common.log.Log`."""
        place = Partition(topic, partition)
        yield self._follow(place, len(self._records[place]))

    async def ready(self) -> None:
        """Always."""

    def append(self, message: Message) -> None:
        """Put a record at the end of its partition."""
        number = message.partition
        if number is None:
            number = crc32(message.key or b"") % self._partitions
        place = Partition(message.topic, number)
        records = self._records[place]
        records.append(
            Record(
                partition=place,
                offset=len(records),
                timestamp_ms=time.time_ns() // 1_000_000,
                key=message.key,
                value=message.value,
                headers=tuple(message.headers),
            ),
        )
        self._appended.set()
        self._appended = asyncio.Event()

    async def changed(self, timeout: float) -> None:
        """Return after the next record, or after so many seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._appended.wait(), timeout)

    def slice(self, place: Partition, start: int, maximum: int) -> list[Record]:
        """Records of a partition from an offset on."""
        return self._records[place][start : start + maximum]

    def end(self, place: Partition) -> int:
        """The offset behind the last record of a partition."""
        return len(self._records[place])

    async def _follow(self, place: Partition, start: int) -> AsyncIterator[Record]:
        while True:
            appended = self._appended
            for record in self._records[place][start:]:
                start += 1
                yield record
            if start == len(self._records[place]):
                await appended.wait()

    async def _rebalance(self, group: _Group, members: list["_Member"]) -> None:
        async with group.balancing:
            for member in group.members:
                await member.give_up()
            group.members = members
            places = [Partition(topic, number) for topic in sorted(group.topics) for number in range(self._partitions)]
            for index, member in enumerate(members):
                member.take(places[index :: len(members)])


class _Publisher:
    def __init__(self, log: MemoryLog) -> None:
        self._log = log

    async def publish(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if len(message.value) > MAXIMUM_BYTES:
                raise MessageTooLarge(f"{len(message.value)} bytes to {message.topic}")
        for message in messages:
            self._log.append(message)
        await asyncio.sleep(0)


class _Member:
    def __init__(self, log: MemoryLog, group: _Group, revoked: Revoked) -> None:
        self._log = log
        self._group = group
        self._revoked = revoked
        self._positions: dict[Partition, int] = {}
        self._paused: set[Partition] = set()

    async def give_up(self) -> None:
        if self._positions:
            await self._revoked(frozenset(self._positions))
        self._positions = {}
        self._paused.clear()

    def take(self, places: Sequence[Partition]) -> None:
        self._positions = {place: self._group.committed.get(place, 0) for place in places}

    async def poll(self, *, maximum: int, timeout: float) -> Sequence[Record]:
        records = self._next(maximum)
        if not records:
            await self._log.changed(timeout)
            records = self._next(maximum)
        else:
            await asyncio.sleep(0)
        return records

    def _next(self, maximum: int) -> list[Record]:
        found: list[Record] = []
        for place, position in self._positions.items():
            if place not in self._paused and len(found) < maximum:
                records = self._log.slice(place, position, maximum - len(found))
                self._positions[place] = position + len(records)
                found += records
        return found

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        self._group.committed |= {place: offset for place, offset in offsets.items() if place in self._positions}

    def rewind(self, partition: Partition, offset: int) -> None:
        if partition in self._positions:
            self._positions[partition] = offset

    def pause(self, partition: Partition) -> None:
        self._paused.add(partition)

    def resume(self, partition: Partition) -> None:
        self._paused.discard(partition)

    def assigned(self) -> frozenset[Partition]:
        return frozenset(self._positions)

    async def standing(self, topics: Collection[str]) -> Mapping[Partition, Standing]:
        return {
            place: Standing(position, self._log.end(place))
            for place, position in self._positions.items()
            if place.topic in topics
        }
