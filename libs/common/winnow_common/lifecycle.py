"""The life of a process: start, run until told to stop or until something fails, drain, end, all within bounded time.

A service is an async context manager that yields its `Background`: entering it starts everything, leaving it drains and closes.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TypeVar

import uvloop

from winnow_common import logs, telemetry
from winnow_common.settings import CommonSettings

DRAIN_TIMEOUT = 10.0
STOP_DEADLINE = 22.0

_log = logs.get(__name__)

S = TypeVar("S", bound=CommonSettings)
Work = Callable[[], Awaitable[None]]


class Background:
    """Tasks that belong to a service: the failure of one ends the service; leaving the context drains and cancels them."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._drains: list[tuple[str, Work]] = []
        self._failed = asyncio.Event()
        self._stopping = False
        self.failure: BaseException | None = None

    def start(self, name: str, work: Work, *, drain: Work | None = None) -> None:
        """Run `work` until the service ends. `drain` asks it to finish what it has begun; the last started drains first."""

        async def run() -> None:
            await work()

        task = asyncio.create_task(run(), name=name)
        task.add_done_callback(self._ended)
        self._tasks[name] = task
        if drain is not None:
            self._drains.append((name, drain))

    async def check(self) -> None:
        """For `Operations`: raises when a task failed or the service is about to end."""
        if self.failure is not None or self._stopping:
            raise RuntimeError("stopping")

    async def failed(self) -> None:
        """Return when a task has failed."""
        await self._failed.wait()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is None or self.failure is not None:
            return
        self.failure = task.exception()
        _log.error("a background task failed", task=task.get_name(), exc_info=self.failure)
        self._failed.set()

    async def __aenter__(self) -> "Background":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        for name, drain in reversed(self._drains):
            try:
                async with asyncio.timeout(DRAIN_TIMEOUT):
                    await drain()
            except Exception:
                _log.warning("drain failed", task=name, exc_info=True)
        for task in self._tasks.values():
            task.cancel()
        if self._tasks:
            _, hanging = await asyncio.wait(self._tasks.values(), timeout=DRAIN_TIMEOUT)
            for task in hanging:
                _log.warning("a background task does not end", task=task.get_name())


async def run(service: AbstractAsyncContextManager[Background], *, deadline: float = STOP_DEADLINE) -> int:
    """Run a service until SIGTERM or SIGINT (status 0) or until one of its background tasks fails (status 1).

    After the signal it has `deadline` seconds in all; a second signal ends the process at once.
    """
    stop = asyncio.Event()

    def on_signal(number: int) -> None:
        if stop.is_set():
            os._exit(128 + number)
        _log.info("stopping", signal=signal.Signals(number).name)
        watchdog = threading.Timer(deadline, os._exit, args=(1,))
        watchdog.daemon = True
        watchdog.start()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    async with service as background:
        waits = [asyncio.create_task(stop.wait()), asyncio.create_task(background.failed())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
    return 0 if background.failure is None else 1


def main(settings: S, serve: Callable[[S], AbstractAsyncContextManager[Background]], *, service: str) -> int:
    """Configure logs and traces, run the service on uvloop, and return the process's exit status."""
    logs.configure(format=settings.log, level=settings.log_level, service=service, instance=settings.instance)
    with (
        telemetry.configure(service=service, instance=settings.instance, endpoint=settings.otlp_endpoint),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        try:
            return runner.run(run(serve(settings)))
        except Exception:
            _log.exception("the service failed")
            sys.stdout.flush()
            return 1
