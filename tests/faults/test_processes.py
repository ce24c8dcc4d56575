"""Processes of a service killed, frozen and replaced, on a real broker and a real database: everything once."""

import asyncio
import signal

import pytest
from winnow_contracts.event import Event

from .checker import Told, check_last, check_order
from .conftest import OpenNotebook
from .note_service import Fate, Point
from .notebook import Member, Notebook

pytestmark = pytest.mark.faults

# A member that says nothing is given up by the broker after its session of 10 s.
_TAKEN_OVER_WITHIN = 60.0


async def _leave_to_the_next(notebook: Notebook, fate: Fate) -> list[str]:
    """A process meets its fate in the middle of requests and another one takes over; one that was frozen comes back."""
    first = notebook.start(fate=fate)
    await notebook.publish(_wave(notebook, "subject"))
    if fate.signal is signal.SIGKILL:
        assert await first.until_gone() == -signal.SIGKILL, notebook.output
    else:
        assert await first.until_frozen(), notebook.output
    notebook.start()
    answers = await notebook.until_answered(within=_TAKEN_OVER_WITHIN)
    if fate.signal is signal.SIGSTOP:
        answers = await _come_back(notebook, first)
        return [*await notebook.check(answers), *check_order(notebook.asked, await notebook.effects())]
    return [
        *await notebook.check(answers),
        *check_order(notebook.asked, await notebook.effects()),
        # Not promised of a relay that froze with facts in hand: what it sends when it wakes repeats older ones.
        *check_last(await notebook.published(), topic="facts"),
    ]


async def _come_back(notebook: Notebook, zombie: Member) -> list[Told]:
    """The world goes on without the frozen process, which then wakes, goes on too, and ends when it is told to."""
    await notebook.publish(_wave(notebook, "subject"))
    await notebook.until_answered(within=_TAKEN_OVER_WITHIN)
    await notebook.published()
    zombie.send(signal.SIGCONT)
    await notebook.publish(_wave(notebook, "other"))
    await notebook.until_answered(within=_TAKEN_OVER_WITHIN)
    zombie.send(signal.SIGTERM)
    assert await zombie.until_gone(within=30) == 0, notebook.output
    return await notebook.until_answered(within=1)


def _wave(notebook: Notebook, subject: str) -> list[Event]:
    return [notebook.ask(f"{subject}-{number % 7}") for number in range(40)]


@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
async def test_what_a_process_leaves_behind_at_any_point_is_finished_once_by_the_next(
    new_notebook: OpenNotebook, way: signal.Signals
) -> None:
    async def at(point: Point) -> list[str]:
        async with new_notebook() as notebook:
            return await _leave_to_the_next(notebook, Fate(point=point, signal=way))

    findings = await asyncio.gather(*(at(point) for point in Point))

    assert dict(zip(Point, findings, strict=True)) == {point: [] for point in Point}
