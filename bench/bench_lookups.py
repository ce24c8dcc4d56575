"""Similarity scores over HTTP at a steady rate: cached ones, new ones, and those of companies nobody has heard of.

On a stack as `make up` starts it, with 500 customers: a) companies whose answer is cached; b) companies that are known
and were never scored; c) companies that the tenant knows nothing of, whose profiles the directory gives on the way.
Every answer of b) and c) is stored and charged. Requests come at even intervals from another process, whether or not
those before are answered, and a latency counts from when its request was meant to be sent (so that a stall counts for
all who would have come meanwhile).

    python -m bench.bench_lookups [--seconds 30] [--rate 200]
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests
import uvloop
from aiohttp import ClientSession, ClientTimeout, TCPConnector
from winnow_local.endpoints import Endpoints
from winnow_local.running import RunningStack, running_stack

CUSTOMERS = 500
CACHED = 400
WARM_UP = 2.0
"""Seconds of requests that do not count, before each measurement."""
PROMISED_CACHED, PROMISED_NEW = 0.2, 2.0

INDUSTRIES = ("Fintech", "Healthcare", "Education", "Energy", "Logistics", "Retail", "Media", "Security")
TECHNOLOGIES = ("Stripe", "React", "Kafka", "PostgreSQL", "Salesforce", "HubSpot", "Shopify", "SAP", "Snowflake")
WORDS = ("payments", "banks", "clinics", "care", "schools", "energy", "trucks", "freight", "shops", "video", "teams")


@dataclass(frozen=True, slots=True)
class Load:
    """What the other process does: requests for `<name>-<number>.com`, the numbers counting up or going round."""

    url: str
    key: str
    name: str
    rate: float
    seconds: float
    first: int = 0
    round: int | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds by request, and how the answers were."""

    latencies: list[float]
    hits: int
    scored: int
    failed: int

    def percentile(self, share: float) -> float:
        """Seconds that this share of the requests stayed below."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    def report(self, what: str) -> str:
        count = len(self.latencies)
        return (
            f"{what:>26}: p50 {self.percentile(0.5) * 1000:7.1f} ms, p99 {self.percentile(0.99) * 1000:7.1f} ms, "
            f"{self.hits / count:6.1%} from the cache, {self.scored / count:6.1%} with a score, {self.failed} failed"
        )


async def load(told: Load) -> Measured:
    """Send the requests and wait for the answers."""
    latencies: list[float] = []
    hits = scored = failed = 0
    headers = {"Authorization": f"Bearer {told.key}"}
    async with ClientSession(
        told.url, headers=headers, connector=TCPConnector(limit=0), timeout=ClientTimeout(total=60)
    ) as session:

        async def ask(number: int, meant: float) -> None:
            nonlocal hits, scored, failed
            domain = f"{told.name}-{number if told.round is None else number % told.round}.com"
            async with session.post("/v1/score", json={"domain": domain}) as answer:
                body = await answer.read()
            latencies.append(time.perf_counter() - meant)
            hits += "hit" in answer.headers.get("Cache-Status", "")
            scored += answer.status == 200 and b'"score":null' not in body
            failed += answer.status != 200

        async with asyncio.TaskGroup() as asked:
            begin = time.perf_counter() + 0.1
            for place in range(int(told.rate * told.seconds)):
                meant = begin + place / told.rate
                await asyncio.sleep(max(0.0, meant - time.perf_counter()))
                asked.create_task(ask(told.first + place, meant))
    return Measured(latencies, hits, scored, failed)


def elsewhere(told: Load) -> Measured:
    """The load from a process of its own."""
    command = [sys.executable, "-m", "bench.bench_lookups", "load", json.dumps(asdict(told))]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return Measured(**json.loads(done.stdout))


def companies(name: str, count: int) -> Iterator[dict[str, Any]]:
    """Companies as one might know them; always the same ones."""
    chance = random.Random(name)
    for number in range(count):
        kind = chance.randrange(len(INDUSTRIES))
        yield {
            "domain": f"{name}-{number}.com",
            "name": f"{name.title()} {number}",
            "industry": INDUSTRIES[kind],
            "employees": round(chance.lognormvariate(4, 1.5)) + 1,
            "country": chance.choice(("US", "US", "DE", "GB", "FR")),
            "founded": chance.randrange(1990, 2026),
            "technologies": chance.sample(TECHNOLOGIES, 3),
            "description": " ".join([INDUSTRIES[kind], *chance.sample(WORDS, 6)]),
        }


def prepare(stack: RunningStack, *, count: int) -> None:
    """Customers, as many known companies and companies of the directory, and the model."""
    file = stack.home.folder / "companies.ndjson"
    _write(file, companies("unknown", count))
    environment = {"WINNOW_HOME": str(stack.home.folder)}
    directory = [sys.executable, "-m", "winnow_local", "run", "scoring", "directory", "load", str(file)]
    subprocess.run(directory, env=environment, stdout=subprocess.DEVNULL, check=True)
    for path, name, rows in (
        ("/v1/customers/import", "customer", CUSTOMERS),
        ("/v1/companies/import", "cached", CACHED),
        ("/v1/companies/import", "known", count),
    ):
        _write(file, companies(name, rows))
        with file.open("rb") as opened:
            answer = _call(stack.endpoints, "POST", path, data=opened, type="application/x-ndjson")
        _until(stack.endpoints, f"/v1/imports/{answer['import_id']}", lambda status: status["status"] == "completed")
    _until(
        stack.endpoints,
        "/v1/similarity",
        lambda status: status["customers_known"] == CUSTOMERS and status["model_version"] == status["wanted_version"],
    )


def _write(file: Path, rows: Iterator[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _call(endpoints: Endpoints, method: str, path: str, *, data: Any = None, type: str = "application/json") -> Any:
    headers = {"Authorization": f"Bearer {endpoints.api_key}", "Content-Type": type}
    answer = requests.request(method, endpoints.gateway + path, headers=headers, data=data, timeout=60)
    answer.raise_for_status()
    return answer.json()


def _until(endpoints: Endpoints, path: str, holds: Any) -> None:
    while not holds(_call(endpoints, "GET", path)):
        time.sleep(0.1)


def measure(stack: RunningStack, *, seconds: float, rate: float) -> None:
    """Print each figure, and what was promised last."""
    warm = int(rate * WARM_UP)
    prepare(stack, count=warm + int(rate * seconds))

    def of(name: str, **about: Any) -> Measured:
        every: dict[str, Any] = {"url": stack.endpoints.gateway, "key": stack.endpoints.api_key, "name": name}
        warmed = elsewhere(Load(**every, rate=rate, seconds=WARM_UP, **about))
        while about and warmed.hits < len(warmed.latencies) * 0.99:
            warmed = elsewhere(Load(**every, rate=rate, seconds=WARM_UP, **about))
        return elsewhere(Load(**every, rate=rate, seconds=seconds, first=0 if about else warm, **about))

    cached = of("cached", round=min(CACHED, warm))
    print(cached.report("cached"), flush=True)
    known = of("known")
    print(known.report("new"), flush=True)
    unknown = of("unknown")
    print(unknown.report("new, from the directory"), flush=True)
    slowest = max(known.percentile(0.5), unknown.percentile(0.5))
    print(
        f"at {rate:.0f} requests/s for {seconds:.0f} s each: cached p50 {cached.percentile(0.5) * 1000:.1f} ms "
        f"(promised {PROMISED_CACHED * 1000:.0f} ms: {PROMISED_CACHED / cached.percentile(0.5):.0f}x faster), "
        f"new p50 {known.percentile(0.5) * 1000:.1f} ms and {unknown.percentile(0.5) * 1000:.1f} ms "
        f"(promised {PROMISED_NEW * 1000:.0f} ms: {PROMISED_NEW / slowest:.0f}x faster)"
    )


def main() -> None:
    """Run the bench, or its other process."""
    if sys.argv[1:2] == ["load"]:
        json.dump(asdict(uvloop.run(load(Load(**json.loads(sys.argv[2]))))), sys.stdout)
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=200.0)
    options = vars(parser.parse_args())
    folder = Path(tempfile.mkdtemp(prefix="winnow-bench-"))
    folder.chmod(0o755)
    with running_stack(folder) as stack:
        measure(stack, **options)


if __name__ == "__main__":
    main()
