"""The gateway against an idiomatic FastAPI service: requests per second of CPU, and the spread of latencies.

All answer the same POST /v1/score with the same JSON: authenticated by a key, limited per account, the body validated
by a model, the answer read from Valkey. Ours is the gateway as it runs, on real PostgreSQL and Valkey; the others are
FastAPI on uvicorn (uvloop, httptools), with one Valkey round trip for the limit and the answer: `fastapi` answers with
a model, as its tutorial has it, and `lean` passes the bytes on. None writes an access log. Each is one process; the
load comes from another, over keep-alive connections, in alternating rounds. What is compared is the CPU time of the
server's process, so that a busy machine does not decide.

    python -m bench.bench_gateway [--seconds 4] [--rounds 5] [--connections 32]
"""

import argparse
import asyncio
import base64
import json
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import winnow_common
import winnow_gateway
from winnow_common.postgres import migrate
from winnow_local.postgres import run_sql
from winnow_local.servers import Servers

SERVERS = {"winnow": "winnow_server", "fastapi": "fastapi_server", "lean": "fastapi_server"}
SECRET = base64.b64encode(bytes(32)).decode()
MIGRATIONS = [Path(package.__path__[0]) / "migrations" for package in (winnow_common, winnow_gateway)]


@dataclass(slots=True)
class Round:
    """What one round showed; times in seconds, `cpu` of the server's process."""

    requests: int
    p50: float
    p99: float
    seconds: float
    cpu: float


@dataclass(slots=True)
class Server:
    """A server of this bench, in a process of its own."""

    name: str
    pid: int
    port: int
    key: str
    rounds: list[Round] = field(default_factory=list)

    def per_cpu_second(self) -> float:
        """Requests per second of CPU, the median of the rounds."""
        return statistics.median(each.requests / each.cpu for each in self.rounds)

    def report(self) -> str:
        """One line of figures; percentiles are medians of the rounds'."""
        p50 = statistics.median(each.p50 for each in self.rounds) * 1000
        p99 = statistics.median(each.p99 for each in self.rounds) * 1000
        rate = statistics.median(each.requests / each.seconds for each in self.rounds)
        return (
            f"{self.name:>8}: {self.per_cpu_second():7,.0f} requests per CPU second, {rate:7,.0f}/s, "
            f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, p99/p50 {p99 / p50:.2f}"
        )


async def measure(server: Server, *, seconds: float, connections: int) -> Round:
    """One round against a server, whose CPU time is read before and after."""
    process = psutil.Process(server.pid)
    before, started = process.cpu_times(), time.perf_counter()
    arguments = ["bench.gateway.load", str(server.port), server.key, str(seconds), str(connections)]
    loader = await asyncio.create_subprocess_exec(sys.executable, "-m", *arguments, stdout=asyncio.subprocess.PIPE)
    out, _ = await loader.communicate()
    after, ended = process.cpu_times(), time.perf_counter()
    cpu = after.user + after.system - before.user - before.system
    return Round(**json.loads(out), seconds=ended - started, cpu=cpu)


@asynccontextmanager
async def serving(name: str, environment: Mapping[str, str]) -> AsyncIterator[Server]:
    """Start a server, which says its port and key on a line of JSON."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"bench.gateway.{SERVERS[name]}",
        name,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        while not (line := await process.stdout.readline()).startswith(b"{"):
            if not line:
                raise RuntimeError(f"{name} did not start")
        said = json.loads(line)
        yield Server(name, process.pid, said["port"], said["key"])
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def environment(folder: Path) -> AsyncIterator[Mapping[str, str]]:
    """PostgreSQL and Valkey for the servers, as the gateway's settings."""
    machines = Servers.inside(folder, sink=lambda _: None)
    async with AsyncExitStack() as stack:
        for machine in (machines.postgres, machines.valkey):
            stack.push_async_callback(machine.stop)
            await machine.start()
        password = secrets.token_urlsafe(12)
        create = f"CREATE ROLE gateway LOGIN PASSWORD '{password}'; CREATE DATABASE gateway OWNER gateway"
        run_sql(machines.postgres.url(), statements=create, in_transaction=False)
        postgres = machines.postgres.url(role="gateway", password=password, database="gateway")
        migrate(postgres, *MIGRATIONS)
        yield {
            "WINNOW_GATEWAY_POSTGRES": postgres,
            "WINNOW_GATEWAY_REDIS": machines.valkey.url(),
            "WINNOW_GATEWAY_KAFKA": "unused:9092",
            "WINNOW_GATEWAY_OBJECTS": f"file://{folder}",
            "WINNOW_GATEWAY_MASTER_KEY": SECRET,
            "WINNOW_GATEWAY_PEPPER": SECRET,
            "WINNOW_GATEWAY_PORT": "0",
            "WINNOW_GATEWAY_ACCESS_LOG": "false",
        }


async def compare(folder: Path, *, seconds: float, rounds: int, connections: int) -> None:
    """Print what each server did, and the ratio last."""
    async with AsyncExitStack() as stack:
        settings = await stack.enter_async_context(environment(folder))
        servers = [await stack.enter_async_context(serving(name, settings)) for name in SERVERS]
        for server in servers:
            await measure(server, seconds=min(seconds, 1.0), connections=connections)
        for _ in range(rounds):
            for server in servers:
                server.rounds.append(await measure(server, seconds=seconds, connections=connections))
        for server in servers:
            print(server.report())
        ours, theirs, lean = (server.per_cpu_second() for server in servers)
        print(f"   ratio: {ours / theirs:.2f} times the requests of FastAPI per CPU second, {ours / lean:.2f} of lean")


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=32)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        asyncio.run(compare(folder, **vars(options)))


if __name__ == "__main__":
    main()
