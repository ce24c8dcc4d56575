"""The whole of `make up`: what it writes down, what it survives, and that it leaves nothing behind."""

import json
import os
import signal
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from winnow_contracts.similarity_cache import BEAT_KEY, behind_ms, is_current
from winnow_local.endpoints import Endpoints
from winnow_local.home import Home, processes_of
from winnow_local.ports import LOOPBACK, free_port
from winnow_local.postgres import run_sql
from winnow_local.processes import Command, Process
from winnow_local.readiness import http_status
from winnow_local.running import RunningStack, running_stack, start_stack
from winnow_local.server import holds

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that later tests start again, so that only the first start makes everything."""
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="module")
def scaled(home: Path) -> Iterator[RunningStack]:
    with running_stack(home, environment={"SCALE": "gateway=2 scoring=2"}) as stack:
        yield stack


def gateway_port(endpoints: Endpoints) -> int:
    return int(endpoints.gateway.rpartition(":")[2])


async def answers(endpoints: Endpoints) -> bool:
    authorization = f"Authorization: Bearer {endpoints.api_key}\r\n"
    return await http_status(gateway_port(endpoints), path="/v1/keys", headers=authorization) == 200


async def nothing_is_left(folder: Path, *, within: float) -> bool:
    async def none() -> bool:
        return processes_of(folder) == []

    return await holds(none, within=within)


def test_endpoints_name_everything_and_are_private(scaled: RunningStack) -> None:
    written = json.loads(scaled.home.endpoints.read_text())

    assert set(written) == {"gateway", "docs", "api_key", "kafka", "redis", "postgres", "processes"}
    assert stat.S_IMODE(scaled.home.endpoints.stat().st_mode) == 0o600
    assert written["docs"] == written["gateway"] + "/docs"
    assert written["api_key"].startswith("wk_live_")
    assert set(written["postgres"]) == {"gateway", "scoring", "pipeline"}
    counts = {name: len(ids) for name, ids in written["processes"].items()}
    assert counts == {"postgres": 1, "valkey": 1, "kafka": 1, "gateway": 2, "scoring": 6, "pipeline": 2}


def test_every_process_in_the_endpoints_runs(scaled: RunningStack) -> None:
    for ids in scaled.endpoints.processes.values():
        for process in ids:
            assert Path(f"/proc/{process}/cmdline").read_bytes()


async def test_key_of_the_endpoints_opens_the_api(scaled: RunningStack) -> None:
    assert await answers(scaled.endpoints)


def test_url_of_a_service_sees_its_own_schema_and_no_other(scaled: RunningStack) -> None:
    statement = "SELECT current_schema(), has_schema_privilege('gateway', 'USAGE')"

    assert run_sql(scaled.endpoints.postgres["scoring"], statements=statement).strip() == "scoring|f"


@pytest.mark.parametrize("name", ["scoring", "gateway", "valkey", "postgres", "kafka"])
async def test_process_that_is_killed_runs_again_and_is_in_the_endpoints(scaled: RunningStack, name: str) -> None:
    before = scaled.process_ids(name)

    os.kill(before[0], signal.SIGKILL)

    async def replaced() -> bool:
        now = scaled.process_ids(name)
        return len(now) == len(before) and before[0] not in now

    assert await holds(replaced, within=30)

    async def works() -> bool:
        return await answers(scaled.endpoints)

    assert await holds(works, within=60)


async def test_keeper_of_the_cache_knows_every_change_of_the_last_second(scaled: RunningStack) -> None:
    async def is_known() -> bool:
        with Redis.from_url(scaled.endpoints.redis) as client:
            beats: Any = client.hgetall(BEAT_KEY)
            times: Any = client.time()
        return is_current(behind_ms(beats, now_ms=times[0] * 1000), since_ms=0)

    assert await holds(is_known, within=30)


async def test_second_stack_runs_beside_the_first(scaled: RunningStack, tmp_path: Path) -> None:
    with running_stack(tmp_path / "second", within=180) as second:
        first, other = scaled.endpoints, second.endpoints

        assert {first.gateway, first.kafka, first.redis}.isdisjoint({other.gateway, other.kafka, other.redis})
        assert await answers(first)
        assert await answers(other)

    assert await nothing_is_left(tmp_path / "second", within=0.5)


def test_port_that_is_taken_is_said_before_anything_starts(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server((LOOPBACK, port)):
        stack = start_stack(tmp_path / "home", environment={"PORT": str(port)})
        status = stack.process.wait(within=30)

    assert status == 1
    assert f"Port {port} is taken" in stack.process.output_tail()
    assert "make up PORT=" in stack.process.output_tail()
    assert not (tmp_path / "home" / "postgres").exists()


async def test_ctrl_c_ends_everything_with_status_0_and_a_later_start_keeps_key_and_data(
    scaled: RunningStack, home: Path
) -> None:
    before = scaled.endpoints
    run_sql(before.postgres["scoring"], statements="CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")

    assert scaled.stop(signal.SIGINT) == 0

    assert processes_of(home) == []
    assert not scaled.home.endpoints.exists()
    with running_stack(home) as again:
        assert again.endpoints.api_key == before.api_key
        assert await answers(again.endpoints)
        assert run_sql(again.endpoints.postgres["scoring"], statements="SELECT n FROM kept").strip() == "7"


async def test_kill_of_the_supervisor_leaves_no_process_and_the_next_start_works(home: Path) -> None:
    stack = start_stack(home, environment={})
    stack.wait_until_ready(within=120)

    await stack.process.kill()

    assert await nothing_is_left(home, within=2)
    with running_stack(home) as again:
        assert await answers(again.endpoints)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_kill_of_make_alone_ends_the_stack(home: Path, number: signal.Signals) -> None:
    environment = {"WINNOW_HOME": str(home), "PORT": str(free_port()), "SCALE": "", "VENV": sys.prefix}
    command = Command(name="make", argv=("make", "up"), environment=environment, folder=ROOT)
    make = RunningStack(Home(home), process=Process(command, sink=lambda _: None))
    make.wait_until_ready(within=120)

    make.stop(number)

    assert await nothing_is_left(home, within=5 if number is signal.SIGKILL else 0.5)


async def test_end_in_the_middle_of_a_start_leaves_nothing(tmp_path: Path) -> None:
    stack = start_stack(tmp_path / "home", environment={})

    async def has_begun() -> bool:
        return (tmp_path / "home" / "kafka").exists()

    assert await holds(has_begun, within=30)
    status = stack.stop(signal.SIGTERM)

    assert status == 0
    assert await nothing_is_left(tmp_path / "home", within=0.5)
