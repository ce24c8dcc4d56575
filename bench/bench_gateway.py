"""The gateway against an idiomatic FastAPI service: requests per second of CPU, and the spread of latencies.

Both answer the same POST: authenticated by a key, limited per account, JSON validated by a model, answered from memory.
Ours is the gateway as it runs, on real PostgreSQL and Valkey, with a stand-in for the log that answers at once; the
other is FastAPI on uvicorn (uvloop, httptools, no access log) with one Valkey round trip for the limit. Each is one
process; the load comes from a third, over keep-alive connections, in alternating rounds. What is compared is CPU time
of the server's process, so that a busy machine does not decide.

    python bench/bench_gateway.py [--seconds 4] [--rounds 5] [--connections 32]
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
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import uvloop

ANSWER = json.dumps(
    {
        "domain": "newstartup.com",
        "rule_id": "sr_abc123",
        "rule_name": "ICP Score",
        "score": 85,
        "tier": "hot",
        "breakdown": [
            {"condition": "Industry is Technology", "matched": True, "points": 25},
            {"condition": "Country is US", "matched": True, "points": 15},
            {"condition": "Uses Stripe", "matched": True, "points": 30},
            {"condition": "Has email", "matched": True, "points": 10},
            {"condition": "Confidence > 0.85", "matched": True, "points": 5},
            {"condition": "Uses WordPress", "matched": False, "points": 0},
        ],
    },
    separators=(",", ":"),
).encode()
BODY = b'{"domain":"newstartup.com","rule_id":"sr_abc123"}'


@dataclass(slots=True)
class Round:
    """What one round showed."""

    requests: int
    seconds: float
    cpu: float
    latencies: list[float]

    @property
    def per_cpu_second(self) -> float:
        return self.requests / self.cpu


class Caller(asyncio.Protocol):
    """One connection that sends a request, waits for its answer and sends the next."""

    def __init__(self, request: bytes, until: float, finished: asyncio.Future[None]) -> None:
        self.latencies: list[float] = []
        self._request = request
        self._until = until
        self._finished = finished
        self._buffer = bytearray()
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0 or len(self._buffer) < head + 4 + self._length(head):
            return
        if not self._buffer.startswith(b"HTTP/1.1 200"):
            self._finished.set_exception(RuntimeError(bytes(self._buffer).decode()))
            return
        now = time.perf_counter()
        self.latencies.append(now - self._sent)
        self._buffer.clear()
        if now < self._until:
            self._send()
        else:
            self._transport.close()
            self._finished.set_result(None)

    def _length(self, head: int) -> int:
        lowered = bytes(self._buffer[:head]).lower()
        start = lowered.index(b"content-length:") + 15
        end = lowered.find(b"\r\n", start)
        return int(lowered[start : end if end > 0 else head])

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)


async def load(port: int, key: str, *, seconds: float, connections: int) -> list[float]:
    """Latencies of all requests that `connections` callers got answered."""
    request = (
        f"POST /v1/scoring HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    ).encode() + BODY
    loop = asyncio.get_running_loop()
    until = time.perf_counter() + seconds
    callers = []
    for _ in range(connections):
        finished = loop.create_future()
        _, caller = await loop.create_connection(lambda done=finished: Caller(request, until, done), "127.0.0.1", port)
        callers.append((caller, finished))
    await asyncio.gather(*(finished for _, finished in callers))
    return [latency for caller, _ in callers for latency in caller.latencies]


async def measure(server: "Server", *, seconds: float, connections: int) -> Round:
    """One round against a server, whose CPU time is read before and after."""
    process = psutil.Process(server.pid)
    before, started = process.cpu_times(), time.perf_counter()
    arguments = ["load", str(server.port), server.key, str(seconds), str(connections)]
    loader = await asyncio.create_subprocess_exec(sys.executable, __file__, *arguments, stdout=asyncio.subprocess.PIPE)
    out, _ = await loader.communicate()
    after, ended = process.cpu_times(), time.perf_counter()
    latencies = json.loads(out)
    cpu = after.user + after.system - before.user - before.system
    return Round(len(latencies), ended - started, cpu, latencies)


@dataclass(slots=True)
class Server:
    """A server of this bench, in a process of its own."""

    name: str
    pid: int
    port: int
    key: str
    rounds: list[Round] = field(default_factory=list)

    def report(self) -> str:
        latencies = sorted(latency for each in self.rounds for latency in each.latencies)
        p50, p99 = latencies[len(latencies) // 2] * 1000, latencies[int(len(latencies) * 0.99)] * 1000
        return (
            f"{self.name:>8}: {self.median():7,.0f} requests per CPU second, "
            f"{statistics.median(each.requests / each.seconds for each in self.rounds):7,.0f}/s, "
            f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, p99/p50 {p99 / p50:.2f}"
        )

    def median(self) -> float:
        return statistics.median(each.per_cpu_second for each in self.rounds)


@asynccontextmanager
async def serving(name: str, environment: dict[str, str]) -> AsyncIterator[Server]:
    """Start this file as a server; it says its port and key on one line."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, name, env={**os.environ, **environment}, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        line = b""
        while not line.startswith(b"{"):
            line = await process.stdout.readline()
        said = json.loads(line)
        yield Server(name, process.pid, said["port"], said["key"])
    finally:
        process.terminate()
        await process.wait()


