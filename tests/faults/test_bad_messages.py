"""Messages that cannot be handled, on a real broker: their neighbours and other tenants do not notice."""

from uuid import UUID

import pytest
from winnow_contracts.event import Event

from .checker import Told, check_order
from .conftest import OpenNotebook
from .notebook import ACME, Notebook

pytestmark = pytest.mark.faults

_BROKEN = UUID(int=0xBAD)


async def test_a_poison_message_in_a_batch_of_200_is_put_aside_and_the_others_are_done_in_order(
    new_notebook: OpenNotebook,
) -> None:
    async with new_notebook(partitions=1) as notebook:
        wave = [notebook.ask(f"subject-{number % 10}", spoiled=number == 117) for number in range(200)]
        await notebook.publish(wave)

        notebook.start()
        answers = await notebook.until_answered(within=60)

        assert [answer.operation for answer in answers if not answer.done] == [str(wave[117].id)]
        assert await notebook.check(answers) == [f"1 times never answered: {wave[117].id}"]
        assert check_order(notebook.asked, await notebook.effects()) == []
        assert await _put_aside(notebook) == {ACME: 1}


async def test_a_tenant_whose_every_message_fails_is_refused_and_others_are_served(notebook: Notebook) -> None:
    notebook.start()
    first = _mixed(notebook, 40)
    await notebook.publish(first)
    await notebook.until_answered(within=60)
    second = _mixed(notebook, 200)
    await notebook.publish(second)
    statuses = _statuses(await notebook.until_answered(within=60))

    assert {statuses[str(event.id)] for event in first + second if event.tenant != _BROKEN} == {201}
    assert {statuses[str(event.id)] for event in first if event.tenant == _BROKEN} == {500}
    assert {statuses[str(event.id)] for event in second if event.tenant == _BROKEN} == {503}
    assert await _put_aside(notebook) == {_BROKEN: 40}


def _mixed(notebook: Notebook, count: int) -> list[Event]:
    """So many messages of the broken tenant, each followed by one of five others."""
    return [
        event
        for number in range(count)
        for event in (
            notebook.ask(f"bad-{number % 7}", spoiled=True, tenant=_BROKEN),
            notebook.ask(f"good-{number % 7}", tenant=UUID(int=1 + number % 5)),
        )
    ]


def _statuses(answers: list[Told]) -> dict[str, int]:
    return {answer.operation: answer.status for answer in answers}


async def _put_aside(notebook: Notebook) -> dict[UUID, int]:
    rows = await notebook.pool.fetch("SELECT tenant_id, count(*) FROM dead_letters GROUP BY tenant_id")
    return {row["tenant_id"]: row["count"] for row in rows}
