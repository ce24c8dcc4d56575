"""Reads topics whole, without the house's own adapter: what is on the log is what a stranger finds there."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

Records = Sequence["ConsumerRecord[Any, Any]"]


class Reading:
    """All records of a topic so far, each partition in the order of its offsets."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self.records: list[ConsumerRecord[Any, Any]] = []

    async def to_the_end(self) -> Records:
        """Read on to where the topic ends now; returns everything since its beginning."""
        ends = await self._consumer.end_offsets(self._consumer.assignment())
        for place, end in ends.items():
            while await self._consumer.position(place) < end:
                self._extend(await self._consumer.getmany(timeout_ms=200))
        return self.records

    async def until(self, enough: Callable[[Records], bool], *, within: float) -> Records:
        """Read on until it is enough, at most so many seconds; returns everything since the beginning."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not enough(await self.to_the_end()):
                    self._extend(await self._consumer.getmany(timeout_ms=100))
        return self.records

    def _extend(self, fetched: dict[TopicPartition, list["ConsumerRecord[Any, Any]"]]) -> None:
        for found in fetched.values():
            self.records += found


@asynccontextmanager
async def reading(bootstrap: str, topic: str) -> AsyncIterator[Reading]:
    """A reading of this topic from its beginning, without a group."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=None, auto_offset_reset="earliest")
    await consumer.start()
    try:
        yield Reading(consumer)
    finally:
        await consumer.stop()


async def read_whole(bootstrap: str, topic: str) -> Records:
    """Everything that is on a topic now."""
    async with reading(bootstrap, topic) as found:
        return await found.to_the_end()


def header(record: "ConsumerRecord[Any, Any]", name: str) -> str:
    """A header as text; empty where there is none."""
    return next((value.decode() for key, value in record.headers if key == name), "")