async def compare(*, seconds: float, rounds: int, connections: int) -> None:
    """Print what each server did, and the ratio last."""
    from winnow_local.postgres import run_sql
    from winnow_local.servers import Servers

    folder = Path(tempfile.mkdtemp(prefix="winnow-bench-"))
    folder.chmod(0o755)
    machines = Servers.inside(folder, sink=lambda _: None)
    async with AsyncExitStack() as stack:
        for machine in (machines.postgres, machines.valkey):
            stack.push_async_callback(machine.stop)
            await machine.start()
        password = secrets.token_urlsafe(12)
        run_sql(
            machines.postgres.url(),
            statements=f"CREATE ROLE gateway LOGIN PASSWORD '{password}'; CREATE DATABASE gateway OWNER gateway",
            in_transaction=False,
        )
        environment = {
            "WINNOW_GATEWAY_POSTGRES": machines.postgres.url(role="gateway", password=password, database="gateway"),
            "WINNOW_GATEWAY_REDIS": machines.valkey.url(),
            "WINNOW_GATEWAY_KAFKA": "unused:9092",
            "WINNOW_GATEWAY_OBJECTS": f"file://{folder}",
            "WINNOW_GATEWAY_MASTER_KEY": base64.b64encode(bytes(32)).decode(),
            "WINNOW_GATEWAY_PEPPER": base64.b64encode(bytes(32)).decode(),
            "WINNOW_GATEWAY_PORT": "0",
            "WINNOW_GATEWAY_ACCESS_LOG": "false",
        }
        servers = [await stack.enter_async_context(serving(name, environment)) for name in ("winnow", "fastapi")]
        for server in servers:
            await measure(server, seconds=min(seconds, 1.0), connections=connections)
        for _ in range(rounds):
            for server in servers:
                server.rounds.append(await measure(server, seconds=seconds, connections=connections))
        for server in servers:
            print(server.report())
        ours, theirs = servers
        print(f"   ratio: {ours.median() / theirs.median():.2f} times the requests of FastAPI per CPU second")


async def serve_winnow() -> None:
    """The gateway, with a stand-in for the log."""
    import winnow_common
    import winnow_gateway
    from winnow_common.clock import system_clock
    from winnow_common.log import Log
    from winnow_common.memory_log import MemoryLog
    from winnow_common.postgres import migrate
    from winnow_common.requests import Reply, Requests
    from winnow_common.settings import load as load_settings
    from winnow_gateway.app import open_gateway
    from winnow_gateway.commands import first_key
    from winnow_gateway.settings import Settings

    async def ask(*_: object, **__: object) -> Reply:
        return Reply(200, ANSWER, replayed=False)

    Requests.ask = ask  # type: ignore[method-assign]
    settings = load_settings(Settings)
    folders = [Path(package.__file__).parent / "migrations" for package in (winnow_common, winnow_gateway)]
    migrate(settings.postgres.get_secret_value(), *folders)
    log: Log = MemoryLog(partitions=12)
    async with open_gateway(settings, source=log) as gateway:
        made = await first_key(gateway.services.pool, gateway.services.registration, clock=system_clock)
        print(json.dumps({"port": gateway.port, "key": made["api_key"]}), flush=True)
        await asyncio.Event().wait()


async def serve_fastapi() -> None:
    """What one would write with FastAPI: a model, a dependency for the key, a dependency for the limit."""
    import hashlib
    import socket
    from typing import Annotated

    import uvicorn
    from fastapi import Depends, FastAPI, HTTPException, Response
    from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
    from pydantic import BaseModel, Field
    from redis.asyncio import Redis

    redis = Redis.from_url(os.environ["WINNOW_GATEWAY_REDIS"])
    key = secrets.token_urlsafe(32)
    accounts = {hashlib.sha256(key.encode()).hexdigest(): "acc_1"}
    app = FastAPI()
    bearer = HTTPBearer()

    class ScoreRequest(BaseModel):
        domain: Annotated[str, Field(max_length=2048)]
        rule_id: Annotated[str | None, Field(max_length=200)] = None

    class Line(BaseModel):
        condition: str
        matched: bool
        points: int

    class Score(BaseModel):
        domain: str
        rule_id: str
        rule_name: str
        score: int
        tier: str
        breakdown: list[Line]

    answer = Score.model_validate_json(ANSWER)

    async def account(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> str:
        found = accounts.get(hashlib.sha256(credentials.credentials.encode()).hexdigest())
        if found is None:
            raise HTTPException(401, "Invalid API key")
        return found

    async def limited(response: Response, account_id: Annotated[str, Depends(account)]) -> str:
        name = f"limit:{account_id}:{int(time.time() // 60)}"
        async with redis.pipeline(transaction=True) as pipeline:
            count, _ = await pipeline.incr(name).expire(name, 60).execute()
        if count > 1_000_000:
            raise HTTPException(429, "Rate limit exceeded")
        response.headers["X-RateLimit-Limit"] = "1000000"
        response.headers["X-RateLimit-Remaining"] = str(1_000_000 - count)
        return account_id

    @app.post("/v1/scoring")
    async def score(_: ScoreRequest, __: Annotated[str, Depends(limited)]) -> Score:
        return answer

    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(json.dumps({"port": listener.getsockname()[1], "key": key}), flush=True)
    config = uvicorn.Config(app, access_log=False, log_level="warning", http="httptools", loop="uvloop")
    await uvicorn.Server(config).serve(sockets=[listener])


def main() -> None:
    """Run the bench, or one of its processes."""
    match sys.argv[1:]:
        case ["load", port, key, seconds, connections]:
            latencies = uvloop.run(load(int(port), key, seconds=float(seconds), connections=int(connections)))
            print(json.dumps(latencies))
        case ["winnow"]:
            uvloop.run(serve_winnow())
        case ["fastapi"]:
            uvloop.run(serve_fastapi())
        case _:
            parser = argparse.ArgumentParser(description=__doc__)
            parser.add_argument("--seconds", type=float, default=4.0)
            parser.add_argument("--rounds", type=int, default=5)
            parser.add_argument("--connections", type=int, default=32)
            asyncio.run(compare(**vars(parser.parse_args())))


if __name__ == "__main__":
    main()
