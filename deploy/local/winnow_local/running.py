"""A stack in a process of its own, as `make up` runs it: for tests and benches, which read its `endpoints.json`."""

import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from winnow_local import endpoints
from winnow_local.endpoints import Endpoints
from winnow_local.errors import StackError
from winnow_local.home import Home
from winnow_local.ports import free_port
from winnow_local.processes import Command, Process

_LOOK_EVERY_S = 0.05
_STOP_WITHIN_S = 15.0


class RunningStack:
    """A supervisor that was started here, and what it says of itself."""

    def __init__(self, home: Home, *, process: Process) -> None:
        self.home = home
        self.process = process
        self._stale = self._written_at()  # of a stack in this home that was killed

    @property
    def endpoints(self) -> Endpoints:
        """What the file says now; process ids change when a child is started again."""
        return endpoints.read(self.home.endpoints)

    def process_ids(self, name: str) -> list[int]:
        """The processes of a server or a service that run now."""
        return self.endpoints.processes[name]

    def wait_until_ready(self, *, within: float) -> None:
        """Return when the file is there. Raises StackError with the supervisor's words where it never is."""
        deadline = time.monotonic() + within
        while self._written_at() in (None, self._stale):
            if self.process.exit_status is not None or time.monotonic() > deadline:
                raise StackError(f"The stack in {self.home.folder} did not start:\n{self.process.output_tail()}")
            time.sleep(_LOOK_EVERY_S)

    def _written_at(self) -> int | None:
        try:
            return self.home.endpoints.stat().st_mtime_ns
        except FileNotFoundError:
            return None

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask the supervisor to end and return its exit status; 15 s later it is killed."""
        self.process.send(number)
        status = self.process.wait(within=_STOP_WITHIN_S)
        if status is None:
            self.process.send(signal.SIGKILL)
            status = self.process.wait(within=_STOP_WITHIN_S)
        assert status is not None
        return status


def start_stack(folder: Path, *, environment: Mapping[str, str]) -> RunningStack:
    """Start a supervisor with its state in `folder`, on a free port unless `environment` names one; does not wait.

    What the processes say is in `folder/logs`. Call it from a thread that lives as long as the stack should.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = Command(
        name="stack",
        argv=(sys.executable, "-m", "winnow_local", "up"),
        environment={"PORT": str(free_port()), "SCALE": "", **environment, "WINNOW_HOME": str(folder)},
    )
    return RunningStack(Home(folder.resolve()), process=Process(command, sink=lambda _: None))


@contextmanager
def running_stack(
    folder: Path, *, environment: Mapping[str, str] | None = None, within: float = 120.0
) -> Iterator[RunningStack]:
    """A stack that is ready, and ends with the block."""
    stack = start_stack(folder, environment=environment or {})
    try:
        stack.wait_until_ready(within=within)
        yield stack
    finally:
        stack.stop()
