"""Files of leads from end to end, on a stack as `make up` starts it: rows per second and memory of every process.

Each file is a tenant's first, so that it is compared with itself alone. The naive loop parses the same file, asks
phonenumbers and email-validator about every row, and COPYs the rows: no phase more. With `--beside` another tenant's
500 rows and single calls of `/v1/scoring` run alone first, then for as long as the largest file is processed.

    python -m bench.bench_pipeline [--sizes 10000 100000 1000000] [--processes 1] [--beside]
"""

import argparse
import asyncio
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import requests
from winnow_local.home import processes_of
from winnow_local.running import RunningStack, running_stack

from bench.pipeline import lead_files
from bench.pipeline.naive import naive

ENDED = {"completed", "failed", "cancelled"}
SMALL = 500


@dataclass(frozen=True, slots=True)
class Tenant:
    """An account of its own."""

    url: str
    session: requests.Session

    @classmethod
    def new(cls, stack: RunningStack) -> "Tenant":
        url = stack.endpoints.gateway
        body = {"email": f"{secrets.token_hex(8)}@example.com", "password": secrets.token_urlsafe(16)}
        session = requests.Session()
        key = session.post(f"{url}/v1/accounts", json=body, timeout=30).json()["api_key"]
        session.headers["Authorization"] = f"Bearer {key}"
        return cls(url, session)

    def begin(self, path: Path) -> str:
        with path.open("rb") as file:
            sent = self.session.post(f"{self.url}/api/upload", files={"file": (path.name, file)}, timeout=600)
        sent.raise_for_status()
        begun = self.session.post(f"{self.url}/api/process", json={"upload_id": sent.json()["upload_id"]}, timeout=60)
        begun.raise_for_status()
        return str(begun.json()["batch_id"])

    def wait(self, batch: str, *, pause: float, phases: "Phases | None" = None) -> Mapping[str, Any]:
        while True:
            found: Mapping[str, Any] = self.session.get(f"{self.url}/api/batches/{batch}", timeout=60).json()
            if phases is not None:
                phases.look_at(found)
            if found["status"] in ENDED and found["finished_at"]:
                return found
            time.sleep(pause)


@dataclass(slots=True)
class Phases:
    """When each phase was through with all rows, in seconds from the beginning."""

    began: float = field(default_factory=time.perf_counter)
    through: dict[str, float] = field(default_factory=dict)

    def look_at(self, batch: Mapping[str, Any]) -> None:
        for each in batch["phases"]:
            if each["total"] and each["done"] >= each["total"]:
                self.through.setdefault(each["phase"], time.perf_counter() - self.began)

    def __str__(self) -> str:
        return ", ".join(f"{phase} {seconds:.0f} s" for phase, seconds in self.through.items())


