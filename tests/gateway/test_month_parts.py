"""A success that is fewer records than were asked for keeps what succeeded, once, and gives the rest back."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from winnow_common.identifiers import uuid7
from winnow_common.outcome import Outcome, Request
from winnow_common.postgres import Pool, open_pool
from winnow_gateway.store import months

from .conftest import Answer, Api, House, open_account

NOTHING = {"score": None}
SOMETHING = {"score": 82.4}
LIMIT = 100


@pytest.fixture
async def small(house: House, tmp_path: Path) -> AsyncIterator[Api]:
    """An account whose month has ten records."""
    plans = tmp_path / "plans.toml"
    plans.write_text(
        "[free]\nrequests_per_minute = 1000\nrecords_per_month = 10\nlive_keys = 9\ntest_keys = 9\n"
        "test_requests_per_month = 100\n"
    )
    async with house.api(plans=plans) as api:
        api.key = await open_account(api, plan="free")
        yield api


def answers(house: House, *scores: Mapping[str, Any], records: int | None) -> None:
    """The stand-in answers a company with the first of these, and a batch with all of them."""

    async def one(_: Request[Any]) -> Outcome:
        return Outcome(body=json.dumps(scores[0]).encode(), records=records)

    async def all_of_them(_: Request[Any]) -> Outcome:
        return Outcome(body=json.dumps(scores).encode(), records=records)

    house.scoring.on("similarity.score", one)
    house.scoring.on("similarity.score_batch", all_of_them)


async def score(api: Api, *, name: str | None = None, key: str | None = "") -> Answer:
    headers = {} if name is None else {"Idempotency-Key": name}
    return await api.post("/v1/score", {"company_name": "Acme"}, headers=headers, key=key)


async def batch(api: Api, size: int, *, name: str | None = None) -> Answer:
    headers = {} if name is None else {"Idempotency-Key": name}
    return await api.post("/v1/score/batch", {"items": [{"domain": "a.com"}] * size}, headers=headers)


def credits_of(answer: Answer) -> tuple[int, int]:
    return int(answer.headers["X-Credits-Charged"]), int(answer.headers["X-Credits-Remaining"])


async def test_a_score_is_a_record(house: House, small: Api) -> None:
    answers(house, SOMETHING, records=None)

    assert credits_of(await score(small)) == (1, 9)


async def test_where_nothing_is_known_nothing_is_charged(house: House, small: Api) -> None:
    answers(house, NOTHING, records=0)

    assert [credits_of(await score(small)) for _ in range(3)] == [(0, 10)] * 3


async def test_a_batch_is_as_many_records_as_succeeded(house: House, small: Api) -> None:
    answers(house, SOMETHING, NOTHING, SOMETHING, records=2)

    assert credits_of(await batch(small, 3)) == (2, 8)


async def test_a_batch_that_does_not_say_is_as_many_records_as_items(house: House, small: Api) -> None:
    answers(house, SOMETHING, SOMETHING, records=None)

    assert credits_of(await batch(small, 2)) == (2, 8)


async def test_a_month_without_room_for_all_of_a_batch_refuses_it(house: House, small: Api) -> None:
    answers(house, *[SOMETHING] * 7, records=7)
    await batch(small, 7)

    answer = await batch(small, 4)

    assert (answer.status, answer.json()["violated_policies"]) == (429, ["month"])
    assert credits_of(answer) == (0, 3)
    assert len(house.scoring.requests("similarity.score_batch")) == 1


async def test_a_repetition_charges_nothing_and_gives_nothing_back_twice(house: House, small: Api) -> None:
    answers(house, SOMETHING, NOTHING, SOMETHING, NOTHING, records=2)

    repeated = [await batch(small, 4, name="same") for _ in range(4)]

    assert [credits_of(answer) for answer in repeated] == [(2, 8)] + [(0, 8)] * 3


async def test_the_same_batch_many_times_at_once_counts_once(house: House, small: Api) -> None:
    answers(house, SOMETHING, NOTHING, records=1)

    repeated = await asyncio.gather(*(batch(small, 2, name="same") for _ in range(5)))

    assert sorted(credits_of(answer)[0] for answer in repeated) == [0] * 4 + [1]
    assert credits_of(await batch(small, 2, name="same")) == (0, 9)


async def test_a_repetition_settles_what_never_got_its_answer(house: House, small: Api, tmp_path: Path) -> None:
    release = asyncio.Event()

    async def slow(_: Request[Any]) -> Outcome:
        await release.wait()
        return Outcome(body=json.dumps([SOMETHING, NOTHING, NOTHING]).encode(), records=1)

    house.scoring.on("similarity.score_batch", slow)
    async with house.api(plans=tmp_path / "plans.toml", instance="hasty", longest_wait=0.2) as hasty:
        hasty.key = small.key
        late = await batch(hasty, 3, name="same")
    release.set()
    repeated = await batch(small, 3, name="same")

    assert (late.status, credits_of(late)[1]) == (504, 7)
    assert (repeated.status, credits_of(repeated)) == (200, (0, 9))


async def test_a_test_key_is_charged_nothing(house: House, small: Api) -> None:
    answers(house, SOMETHING, records=1)
    made = await small.post("/v1/keys", {"name": "test", "environment": "staging"})

    assert credits_of(await score(small, key=made.json()["api_key"])) == (0, 10)


async def test_a_service_cannot_charge_more_than_was_asked_for(house: House, small: Api) -> None:
    answers(house, SOMETHING, records=7)

    assert credits_of(await score(small)) == (1, 9)


async def used(pool: Pool, tenant: UUID) -> int:
    return int(await pool.fetchval("SELECT coalesce(max(used), 0) FROM month WHERE tenant_id = $1", tenant))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.integers(1, 20), kept=st.integers(0, 20), callers=st.integers(1, 4), refusals=st.integers(0, 2))
def test_however_many_settle_a_request_at_once_it_counts_once(
    gateway_database: str, records: int, kept: int, callers: int, refusals: int
) -> None:
    async def all_at_once() -> tuple[int, int]:
        tenant, request = uuid7(), uuid7()
        async with open_pool(gateway_database, size=4, name="test") as pool:

            async def call() -> None:
                taken = await months.reserve(
                    pool,
                    tenant=tenant,
                    request=request,
                    previous=None,
                    records=records,
                    limit=LIMIT,
                    now=datetime.now(UTC),
                )
                assert taken.known or taken.counted
                await months.keep(pool, tenant=tenant, request=request, records=kept)

            await asyncio.gather(*(call() for _ in range(callers)))
            settled = await used(pool, tenant)
            for _ in range(refusals):
                await months.give_back(pool, tenant=tenant, request=request)
            return settled, await used(pool, tenant)

    settled, at_last = asyncio.run(all_at_once())

    assert settled == min(records, kept)
    assert at_last == (0 if refusals else settled)
