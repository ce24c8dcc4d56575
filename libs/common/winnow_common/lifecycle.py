"""The life of a process: start, run until told to stop or until something fails, drain, end; all in bounded time.

A service is an async context manager that yields its `Background`: entering it starts everything, leaving it drains and
closes everything in the opposite order.

    @asynccontextmanager
    async def serve(settings: Settings) -> AsyncIterator[Background]:
        async with open_pool(...) as pool, Background() as background:
            background.start("relay", relay.run, drain=relay.finish)
            yield background

    lifecycle.main(load(Settings), serve, service="scoring")
"""

import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from types import TracebackType
from typing import NoReturn, TypeVar

import uvloop

from winnow_common import logs, telemetry
from winnow_common.settings import CommonSettings

DRAIN_TIMEOUT = 6.0
"""Seconds for all drains of a `Background` together."""
CANCEL_TIMEOUT = 2.0
"""Seconds for its tasks to end once they are cancelled."""
STOP_DEADLINE = 22.0
"""Seconds from the signal to the end of the process, whatever hangs."""

_ALLOCATIONS = 50_000
"""Objects made and not freed until cycles are looked for."""

_log = logs.get(__name__)

S = TypeVar("S", bound=CommonSettings)
Work = Callable[[], Awaitable[None]]


class Background:
    """Tasks of a service. The failure of one ends the service; leaving the context drains and cancels them."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []
        self._drains: list[tuple[str, Work]] = []
        self._failed = asyncio.Event()
        self._stopping = False
        self.failure: BaseException | None = None
        """What the first task that failed raised."""

    def start(self, name: str, work: Work, *, drain: Work | None = None) -> None:
        """Run `work` until the service ends; it may return earlier. `drain` makes it finish what it has begun.

        The task that was started last is drained first.
        """

        async def run() -> None:
            await work()

        task = asyncio.create_task(run(), name=name)
        task.add_done_callback(self._ended)
        self._tasks.append(task)
        if drain is not None:
            self._drains.append((name, drain))

    async def check(self) -> None:
        """Raise when a task has failed or the service is about to end; for `Operations`."""
        if self._stopping or self.failure is not None:
            raise Stopping

    async def failed(self) -> None:
        """Return when a task has failed."""
        await self._failed.wait()

    def stop(self) -> None:
        """Be not ready from now on; leaving the context comes next."""
        self._stopping = True

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is None or self.failure is not None:
            return
        self.failure = error
        self._failed.set()
        _log.error("a background task failed", task=task.get_name(), exc_info=error)

    async def __aenter__(self) -> "Background":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_TIMEOUT):
                for name, drain in reversed(self._drains):
                    await self._drain(name, drain)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            _, hanging = await asyncio.wait(self._tasks, timeout=CANCEL_TIMEOUT)
            for task in hanging:
                _log.warning("a background task does not end", task=task.get_name())

    async def _drain(self, name: str, drain: Work) -> None:
        try:
            await drain()
        except asyncio.CancelledError:
            _log.warning("a drain was cut off", task=name)
            raise
        except Exception:  # noqa: BLE001 - the others are to be drained all the same
            _log.exception("a drain failed", task=name)


class Stopping(Exception):
    """The process is about to end and takes nothing new."""


def main(settings: S, serve: Callable[[S], AbstractAsyncContextManager[Background]], *, service: str) -> NoReturn:
    """Configure logs and traces, run the service on uvloop, and end the process with its status.

    The interpreter is not taken down, since everything is closed by then: a thread of the object store's that hands
    something back at that moment aborts the process (4 of 60 that had just used it, on busy processors).
    """
    logs.configure(format=settings.log, level=settings.log_level, service=service, instance=settings.instance)
    _collect_seldom()
    with (
        telemetry.configure(service=service, instance=settings.instance, endpoint=settings.otlp_endpoint),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        status = runner.run(run(serve(settings), ending=_end_in_time))
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # whoever read it is gone, or it was closed
            stream.flush()
    os._exit(status)


async def run(service: AbstractAsyncContextManager[Background], *, ending: Callable[[], None] | None = None) -> int:
    """Run a service until SIGTERM or SIGINT (status 0), or until it cannot start or a task of it fails (status 1).

    A signal while it starts undoes what was started. A second signal ends the process at once. `ending` is called when
    the end begins.
    """
    stop, started = asyncio.Event(), asyncio.Event()
    life = asyncio.create_task(_live(service, started=started, stop=stop, ending=ending or _nothing))

    def on_signal(number: int) -> None:
        if stop.is_set():
            os._exit(128 + number)
        _log.info("stopping", signal=signal.Signals(number).name)
        stop.set()
        if not started.is_set():
            life.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    try:
        return await life
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
        return 0
    except OSError as error:  # a port that is taken, a folder that is not there: the words say all
        _log.error("the service failed", reason=str(error))
        return 0 if stop.is_set() else 1
    except Exception as error:  # noqa: BLE001 - the last place that can say what it was
        _log.exception("the service failed", reason=str(error))
        return 0 if stop.is_set() else 1
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def _live(
    service: AbstractAsyncContextManager[Background],
    *,
    started: asyncio.Event,
    stop: asyncio.Event,
    ending: Callable[[], None],
) -> int:
    async with service as background:
        started.set()
        _log.info("started")
        waits = [asyncio.create_task(stop.wait()), asyncio.create_task(background.failed())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        background.stop()
        ending()
    _log.info("stopped")
    return 0 if stop.is_set() else 1


def _collect_seldom() -> None:
    """Look for cycles of objects less often, and never among what was imported, which stays.

    A batch makes thousands of objects that are no garbage until it is done. Scoring took a fifth less of the processor
    (232 and 267 us a score in batches, 298 and 326 without, in turn).
    """
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS)


def _nothing() -> None:
    """What happens by default when the end begins."""


def _end_in_time() -> None:
    """End the process when the deadline is over, from a thread of its own: the event loop may be what hangs."""

    def end() -> None:
        sys.stderr.write(f"did not stop within {STOP_DEADLINE:.0f} s, ending now\n")
        os._exit(1)

    watchdog = threading.Timer(STOP_DEADLINE, end)
    watchdog.daemon = True
    watchdog.start()
