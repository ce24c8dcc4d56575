"""The checker sees planted bugs: in invented histories, and in the plumbing itself, spoiled while it runs."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from winnow_common import execution, inbox, outbox
from winnow_common.delivery import Delivery
from winnow_common.inbox import Stored
from winnow_common.log import Message
from winnow_common.outcome import Outcome
from winnow_common.postgres import Connection, Pool, Write

from .checker import (
    Effect,
    Published,
    Told,
    check_answers,
    check_effects,
    check_facts,
    check_last,
    check_numbers,
    check_order,
    check_sequence,
)
from .installation import speaks_of_a_bug
from .note_service import serve
from .notebook import Notebook

pytestmark = pytest.mark.faults


@dataclass(slots=True)
class World:
    """Six operations on two keys; the last is refused."""

    asked: list[tuple[str, str]]
    told: list[Told]
    effects: list[Effect]
    published: list[Published]

    def check(self) -> list[str]:
        operations = [operation for operation, _ in self.asked]
        return [
            *check_answers(operations, self.told),
            *check_effects(operations, self.told, self.effects),
            *check_numbers(self.effects),
            *check_order(self.asked, self.effects),
            *check_facts(self.effects, self.published, topic="facts"),
            *check_sequence(self.published, topic="facts"),
            *check_last(self.published, topic="facts"),
        ]


@pytest.fixture
def world() -> World:
    keys = ["ink", "tea", "ink", "tea", "ink"]
    effects = [
        Effect(operation=f"op-{number}", key=key, number=keys[: number + 1].count(key))
        for number, key in enumerate(keys)
    ]
    return World(
        asked=[*((effect.operation, effect.key) for effect in effects), ("op-5", "ink")],
        told=[
            *(Told(operation=effect.operation, status=201, body=b"done") for effect in effects),
            Told(operation="op-5", status=503),
            Told(operation="op-5", status=404, body=b"no such thing"),
        ],
        effects=effects,
        published=[
            Published(id=f"fact-{effect.operation}", operation=effect.operation, key=effect.key, sequence=number)
            for number, effect in enumerate(effects)
        ],
    )


def test_a_world_without_bugs_is_passed(world: World) -> None:
    world.told.append(world.told[0])
    world.published.append(world.published[-1])

    assert world.check() == []


def _answer_lost(world: World) -> None:
    del world.told[-1]


def _other_answer(world: World) -> None:
    world.told.append(replace(world.told[2], body=b"done otherwise"))


def _answer_to_nobody(world: World) -> None:
    world.told.append(Told(operation="op-9", status=404))


def _effect_lost(world: World) -> None:
    del world.effects[-1], world.published[-1]


def _effect_doubled(world: World) -> None:
    world.effects.append(replace(world.effects[-1], number=4))


def _refused_and_done(world: World) -> None:
    world.effects.append(Effect(operation="op-5", key="ink", number=4))


def _unasked(world: World) -> None:
    world.effects.append(Effect(operation="op-9", key="tea", number=3))


def _number_skipped(world: World) -> None:
    world.effects[-1] = replace(world.effects[-1], number=4)


def _overtaken(world: World) -> None:
    first, other = world.effects[0], world.effects[2]
    world.effects[0], world.effects[2] = replace(first, number=other.number), replace(other, number=first.number)


def _fact_lost(world: World) -> None:
    del world.published[1]


def _fact_under_two_ids(world: World) -> None:
    world.published.append(replace(world.published[-1], id="fact-again", sequence=9))


def _fact_of_nothing(world: World) -> None:
    world.published.append(Published(id="fact-5", operation="op-5", key="ink", sequence=9))


def _fact_changed(world: World) -> None:
    world.published.append(replace(world.published[-1], content=b"other"))


def _facts_swapped(world: World) -> None:
    world.published[0], world.published[2] = world.published[2], world.published[0]


def _stale_repeat(world: World) -> None:
    world.published.append(world.published[0])


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (_answer_lost, "never answered"),
        (_other_answer, "given different answers"),
        (_answer_to_nobody, "answered without having been asked"),
        (_effect_lost, "said to be done, and without effect"),
        (_effect_doubled, "done more than once"),
        (_refused_and_done, "refused, and done all the same"),
        (_unasked, "done without having been asked for"),
        (_number_skipped, "not numbered 1, 2, 3"),
        (_overtaken, "in another order than they were asked for"),
        (_fact_lost, "done, and never told on facts"),
        (_fact_under_two_ids, "under several ids"),
        (_fact_of_nothing, "told on facts, and not done"),
        (_fact_changed, "with other content"),
        (_facts_swapped, "out of order on facts"),
        (_stale_repeat, "is not its newest"),
    ],
)
def test_a_bug_in_an_invented_history_is_seen(world: World, plant: Callable[[World], None], said: str) -> None:
    plant(world)

    assert said in "\n".join(world.check())


def _inbox_off(patch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: Any, **__: Any) -> dict[int, Stored]:
        return {}

    patch.setattr(inbox, "find", nothing)
    patch.setattr(inbox, "remembering", lambda *_, **__: [])


def _answer_before_commit(patch: pytest.MonkeyPatch) -> None:
    """And then the commit fails."""

    @asynccontextmanager
    async def forgetful(pool: Pool) -> AsyncIterator[Connection]:
        connection = await pool.acquire()
        current = connection.transaction()
        await current.start()
        yield connection
        await current.rollback()
        await pool.release(connection)

    patch.setattr(execution, "transaction", forgetful)


def _facts_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(outbox, "writing", lambda *_, **__: [])


def _newest_facts_first(patch: pytest.MonkeyPatch) -> None:
    def unpack(packed: bytes, *, row: int) -> list[Message]:
        return list(original(packed, row=row))[::-1]

    original = outbox.unpack
    patch.setattr("winnow_common.relay.unpack", unpack)


def _facts_published_before_they_are_true(patch: pytest.MonkeyPatch) -> None:
    """The relay's rows are there, what they tell of is not."""

    def write_alone(facts: Sequence[Any], **rest: Any) -> list[Write]:
        return [*original(facts, **rest), Write("DELETE FROM note", ())]

    original = outbox.writing
    patch.setattr(outbox, "writing", write_alone)


