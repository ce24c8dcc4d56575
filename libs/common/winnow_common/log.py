"""The port to the log: what a service may ask of it, whatever it is made of.

Two adapters pass one suite: `winnow_common.kafka` (Apache Kafka by aiokafka) and `winnow_common.memory_log` (a fake
for unit tests). Delivery is at least once and in order per key; exactly-once effects are made by the inbox, not here.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol

from winnow_contracts.event import Event, Headers

MAXIMUM_BYTES = 512 * 1024
"""The largest value of a record; what is larger travels as a sealed reference."""


class Partition(NamedTuple):
    """One ordered part of a topic."""

    topic: str
    number: int


class Standing(NamedTuple):
    """Where a member stands in a partition: offsets, which compaction leaves gaps between."""

    position: int
    """Of what the next poll may return."""
    end: int
    """Behind the last record, as the broker says now."""


class Record(NamedTuple):
    """A record as it was read; its headers are not parsed yet, since they may be anything."""

    partition: Partition
    offset: int
    timestamp_ms: int
    """When the broker appended it; comparable between senders, whose clocks are not."""
    key: bytes | None
    value: bytes
    headers: Sequence[tuple[str, bytes]]

    def event(self) -> Event:
        """The event in it; raises `winnow_contracts.event.MalformedEvent`."""
        return Event.from_headers(self.headers, self.value)


class Message(NamedTuple):
    """What is to be published: to a topic by key, or to a given partition of it."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Headers
    partition: int | None = None


class LogUnavailable(Exception):
    """The log did not acknowledge in time; the message may or may not be on it."""


class MessageTooLarge(ValueError):
    """The value is larger than `MAXIMUM_BYTES`."""


class Publisher(Protocol):
    """Writes to the log. Messages of one key that are given in order arrive in order."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return when all are acknowledged by all in-sync replicas.

        Raises `LogUnavailable` after the publisher's deadline, `MessageTooLarge` before anything is sent.
        """


Revoked = Callable[[frozenset[Partition]], Awaitable[None]]


class Subscription(Protocol):
    """A membership in a consumer group."""

    async def poll(self, *, maximum: int, timeout: float) -> Sequence[Record]:
        """At most so many records, in order per partition; none after `timeout` seconds.

        They come from partitions that are assigned and not paused.
        """

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Remember the next offset to read per partition; partitions that are no longer assigned are left out."""

    def rewind(self, partition: Partition, offset: int) -> None:
        """Deliver again from that offset."""

    def pause(self, partition: Partition) -> None:
        """Deliver nothing of that partition until it is resumed."""

    def resume(self, partition: Partition) -> None:
        """Deliver again."""

    def assigned(self) -> frozenset[Partition]:
        """What this member reads at the moment."""

    async def standing(self, topics: Collection[str]) -> Mapping[Partition, Standing]:
        """Where it stands in its partitions of these topics; those that are assigned or taken meanwhile are left out.

        A record that was acknowledged before the call is before the end. Raises `LogUnavailable` after a second.
        """


class Log(Protocol):
    """Where publishers and subscriptions come from."""

    def publisher(self) -> AbstractAsyncContextManager[Publisher]:
        """A publisher, flushed and closed on exit within a bounded time."""

    def subscribe(
        self,
        topics: Sequence[str],
        *,
        group: str,
        revoked: Revoked,
    ) -> AbstractAsyncContextManager[Subscription]:
        """A member of a group.

        `revoked` is awaited, for a bounded time, before partitions go to somebody else, to drain and to commit.
        """

    def tail(self, topic: str, *, partition: int) -> AbstractAsyncContextManager[AsyncIterator[Record]]:
        """All records of one partition from its end as it is on entry, without a group."""

    async def ready(self) -> None:
        """Raise `LogUnavailable` unless a broker answers."""
