"""A small service that ends, or fails to, as its first argument says; run by `test_lifecycle` as a process."""

import asyncio
import atexit
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn, TextIO

from pydantic import SecretBytes, SecretStr
from winnow_common import lifecycle
from winnow_common.lifecycle import Background
from winnow_common.settings import CommonSettings

SETTINGS = CommonSettings(
    postgres=SecretStr(""), kafka="", objects="", master_key=SecretBytes(bytes(32)), instance="0", otlp_endpoint=None
)
Scenario = Callable[[Background], Awaitable[None]]


def say(word: str) -> None:
    """Tell the test what happened."""
    print(word, flush=True)  # noqa: T201 - what the test reads


async def forever() -> None:
    await asyncio.Event().wait()


async def drained() -> None:
    await asyncio.sleep(0.05)
    say("drained")


async def drained_first() -> None:
    say("drained first")


async def well(background: Background) -> None:
    background.start("first", forever, drain=drained)
    background.start("second", forever, drain=drained_first)


async def failing_drain(background: Background) -> None:
    async def fail() -> None:
        raise ConnectionError("the broker is away")

    background.start("first", forever, drain=drained)
    background.start("second", forever, drain=fail)


async def hanging_drain(background: Background) -> None:
    lifecycle.DRAIN_TIMEOUT = 0.2
    background.start("work", forever, drain=forever)


async def stubborn_task(background: Background) -> None:
    lifecycle.CANCEL_TIMEOUT = 0.2

    async def stay() -> None:
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                say("not cancelled")

    lifecycle.STOP_DEADLINE = 1.0
    background.start("stubborn", stay)


async def failing_task(background: Background) -> None:
    async def fail() -> None:
        raise RuntimeError("nobody thought of this")

    background.start("work", forever, drain=drained)
    background.start("failing", fail)


async def task_that_returns(background: Background) -> None:
    async def once() -> None:
        say("done")

    background.start("once", once)


async def blocked_loop(background: Background) -> None:
    lifecycle.STOP_DEADLINE = 0.5

    async def block() -> None:
        time.sleep(60)

    background.start("work", forever, drain=block)


async def blocked_thread(background: Background) -> None:
    lifecycle.STOP_DEADLINE = 0.5
    background.start("work", lambda: asyncio.to_thread(time.sleep, 60))


async def slow_start(background: Background) -> None:
    say("starting")
    try:
        await forever()
    finally:
        say("undone")


async def failing_start(background: Background) -> None:
    raise RuntimeError("nobody thought of this")


async def failing_port(background: Background) -> None:
    raise OSError(98, "address already in use")


async def failing_close(background: Background) -> None:
    background.start("work", forever)


async def hanging_close(background: Background) -> None:
    lifecycle.STOP_DEADLINE = 1.0
    background.start("work", forever)


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        *(well, failing_drain, hanging_drain, stubborn_task, failing_task, task_that_returns),
        *(blocked_loop, blocked_thread, slow_start, failing_start, failing_port, failing_close, hanging_close),
    )
}


def main(scenario: str) -> NoReturn:
    """Run the service of that scenario, and end the process with its status."""

    @asynccontextmanager
    async def serve(_: CommonSettings) -> AsyncIterator[Background]:
        async with Background() as background:
            await SCENARIOS[scenario](background)
            yield background
        say("closed")
        if scenario == "failing_close":
            raise ConnectionError("the broker is away")
        if scenario == "hanging_close":
            await forever()

    # As threads of other languages do now and then while the interpreter is taken down, which must not come to that.
    atexit.register(os.abort)
    lifecycle.main(SETTINGS, serve, service=Path(__file__).stem)


def many(count: int) -> list[int]:
    """The statuses of so many services, told to end at different moments of their life.

    They are forks of this process, which has everything imported.
    """
    children = [fork() for _ in range(count)]
    for number, (child, output) in enumerate(children):
        while "started" not in output.readline():
            pass
        time.sleep(0.002 * (number % 10))
        os.kill(child, signal.SIGTERM)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child, _ in children]


def fork() -> tuple[int, TextIO]:
    """A new service's process id and its output."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writing, sys.stdout.fileno())
        main("well")
    os.close(writing)
    return child, os.fdopen(reading)


if __name__ == "__main__":
    if sys.argv[1] == "many":
        say(json.dumps(many(int(sys.argv[2]))))
    else:
        main(sys.argv[1])
