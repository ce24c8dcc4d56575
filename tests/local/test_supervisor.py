"""The supervisor alone, with children that are small programs."""

import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from winnow_local.log import Journal
from winnow_local.processes import Command, Process
from winnow_local.server import holds
from winnow_local.supervisor import Supervisor

SLEEPER = Command(name="sleeper", argv=("sleep", "600"))


class Said(Journal):
    """A journal that is read back."""

    def __init__(self, folder: Path) -> None:
        self.text = StringIO()
        super().__init__(Console(file=self.text, width=400), folder=folder, level="info")


@pytest.fixture
def journal(tmp_path: Path) -> Said:
    return Said(tmp_path)


@pytest.fixture
async def supervisor(journal: Said) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(journal, on_change=lambda: None)
    yield supervisor
    await supervisor.stop(within=2)
    journal.close()


def spawn(command: Command) -> Callable[[], Process]:
    return lambda: Process(command, sink=lambda _: None)


async def test_child_that_dies_is_started_again_and_said_so(supervisor: Supervisor, journal: Said) -> None:
    child = supervisor.watch("sleeper", group="sleepers", spawn=spawn(SLEEPER))
    first = child.process.pid

    os.kill(first, signal.SIGKILL)

    async def runs_anew() -> bool:
        return "runs again" in journal.text.getvalue()

    assert await holds(runs_anew, within=5)
    assert supervisor.process_ids()["sleepers"] == [child.process.pid]
    assert child.process.pid != first
    assert "killed by signal 9" in journal.text.getvalue()


async def test_child_that_dies_at_once_is_started_at_growing_intervals(supervisor: Supervisor, journal: Said) -> None:
    broken = Command(name="broken", argv=("false",))

    supervisor.watch("broken", group="broken", spawn=spawn(broken))

    async def third_interval_is_announced() -> bool:
        return "starting it again in 1 s" in journal.text.getvalue()

    assert await holds(third_interval_is_announced, within=10)
    announced = [line for line in journal.text.getvalue().splitlines() if "starting it again in" in line]
    assert [line.rpartition(" in ")[2] for line in announced] == ["0.25 s", "0.5 s", "1 s"]


async def test_change_is_reported_when_a_child_dies_and_when_it_runs_again(journal: Said) -> None:
    counts: list[int] = []
    watcher = Supervisor(journal, on_change=lambda: counts.append(len(watcher.process_ids()["sleepers"])))
    child = watcher.watch("sleeper", group="sleepers", spawn=spawn(SLEEPER))

    os.kill(child.process.pid, signal.SIGKILL)

    async def reported_twice() -> bool:
        return len(counts) == 2

    assert await holds(reported_twice, within=5)
    assert counts == [0, 1]
    await watcher.stop(within=2)
    journal.close()


async def test_child_that_ignores_the_request_to_end_is_killed(supervisor: Supervisor, journal: Said) -> None:
    stubborn = Command(name="stubborn", argv=("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"))
    child = supervisor.watch("stubborn", group="stubborn", spawn=spawn(stubborn))

    async def is_ready() -> bool:
        return "ready" in child.process.last_lines

    assert await holds(is_ready, within=5)
    await supervisor.stop(within=0.2)

    assert child.process.exit_status == -signal.SIGKILL
    assert "did not end within" in journal.text.getvalue()


async def test_child_in_the_middle_of_its_interval_stays_down_after_a_stop(
    supervisor: Supervisor, journal: Said
) -> None:
    child = supervisor.watch("broken", group="broken", spawn=spawn(Command(name="broken", argv=("false",))))

    async def waits() -> bool:
        return "starting it again in 0.5 s" in journal.text.getvalue()

    assert await holds(waits, within=5)
    await supervisor.stop(within=1)

    assert child.watch is not None
    assert child.watch.cancelled() or child.watch.cancelling()
    assert supervisor.process_ids() == {}


async def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    parent = (
        "import pathlib, time; from winnow_local.processes import Command, Process;"
        "child = Process(Command(name='child', argv=('sleep', '600')), sink=print);"
        f"pathlib.Path({str(note)!r}).write_text(str(child.pid)); time.sleep(600)"
    )
    process = Process(Command(name="parent", argv=(sys.executable, "-c", parent)), sink=lambda _: None)

    async def has_a_child() -> bool:
        return note.exists() and note.read_text() != ""

    assert await holds(has_a_child, within=20)
    child = int(note.read_text())
    await process.kill()

    async def child_is_gone() -> bool:
        return not is_running(child)

    assert await holds(child_is_gone, within=2)


def is_running(process_id: int) -> bool:
    """Whether the process exists and is no zombie that nobody has waited for."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
