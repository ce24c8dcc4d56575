"""Real processes start, are told to end, and end: whatever hangs, in bounded time."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from winnow_common.lifecycle import Background, Stopping, run

PROGRAM = Path(__file__).with_name("lifecycle_program.py")


@dataclass(slots=True)
class Process:
    """The program, and what it has said so far."""

    process: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list)

    async def says(self, word: str) -> None:
        """Return when it has said that, as itself or as an event of its log."""
        while word not in self.said:
            await self._line()

    async def end(self, *signals: signal.Signals) -> int:
        for number in signals:
            self.process.send_signal(number)
        while await self._line():
            pass
        return await self.process.wait()

    async def _line(self) -> bool:
        assert self.process.stdout is not None
        line = (await self.process.stdout.readline()).decode().strip()
        if not line:
            return False
        event: dict[str, Any] = json.loads(line) if line.startswith("{") else {"event": line}
        self.said.append(event["event"])
        return True


@asynccontextmanager
async def program(scenario: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), scenario, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(60):
            yield Process(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


class TestSignals:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    async def test_a_service_that_is_told_to_end_drains_closes_and_exits_0(self, number: signal.Signals) -> None:
        async with program("well") as process:
            await process.says("started")
            assert await process.end(number) == 0
        assert process.said == ["started", "stopping", "drained first", "drained", "closed", "stopped"]

    async def test_a_second_signal_ends_the_process_at_once(self) -> None:
        async with program("hanging_close") as process:
            await process.says("started")
            process.process.send_signal(signal.SIGTERM)
            await process.says("closed")
            assert await process.end(signal.SIGTERM) == 128 + signal.SIGTERM

    async def test_a_signal_in_mid_start_undoes_what_was_started(self) -> None:
        async with program("slow_start") as process:
            await process.says("starting")
            assert await process.end(signal.SIGTERM) == 0
        assert process.said == ["starting", "stopping", "undone"]

    @pytest.mark.parametrize(
        ("scenario", "said"),
        [
            ("failing_drain", ["a drain failed", "drained", "closed", "stopped"]),
            ("hanging_drain", ["a drain was cut off", "closed", "stopped"]),
            ("failing_close", ["closed", "the service failed"]),
        ],
    )
    async def test_a_service_that_ends_with_trouble_was_still_told_to_end(self, scenario: str, said: list[str]) -> None:
        async with program(scenario) as process:
            await process.says("started")
            assert await process.end(signal.SIGTERM) == 0
        assert process.said == ["started", "stopping", *said]

    @pytest.mark.parametrize("scenario", ["blocked_loop", "blocked_thread", "stubborn_task", "hanging_close"])
    async def test_whatever_hangs_the_process_ends(self, scenario: str) -> None:
        async with program(scenario) as process:
            await process.says("started")
            assert await process.end(signal.SIGTERM) == 1

    async def test_fifty_of_fifty_end_well(self) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(PROGRAM), "many", "50", stdout=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(120):
            output, _ = await process.communicate()
        assert json.loads(output.splitlines()[-1]) == [0] * 50


class TestFailures:
    async def test_a_task_that_fails_ends_the_service_in_order_with_1(self) -> None:
        async with program("failing_task") as process:
            assert await process.end() == 1
        assert process.said == ["started", "a background task failed", "drained", "closed", "stopped"]

    async def test_a_task_that_returns_does_not_end_it(self) -> None:
        async with program("task_that_returns") as process:
            await process.says("done")
            assert await process.end(signal.SIGTERM) == 0

    @pytest.mark.parametrize("scenario", ["failing_start", "failing_port"])
    async def test_a_service_that_cannot_start_says_so_and_exits_1(self, scenario: str) -> None:
        async with program(scenario) as process:
            assert await process.end() == 1
        assert process.said == ["the service failed"]


class TestReadiness:
    async def test_a_service_is_not_ready_from_the_signal_on(self) -> None:
        serving, found = asyncio.Event(), []
        background = Background()

        @asynccontextmanager
        async def serve() -> AsyncIterator[Background]:
            async with background:
                await background.check()
                serving.set()
                yield background
                with pytest.raises(Stopping):
                    await background.check()
                found.append("not ready")

        life = asyncio.create_task(run(serve()))
        await serving.wait()
        os.kill(os.getpid(), signal.SIGTERM)
        assert await life == 0
        assert found == ["not ready"]

    async def test_a_service_whose_task_failed_is_not_ready(self) -> None:
        async def fail() -> None:
            raise RuntimeError("nobody thought of this")

        async with Background() as background:
            background.start("failing", fail)
            await background.failed()
            with pytest.raises(Stopping):
                await background.check()
        assert isinstance(background.failure, RuntimeError)
