"""Real PostgreSQL, Valkey and Kafka for every test that asks: one set per test process, an empty database per test.

A test that takes a server away (`await servers.kafka.kill()`) need not give it back: the `servers` fixture starts
whatever is down when the test is over.
"""

import asyncio
import itertools
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from redis import Redis
from winnow_local.postgres import LAPTOP_SETTINGS, run_sql
from winnow_local.running import RunningStack, running_stack
from winnow_local.servers import Servers

# A server that is killed loses nothing that it handed to the kernel, and the machine is not going to lose power for a
# test: without flushes a database is created in a third of the time.
_TEST_SETTINGS = {**LAPTOP_SETTINGS, "fsync": "off", "full_page_writes": "off"}


@dataclass(slots=True)
class Databases:
    """Makes databases that look to a service as in production: its own role, its own schema, no superuser."""

    servers: Servers
    role: str = "service"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    template: str = "service_template"
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def prepare(self) -> None:
        """Make the role and the template that holds its schema."""
        statements = (
            f"CREATE ROLE {self.role} LOGIN PASSWORD '{self.password}'",
            f"ALTER ROLE {self.role} SET search_path = {self.role}",
            f"CREATE DATABASE {self.template} OWNER {self.role}",
        )
        self._as_superuser("postgres", "; ".join(statements), in_transaction=False)
        self._as_superuser(self.template, f"CREATE SCHEMA {self.role} AUTHORIZATION {self.role}")

    def create(self, *, template: str | None = None) -> str:
        """The URL of a new database; a copy of `template` (a database nobody is connected to) where one is named."""
        name = f"test_{next(self._numbers)}"
        source = template or self.template
        self._as_superuser(
            "postgres", f"CREATE DATABASE {name} TEMPLATE {source} OWNER {self.role}", in_transaction=False
        )
        return self.servers.postgres.url(role=self.role, password=self.password, database=name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        name = url.rpartition("/")[2]
        self._as_superuser("postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", in_transaction=False)

    def _as_superuser(self, database: str, statements: str, *, in_transaction: bool = True) -> None:
        run_sql(self.servers.postgres.url(database=database), statements=statements, in_transaction=in_transaction)


@pytest.fixture(scope="session")
def open_folders() -> Iterator[Callable[[], Path]]:
    """Makes folders that the account may enter which PostgreSQL runs as.

    Not among pytest's own, which every session that starts closes to all others.
    """
    with TemporaryDirectory(prefix="winnow-tests-", ignore_cleanup_errors=True) as parent:
        Path(parent).chmod(0o755)
        numbers = itertools.count()

        def make() -> Path:
            folder = Path(parent) / str(next(numbers))
            folder.mkdir()
            return folder

        yield make


@pytest.fixture(scope="session")
def session_servers(open_folders: Callable[[], Path]) -> Iterator[Servers]:
    """The servers of this test process. Tests ask for `servers`."""
    folder = open_folders()
    with (folder / "output.log").open("a", buffering=1) as output:
        servers = Servers.inside(folder, sink=lambda line: print(line, file=output), postgres_settings=_TEST_SETTINGS)
        loop = asyncio.new_event_loop()
        try:
            loop.run_until_complete(servers.start())
            yield servers
        finally:
            loop.run_until_complete(servers.stop())
            loop.close()


@pytest.fixture
def servers(session_servers: Servers) -> Iterator[Servers]:
    """PostgreSQL, Valkey and Kafka, each with start, stop and kill; all of them run again when the test is over."""
    yield session_servers
    loop = asyncio.new_event_loop()
    for server in session_servers.all():
        if server.process is None or server.process.exit_status is not None:
            loop.run_until_complete(server.start())
    loop.close()


@pytest.fixture(scope="session")
def databases(session_servers: Servers) -> Databases:
    """Makes further databases; for fixtures that migrate a template once and copy it for each test."""
    databases = Databases(session_servers)
    databases.prepare()
    return databases


@pytest.fixture
def database(databases: Databases) -> Iterator[str]:
    """The URL of an empty database, for the role of a service, with its schema first in the search path."""
    url = databases.create()
    yield url
    databases.drop(url)


@pytest.fixture
def redis_url(session_servers: Servers) -> str:
    """The URL of an empty Valkey."""
    url = session_servers.valkey.url()
    with Redis.from_url(url) as client:
        client.flushall()
    return url


@pytest.fixture(scope="session")
def kafka_bootstrap(session_servers: Servers) -> str:
    """`host:port` of the broker."""
    return session_servers.kafka.bootstrap


@pytest.fixture
def topic_name() -> Callable[[str], str]:
    """Makes names of topics that no other test uses, ending in what is asked for."""
    return lambda ending: f"test.{secrets.token_hex(6)}.{ending}"


@pytest.fixture(scope="module")
def stack(open_folders: Callable[[], Path]) -> Iterator[RunningStack]:
    """The whole of `make up`, in a folder of its own, for the tests of one module; it asks no DNS about mail."""
    with running_stack(open_folders(), environment={"WINNOW_PIPELINE_DNS": "false"}) as running:
        yield running
