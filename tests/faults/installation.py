"""A whole Winnow whose services and servers can be killed, as its operator and its database see it."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from winnow_local.endpoints import Endpoints
from winnow_local.running import RunningStack, running_stack
from winnow_local.server import holds
from winnow_local.servers import Servers

from .checker import Effect, Published
from .reading import header, read_whole

_RUNS_AGAIN_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Installation:
    """`make up` on servers of its own, which it does not start again when they are killed."""

    servers: Servers
    stack: RunningStack

    @property
    def endpoints(self) -> Endpoints:
        return self.stack.endpoints

    async def kill(self, service: str, *, role: str | None = None) -> None:
        """End every process of a service, or of a role, at once, as a crash would; it is started again by itself."""
        before = self.stack.process_ids(service)
        killed = [process for process in before if role is None or role in _words(process)]
        assert killed
        for process in killed:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

        async def replaced() -> bool:
            running = self.stack.process_ids(service)
            return len(running) == len(before) and not set(running) & set(killed)

        assert await holds(replaced, within=_RUNS_AGAIN_WITHIN), f"{service} was not started again"

    async def load_directory(self, companies: Mapping[str, Mapping[str, object]]) -> None:
        """Have the operator load companies for all tenants; returns once whoever answers for them knows them all."""
        with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
            file.writelines(json.dumps({"domain": domain, **told}) + "\n" for domain, told in companies.items())
            file.flush()
            command = (sys.executable, "-m", "winnow", "companies", "load-directory", file.name)
            environment = os.environ | {"WINNOW_HOME": str(self.stack.home.folder)}
            await asyncio.to_thread(subprocess.run, command, env=environment, check=True, capture_output=True)

        async def known() -> bool:
            statement = "SELECT count(*) FROM listed_company WHERE domain = ANY($1)"
            return bool((await self.query(statement, list(companies), service="pipeline"))[0][0] == len(companies))

        assert await holds(known, within=60)

    async def query(self, statement: str, *arguments: object, service: str = "scoring") -> Sequence[Any]:
        """Rows of a service's database."""
        connection = await asyncpg.connect(self.endpoints.postgres[service])
        try:
            return await connection.fetch(statement, *arguments)
        finally:
            await connection.close()

    async def scores(self, *, domain: str) -> list[Effect]:
        """The scores in the store, by request, of domains that end so."""
        rows = await self.query("SELECT request_id, domain FROM score WHERE domain LIKE $1", f"%{domain}")
        return [Effect(operation=str(row["request_id"]), key=row["domain"]) for row in rows]

    async def similarity_scores(self, *, domain: str) -> list[Effect]:
        """The same by similarity."""
        rows = await self.query("SELECT request_id, domain FROM similarity_score WHERE domain LIKE $1", f"%{domain}")
        return [Effect(operation=str(row["request_id"]), key=row["domain"]) for row in rows]

    async def companies(self, *, domain: str) -> list[Effect]:
        """Every version of the companies whose domains end so."""
        rows = await self.query("SELECT domain, version FROM company_version WHERE domain LIKE $1", f"%{domain}")
        return [
            Effect(operation=f"{row['domain']}/{row['version']}", key=row["domain"], number=row["version"])
            for row in rows
        ]

    async def facts(self, topic: str) -> list[Published]:
        """Everything on a topic of facts, once no fact waits any more."""

        async def none_waits() -> bool:
            return not (await self.query("SELECT EXISTS (SELECT FROM outbox)"))[0][0]

        assert await holds(none_waits, within=60), "facts stay in the outbox"
        return [
            Published(
                id=header(record, "ce_id"),
                operation=header(record, "ce_causationid"),
                key=header(record, "ce_subject"),
                sequence=int(header(record, "ce_sequence")),
                content=record.value,
            )
            for record in await read_whole(self.endpoints.kafka, topic)
        ]

    def complaints(self) -> list[str]:
        """What its processes said that speaks of a bug."""
        return [
            f"{path.stem}: {line[:500]}"
            for service in ("gateway", "scoring", "imports", "models", "keeper", "bulk", "pipeline", "chunks")
            for path in self.stack.home.logs.glob(f"{service}*.log")
            for line in path.read_text().splitlines()
            if speaks_of_a_bug(line)
        ]


def _words(process: int) -> list[str]:
    """The command that a process runs; none where it is gone."""
    try:
        return Path(f"/proc/{process}/cmdline").read_text().split("\0")
    except OSError:
        return []


def speaks_of_a_bug(line: str) -> bool:
    """Whether a line of a service's log is an error of ours, or has a traceback in it.

    The client of the log calls every attempt to reach a broker that is away an error.
    """
    _, _, text = line.partition(" ")
    try:
        event = json.loads(text)
    except ValueError:
        return "Traceback" in text or "Error" in text
    severe = event["level"] in {"error", "critical"} and not event["logger"].startswith("aiokafka")
    return severe or "exception" in event


@contextmanager
def installation() -> Iterator[Installation]:
    """An installation in a folder of its own, which PostgreSQL's account can enter."""
    folder = Path(tempfile.mkdtemp(prefix="winnow-faults-"))
    folder.chmod(0o755)
    loop = asyncio.new_event_loop()
    lines: deque[str] = deque(maxlen=1000)
    servers = Servers.inside(folder, sink=lines.append)
    try:
        loop.run_until_complete(servers.start())
        environment = {
            "WINNOW_KAFKA": servers.kafka.bootstrap,
            "WINNOW_POSTGRES": servers.postgres.url(),
            "WINNOW_REDIS": servers.valkey.url(),
            "WINNOW_PIPELINE_DNS": "false",
        }
        with running_stack(folder / "stack", environment=environment) as stack:
            yield Installation(servers, stack)
    finally:
        loop.run_until_complete(servers.stop())
        loop.close()
    shutil.rmtree(folder, ignore_errors=True)
