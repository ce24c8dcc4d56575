"""A gateway on real PostgreSQL and Valkey and a log in memory, and stand-ins for the services behind it.

A stand-in answers as it is told, by a real consumer with a real inbox: what is stored, replayed and refused is what
production does.
"""

import asyncio
import base64
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import orjson
import pytest
import winnow_common
import winnow_gateway
from pydantic import SecretStr
from redis.asyncio import Redis
from winnow_common import redis
from winnow_common.consumer import Consumer
from winnow_common.errors import Problem
from winnow_common.memory_log import MemoryLog
from winnow_common.outcome import AnyHandler, Command, Outcome, Read, Request
from winnow_common.postgres import Connection, migrate, open_pool, transaction
from winnow_common.settings import LogFormat
from winnow_common.stored_answers import stored_answers
from winnow_contracts.replies import GET_REQUEST
from winnow_contracts.topic import Kind, MessageType, Topic
from winnow_contracts.topics import PIPELINE_REQUESTS, REPLIES, SCORING_REQUESTS
from winnow_gateway.app import Gateway, open_gateway
from winnow_gateway.settings import Settings
from yarl import URL

COMMON_MIGRATIONS = Path(winnow_common.__file__).parent / "migrations"
GATEWAY_MIGRATIONS = Path(winnow_gateway.__file__).parent / "migrations"
PASSWORD = "correct horse battery"
SECRET = bytes(range(32))


class Databases(Protocol):
    """The fixture of the tests' root."""

    def create(self, *, template: str | None = None) -> str: ...

    def drop(self, url: str) -> None: ...


@dataclass(slots=True)
class Clock:
    """A clock that a test moves; it stands at the last noon, so that no test runs over midnight."""

    now: datetime = field(default_factory=lambda: _last_noon(datetime.now(UTC)))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


def _last_noon(now: datetime) -> datetime:
    """Not one to come: by it, whatever the log stamps would be hours old, and its sender gone."""
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    return noon if noon <= now else noon - timedelta(days=1)


Behaviour = Callable[[Request[Any]], Awaitable[Outcome]]


class StandIn:
    """Answers every request on a service's topic; `on` says how, and `seen` holds what came."""

    def __init__(self, topic: Topic, database: str) -> None:
        self.topic = topic
        self.database = database
        self.seen: list[tuple[str, Request[Any]]] = []
        self._behaviours: dict[str, Behaviour] = {}
        self._numbers = itertools.count(1)

    def on(self, name: str, behaviour: Behaviour) -> None:
        """Answer messages of that type so from now on."""
        self._behaviours[name] = behaviour

    def refuse(self, name: str, status: int, code: str, detail: str) -> None:
        """Refuse messages of that type from now on."""

        async def behaviour(_: Request[Any]) -> Outcome:
            raise Problem(status, code, detail)

        self.on(name, behaviour)

    def requests(self, name: str) -> list[Request[Any]]:
        """The messages of that type that were worked on, not those answered from the inbox."""
        return [request for seen, request in self.seen if seen == name]

    def handlers(self) -> list[AnyHandler]:
        return [self._handler(message) for message in self.topic.messages if message is not GET_REQUEST]

    def _handler(self, type: MessageType) -> AnyHandler:
        async def handle(request: Request[Any], _: Connection) -> Outcome:
            self.seen.append((type.name, request))
            behaviour = self._behaviours.get(type.name)
            if behaviour is not None:
                return await behaviour(request)
            given = request.data.model_dump(mode="json", exclude_unset=True)
            return Outcome.json({"did": type.name, "number": next(self._numbers), "given": given})

        kind = Command if type.kind is Kind.COMMAND else Read
        return kind(type, type.model, handle)


