"""Members that join, leave and die every three seconds for a minute, on a real broker, while requests keep coming."""

import asyncio
import itertools
import logging
import signal
import time
from collections import deque
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from winnow_common.kafka import KafkaLog

from .checker import check_last, check_order
from .conftest import Figure, OpenNotebook
from .note_service import serve
from .notebook import Notebook, delivered_again

pytestmark = pytest.mark.faults

_SECONDS_BETWEEN_CHANGES = 3.0
_CHANGES = ("join", "leave", "join", "leave", "join", "leave", "join", "leave", "join", "kill") * 2
_SECONDS_BETWEEN_BURSTS = 0.1
_BURST = 20
_KEYS = [(UUID(int=1 + number % 5), f"subject-{number}") for number in range(40)]
_COORDINATOR = "aiokafka.consumer.group_coordinator"


@pytest.mark.timeout(300)
async def test_a_rebalance_every_three_seconds_for_a_minute_loses_and_doubles_nothing(
    new_notebook: OpenNotebook, figure: Figure, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger=_COORDINATOR)
    async with new_notebook(partitions=12) as notebook:
        doomed = [notebook.start() for _ in range(_CHANGES.count("kill"))]
        await notebook.publish([notebook.ask("first")])
        await notebook.until_answered(within=60)

        async with asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(_ask_all_the_time(notebook))
            tasks.create_task(_change_members(notebook, asking))
        answers = await notebook.until_answered(within=10)

        again = delivered_again(answers)
        share = again / len(notebook.asked)
        rebalances = sum("Successfully synced group" in record.message for record in caplog.records)
        figure(
            f"{len(_CHANGES)} changes of members, {len(notebook.asked)} requests, {again} delivered again ({share:.2%})"
        )
        assert [
            *await notebook.check(answers),
            *check_order(notebook.asked, await notebook.effects()),
            *check_last(await notebook.published(), topic="facts"),
        ] == []
        assert [member.exit_status for member in doomed] == [-signal.SIGKILL] * len(doomed)
        assert rebalances >= len(_CHANGES) // 2


async def _ask_all_the_time(notebook: Notebook) -> None:
    keys = itertools.cycle(_KEYS)
    async with KafkaLog(notebook.kafka, client="test").publisher() as publisher:
        seconds = _SECONDS_BETWEEN_CHANGES * len(_CHANGES)
        async for _ in _ticks(_SECONDS_BETWEEN_BURSTS, count=round(seconds / _SECONDS_BETWEEN_BURSTS)):
            burst = itertools.islice(keys, _BURST)
            await notebook.publish_by(publisher, [notebook.ask(subject, tenant=tenant) for tenant, subject in burst])


async def _change_members(notebook: Notebook, asking: asyncio.Task[None]) -> None:
    """Members join and leave in this process, so that it takes no time; those that are killed have one of their own."""
    members: deque[asyncio.Event] = deque()
    processes = iter(notebook.members)
    async with asyncio.TaskGroup() as tasks:
        ticks = _ticks(_SECONDS_BETWEEN_CHANGES, count=len(_CHANGES))
        for change in _CHANGES:
            await anext(ticks)
            if change == "join":
                members.append(leaves := asyncio.Event())
                tasks.create_task(_be_a_member(notebook, leaves))
            elif change == "leave":
                members.popleft().set()
            else:
                next(processes).send(signal.SIGKILL)
        await asking
        await notebook.until_answered(within=120)
        for leaves in members:
            leaves.set()


async def _be_a_member(notebook: Notebook, leaves: asyncio.Event) -> None:
    async with serve(notebook.settings()):
        await leaves.wait()


async def _ticks(seconds: float, *, count: int) -> AsyncIterator[None]:
    """Go on every so many seconds, by the clock and not by how long the work took."""
    start = time.monotonic()
    for number in range(count):
        await asyncio.sleep(max(0.0, start + number * seconds - time.monotonic()))
        yield
