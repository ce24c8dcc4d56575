"""The folder of a stack's state, and the claim on it: one supervisor at a time, nothing left of the last one."""

import fcntl
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from winnow_local.errors import StackError

STACK_VARIABLE = "WINNOW_STACK"
_LEAST_FREE_BYTES = 500_000_000
_LEFTOVERS_GONE_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Home:
    """Paths of a stack's state."""

    folder: Path

    @property
    def secrets(self) -> Path:
        """Passwords and keys."""
        return self.folder / "secrets.json"

    @property
    def endpoints(self) -> Path:
        """There while the stack is ready."""
        return self.folder / "endpoints.json"

    @property
    def objects(self) -> Path:
        """Sealed objects."""
        return self.folder / "objects"

    @property
    def logs(self) -> Path:
        """A file for each process."""
        return self.folder / "logs"

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Hold the folder, which is made where it is missing, and clean what a supervisor that was killed left in it.

        Every child carries the folder's path in its environment, which is how survivors are found, whoever they are.
        Raises StackError when another supervisor holds it, or when its disk is full or not writable.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / "lock").open("a+")
        except OSError as refusal:
            raise StackError(
                f"{self.folder} cannot be written ({refusal.strerror}). Choose another place for the stack's state: "
                "`make up WINNOW_HOME=/some/folder`."
            ) from refusal
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise StackError(
                    f"A stack runs in {self.folder} already (process {lock.read().strip() or 'unknown'}). Stop it with "
                    "Ctrl-C, or start another one beside it: `make up WINNOW_HOME=/some/folder`."
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            self._refuse_a_full_disk()
            end_processes_of(self.folder)
            self.endpoints.unlink(missing_ok=True)
            os.environ[STACK_VARIABLE] = str(self.folder)
            try:
                yield
            finally:
                self.endpoints.unlink(missing_ok=True)
                os.environ.pop(STACK_VARIABLE, None)

    def _refuse_a_full_disk(self) -> None:
        free = shutil.disk_usage(self.folder).free
        if free < _LEAST_FREE_BYTES:
            raise StackError(
                f"The disk of {self.folder} is full: {free / 1e6:.0f} MB are free and a stack needs "
                f"{_LEAST_FREE_BYTES / 1e6:.0f} MB to begin with. Make room, or put the state on another disk: "
                "`make up WINNOW_HOME=/some/folder`."
            )


def processes_of(folder: Path) -> list[int]:
    """The ids of processes that were started by a supervisor of `folder`, this one included."""
    mark = f"{STACK_VARIABLE}={folder}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:  # gone in the meantime, or somebody else's
            continue
        if mark in environment.split(b"\0"):
            found.append(int(entry.name))
    return found


def end_processes_of(folder: Path) -> None:
    """Kill what a supervisor of `folder` left behind, and return when it is gone."""
    deadline = time.monotonic() + _LEFTOVERS_GONE_WITHIN_S
    while survivors := processes_of(folder):
        if time.monotonic() > deadline:
            raise StackError(f"Processes of an earlier stack do not end: {survivors}. End them with `kill -9`.")
        for process in survivors:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.02)
