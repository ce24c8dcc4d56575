"""The scoring service alone, from a full topic: batches of up to 500 against one message at a time, and two processes.

The topic holds scoring requests of twenty tenants for the same companies and rule as the API's example. A process of
the service, as `make up` starts it, works it off: every score persisted, with its inbox row, stored reply, and both
of its facts in the outbox, and replies published. The rate is read from the inbox between two moments while the topic
is still full; CPU is that of the service's process alone, then with PostgreSQL's.

    python -m bench.bench_scoring [--messages 100000] [--seconds 5]
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import orjson
import psutil
import uvloop
from winnow_common.identifiers import uuid7
from winnow_common.kafka import KafkaLog, create_topics
from winnow_common.log import Message
from winnow_common.outbox import message_key
from winnow_contracts import profiles, rulebook, scores
from winnow_contracts.event import Environment, Event
from winnow_contracts.topic import MessageType
from winnow_contracts.topics import SCORING_REQUESTS, TOPICS
from winnow_local.credentials import load_or_create
from winnow_local.database import prepare_database
from winnow_local.processes import Process, run_to_end
from winnow_local.servers import Servers
from winnow_local.services import SERVICES, Role, Wiring

from bench.bench_round_trip import COMPANY, RULE

TENANTS = 20
COMPANIES = 500
_WARM = 2000
"""Messages handled before the clock starts: plans are cached, the pool is open."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What was handled in a stretch of time, and with how much of the processor."""

    messages: int
    seconds: float
    service_cpu: float
    database_cpu: float

    @property
    def per_second(self) -> float:
        return self.messages / self.seconds

    def report(self, name: str) -> str:
        each = 1e6 / self.messages
        return (
            f"{name:>22}: {self.per_second:8,.0f} scores/s, {self.messages / self.service_cpu:8,.0f} per CPU second of "
            f"the service ({self.service_cpu * each:5.1f} us, PostgreSQL {self.database_cpu * each:5.1f} us)"
        )


