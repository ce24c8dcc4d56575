"""A whole Winnow whose services are killed with -9 and whose servers go away, seen by its clients and in its stores."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis
from winnow import AsyncWinnow
from winnow.drivers import AsyncDriver
from winnow.groups.imports import Import
from winnow.results import ImportStatus
from winnow.retries import Retries
from winnow_local.server import holds

from .checker import check_facts, check_last, check_numbers, check_sequence
from .companies_file import SUFFIX, digest, write_companies
from .conftest import Figure
from .installation import Installation
from .patient_client import patient_client
from .scoring_traffic import Traffic

pytestmark = pytest.mark.faults

_ROWS = 100_000
_SCORES = 5_000
_SECONDS_AWAY = 20.0


@asynccontextmanager
async def traffic_of(winnow: Installation, name: str) -> AsyncIterator[Traffic]:
    """Callers with companies to score, of which nobody has been scored yet."""
    async with patient_client(winnow.endpoints.gateway, api_key=winnow.endpoints.api_key) as client:
        traffic = Traffic(winnow, client, name)
        await traffic.put_companies()
        yield traffic


@pytest.mark.timeout(300)
async def test_scoring_killed_in_the_middle_of_a_large_import_leaves_exactly_the_right_companies(
    winnow: Installation, tmp_path: Path, figure: Figure
) -> None:
    file = write_companies(tmp_path / "companies.ndjson", rows=_ROWS)
    started = time.monotonic()
    endpoints = winnow.endpoints
    async with AsyncWinnow(url=endpoints.gateway, api_key=endpoints.api_key, retries=Retries(attempts=100)) as client:
        running = await client.companies.import_file(file.path)
        killed_at = [await _kill_in_the_middle(winnow, running, rows=rows) for rows in (20_000, 55_000)]
        status = await running.wait()
        exported = [
            json.loads(line) for line in b"".join([part async for part in client.companies.export()]).splitlines()
        ]

    figure(f"{_ROWS} rows, killed at {killed_at}: whole after {time.monotonic() - started:.0f} s")
    assert (status.status, status.rows, status.imported, status.rejected) == (
        "completed",
        file.rows,
        file.imported,
        len(file.rejected),
    )
    assert [error.line for error in status.errors] == sorted(file.rejected)
    assert all(rows < _ROWS for rows in killed_at)
    mine = [company for company in exported if company["domain"].endswith(SUFFIX)]
    assert len(mine) == len(file.companies)
    assert digest(mine) == digest(file.companies.values())
    assert await _check_facts_of_companies(winnow) == []


async def _kill_in_the_middle(winnow: Installation, running: Import[AsyncDriver], *, rows: int) -> int:
    """Kill scoring as soon as so many rows are in; how many were by then."""
    status: ImportStatus | None = None

    async def far_enough() -> bool:
        nonlocal status
        status = await running.status()
        return status.rows >= rows

    assert await holds(far_enough, within=120)
    await winnow.kill("scoring")
    assert status is not None
    return status.rows


async def _check_facts_of_companies(winnow: Installation) -> list[str]:
    """Every version of every company is on the log, and the last of a company is its present one."""
    versions = await winnow.companies(domain=SUFFIX)
    topic = "companies.v1"
    facts = [
        replace(fact, operation=f"{fact.key}/{fact.sequence}")
        for fact in await winnow.facts(topic)
        if fact.key.endswith(SUFFIX)
    ]
    return [
        *check_numbers(versions),
        *check_facts(versions, facts, topic=topic),
        *check_sequence(facts, topic=topic),
        *check_last(facts, topic=topic),
    ]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("service", "scores", "kills"), [("scoring", _SCORES, 3), ("gateway", _SCORES // 2, 3)])
async def test_a_service_killed_while_scores_are_asked_for_leaves_one_score_and_one_usage_for_each_key(
    winnow: Installation, figure: Figure, service: str, scores: int, kills: int
) -> None:
    started = time.monotonic()
    async with traffic_of(winnow, f"{service}-killed") as traffic:
        asking = asyncio.create_task(traffic.ask_many(range(scores), at_once=32))
        for kill in range(1, kills + 1):
            assert await _answered(traffic, scores * kill // (kills + 1))
            await winnow.kill(service)
        await asking
        await traffic.ask_many(range(0, scores, 50), at_once=8)

        figure(
            f"{scores} scores, {service} killed {kills} times: everybody answered after "
            f"{time.monotonic() - started:.0f} s; attempts that failed: {dict(traffic.client.failures)}"
        )
        assert await traffic.check() == []


async def _answered(traffic: Traffic, count: int) -> bool:
    async def enough() -> bool:
        return len(traffic.told) >= count

    return await holds(enough, within=120)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["kafka", "postgres", "valkey"])
async def test_a_server_that_is_away_for_twenty_seconds_is_waited_for_by_everybody(
    winnow: Installation, figure: Figure, name: str
) -> None:
    server, processes = winnow.servers.by_name(name), winnow.endpoints.processes
    async with traffic_of(winnow, f"{name}-away") as traffic:
        enough = asyncio.Event()
        asking = asyncio.create_task(traffic.ask_all_the_time(pause=0.1, enough=enough))
        assert await _answered(traffic, 20)

        await server.kill()
        before = len(traffic.told)
        await asyncio.sleep(_SECONDS_AWAY)
        meanwhile = len(traffic.told) - before
        await server.start()
        back = time.monotonic()
        assert await _answered(traffic, len(traffic.asked) + 1)
        recovered = time.monotonic() - back
        enough.set()
        await asking

        figure(
            f"{name} away for {_SECONDS_AWAY:.0f} s: {meanwhile} scores meanwhile, everybody answered "
            f"{recovered:.1f} s after it was back; attempts that failed: {dict(traffic.client.failures)}"
        )
        assert await traffic.check() == []
    assert winnow.endpoints.processes == processes


async def test_flushing_valkey_at_any_moment_harms_nobody(winnow: Installation) -> None:
    async with traffic_of(winnow, "valkey-flushed") as traffic, Redis.from_url(winnow.endpoints.redis) as redis:
        asking = asyncio.create_task(traffic.ask_many(range(300), at_once=8))
        for count in range(50, 300, 50):
            assert await _answered(traffic, count)
            await redis.flushall()
        await asking

        assert traffic.client.failures == {}
        assert await traffic.check() == []


def test_nothing_of_all_that_led_to_an_error_that_nobody_foresaw(winnow: Installation) -> None:
    assert winnow.complaints() == []
