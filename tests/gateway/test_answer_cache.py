"""Answers that are known: given with one round trip, free, and only while they are good."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from winnow_common.outcome import Outcome, Request
from winnow_contracts.similarity import SimilarityAnswer
from winnow_contracts.similarity_cache import BEAT_FIELDS, BEAT_KEY, KEPT_MS, LATEST_MS, entry_key, model_key
from winnow_gateway.recall.answering import CACHE_STATUS
from winnow_gateway.recall.pulse import Pulse
from winnow_gateway.redis_trips import Trips
from winnow_gateway.routes.similarity_examples import EXAMPLE_SIMILARITY

from .conftest import Answer, Api, House, hanging_server, open_account, open_redis

FROM_SCORING = {"score": 1.0, "from": "scoring"}
KEPT = {name: value for name, value in EXAMPLE_SIMILARITY.items() if name not in ("resolved", "livemode", "request_id")}


class Keeper:
    """Writes what the scoring service's cache keeper writes."""

    def __init__(self, client: "Redis") -> None:
        self.client = client

    async def beat(self, *, late_ms: int = -3_600_000) -> None:
        """By default from an hour ahead, so that it stays fresh for the whole test."""
        seconds, _ = await self.client.time()
        await self.client.hset(BEAT_KEY, mapping=dict.fromkeys(BEAT_FIELDS, str(seconds * 1000 - late_ms)))

    async def model(self, tenant: UUID, version: int) -> None:
        await self.client.set(model_key(tenant), str(version))

    async def keep(
        self, tenant: UUID, *, domain: str = "acme.com", model: int = 12, livemode: bool = True, ttl_ms: int = KEPT_MS
    ) -> None:
        await self.model(tenant, 12)
        entry = entry_key(tenant, domain, livemode=livemode)
        await self.client.hset(entry, mapping={"company": "3", "model": str(model), "answer": json.dumps(KEPT)})
        await self.client.pexpire(entry, ttl_ms)

    async def changed(self, tenant: UUID, domain: str = "acme.com") -> None:
        entry = entry_key(tenant, domain, livemode=True)
        await self.client.delete(entry)
        await self.client.hset(entry, "company", "4")


