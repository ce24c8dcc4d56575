"""A rule score over HTTP and the log and back, against a bare ping-pong through the same broker.

The round trip is curl's: HTTP → gateway → Kafka → scoring → PostgreSQL → Kafka → gateway → HTTP, on a stack as `make
up` starts it. The ping-pong is two aiokafka clients in two processes: a record there, a record back, nothing else.
Both are measured in alternating rounds, at a steady rate (p50 and p99) and with 64 in flight (rate).

    python -m bench.bench_round_trip [--seconds 8] [--rounds 3] [--rate 100]
"""

import argparse
import asyncio
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvloop
from aiohttp import ClientSession, TCPConnector
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from winnow_common.kafka import create_topics
from winnow_contracts.topic import Topic
from winnow_local.endpoints import Endpoints
from winnow_local.running import running_stack

IN_FLIGHT = 64
PINGS, PONGS = "bench.pings", "bench.pongs"
RULE = {
    "name": "ICP Score",
    "conditions": [
        {"attribute": "industry", "operator": "is", "value": "Technology", "points": 25},
        {"attribute": "country", "operator": "is", "value": "US", "points": 15},
        {"attribute": "technologies", "operator": "uses", "value": "Stripe", "points": 30},
        {"attribute": "email", "operator": "has", "points": 10},
        {"attribute": "confidence", "operator": ">", "value": 0.85, "points": 5},
        {"attribute": "technologies", "operator": "uses", "value": "WordPress", "points": 10},
    ],
    "publish": True,
}
COMPANY = {"industry": "Technology", "country": "US", "technologies": ["Stripe"], "email": True, "confidence": 0.9}

Trip = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Side:
    """One of the two that are compared, and what was measured of it."""

    name: str
    trip: Trip
    steady: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Milliseconds that this share of the steady trips stayed below."""
        ordered = sorted(self.steady)
        return ordered[int(len(ordered) * share)] * 1000

    def report(self) -> str:
        return (
            f"{self.name:>10}: p50 {self.percentile(0.5):5.2f} ms, p99 {self.percentile(0.99):5.2f} ms, "
            f"{statistics.median(self.rates):6,.0f}/s with {IN_FLIGHT} in flight"
        )


async def steadily(trip: Trip, *, rate: float, seconds: float) -> list[float]:
    """Latencies of trips that begin at even intervals, whether or not the ones before have ended."""
    latencies: list[float] = []

    async def one() -> None:
        started = time.perf_counter()
        await trip()
        latencies.append(time.perf_counter() - started)

    async with asyncio.TaskGroup() as trips:
        begin = time.perf_counter()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, begin + number / rate - time.perf_counter()))
            trips.create_task(one())
    return latencies


async def at_full_rate(trip: Trip, *, seconds: float) -> float:
    """Trips a second with so many callers that never rest."""
    until = time.perf_counter() + seconds

    async def caller() -> int:
        count = 0
        while time.perf_counter() < until:
            await trip()
            count += 1
        return count

    started = time.perf_counter()
    counts = await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
    return sum(counts) / (time.perf_counter() - started)


@asynccontextmanager
async def scoring(endpoints: Endpoints) -> AsyncIterator[Trip]:
    """A trip through Winnow: a company and a rule like those of the API's example, scored again and again."""
    headers = {"Authorization": f"Bearer {endpoints.api_key}"}
    connector = TCPConnector(limit=IN_FLIGHT)
    async with ClientSession(endpoints.gateway, headers=headers, connector=connector) as session:
        async with session.put("/v1/companies/newstartup.com", json=COMPANY) as answer:
            answer.raise_for_status()
        async with session.put("/v1/rules/sr_abc123", json=RULE) as answer:
            answer.raise_for_status()

        async def trip() -> None:
            async with session.post("/v1/scoring", json={"domain": "newstartup.com", "rule_id": "sr_abc123"}) as answer:
                body = await answer.json()
                if body.get("score") != 85:
                    raise RuntimeError(f"{answer.status}: {body}")

        yield trip


@asynccontextmanager
async def ping_pong(endpoints: Endpoints) -> AsyncIterator[Trip]:
    """A trip through the broker alone."""
    topics = [
        Topic(name=name, key="none", publishers=(), consumers=(), messages=(), partitions=1) for name in (PINGS, PONGS)
    ]
    await create_topics(endpoints.kafka, topics)
    ponger = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.bench_round_trip", "pong", endpoints.kafka
    )
    producer, consumer = await _clients(endpoints.kafka, PONGS)
    waiting: dict[bytes, asyncio.Future[None]] = {}
    numbers = itertools.count()

    async def listen() -> None:
        async for record in consumer:
            if (future := waiting.pop(record.value, None)) is not None:
                future.set_result(None)

    async def trip() -> None:
        name = b"%0200d" % next(numbers)
        future = waiting[name] = asyncio.get_running_loop().create_future()
        await producer.send(PINGS, name)
        await future

    listener = asyncio.create_task(listen())
    try:
        while ponger.returncode is None:
            try:
                await asyncio.wait_for(trip(), 1)
                break
            except TimeoutError:
                continue
        yield trip
    finally:
        listener.cancel()
        ponger.terminate()
        await ponger.wait()
        await producer.stop()
        await consumer.stop()


async def pong(bootstrap: str) -> None:
    """Send back whatever comes."""
    producer, consumer = await _clients(bootstrap, PINGS)
    async for record in consumer:
        await producer.send(PONGS, record.value)


async def _clients(bootstrap: str, topic: str) -> tuple[AIOKafkaProducer, AIOKafkaConsumer]:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=0)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await producer.start()
    await consumer.start()
    consumer.assign([TopicPartition(topic, 0)])
    await consumer.seek_to_end()
    await consumer.position(TopicPartition(topic, 0))
    return producer, consumer


async def compare(endpoints: Endpoints, *, seconds: float, rounds: int, rate: float) -> None:
    """Print what each did, and the ratios last."""
    async with scoring(endpoints) as score, ping_pong(endpoints) as ping:
        sides = [Side("ping-pong", ping), Side("score", score)]
        for side in sides:
            await at_full_rate(side.trip, seconds=min(seconds, 4.0))
        for _ in range(rounds):
            for side in sides:
                side.steady += await steadily(side.trip, rate=rate, seconds=seconds)
                side.rates.append(await at_full_rate(side.trip, seconds=seconds / 2))
    bare, ours = sides
    print(bare.report())
    print(ours.report())
    print(
        f"   ratios: p50 {ours.percentile(0.5) / bare.percentile(0.5):.2f}x, "
        f"p99 {ours.percentile(0.99) / bare.percentile(0.99):.2f}x, "
        f"rate {statistics.median(ours.rates) / statistics.median(bare.rates):.2f}x of the bare ping-pong"
    )


def main() -> None:
    """Run the bench, or its other process."""
    if sys.argv[1:2] == ["pong"]:
        uvloop.run(pong(sys.argv[2]))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=float, default=100.0)
    options = vars(parser.parse_args())
    folder = Path(tempfile.mkdtemp(prefix="winnow-bench-"))
    folder.chmod(0o755)
    with running_stack(folder) as stack:
        uvloop.run(compare(stack.endpoints, **options))


if __name__ == "__main__":
    main()
