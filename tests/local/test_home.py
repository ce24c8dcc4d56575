"""The folder of a stack: claimed by one supervisor, cleaned of what the last one left."""

import os
import stat
from pathlib import Path

import pytest
from winnow_local.credentials import load_or_create, save
from winnow_local.endpoints import Endpoints, read, write
from winnow_local.errors import StackError
from winnow_local.home import STACK_VARIABLE, Home, processes_of
from winnow_local.processes import Command, Process

ENDPOINTS = Endpoints(
    gateway="http://127.0.0.1:8080",
    docs="http://127.0.0.1:8080/docs",
    api_key="wk_live_x",
    kafka="127.0.0.1:9092",
    redis="redis://127.0.0.1:6379/0",
    postgres={"scoring": "postgresql://scoring@127.0.0.1/winnow"},
    processes={"scoring": [1, 2]},
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_second_supervisor_is_refused_with_the_way_out(home: Home) -> None:
    with home.claimed(), pytest.raises(StackError, match=rf"process {os.getpid()}.*WINNOW_HOME="), home.claimed():
        pass


def test_home_can_be_claimed_again_after_its_supervisor_ended(home: Home) -> None:
    with home.claimed():
        pass
    with home.claimed():
        assert home.folder.is_dir()


async def test_processes_that_a_crash_left_are_ended_by_the_next_start(home: Home) -> None:
    marked = Command(name="left", argv=("sleep", "600"), environment={STACK_VARIABLE: str(home.folder)})
    left = Process(marked, sink=lambda _: None)

    with home.claimed():
        assert left.wait(within=2) == -9

    assert processes_of(home.folder) == []


async def test_processes_of_another_stack_are_left_alone(home: Home, tmp_path: Path) -> None:
    marked = Command(name="other", argv=("sleep", "600"), environment={STACK_VARIABLE: str(tmp_path / "home-2")})
    other = Process(marked, sink=lambda _: None)

    with home.claimed():
        assert other.exit_status is None

    await other.kill()


def test_endpoints_of_a_stack_that_was_killed_are_removed_by_the_next_start(home: Home) -> None:
    home.folder.mkdir()
    write(ENDPOINTS, path=home.endpoints)

    with home.claimed():
        assert not home.endpoints.exists()


def test_endpoints_read_back_and_belong_to_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.json"

    write(ENDPOINTS, path=path)

    assert read(path) == ENDPOINTS
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["endpoints.json"]


def test_home_that_cannot_be_made_is_said_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StackError, match="Not a directory"), Home(tmp_path / "file" / "home").claimed():
        pass


def test_secrets_are_made_once_and_kept_private(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"

    made = load_or_create(path, roles=("gateway",))
    save(made.with_api_key("wk_live_x"), path)

    assert load_or_create(path, roles=("gateway",)) == made.with_api_key("wk_live_x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_role_that_came_later_gets_a_password_and_the_others_keep_theirs(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    before = load_or_create(path, roles=("gateway",))

    after = load_or_create(path, roles=("gateway", "billing"))

    assert after.roles["gateway"] == before.roles["gateway"]
    assert len(after.roles["billing"]) >= 24
    assert load_or_create(path, roles=("gateway", "billing")) == after


def test_secrets_that_cannot_be_read_are_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text('{"superuser": ')

    with pytest.raises(StackError, match="cannot be read"):
        load_or_create(path, roles=("gateway",))

    assert path.read_text() == '{"superuser": '
