"""What PostgreSQL, Valkey and Kafka have in common: prepare a folder, run one command, answer on one port.

A server keeps its port and its data between runs, so that it can be stopped or killed and started again under the
clients that know it.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from pathlib import Path

from winnow_local.errors import StackError
from winnow_local.processes import Command, LineSink, Process

_POLL_S = 0.05


class Server(ABC):
    """One server of this machine, in one folder, on one port of the loopback interface."""

    name: str
    ready_within: float = 90.0
    stop_within: float = 4.0

    def __init__(self, folder: Path, *, port: int, sink: LineSink) -> None:
        self.folder = folder
        self.port = port
        self.sink = sink
        self.process: Process | None = None

    @abstractmethod
    async def prepare(self) -> None:
        """Bring the folder into the state that `command` needs; nothing to do on later starts."""

    @abstractmethod
    def command(self) -> Command:
        """What to run."""

    @abstractmethod
    async def answers(self) -> bool:
        """Whether it does its work now; one attempt, no waiting."""

    async def start(self) -> None:
        """Prepare, run, and return when it answers.

        Raises StackError with its last lines when it ends first or does not answer in time.
        """
        await self.prepare()
        self.spawn()
        await self.wait_until_ready()

    def spawn(self) -> Process:
        """Run the command without waiting for anything; `prepare` comes first."""
        self.process = Process(self.command(), sink=self.sink)
        return self.process

    async def wait_until_ready(self) -> None:
        """Return when it answers; StackError when it ends first or takes too long."""
        process = self.process
        assert process is not None

        async def answers_or_ended() -> bool:
            if process.exit_status is not None:
                raise StackError(
                    f"{self.name} ended before it was ready (exit status {process.exit_status}). Its last lines:\n"
                    f"{process.output_tail()}"
                )
            return await self.answers()

        try:
            ready = await holds(answers_or_ended, within=self.ready_within)
        except asyncio.CancelledError:
            await self.kill()
            raise
        if not ready:
            raise StackError(
                f"{self.name} did not answer within {self.ready_within:.0f} s. Its last lines:\n{process.output_tail()}"
            )

    async def stop(self) -> None:
        """End it in order, or by force after a few seconds."""
        if self.process is not None:
            await self.process.stop(within=self.stop_within)
            self.process = None

    async def kill(self) -> None:
        """End it as a crash would."""
        if self.process is not None:
            await self.process.kill()
            self.process = None


async def holds(condition: Callable[[], Awaitable[bool]], *, within: float) -> bool:
    """Wait until `condition` is true; False when it is not after `within` seconds."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if await condition():
            return True
        await asyncio.sleep(_POLL_S)
    return False
