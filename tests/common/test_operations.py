"""What the operator asks a process, over its own port."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Counter
from structlog.testing import capture_logs
from winnow_common import operations
from winnow_common.operations import Operations


@pytest.fixture
async def served() -> AsyncIterator[Operations]:
    registry = CollectorRegistry()
    Counter("winnow_answered", "Answers given.", registry=registry).inc(3)
    async with Operations(registry=registry).serve(host="127.0.0.1", port=0) as served:
        yield served


async def get(served: Operations, path: str, **headers: str) -> tuple[int, Any, aiohttp.ClientResponse]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{served.port}{path}", headers=headers) as answer,
    ):
        is_json = "json" in answer.content_type
        return answer.status, await answer.json(content_type=None) if is_json else await answer.text(), answer


async def passes() -> None:
    """A check that is content."""


async def fails() -> None:
    raise ConnectionRefusedError("postgresql://scoring:hunter2@db")


async def hangs() -> None:
    await asyncio.Event().wait()


class TestHealth:
    async def test_a_process_that_answers_is_alive_whatever_else_is_wrong(self, served: Operations) -> None:
        served.add_check("postgres", fails)
        assert (await get(served, "/healthz"))[:2] == (200, {"status": "alive"})


class TestReadiness:
    async def test_without_checks_it_is_ready(self, served: Operations) -> None:
        assert (await get(served, "/readyz"))[:2] == (200, {"status": "ready", "checks": {}})

    async def test_it_is_ready_when_all_checks_pass(self, served: Operations) -> None:
        served.add_check("postgres", passes)
        served.add_check("log", passes)
        status, body, _ = await get(served, "/readyz")
        assert (status, body["checks"]) == (200, {"postgres": "ok", "log": "ok"})

    async def test_it_names_what_fails_and_not_why(self, served: Operations) -> None:
        served.add_check("postgres", fails)
        served.add_check("log", passes)
        assert (await get(served, "/readyz"))[:2] == (
            503,
            {"status": "not ready", "checks": {"postgres": "ConnectionRefusedError", "log": "ok"}},
        )

    async def test_a_check_that_hangs_fails_in_time(self, served: Operations, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(operations, "CHECK_TIMEOUT", 0.02)
        served.add_check("log", hangs)
        status, body, _ = await get(served, "/readyz")
        assert (status, body["checks"]) == (503, {"log": "TimeoutError"})

    async def test_it_is_ready_again_when_the_check_passes_again(self, served: Operations) -> None:
        served.add_check("postgres", fails)
        assert (await get(served, "/readyz"))[0] == 503
        served.add_check("postgres", passes)
        assert (await get(served, "/readyz"))[0] == 200

    async def test_only_changes_are_logged(self, served: Operations) -> None:
        with capture_logs() as lines:
            for check in (passes, fails, fails, passes, passes):
                served.add_check("postgres", check)
                await get(served, "/readyz")
        assert [line["failing"] for line in lines] == [{"postgres": "ConnectionRefusedError"}, {}]


class TestMetrics:
    async def test_they_are_prometheus_text(self, served: Operations) -> None:
        status, body, answer = await get(served, "/metrics")
        assert (status, answer.content_type) == (200, "text/plain")
        assert "winnow_answered_total 3.0" in body

    async def test_a_scraper_may_ask_for_openmetrics(self, served: Operations) -> None:
        _, body, answer = await get(served, "/metrics", Accept="application/openmetrics-text; version=1.0.0")
        assert answer.content_type == "application/openmetrics-text"
        assert body.endswith("# EOF\n")


class TestPort:
    async def test_another_path_is_a_404_that_lists_what_there_is(self, served: Operations) -> None:
        status, body, answer = await get(served, "/admin")
        assert (status, answer.content_type, body["code"]) == (404, "application/problem+json", "not_found")
        assert "/readyz" in body["detail"]

    async def test_two_processes_have_ports_of_their_own(self, served: Operations) -> None:
        async with Operations().serve(host="127.0.0.1", port=0) as other:
            assert 0 < served.port != other.port > 0