def _answer_made_up(patch: pytest.MonkeyPatch) -> None:
    def repeat(delivery: Delivery, stored: Stored) -> None:
        delivery.finish(Outcome.json({"subject": "something"}, status=200))

    patch.setattr(Delivery, "repeat", repeat)


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (_inbox_off, "done more than once"),
        (_answer_before_commit, "said to be done, and without effect"),
        (_facts_forgotten, "done, and never told on facts"),
        (_newest_facts_first, "out of order on facts"),
        (_facts_published_before_they_are_true, "told on facts, and not done"),
        (_answer_made_up, "given different answers"),
    ],
)
async def test_a_bug_in_the_plumbing_is_seen(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None], said: str
) -> None:
    plant(monkeypatch)
    wave = [notebook.ask(f"subject-{number % 3}") for number in range(12)]
    await notebook.publish(wave)
    await notebook.publish(wave)
    await notebook.publish([notebook.ask("last")])

    async with serve(notebook.settings()):
        answers = await notebook.until_answered(within=60, replies=2 * len(wave) + 1)
        findings = await notebook.check(answers)

    assert said in "\n".join(findings)


@pytest.mark.parametrize(
    ("line", "bug"),
    [
        ('12:00 {"level": "error", "logger": "winnow_common.execution", "event": "a message failed"}', True),
        ('12:00 {"level":"warning","logger":"winnow_common.relay","event":"facts wait","exception":"Traceback"}', True),
        ("12:00 ValueError: no", True),
        ("12:00 Traceback (most recent call last):", True),
        ('12:00 {"level":"error","logger":"aiokafka","event":"Unable connect to node"}', False),
        ('12:00 {"level":"warning","logger":"winnow_common.relay","event":"facts wait"}', False),
    ],
)
def test_a_line_that_speaks_of_a_bug_is_seen(line: str, bug: bool) -> None:
    assert speaks_of_a_bug(line) is bug
