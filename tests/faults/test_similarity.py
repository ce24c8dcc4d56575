"""Companies that nobody has heard of are scored while who scores them, who builds models and who keeps answers die."""

import asyncio
import time

import pytest
from winnow_local.server import holds

from .conftest import Figure
from .installation import Installation
from .patient_client import patient_client
from .similarity_traffic import SimilarityTraffic

pytestmark = pytest.mark.faults

_SCORES = 1_500
_KILLS = 3


@pytest.mark.timeout(300)
@pytest.mark.parametrize("role", ["serve", "models", "keeper"])
async def test_a_role_killed_while_unknown_companies_are_scored_leaves_one_answer_and_one_usage_for_each_score(
    winnow: Installation, figure: Figure, role: str
) -> None:
    started = time.monotonic()
    endpoints = winnow.endpoints
    async with patient_client(endpoints.gateway, api_key=endpoints.api_key) as client:
        traffic = SimilarityTraffic(winnow, client, f"{role}-killed")
        await traffic.prepare(companies=_SCORES)
        asking = asyncio.create_task(traffic.ask_many(range(_SCORES), at_once=32))
        for kill in range(1, _KILLS + 1):
            enough = _SCORES * kill // (_KILLS + 1)

            async def answered(enough: int = enough) -> bool:
                return len(traffic.told) >= enough

            assert await holds(answered, within=120)
            await traffic.change_customers(kill)
            await winnow.kill("scoring", role=role)
        await asking
        await traffic.ask_many(range(0, _SCORES, 50), at_once=8)

        figure(
            f"{_SCORES} unknown companies, {role} killed {_KILLS} times: everybody answered after "
            f"{time.monotonic() - started:.0f} s, {len(traffic.scored)} of {len(traffic.told)} with a score; "
            f"attempts that failed: {dict(traffic.client.failures)}"
        )
        assert await traffic.check() == []
        assert len(traffic.scored) > _SCORES / 2


def test_nothing_of_all_that_led_to_an_error_that_nobody_foresaw(winnow: Installation) -> None:
    assert winnow.complaints() == []