@dataclass(slots=True)
class Memory:
    """The most that each process of the pipeline held, in MB."""

    most: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def watched(self, stack: RunningStack) -> Iterator[None]:
        over = threading.Event()
        watching = threading.Thread(target=self._watch, args=(stack, over))
        watching.start()
        try:
            yield
        finally:
            over.set()
            watching.join()

    def _watch(self, stack: RunningStack, over: threading.Event) -> None:
        while not over.wait(0.5):
            for process in processes_of(stack.home.folder):
                self._look_at(process)

    def _look_at(self, process: int) -> None:
        try:
            words = Path(f"/proc/{process}/cmdline").read_text().split("\0")
            pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        except (OSError, IndexError, ValueError):
            return
        if any("winnow_pipeline" in word or "winnow_scoring" in word for word in words):
            name = " ".join(words[-3:-1]).replace("winnow_", "")
        elif any("spawn_main" in word for word in words):
            name = f"computing {process}"
        else:
            return
        self.most[name] = max(self.most.get(name, 0), pages * os.sysconf("SC_PAGE_SIZE") // 2**20)


def measured(stack: RunningStack, path: Path, rows: int) -> float:
    """Seconds from the request to the end of the batch."""
    tenant = Tenant.new(stack)
    memory = Memory()
    with memory.watched(stack):
        phases = Phases()
        found = tenant.wait(tenant.begin(path), pause=max(0.1, rows / 500_000), phases=phases)
        seconds = time.perf_counter() - phases.began
    counts = found["counts"]
    assert counts["rows"] == sum(counts[name] for name in ("qualified", "rejected", "duplicate", "failed")) == rows
    most = ", ".join(f"{name} {size}" for name, size in sorted(memory.most.items(), key=lambda item: -item[1])[:5])
    print(
        f"{rows:>9,} leads: {seconds:7.1f} s, {rows / seconds:6,.0f} rows/s; qualified {counts['qualified']:,}, "
        f"duplicate {counts['duplicate']:,}; through {phases}; MB at most: {most}",
        flush=True,
    )
    return seconds


class Beside:
    """Single scores at even intervals for as long as a block lasts."""

    def __init__(self, stack: RunningStack, *, rate: float = 20.0) -> None:
        self._url = f"{stack.endpoints.gateway}/v1/scoring"
        self._rate = rate
        self._tenant = Tenant.new(stack)
        self._taken: list[float] = []
        body = {"name": "A", "industry": "Software"}
        self._tenant.session.put(f"{stack.endpoints.gateway}/v1/companies/a.com", json=body, timeout=30)

    @contextmanager
    def asking(self) -> Iterator[None]:
        over = threading.Event()
        self._taken = []
        caller = threading.Thread(target=self._ask, args=(over,))
        caller.start()
        try:
            yield
        finally:
            over.set()
            caller.join()

    def _ask(self, over: threading.Event) -> None:
        begin = time.perf_counter()
        for place in count():
            if over.wait(max(0.0, begin + place / self._rate - time.perf_counter())):
                return
            started = time.perf_counter()
            self._tenant.session.post(self._url, json={"domain": "a.com"}, timeout=30).raise_for_status()
            self._taken.append((time.perf_counter() - started) * 1000)

    @property
    def p99(self) -> float:
        """In milliseconds."""
        return sorted(self._taken)[int(len(self._taken) * 0.99)]

    def __len__(self) -> int:
        return len(self._taken)


def small(stack: RunningStack, path: Path) -> float:
    """Seconds for 500 rows of a tenant that is new."""
    tenant = Tenant.new(stack)
    began = time.perf_counter()
    tenant.wait(tenant.begin(path), pause=0.05)
    return time.perf_counter() - began


def beside(stack: RunningStack, path: Path, few: Path, *, seconds: float) -> None:
    """What a large batch does to others."""
    scores = Beside(stack)
    small(stack, few)
    with scores.asking():
        time.sleep(seconds)
    alone = scores.p99, sorted(small(stack, few) for _ in range(5))[2]
    large = Tenant.new(stack)
    batch = large.begin(path)
    during: list[float] = []
    with scores.asking():
        while not large.session.get(f"{large.url}/api/batches/{batch}", timeout=60).json()["finished_at"]:
            time.sleep(2.0)
            during.append(small(stack, few))
    middle = sorted(during)[len(during) // 2]
    times = f"{middle / alone[1]:.1f}x, {max(during) / alone[1]:.1f}x"
    print(
        f"beside a large batch: p99 of {len(scores):,} single scores {scores.p99:.0f} ms, alone {alone[0]:.0f} ms "
        f"({scores.p99 / alone[0]:.1f}x); another tenant's {SMALL} rows {middle:.1f} s in the middle, "
        f"{max(during):.1f} s at worst of {len(during)}, alone {alone[1]:.1f} s ({times})"
    )


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--processes", type=int, default=1, help="of the role chunks")
    parser.add_argument("--beside", action="store_true")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="winnow-bench-"))
    folder.chmod(0o755)
    paths = {size: folder / f"{size}.csv" for size in options.sizes}
    for size, path in paths.items():
        lead_files.write(path, size, seed=size)
    environment = {
        "WINNOW_PIPELINE_DNS": "false",
        "WINNOW_GATEWAY_DEFAULT_PLAN": "unlimited",
        "SCALE": f"chunks={options.processes}",
    }
    with running_stack(folder / "stack", environment=environment) as stack:
        taken = {size: measured(stack, path, size) for size, path in paths.items()}
        smallest, largest = min(taken), max(taken)
        middle = 100_000 if 100_000 in taken else smallest
        plain = asyncio.run(naive(paths[middle], stack.endpoints.postgres["pipeline"]))
        print(
            f"naive loop over {middle:,} leads: {plain:.1f} s on one core; all phases on {os.cpu_count()} cores take "
            f"{taken[middle] / plain:.2f}x as long"
        )
        print(f"{largest:,} leads take {taken[largest] / taken[middle]:.1f}x the time of {middle:,}")
        if options.beside:
            few = folder / "few.csv"
            lead_files.write(few, SMALL, seed=5)
            beside(stack, paths[largest], few, seconds=60.0)


if __name__ == "__main__":
    main()
