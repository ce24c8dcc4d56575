"""A migrated, empty database for each test, and requests as the consumer loop makes them."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID, uuid4

import orjson
import pytest
import winnow_common
import winnow_scoring
from winnow_common.errors import Problem
from winnow_common.outcome import AnyHandler, BatchCommand, Fact, Outcome, Request, by_type
from winnow_common.postgres import Connection, Pool, migrate, open_pool, write_together
from winnow_contracts.event import Environment
from winnow_contracts.topic import MessageType
from winnow_scoring.comparers import Comparer

MIGRATIONS = [Path(file).parent / "migrations" for file in (winnow_common.__file__, winnow_scoring.__file__)]
ACME = UUID(int=0xACE)
OTHER = UUID(int=0x07)
MASTER_KEY = bytes(range(32))


_OWN_TABLES = """
SELECT string_agg(quote_ident(relname), ', ') FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND relname <> 'schema_migrations'
"""


class Databases(Protocol):
    """The fixture of the tests' root."""

    def create(self, *, template: str | None = None) -> str: ...

    def drop(self, url: str) -> None: ...


@dataclass(slots=True)
class Clock:
    """A clock that a test moves."""

    now: datetime = field(default_factory=lambda: datetime(2026, 11, 21, 12, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(slots=True)
class Service:
    """Asks handlers as the consumer loop does: commands in a transaction, which a refusal undoes; reads without one."""

    pool: Pool
    handlers: Mapping[str, AnyHandler]
    clock: Clock

    async def ask(
        self,
        type: MessageType,
        data: Mapping[str, Any],
        *,
        tenant: UUID = ACME,
        id: UUID | None = None,
        environment: Environment = Environment.PRODUCTION,
    ) -> Outcome:
        """The outcome of one message."""
        return (await self.ask_together(type, [data], tenant=tenant, id=id, environment=environment))[0]

    async def ask_together(
        self,
        type: MessageType,
        items: Sequence[Mapping[str, Any]],
        *,
        tenant: UUID = ACME,
        id: UUID | None = None,
        environment: Environment = Environment.PRODUCTION,
    ) -> list[Outcome]:
        """The outcomes of neighbouring messages."""
        handler = self.handlers[type.name]
        requests: list[Request[Any]] = [
            Request(
                id=id or uuid4(),
                tenant=tenant,
                data=handler.model.model_validate_json(orjson.dumps(item)),
                time=self.clock(),
                environment=environment,
            )
            for item in items
        ]
        outcomes = await self._handle(handler, requests)
        for outcome in outcomes:
            for fact in outcome.facts:
                check_fact(fact)
        return outcomes

    async def _handle(self, handler: AnyHandler, requests: list[Request[Any]]) -> list[Outcome]:
        if not isinstance(handler, BatchCommand):
            return [await self._alone(handler, request) for request in requests]
        async with self.pool.acquire() as connection:
            outcomes = await handler.handle(requests, connection)
            await write_together(connection, outcomes.writes)
            return list(outcomes.each)

    async def _alone(self, handler: Any, request: Request[Any]) -> Outcome:
        async with self.pool.acquire() as connection:
            try:
                async with connection.transaction():
                    outcome: Outcome = await handler.handle(request, connection)
                    return outcome
            except Problem as problem:
                return Outcome.problem(problem, request_id=request.id)


def check_fact(fact: Fact) -> None:
    """A fact is on its own topic, and its data is exactly that of its model."""
    told = orjson.loads(fact.data)
    assert fact.type in fact.topic.messages
    assert set(told) == set(fact.type.model.model_fields)
    fact.type.model.model_validate_json(fact.data)


class NoComparers:
    """`Comparers` where no model is kept."""

    code_version = ""

    async def find(self, connection: Connection, *, tenant: UUID, version: int) -> Comparer | None:
        return None


Serve = Callable[..., Service]


def body(outcome: Outcome) -> Any:
    """The JSON of an answer."""
    return orjson.loads(outcome.body)


@pytest.fixture(scope="session")
def scoring_database(databases: Databases) -> Iterator[str]:
    """URL of a migrated database."""
    url = databases.create()
    migrate(url, *MIGRATIONS)
    yield url
    databases.drop(url)


@pytest.fixture
async def pool(scoring_database: str) -> AsyncIterator[Pool]:
    """Connections to the migrated database, which the test finds empty."""
    async with open_pool(scoring_database, size=8, name="test") as pool:
        tables = await pool.fetchval(_OWN_TABLES)
        await pool.execute(f"TRUNCATE {tables}")
        yield pool


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def serve(pool: Pool, clock: Clock) -> Serve:
    """Makes a service of some handlers."""

    def make(*handlers: AnyHandler) -> Service:
        return Service(pool, by_type(handlers), clock)

    return make