@pytest.fixture(autouse=True)
def pulse_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests read the beat when they need it."""
    monkeypatch.setattr("winnow_gateway.recall.pulse._SECONDS", 60.0)


@pytest.fixture(autouse=True)
async def keeper(redis_url: str) -> AsyncIterator[Keeper]:
    async with open_redis(redis_url) as client:
        keeper = Keeper(client)
        await keeper.beat()
        yield keeper


@pytest.fixture
def scoring(house: House) -> House:
    """The stand-in answers with what no cache holds."""

    async def behaviour(_: Request[Any]) -> Outcome:
        return Outcome.json(FROM_SCORING)

    house.scoring.on("similarity.score", behaviour)
    return house


async def tenant_of(api: Api) -> UUID:
    (tenant,) = await api.gateway.services.pool.fetch("SELECT tenant_id FROM account")
    return UUID(str(tenant["tenant_id"]))


async def score(api: Api, **sent: Any) -> Answer:
    await api.gateway.services.pulse.read()
    return await api.post("/v1/score", sent or {"domain": "acme.com"})


def asked_scoring(house: House) -> int:
    return len(house.scoring.requests("similarity.score"))


async def test_a_known_answer_is_given_whole(scoring: House, api: Api, keeper: Keeper) -> None:
    await keeper.keep(await tenant_of(api))

    answer = await score(api)

    whole = SimilarityAnswer.model_validate_json(answer.body)
    given = answer.json()
    assert answer.status == 200
    assert {name: given[name] for name in KEPT} == KEPT
    assert given["resolved"] == EXAMPLE_SIMILARITY["resolved"] | {"domain": "acme.com"}
    assert (given["livemode"], str(whole.request_id)) == (True, answer.headers["Winnow-Request-Id"])
    assert asked_scoring(scoring) == 0


async def test_a_known_answer_is_free_and_says_how_old_it_is(scoring: House, api: Api, keeper: Keeper) -> None:
    await keeper.keep(await tenant_of(api), ttl_ms=KEPT_MS - 20_000)

    answer = await score(api)

    ttl = int(answer.headers[CACHE_STATUS].removeprefix("winnow; hit; ttl="))
    assert 200 <= ttl <= KEPT_MS // 1000 - 20
    assert ttl + int(answer.headers["Age"]) in (KEPT_MS // 1000 - 1, KEPT_MS // 1000)
    assert (answer.headers["X-Credits-Charged"], answer.headers["X-Credits-Remaining"]) == ("0", "5000")
    assert "X-RateLimit-Remaining" in answer.headers


@pytest.mark.parametrize(
    ("sent", "matched_on", "confidence"),
    [
        ({"domain": "https://user@WWW.Acme.com:8443/about?x#y"}, "domain", 1.0),
        ({"email": "ada@acme.com"}, "email", 0.95),
        ({"domain": "ada@acme.com"}, "email", 0.95),
    ],
)
async def test_the_same_company_is_known_however_it_is_written(
    scoring: House, api: Api, keeper: Keeper, sent: Any, matched_on: str, confidence: float
) -> None:
    await keeper.keep(await tenant_of(api))

    resolved = (await score(api, **sent)).json()["resolved"]

    assert (resolved["domain"], resolved["matched_on"], resolved["confidence"]) == ("acme.com", matched_on, confidence)


@pytest.mark.parametrize(
    "sent",
    [
        {"domain": "acme.com", "company_name": "Acme"},
        {"domain": "acme.com", "email": "ada@acme.com"},
        {"domain": "acme.com", "linkedin_url": "https://www.linkedin.com/in/ada"},
        {"domain": "acme.com", "email": " "},
        {"domain": "mail.acme.com"},
        {"company_name": "acme.com"},
        {"domain": "com"},
    ],
)
async def test_whatever_is_not_exactly_one_domain_is_for_scoring(
    scoring: House, api: Api, keeper: Keeper, sent: Any
) -> None:
    await keeper.keep(await tenant_of(api))

    answer = await score(api, **sent)

    assert (answer.json(), answer.headers[CACHE_STATUS]) == (FROM_SCORING, "winnow; fwd=bypass")


async def test_an_unknown_answer_comes_from_scoring(scoring: House, api: Api) -> None:
    answer = await score(api)

    assert (answer.json(), answer.headers[CACHE_STATUS]) == (FROM_SCORING, "winnow; fwd=miss")
    assert "Age" not in answer.headers
    assert answer.headers["X-Credits-Charged"] == "1"


async def test_an_answer_of_another_model_is_not_given(scoring: House, api: Api, keeper: Keeper) -> None:
    await keeper.keep(await tenant_of(api), model=11)

    assert (await score(api)).json() == FROM_SCORING


async def test_an_answer_without_a_model_is_not_given(scoring: House, api: Api, keeper: Keeper) -> None:
    tenant = await tenant_of(api)
    await keeper.keep(tenant)
    await keeper.client.delete(model_key(tenant))

    assert (await score(api)).json() == FROM_SCORING


async def test_a_new_model_ends_all_answers_of_the_last_one(scoring: House, api: Api, keeper: Keeper) -> None:
    tenant = await tenant_of(api)
    await keeper.keep(tenant)
    before = await score(api)

    await keeper.model(tenant, 13)

    assert (before.json()["score"], (await score(api)).json()) == (KEPT["score"], FROM_SCORING)


async def test_a_changed_company_is_scored_anew(scoring: House, api: Api, keeper: Keeper) -> None:
    tenant = await tenant_of(api)
    await keeper.keep(tenant)
    await keeper.changed(tenant)

    assert (await score(api)).json() == FROM_SCORING


async def test_an_answer_ends_with_its_time(scoring: House, api: Api, keeper: Keeper) -> None:
    await keeper.keep(await tenant_of(api), ttl_ms=1)
    await asyncio.sleep(0.01)

    assert (await score(api)).json() == FROM_SCORING


async def test_what_is_no_entry_is_passed_over(scoring: House, api: Api, keeper: Keeper) -> None:
    tenant = await tenant_of(api)
    await keeper.model(tenant, 12)
    await keeper.client.set(entry_key(tenant, "acme.com", livemode=True), "something else")

    answers = [await score(api) for _ in range(2)]

    assert [answer.json() for answer in answers] == [FROM_SCORING] * 2


async def test_a_call_with_an_idempotency_key_is_for_scoring(scoring: House, api: Api, keeper: Keeper) -> None:
    await keeper.keep(await tenant_of(api))

    answers = [
        await api.post("/v1/score", {"domain": "acme.com"}, headers={"Idempotency-Key": "same"}) for _ in range(2)
    ]

    assert [answer.json() for answer in answers] == [FROM_SCORING] * 2
    assert [answer.headers[CACHE_STATUS] for answer in answers] == ["winnow; fwd=bypass"] * 2
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert asked_scoring(scoring) == 1


async def test_test_keys_and_live_keys_know_answers_of_their_own(scoring: House, api: Api, keeper: Keeper) -> None:
    await keeper.keep(await tenant_of(api), livemode=False)
    made = await api.post("/v1/keys", {"name": "test", "environment": "staging"})

    test = await api.post("/v1/score", {"domain": "acme.com"}, key=made.json()["api_key"])
    live = await score(api)

    assert (test.json()["score"], test.json()["livemode"]) == (KEPT["score"], False)
    assert live.json() == FROM_SCORING


async def test_tenants_do_not_share_answers(scoring: House, api: Api, keeper: Keeper) -> None:
    await keeper.keep(await tenant_of(api))
    other = await open_account(api, plan="professional", email="grace@example.com")

    assert (await api.post("/v1/score", {"domain": "acme.com"}, key=other)).json() == FROM_SCORING


async def test_a_refused_call_gets_no_known_answer(scoring: House, free: Api, keeper: Keeper) -> None:
    await keeper.keep(await tenant_of(free))

    answers = [await score(free) for _ in range(12)]

    assert [answer.status for answer in answers] == [200] * 10 + [429] * 2
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers[:10]] == [
        str(left) for left in range(9, -1, -1)
    ]
    assert CACHE_STATUS not in answers[-1].headers


async def test_a_used_up_month_still_gets_known_answers(scoring: House, api: Api, keeper: Keeper) -> None:
    tenant = await tenant_of(api)
    await keeper.keep(tenant)
    insert = "INSERT INTO month (tenant_id, started_at, used) VALUES ($1, $2, 5000)"
    await api.gateway.services.pool.execute(insert, tenant, datetime.now(UTC))

    known, unknown = await score(api), await score(api, domain="other.com")

    assert (known.status, unknown.status) == (200, 429)


async def test_a_key_without_the_scope_gets_no_known_answer(scoring: House, api: Api, keeper: Keeper) -> None:
    await keeper.keep(await tenant_of(api))
    made = await api.post("/v1/keys", {"name": "reader", "scopes": ["scores:read"]})

    assert (await api.post("/v1/score", {"domain": "acme.com"}, key=made.json()["api_key"])).status == 403


async def test_a_bad_body_is_counted_and_refused(scoring: House, api: Api) -> None:
    before = int((await api.get("/v1/keys")).headers["X-RateLimit-Remaining"])

    answers = [await score(api, domain=7), await score(api, nothing="x"), await api.post("/v1/score", data=b"{")]

    assert [answer.status for answer in answers] == [422, 422, 415]
    assert [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers] == [before - 1, before - 2, before - 3]


async def test_counting_and_looking_are_one_trip(scoring: House, free: Api, keeper: Keeper) -> None:
    tenant = await tenant_of(free)
    await keeper.keep(tenant)
    await score(free)
    before = (await keeper.client.info("stats"))["total_reads_processed"]

    answer = await free.post("/v1/score", {"domain": "acme.com"})

    assert answer.headers[CACHE_STATUS].startswith("winnow; hit")
    reads = (await keeper.client.info("stats"))["total_reads_processed"] - before
    assert reads == 2  # the call's trip, and the question that asks


async def test_a_body_that_arrives_later_is_looked_up_too(scoring: House, api: Api, keeper: Keeper) -> None:
    await keeper.keep(await tenant_of(api))
    reader, writer = await asyncio.open_connection("127.0.0.1", api.gateway.port)
    body = b'{"domain":"acme.com"}'
    head = (
        f"POST /v1/score HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n"
    )

    writer.write(head.encode())
    await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    writer.write(body)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()

    assert answer.startswith(b"HTTP/1.1 200")
    assert b"Cache-Status: winnow; hit" in answer


async def test_without_redis_scoring_answers(scoring: House) -> None:
    async with scoring.api(redis=SecretStr("redis://127.0.0.1:1/0")) as api:
        api.key = await open_account(api, plan="professional")

        answers = [await score(api) for _ in range(3)]

    assert [answer.json() for answer in answers] == [FROM_SCORING] * 3
    assert answers[-1].headers[CACHE_STATUS] == "winnow; fwd=bypass"


async def test_a_redis_that_hangs_holds_up_few_calls(scoring: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("winnow_gateway.redis_trips.TIMEOUT", 0.3)
    async with hanging_server() as (url, connections), scoring.api(redis=SecretStr(url)) as api:
        api.key = await open_account(api, plan="unlimited")
        answers = [await api.post("/v1/score", {"domain": f"{secrets.token_hex(4)}.com"}) for _ in range(20)]

    assert {answer.status for answer in answers} == {200}
    assert len(connections) <= 4


async def test_many_at_once_get_each_their_own(scoring: House, api: Api, keeper: Keeper) -> None:
    tenant = await tenant_of(api)
    for number in range(0, 100, 2):
        await keeper.keep(tenant, domain=f"{number}.com")

    answers = await asyncio.gather(*(score(api, domain=f"{number}.com") for number in range(100)))

    known = [answer.json() for answer in answers[::2]]
    assert [answer["resolved"]["domain"] for answer in known] == [f"{number}.com" for number in range(0, 100, 2)]
    assert len({answer["request_id"] for answer in known}) == 50
    assert [answer.json() for answer in answers[1::2]] == [FROM_SCORING] * 50


async def test_answers_are_passed_by_while_the_keeper_is_behind(scoring: House, api: Api, keeper: Keeper) -> None:
    await keeper.keep(await tenant_of(api))
    assert (await score(api)).json()["score"] == KEPT["score"]

    await keeper.beat(late_ms=LATEST_MS + 1)
    late = await score(api)
    await keeper.client.hdel(BEAT_KEY, BEAT_FIELDS[0])
    unknown = await score(api)
    await keeper.beat()
    again = await score(api)

    assert [late.json(), unknown.json()] == [FROM_SCORING, FROM_SCORING]
    assert late.headers[CACHE_STATUS] == "winnow; fwd=bypass"
    assert again.json()["score"] == KEPT["score"]


async def test_a_beat_that_was_read_long_ago_is_none() -> None:
    now = 0.0

    class Trip:
        async def ask(self, _: Any) -> Any:
            flat = [part for field in BEAT_FIELDS for part in (field.encode(), b"5000")]
            return [b"5", b"0", flat]

    pulse = Pulse(cast("Trips", Trip()), clock=lambda: now)
    assert not pulse.is_current()
    await pulse.read()
    assert pulse.is_current()
    now = LATEST_MS / 1000 + 0.001
    assert not pulse.is_current()
