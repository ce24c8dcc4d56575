"""Repetition over HTTP: one effect and one answer per key, and answers that came too late."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from winnow_common.outcome import Outcome, Request
from winnow_contracts.replies import GET_REQUEST
from winnow_contracts.topics import SCORING_REQUESTS, TOPICS
from winnow_gateway.handlers.stored_answers import SENDS

from .conftest import Api, House, StandIn, open_account

SCORE = {"domain": "a.com"}


async def test_a_repetition_gets_the_stored_answer_and_no_second_effect(house: House, api: Api) -> None:
    headers = {"Idempotency-Key": "key-1"}

    first = await api.post("/v1/scoring", SCORE, headers=headers)
    second = await api.post("/v1/scoring", SCORE, headers=headers)

    assert (first.status, second.status, first.body) == (200, 200, second.body)
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert first.headers["Winnow-Request-Id"] == second.headers["Winnow-Request-Id"]
    assert len(house.scoring.requests("scoring.score")) == 1


async def test_a_quoted_key_is_the_same_as_a_bare_one(house: House, api: Api) -> None:
    await api.post("/v1/scoring", SCORE, headers={"Idempotency-Key": "key-1"})

    answer = await api.post("/v1/scoring", SCORE, headers={"Idempotency-Key": '"key-1"'})

    assert answer.headers["Idempotency-Replayed"] == "true"


async def test_the_order_of_members_does_not_make_another_payload(api: Api) -> None:
    headers = {"Idempotency-Key": "key-1", "Content-Type": "application/json"}
    await api.call("POST", "/v1/scoring", data=b'{"domain":"a.com","rule_id":"sr_1"}', headers=headers)

    answer = await api.call("POST", "/v1/scoring", data=b'{ "rule_id":"sr_1", "domain":"a.com" }', headers=headers)

    assert (answer.status, answer.headers.get("Idempotency-Replayed")) == (200, "true")


async def test_the_same_key_with_another_payload_is_refused(api: Api) -> None:
    headers = {"Idempotency-Key": "key-1"}
    await api.post("/v1/scoring", SCORE, headers=headers)

    answer = await api.post("/v1/scoring", {"domain": "b.com"}, headers=headers)

    assert (answer.status, answer.json()["code"]) == (422, "idempotency_key_reused")


async def test_keys_of_two_accounts_two_calls_and_two_environments_do_not_meet(house: House, api: Api) -> None:
    headers = {"Idempotency-Key": "key-1"}
    other = await open_account(api, plan="free", email="grace@example.com")
    test_key = (await api.post("/v1/keys", {"name": "t", "environment": "staging"})).json()["api_key"]

    answers = [
        await api.post("/v1/scoring", SCORE, headers=headers),
        await api.post("/v1/scoring", SCORE, headers=headers, key=other),
        await api.post("/v1/scoring", SCORE, headers=headers, key=test_key),
        await api.post("/v1/scoring/batch", {"domains": ["a.com"]}, headers=headers),
    ]

    assert not [answer for answer in answers if "Idempotency-Replayed" in answer.headers]
    assert len(house.scoring.seen) == 4


async def test_calls_without_a_key_are_each_done(house: House, api: Api) -> None:
    for _ in range(3):
        await api.post("/v1/scoring", SCORE)

    assert len(house.scoring.requests("scoring.score")) == 3


@pytest.mark.parametrize("header", ['"open', "two words", "a" * 256, "clé"])
async def test_a_malformed_key_is_refused_before_anything_is_done(house: House, api: Api, header: str) -> None:
    answer = await api.post("/v1/scoring", SCORE, headers={"Idempotency-Key": header})

    assert (answer.status, answer.json()["code"]) == (400, "invalid_idempotency_key")
    assert house.scoring.seen == []


async def test_a_key_on_put_and_delete_is_honoured(house: House, api: Api) -> None:
    headers = {"Idempotency-Key": "key-1"}

    puts = [await api.put("/v1/companies/a.com", {"name": "A"}, headers=headers) for _ in range(2)]
    deletes = [await api.delete("/v1/companies/a.com", headers=headers) for _ in range(2)]

    assert puts[1].headers["Idempotency-Replayed"] == deletes[1].headers["Idempotency-Replayed"] == "true"
    assert [name for name, _ in house.scoring.seen] == ["companies.put", "companies.delete"]


async def test_a_key_on_a_read_is_passed_over(house: House, api: Api) -> None:
    for _ in range(2):
        await api.get("/v1/companies/a.com", headers={"Idempotency-Key": "two words are fine here"})

    assert len(house.scoring.requests("companies.get")) == 2


async def test_an_answer_of_503_is_not_stored_so_that_a_retry_runs(house: House, api: Api) -> None:
    headers = {"Idempotency-Key": "key-1"}
    house.scoring.refuse("scoring.score", 503, "overloaded", "Try again")
    first = await api.post("/v1/scoring", SCORE, headers=headers)

    async def recovered(_: Request[Any]) -> Outcome:
        return Outcome.json({"recovered": True})

    house.scoring.on("scoring.score", recovered)
    second = await api.post("/v1/scoring", SCORE, headers=headers)

    assert (first.status, first.headers["Retry-After"]) == (503, "2")
    assert (second.status, second.json()) == (200, {"recovered": True})


async def test_a_call_without_an_answer_says_where_it_will_be(house: House, api: Api) -> None:
    release = asyncio.Event()

    async def slow(request: Request[Any]) -> Outcome:
        await release.wait()
        return Outcome.json({"late": request.data.domain})

    house.scoring.on("scoring.score", slow)
    async with house.api(instance="hasty", longest_wait=0.2) as hasty:
        late = await hasty.post("/v1/scoring", SCORE, key=api.key)
    place = late.headers["Location"]
    release.set()

    answer = await api.get(place)

    assert (late.status, late.json()["code"]) == (504, "no_answer_yet")
    assert place == f"/v1/requests/{late.json()['request_id']}"
    assert int(late.headers["Retry-After"]) >= 1
    assert answer.json() == {"request_id": late.json()["request_id"], "status": 200, "body": {"late": "a.com"}}


async def test_a_read_without_an_answer_has_no_place_to_look(house: House, api: Api) -> None:
    release = asyncio.Event()

    async def slow(_: Request[Any]) -> Outcome:
        await release.wait()
        return Outcome.json({})

    house.scoring.on("companies.get", slow)
    async with house.api(instance="hasty", longest_wait=0.2) as hasty:
        late = await hasty.get("/v1/companies/a.com", key=api.key)
    release.set()

    assert (late.status, late.json()["code"]) == (504, "no_answer")
    assert "Location" not in late.headers


async def test_the_answer_of_a_request_is_its_tenants_alone(pipeline: StandIn, api: Api) -> None:
    other = await open_account(api, plan="free", email="grace@example.com")
    id = (await api.post("/v1/scoring", SCORE)).headers["Winnow-Request-Id"]

    mine = await api.get(f"/v1/requests/{id}")
    theirs = await api.get(f"/v1/requests/{id}", key=other)

    assert (mine.status, theirs.status, theirs.json()["code"]) == (200, 404, "request_not_found")


async def test_the_gateways_own_answers_can_be_asked_for_too(api: Api) -> None:
    made = await api.post("/v1/keys", {"name": "one"}, headers={"Idempotency-Key": "key-1"})

    answer = await api.get(f"/v1/requests/{made.headers['Winnow-Request-Id']}")

    assert (answer.status, answer.json()["status"]) == (200, 409)
    assert answer.json()["body"]["id"] == made.json()["id"]
    assert made.json()["api_key"].encode() not in answer.body


async def test_a_request_id_that_is_none_is_refused(api: Api) -> None:
    answer = await api.get("/v1/requests/not-a-uuid")

    assert (answer.status, answer.json()["errors"][0]["pointer"]) == (422, "?id")


async def test_the_message_carries_what_the_protocol_needs(house: House, api: Api) -> None:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = {"Idempotency-Key": "key-1", "traceparent": traceparent, "X-Request-Id": "mine-1"}

    answer = await api.post("/v1/scoring", SCORE, headers=headers)

    (record,) = house.log.records(SCORING_REQUESTS.name)
    event = record.event()
    assert event.id == UUID(answer.headers["Winnow-Request-Id"])
    assert (event.source, event.type, event.subject) == ("winnow/gateway", "scoring.score", "a.com")
    assert event.previous_id is not None
    assert event.fingerprint is not None
    assert event.traceparent == traceparent
    assert event.budget_ms == 10_000
    assert record.key == f"{event.tenant}/a.com".encode()
    assert b"mine-1" not in record.value
    assert answer.headers["X-Request-Id"] == "mine-1"


@pytest.mark.parametrize("label", ["two words", "x" * 129, "é"])
async def test_a_label_that_is_not_one_is_not_sent_back(api: Api, label: str) -> None:
    answer = await api.get("/v1/keys", headers={"X-Request-Id": label})

    assert answer.status == 200
    assert "X-Request-Id" not in answer.headers


def test_every_service_that_answers_requests_is_asked_for_late_answers() -> None:
    assert [sends.topic for sends in SENDS] == [topic for topic in TOPICS if GET_REQUEST in topic.messages]