@dataclass(slots=True)
class Answer:
    """An HTTP answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass(slots=True)
class Api:
    """Calls a gateway over HTTP, with a key unless told otherwise."""

    session: aiohttp.ClientSession
    gateway: Gateway
    key: str | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.gateway.port}"

    async def call(
        self,
        method: str,
        path: str,
        *,
        key: str | None = "",
        json: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """`key`: of the fixture where left out, none where None."""
        used = self.key if key == "" else key
        sent = {} if used is None else {"Authorization": f"Bearer {used}"}
        if json is not None:
            data, sent["Content-Type"] = orjson.dumps(json), "application/json"
        body = None if data is None else BytesIO(data)
        url = URL(self.url + path, encoded=True)
        async with self.session.request(method, url, headers={**sent, **(headers or {})}, data=body) as answer:
            return Answer(answer.status, answer.headers.copy(), await answer.read())

    async def get(self, path: str, **sent: Any) -> Answer:
        return await self.call("GET", path, **sent)

    async def post(self, path: str, json: Any = None, **sent: Any) -> Answer:
        return await self.call("POST", path, json=json, **sent)

    async def put(self, path: str, json: Any = None, **sent: Any) -> Answer:
        return await self.call("PUT", path, json=json, **sent)

    async def delete(self, path: str, **sent: Any) -> Answer:
        return await self.call("DELETE", path, **sent)


@dataclass(slots=True)
class House:
    """A database, a log, a clock and a stand-in for scoring; gateways are started on them."""

    settings: Settings
    log: MemoryLog
    clock: Clock
    scoring: StandIn

    @asynccontextmanager
    async def gateway(self, **changes: Any) -> AsyncIterator[Gateway]:
        """A gateway that listens."""
        settings = self.settings.model_copy(update=changes)
        async with open_gateway(settings, source=self.log, clock=self.clock) as gateway:
            yield gateway

    @asynccontextmanager
    async def api(self, **changes: Any) -> AsyncIterator[Api]:
        """A gateway, and a way to call it."""
        async with self.gateway(**changes) as gateway, aiohttp.ClientSession() as session:
            yield Api(session, gateway)


@pytest.fixture(autouse=True)
def patient_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine can take longer than 150 ms to answer, and the fallback then counts anew: tests count exactly."""
    monkeypatch.setattr("winnow_gateway.redis_trips.TIMEOUT", 5.0)


@pytest.fixture(scope="session")
def gateway_templates(databases: Databases) -> Iterator[tuple[str, str]]:
    """Names of migrated databases that nobody is connected to.

    The gateway's, and that of a service with an inbox alone.
    """
    gateway, service = databases.create(), databases.create()
    migrate(gateway, COMMON_MIGRATIONS, GATEWAY_MIGRATIONS)
    migrate(service, COMMON_MIGRATIONS)
    yield gateway.rpartition("/")[2], service.rpartition("/")[2]
    for url in (gateway, service):
        databases.drop(url)


@pytest.fixture
def gateway_database(databases: Databases, gateway_templates: tuple[str, str]) -> Iterator[str]:
    """URL of the gateway's empty, migrated database."""
    url = databases.create(template=gateway_templates[0])
    yield url
    databases.drop(url)


@pytest.fixture
def service_database(databases: Databases, gateway_templates: tuple[str, str]) -> Iterator[str]:
    """URL of the database of the stand-in for scoring."""
    url = databases.create(template=gateway_templates[1])
    yield url
    databases.drop(url)


@pytest.fixture
def settings(gateway_database: str, redis_url: str, tmp_path: Path) -> Settings:
    return Settings(
        postgres=SecretStr(gateway_database),
        kafka="unused:9092",
        redis=SecretStr(redis_url),
        objects=f"file://{tmp_path}",
        master_key=base64.b64encode(SECRET).decode(),
        pepper=base64.b64encode(SECRET).decode(),
        log=LogFormat.CONSOLE,
        port=0,
        sign_ups_per_hour=100_000,
    )


