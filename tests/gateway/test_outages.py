"""What is away: authentication fails closed, limits fail open, and nothing needs a restart."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import aiohttp
import orjson
import pytest
from winnow_common.log import LogUnavailable, Message, Publisher
from winnow_common.outcome import Outcome
from winnow_common.settings import LogFormat
from winnow_gateway.app import open_gateway

from .conftest import Api, House, open_account, open_redis


class DeafLog:
    """A log whose broker takes nothing while it is deaf."""

    def __init__(self, log: Any) -> None:
        self._log = log
        self.deaf = False

    def publisher(self) -> AbstractAsyncContextManager[Any]:
        return self._publisher()

    @asynccontextmanager
    async def _publisher(self) -> Any:
        async with self._log.publisher() as publisher:
            yield DeafPublisher(self, publisher)

    def tail(self, topic: str, *, partition: int) -> AbstractAsyncContextManager[Any]:
        tail: AbstractAsyncContextManager[Any] = self._log.tail(topic, partition=partition)
        return tail

    async def ready(self) -> None:
        if self.deaf:
            raise LogUnavailable


class DeafPublisher:
    """Publishes while the log is not deaf."""

    def __init__(self, log: DeafLog, publisher: Publisher) -> None:
        self._log = log
        self._publisher = publisher

    async def publish(self, messages: Sequence[Message]) -> None:
        if self._log.deaf:
            raise LogUnavailable
        await self._publisher.publish(messages)


async def readiness(api: Api) -> tuple[int, Any]:
    url = f"http://127.0.0.1:{api.gateway.operations_port}/readyz"
    async with api.session.get(url) as answer:
        return answer.status, (await answer.json())["checks"]


async def test_a_gateway_that_works_is_ready(anonymous: Api) -> None:
    status, checks = await readiness(anonymous)

    assert (status, set(checks.values())) == (200, {"ok"})
    assert set(checks) == {"postgres", "log", "background"}


async def test_without_the_log_a_call_is_refused_with_a_time_and_nothing_is_lost(house: House) -> None:
    log = DeafLog(house.log)
    headers = {"Idempotency-Key": "key-1"}
    async with (
        open_gateway(house.settings, source=log, clock=house.clock) as gateway,  # type: ignore[arg-type]
        aiohttp.ClientSession() as session,
    ):
        api = Api(session, gateway)
        key = await open_account(api, plan="professional")
        log.deaf = True
        refused = await api.post("/v1/scoring", {"domain": "a.com"}, key=key, headers=headers)
        status, checks = await readiness(api)
        log.deaf = False
        answered = await api.post("/v1/scoring", {"domain": "a.com"}, key=key, headers=headers)

    assert (refused.status, refused.json()["code"], refused.headers["Retry-After"]) == (503, "log_unavailable", "2")
    assert (status, checks["log"]) == (503, "LogUnavailable")
    assert (answered.status, answered.headers["X-Credits-Remaining"]) == (200, "4999")


async def test_without_its_database_a_gateway_refuses_and_recovers_by_itself(house: House, servers: Any) -> None:
    async with house.api() as api:
        key = await open_account(api, plan="professional")
        await servers.postgres.kill()

        refused = [await api.get("/v1/keys", key=key), await api.post("/v1/sessions", _LOG_IN)]
        status, _ = await readiness(api)
        await servers.postgres.start()
        async with asyncio.timeout(30):
            while (await api.get("/v1/keys", key=key)).status != 200:
                await asyncio.sleep(0.1)

    assert {(answer.status, answer.json()["code"]) for answer in refused} == {(503, "unavailable")}
    assert all("Retry-After" in answer.headers for answer in refused)
    assert status == 503


async def test_redis_that_comes_back_counts_again(house: House, servers: Any) -> None:
    async with house.api() as api:
        key = await open_account(api, plan="free")
        await servers.valkey.kill()
        during = [await api.get("/v1/keys", key=key) for _ in range(3)]
        await servers.valkey.start()

        async with asyncio.timeout(30):
            while (await api.get("/v1/keys", key=key)).headers["X-RateLimit-Remaining"] != "9":
                await asyncio.sleep(0.3)

    assert {answer.status for answer in during} == {200}


async def test_a_flushed_redis_harms_nothing(free: Api, redis_url: str) -> None:
    await free.post("/v1/scoring", {"domain": "a.com"})
    async with open_redis(redis_url) as client:
        await client.flushall()
        await client.script_flush()

    answer = await free.post("/v1/scoring", {"domain": "a.com"})

    assert (answer.status, answer.headers["X-Credits-Remaining"]) == (200, "98")


async def test_a_gateway_that_stops_answers_what_it_has_begun(house: House) -> None:
    release = asyncio.Event()

    async def slow(_: Any) -> Any:
        await release.wait()
        return Outcome.json({"late": True})

    house.scoring.on("scoring.score", slow)
    async with aiohttp.ClientSession() as session:
        async with house.gateway() as gateway:
            api = Api(session, gateway)
            key = await open_account(api, plan="free")
            call = asyncio.create_task(api.post("/v1/scoring", {"domain": "a.com"}, key=key))
            async with asyncio.timeout(10):
                while not house.scoring.seen:
                    await asyncio.sleep(0.01)
            asyncio.get_running_loop().call_later(0.2, release.set)
        answer = await call

    assert (answer.status, answer.json()) == (200, {"late": True})


async def test_what_nobody_foresaw_is_answered_as_a_problem_and_logged(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise KeyError("planted")

    monkeypatch.setattr(api.gateway.services.requests, "ask", broken)

    answer = await api.post("/v1/scoring", {"domain": "a.com"})

    assert (answer.status, answer.json()["code"]) == (500, "internal_error")
    assert b"planted" not in answer.body
    assert answer.json()["request_id"] in capsys.readouterr().out


async def test_the_log_of_answers_holds_no_path_no_query_and_no_key(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    await api.get("/v1/companies/planted.com?planted=1")
    await api.get("/planted")

    lines = capsys.readouterr().out
    assert "getCompany" in lines
    assert "unmatched" in lines
    assert "planted" not in lines
    assert api.key is not None
    assert api.key not in lines


async def test_for_machines_each_answer_is_a_line_of_json(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    async with house.api(log=LogFormat.JSON, instance="gateway-1") as api:
        answer = await api.get("/v1/keys")
    lines = [orjson.loads(line) for line in capsys.readouterr().out.splitlines() if '"answered"' in line]

    (line,) = lines
    assert (line["operation"], line["status"], line["instance"]) == ("listKeys", 401, "gateway-1")
    assert line["request_id"] == answer.headers["Winnow-Request-Id"]


async def test_metrics_count_answers_by_operation(api: Api) -> None:
    await api.get("/v1/companies/planted.com")

    async with api.session.get(f"http://127.0.0.1:{api.gateway.operations_port}/metrics") as answer:
        text = await answer.text()

    assert 'winnow_gateway_answers_total{operation="getCompany",status="200"}' in text
    assert "planted" not in text


async def test_an_object_store_that_is_away_refuses_a_file(house: House, tmp_path: Any) -> None:
    (tmp_path / "file").write_text("in the way")
    async with house.api(objects=f"file://{tmp_path}/store") as api:
        api.key = await open_account(api, plan="free")
        (tmp_path / "store").rmdir()
        (tmp_path / "store").write_text("in the way")
        answer = await api.call(
            "POST", "/v1/companies/import", data=b"domain\na.com\n", headers={"Content-Type": "text/csv"}
        )

    assert (answer.status, answer.json()["code"]) == (503, "unavailable")


_LOG_IN = {"email": "ada@example.com", "password": "correct horse battery"}
