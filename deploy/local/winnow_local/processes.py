"""Child processes that cannot outlive this one.

Each child is started through `setpriv --pdeathsig KILL`, so the kernel ends it when the thread that started it ends,
however that happens: start children from a thread that lives as long as they should. Each is the leader of a process
group of its own, so that Ctrl-C reaches the supervisor alone, which then decides the order of the end.

Two daemon threads serve a child: one passes its output on line by line, one waits for its end. A `Process` may
therefore be used from any event loop, or from several one after the other.
"""

import asyncio
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from winnow_local.accounts import Account
from winnow_local.errors import StackError

LineSink = Callable[[str], None]
_KEPT_LINES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run: `environment` is laid over this process's own, `account` is who runs it (None: the same user)."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    niceness: int = 0
    stop_signal: signal.Signals = signal.SIGTERM
    folder: Path | None = None

    def full_argv(self) -> list[str]:
        """`argv` behind the programs that bind its life, its user and its priority; each of them ends in an exec."""
        account = self.account.setpriv_arguments() if self.account else ()
        priority = ("nice", "-n", str(self.niceness)) if self.niceness else ()
        return ["setpriv", "--pdeathsig", "KILL", *account, "--", *priority, *self.argv]


class Process:
    """One run of a command, from its start to its end."""

    def __init__(self, command: Command, *, sink: LineSink) -> None:
        self.command = command
        self.last_lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._sink = sink
        self._ended: Future[int] = Future()
        try:
            self._child = subprocess.Popen(
                command.full_argv(),
                env={**os.environ, **command.environment},
                cwd=command.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        except FileNotFoundError as missing:
            raise StackError(
                f"{missing.filename} was not found, and {command.name} is started with it. "
                "On Debian and Ubuntu `apt-get install util-linux coreutils` brings setpriv and nice."
            ) from missing
        self.pid = self._child.pid
        self._reader = threading.Thread(target=self._pass_lines_on, name=f"{command.name}-output", daemon=True)
        self._reader.start()
        threading.Thread(target=self._await_end, name=f"{command.name}-end", daemon=True).start()

    @property
    def exit_status(self) -> int | None:
        """None while it runs; negative when a signal ended it, as `subprocess` has it."""
        return self._ended.result() if self._ended.done() else None

    async def ended(self) -> int:
        """Wait for the end and return the exit status."""
        return await asyncio.shield(asyncio.wrap_future(self._ended))

    def wait(self, *, within: float) -> int | None:
        """Block until the end; None where it does not come within so many seconds."""
        try:
            return self._ended.result(within)
        except TimeoutError:
            return None

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        self._child.send_signal(number)

    async def stop(self, *, within: float) -> int:
        """Ask it to end; after `within` seconds end it. Returns the exit status."""
        self.send(self.command.stop_signal)
        try:
            return await asyncio.wait_for(self.ended(), within)
        except TimeoutError:
            self.send(signal.SIGKILL)
            return await self.ended()

    async def kill(self) -> None:
        """End it as a crash would, and return when it is gone."""
        self.send(signal.SIGKILL)
        await self.ended()

    def output_tail(self) -> str:
        """Its last lines, indented, for an error message."""
        self._reader.join(timeout=0.2)
        return "\n".join(f"    {line}" for line in self.last_lines) or "    (it said nothing)"

    def _pass_lines_on(self) -> None:
        assert self._child.stdout is not None
        with self._child.stdout as output:
            for raw in output:
                line = raw.decode(errors="replace").rstrip()
                self.last_lines.append(line)
                self._sink(line)

    def _await_end(self) -> None:
        self._ended.set_result(self._child.wait())


async def run_to_end(command: Command, *, sink: LineSink, within: float) -> None:
    """Run a command that ends by itself.

    Raises StackError with its last lines when it fails or takes longer than `within` seconds.
    """
    process = Process(command, sink=sink)
    try:
        status = await asyncio.wait_for(process.ended(), within)
    except TimeoutError:
        await process.kill()
        raise StackError(
            f"{command.name} was not done after {within:.0f} s and was ended. Its last lines:\n{process.output_tail()}"
        ) from None
    except asyncio.CancelledError:
        process.send(signal.SIGKILL)
        raise
    if status != 0:
        raise StackError(f"{command.name} failed with exit status {status}. Its last lines:\n{process.output_tail()}")