class Bench:
    """The servers with a topic to fill, and processes of the service to set on it."""

    def __init__(self, servers: Servers, wiring: Wiring, database: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._servers = servers
        self._wiring = wiring
        self._database = database
        self._tenants = [uuid7() for _ in range(TENANTS)]

    async def prepare(self) -> None:
        """Give every tenant its companies and its rule, through the service itself."""
        now = datetime.now(UTC)
        rule = {name: value for name, value in RULE.items() if name != "publish"}
        events = [
            self._event(tenant, rulebook.PUT, {"id": "sr_abc123", "definition": rule, "publish": True}, now)
            for tenant in self._tenants
        ] + [
            self._event(tenant, profiles.PUT, {"domain": f"startup{number}.com", "attributes": COMPANY}, now)
            for tenant in self._tenants
            for number in range(COMPANIES)
        ]
        await self._publish(events)
        async with self._service(1):
            while await self._handled() < len(events):
                await asyncio.sleep(0.1)
        await self._database.execute("VACUUM ANALYZE")

    async def measure(self, *, batch: int, processes: int, messages: int, seconds: float) -> Rate:
        """Fill the topic, set so many processes on it, and look how fast they are once they are warm."""
        now = datetime.now(UTC)
        await self._publish(
            [
                self._event(
                    self._tenants[number % TENANTS],
                    scores.SCORE,
                    {"domain": f"startup{number * 7 % COMPANIES}.com", "rule_id": "sr_abc123"},
                    now,
                )
                for number in range(messages)
            ]
        )
        start = await self._handled()
        async with self._service(processes, batch=batch) as children:
            warm = min(_WARM, messages // 10) * processes
            while await self._handled() < start + warm:
                await asyncio.sleep(0.2)
            before, began, cpu = await self._handled(), time.perf_counter(), self._cpu(children)
            while time.perf_counter() - began < seconds and await self._handled() < start + messages:
                await asyncio.sleep(0.5)  # counting more often takes as long as handling many
            after, ended, used = await self._handled(), time.perf_counter(), self._cpu(children)
            while await self._handled() < start + messages and batch > 1:
                await asyncio.sleep(0.5)
        return Rate(after - before, ended - began, used[0] - cpu[0], used[1] - cpu[1])

    def _event(self, tenant: UUID, message: MessageType, data: dict[str, object], now: datetime) -> Event:
        subject = str(data.get("domain") or data.get("id"))
        return Event(
            id=uuid4(),
            source="winnow/gateway",
            type=message.name,
            time=now,
            data=orjson.dumps(data),
            tenant=tenant,
            subject=subject,
            reply_to="0/bench",
            budget_ms=10_000,
            environment=Environment.PRODUCTION,
            fingerprint="0" * 32,
            previous_id=uuid4(),
        )

    async def _publish(self, events: Sequence[Event]) -> None:
        async with KafkaLog(self._wiring.kafka, client="bench").publisher() as publisher:
            for start in range(0, len(events), 2000):
                await publisher.publish(
                    [
                        Message(
                            SCORING_REQUESTS.name,
                            message_key(event.tenant or UUID(int=0), event.subject or ""),
                            event.data,
                            event.headers(),
                        )
                        for event in events[start : start + 2000]
                    ]
                )

    async def _handled(self) -> int:
        return int(await self._database.fetchval("SELECT count(*) FROM inbox"))

    @asynccontextmanager
    async def _service(self, processes: int, *, batch: int = 500) -> AsyncIterator[list[psutil.Process]]:
        children = []
        for number in range(processes):
            command = self._wiring.command(Role(service="scoring"), instance=f"bench-{number}")
            told = {"WINNOW_SCORING_BATCH": str(batch), "WINNOW_SCORING_LOG_LEVEL": "warning"}
            command = replace(command, environment={**command.environment, **told})
            children.append(Process(command, sink=lambda line: print(line, file=sys.stderr)))
        try:
            yield [psutil.Process(child.pid) for child in children]
        finally:
            await asyncio.gather(*(child.stop(within=25) for child in children))

    def _cpu(self, children: Sequence[psutil.Process]) -> tuple[float, float]:
        """CPU seconds of the service, and of every process of PostgreSQL."""
        postgres = self._servers.postgres.process
        assert postgres is not None
        server = psutil.Process(postgres.pid)
        return sum(map(_seconds, children)), sum(map(_seconds, [server, *server.children(recursive=True)]))


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


@asynccontextmanager
async def opened() -> AsyncIterator[Bench]:
    """The servers, the service's schema and topics, and nothing else."""
    folder = Path(tempfile.mkdtemp(prefix="winnow-bench-"))
    folder.chmod(0o755)
    servers = Servers.inside(folder, sink=lambda _: None)
    async with AsyncExitStack() as stack:
        await servers.start()
        stack.push_async_callback(servers.stop)
        credentials = load_or_create(folder / "secrets.json", roles=SERVICES)
        wiring = Wiring(
            postgres=prepare_database(servers.postgres.url(), roles=credentials.roles),
            kafka=servers.kafka.bootstrap,
            redis=servers.valkey.url(),
            objects=(folder / "objects").as_uri(),
            master_key=credentials.master_key,
            pepper=credentials.pepper,
            port=0,
            log_level="warning",
        )
        (folder / "objects").mkdir()
        await create_topics(wiring.kafka, TOPICS)
        await run_to_end(
            wiring.command(Role(service="scoring", role="migrate"), instance="migrate"), sink=lambda _: None, within=60
        )
        database = await asyncpg.connect(wiring.postgres["scoring"])
        stack.push_async_callback(database.close)
        bench = Bench(servers, wiring, database)
        await bench.prepare()
        yield bench


async def compare(*, messages: int, seconds: float) -> None:
    """Print each rate, and the ratios last."""
    async with opened() as bench:
        together = await bench.measure(batch=500, processes=1, messages=messages, seconds=seconds)
        singly = await bench.measure(batch=1, processes=1, messages=max(messages // 40, 500), seconds=seconds)
        pair = await bench.measure(batch=500, processes=2, messages=messages * 2, seconds=seconds)
    print(together.report("batches of up to 500"))
    print(singly.report("one at a time"))
    print(pair.report("two processes"))
    print(
        f"   ratios: batches {together.per_second / singly.per_second:.1f}x of singles, "
        f"two processes {pair.per_second / together.per_second:.2f}x of one"
    )


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000, help="too few, and the topic runs empty in mid time")
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    uvloop.run(compare(messages=options.messages, seconds=options.seconds))


if __name__ == "__main__":
    main()