@pytest.fixture
async def house(settings: Settings, service_database: str) -> AsyncIterator[House]:
    """The stand-in answers until the test is over."""
    scoring = StandIn(SCORING_REQUESTS, service_database)
    house = House(settings, MemoryLog(partitions=REPLIES.partitions), Clock(), scoring)
    async with _answering(scoring, house):
        yield house


@pytest.fixture
async def pipeline(house: House, databases: Databases, gateway_templates: tuple[str, str]) -> AsyncIterator[StandIn]:
    """A stand-in for the pipeline beside it, for those who ask for one: it takes a database more."""
    pipeline = StandIn(PIPELINE_REQUESTS, databases.create(template=gateway_templates[1]))
    async with _answering(pipeline, house):
        yield pipeline
    databases.drop(pipeline.database)


@asynccontextmanager
async def _answering(service: StandIn, house: House) -> AsyncIterator[None]:
    group = service.topic.consumers[0]
    async with open_pool(service.database, size=4, name=group) as pool, house.log.publisher() as publisher:
        consumer = Consumer(
            log=house.log,
            publisher=publisher,
            pool=pool,
            topics=[service.topic],
            group=group,
            source=f"winnow/{group}",
            handlers=[*service.handlers(), stored_answers(house.clock)],
            replies=REPLIES,
            seal=NoSeal(),
            clock=house.clock,
        )
        running = asyncio.create_task(consumer.run())
        yield
        await consumer.drain()
        await running


class NoSeal:
    """For a stand-in whose dead letters nobody reads."""

    def seal(self, data: bytes, *, context: str) -> bytes:
        return data

    def unseal(self, sealed: bytes, *, context: str) -> bytes:
        return sealed


@pytest.fixture
async def anonymous(house: House) -> AsyncIterator[Api]:
    """A gateway whose caller has no key."""
    async with house.api() as api:
        yield api


@pytest.fixture
async def api(house: House) -> AsyncIterator[Api]:
    """A gateway whose caller has an account with many calls a minute."""
    async with house.api() as api:
        api.key = await open_account(api, plan="professional")
        yield api


@pytest.fixture
async def free(house: House) -> AsyncIterator[Api]:
    """A gateway whose caller has a free account."""
    async with house.api() as api:
        api.key = await open_account(api, plan="free")
        yield api


async def open_account(api: Api, *, plan: str, email: str = "ada@example.com") -> str:
    """The first key of a new account, made without the password hash that a sign-up takes its time for."""
    services = api.gateway.services
    async with transaction(services.pool) as connection:
        tenant = await services.registration.account(
            connection, email=email, company=None, password_hash="!", plan=plan, now=services.clock()
        )
        assert tenant is not None
        _, key = await services.registration.key(connection, tenant=tenant, name="First key", now=services.clock())
    return key


async def sign_up(api: Api, email: str = "ada@example.com") -> dict[str, str]:
    """The answer to a sign-up that succeeds."""
    answer = await api.post("/v1/accounts", {"email": email, "password": PASSWORD}, key=None)
    assert answer.status == 201, answer.body
    body: dict[str, str] = answer.json()
    return body


async def log_in(api: Api, email: str = "ada@example.com") -> str:
    """The token of a new session."""
    answer = await api.post("/v1/sessions", {"email": email, "password": PASSWORD}, key=None)
    assert answer.status == 201, answer.body
    return str(answer.json()["token"])


@asynccontextmanager
async def hanging_server() -> AsyncIterator[tuple[str, list[asyncio.StreamWriter]]]:
    """The URL of a server that takes connections and never answers, and its connections."""
    connections: list[asyncio.StreamWriter] = []

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        await reader.read()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0", connections
        for connection in connections:
            connection.close()
            await connection.wait_closed()


def open_redis(url: str) -> AbstractAsyncContextManager["Redis"]:
    """A client that looks at what the gateway has left in Redis, or puts something there."""
    return redis.open_redis(url, timeout=5.0)
