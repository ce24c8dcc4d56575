"""The month: what was scored counts, once, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from winnow_common.outcome import Outcome, Request

from .conftest import Answer, Api, House, open_account


def credits_of(answer: Answer) -> tuple[int, int]:
    return int(answer.headers["X-Credits-Charged"]), int(answer.headers["X-Credits-Remaining"])


async def score(api: Api, domain: str = "a.com", *, key: str | None = "", name: str | None = None) -> Answer:
    headers = {} if name is None else {"Idempotency-Key": name}
    return await api.post("/v1/scoring", {"domain": domain}, key=key, headers=headers)


@pytest.fixture
async def small(house: House, tmp_path: Path) -> AsyncIterator[Api]:
    """An account whose month has three records."""
    plans = tmp_path / "plans.toml"
    plans.write_text(
        "[free]\nrequests_per_minute = 1000\nrecords_per_month = 3\nlive_keys = 9\ntest_keys = 9\n"
        "test_requests_per_month = 5\n"
    )
    async with house.api(plans=plans) as api:
        api.key = await open_account(api, plan="free")
        yield api


async def test_each_score_counts_until_the_month_is_used_up(house: House, small: Api) -> None:
    answers = [await score(small) for _ in range(4)]

    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert [credits_of(answer) for answer in answers] == [(1, 2), (1, 1), (1, 0), (0, 0)]
    assert answers[3].json()["violated_policies"] == ["month"]
    assert answers[3].json()["detail"] == "Rate limit exceeded"
    assert int(answers[3].headers["Retry-After"]) == 30 * 24 * 3600
    assert len(house.scoring.requests("scoring.score")) == 3


async def test_a_batch_counts_once_however_many_domains_it_has(small: Api) -> None:
    answer = await small.post("/v1/scoring/batch", {"domains": ["a.com"] * 100})

    assert credits_of(answer) == (1, 2)


async def test_a_used_up_month_stops_scores_and_nothing_else(small: Api) -> None:
    for _ in range(3):
        await score(small)

    assert (await small.get("/v1/keys")).status == 200
    assert (await small.get("/v1/companies")).status == 200


async def test_the_month_begins_with_the_first_score_and_ends_after_30_days(house: House, small: Api) -> None:
    house.clock.forward(days=3)
    for _ in range(3):
        await score(small)

    house.clock.forward(days=29, hours=23, minutes=59)
    before = await score(small)
    house.clock.forward(minutes=1)
    after = await score(small)

    assert (before.status, after.status) == (429, 200)
    assert credits_of(after) == (1, 2)


@pytest.mark.parametrize(("status", "code"), [(400, "invalid_domain"), (404, "domain_not_found"), (503, "quarantined")])
async def test_a_refusal_gives_the_record_back(house: House, small: Api, status: int, code: str) -> None:
    house.scoring.refuse("scoring.score", status, code, "No")

    answers = [await score(small) for _ in range(5)]

    assert {(answer.status, credits_of(answer)) for answer in answers} == {(status, (0, 3))}


async def test_a_repetition_counts_once(small: Api) -> None:
    answers = [await score(small, name="same") for _ in range(5)]

    assert [credits_of(answer) for answer in answers] == [(1, 2)] + [(0, 2)] * 4
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None] + ["true"] * 4
    assert len({answer.body for answer in answers}) == 1


async def test_a_repetition_counts_once_over_midnight(house: House, small: Api) -> None:
    house.clock.forward(hours=11, minutes=59)
    first = await score(small, name="same")
    house.clock.forward(minutes=2)

    second = await score(small, name="same")

    assert (credits_of(first), credits_of(second)) == ((1, 2), (0, 2))
    assert second.headers["Idempotency-Replayed"] == "true"


async def test_the_same_request_many_times_at_once_counts_once(small: Api) -> None:
    answers = await asyncio.gather(*(score(small, name="same") for _ in range(8)))

    assert {answer.status for answer in answers} == {200}
    assert sorted(credits_of(answer)[0] for answer in answers) == [0] * 7 + [1]
    assert credits_of(await score(small, name="other")) == (1, 1)


async def test_many_scores_at_once_never_exceed_the_month(house: House, small: Api) -> None:
    answers = await asyncio.gather(*(score(small) for _ in range(20)))

    assert sorted(answer.status for answer in answers) == [200] * 3 + [429] * 17
    assert len(house.scoring.requests("scoring.score")) == 3


async def test_a_repeated_refusal_and_a_misused_key_cost_nothing(house: House, small: Api) -> None:
    house.scoring.refuse("scoring.score", 404, "domain_not_found", "Domain not found")
    refused = [await score(small, name="same") for _ in range(2)]
    misused = await score(small, "other.com", name="same")

    assert [answer.status for answer in (*refused, misused)] == [404, 404, 422]
    assert credits_of(misused) == (0, 3)


async def test_a_misused_key_does_not_give_back_what_its_first_use_cost(small: Api) -> None:
    await score(small, name="same")

    misused = await score(small, "other.com", name="same")

    assert misused.json()["code"] == "idempotency_key_reused"
    assert credits_of(misused) == (0, 2)


async def test_a_call_without_an_answer_stays_counted_and_its_repetition_costs_nothing_more(
    house: House, small: Api, tmp_path: Path
) -> None:
    release = asyncio.Event()

    async def slow(_: Request[Any]) -> Outcome:
        await release.wait()
        return Outcome.json({"late": True})

    house.scoring.on("scoring.score", slow)
    async with house.api(plans=tmp_path / "plans.toml", instance="hasty", longest_wait=0.2) as hasty:
        late = await score(hasty, key=small.key, name="same")
    release.set()
    repeated = await score(small, name="same")

    assert (late.status, late.json()["code"]) == (504, "no_answer_yet")
    assert (repeated.status, repeated.json()) == (200, {"late": True})
    assert credits_of(repeated)[1] == 2


async def test_test_keys_cost_nothing_and_have_a_month_of_requests(house: House, small: Api) -> None:
    made = await small.post("/v1/keys", {"name": "test", "environment": "staging"})

    answers = [await score(small, key=made.json()["api_key"]) for _ in range(6)]

    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert [credits_of(answer) for answer in answers[:5]] == [(0, 3)] * 5
    assert answers[5].json()["violated_policies"] == ["month"]
    assert {request.environment.livemode for request in house.scoring.requests("scoring.score")} == {False}


async def test_an_unlimited_plan_writes_nothing_for_a_score(house: House, gateway_database: str) -> None:
    async with house.api() as api:
        key = await open_account(api, plan="unlimited")
        answer = await score(api, key=key)
        counted = await api.gateway.services.pool.fetchval("SELECT count(*) FROM month")

    assert credits_of(answer) == (1, 1_000_000_000)
    assert counted == 0


async def test_another_gateway_sees_what_was_used(house: House, small: Api, tmp_path: Path) -> None:
    await score(small)

    async with house.api(plans=tmp_path / "plans.toml", instance="b") as other:
        answer = await other.get("/v1/keys", key=small.key)

    assert '"month";r=2;' in answer.headers["RateLimit"]
