"""Limits over HTTP: headers on every answer, one count for all gateways, and a fallback when Redis is away."""

import re
import time
from contextlib import AsyncExitStack
from typing import Any

import pytest
from pydantic import SecretStr

from .conftest import Answer, Api, House, open_account, open_redis

RATE_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit-Policy", "RateLimit")


def left(answer: Answer) -> int:
    return int(answer.headers["X-RateLimit-Remaining"])


async def test_a_free_account_has_ten_calls_a_minute(free: Api) -> None:
    answers = [await free.get("/v1/keys") for _ in range(12)]

    assert [answer.status for answer in answers] == [200] * 10 + [429] * 2
    assert [left(answer) for answer in answers] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]


async def test_a_refused_call_says_what_was_exceeded_and_when_to_come_back(free: Api) -> None:
    for _ in range(10):
        await free.get("/v1/keys")

    answer = await free.get("/v1/keys")

    problem = answer.json()
    assert (answer.status, problem["detail"], problem["violated_policies"]) == (429, "Rate limit exceeded", ["minute"])
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_headers_name_both_policies(free: Api) -> None:
    answer = await free.get("/v1/keys")

    assert answer.headers["RateLimit-Policy"] == '"minute";q=10;w=60,"month";q=100;w=2592000'
    assert re.fullmatch(r'"minute";r=9;t=\d{1,2},"month";r=100;t=2592000', answer.headers["RateLimit"])
    assert -5 < int(answer.headers["X-RateLimit-Reset"]) - time.time() <= 61


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/keys", None, 200),
        ("POST", "/v1/scoring", {"domain": 7}, 422),
        ("GET", "/v1/keys?unknown=1", None, 422),
        ("DELETE", "/v1/keys/key_unknown", None, 404),
        ("DELETE", "/v1/sessions/current", None, 403),
        ("GET", "/v1/nowhere", None, 404),
        ("PATCH", "/v1/keys", None, 405),
    ],
)
async def test_limits_stand_on_every_answer_to_a_call_with_a_key(
    api: Api, method: str, path: str, body: Any, status: int
) -> None:
    before = left(await api.get("/v1/keys"))

    answer = await api.call(method, path, json=body)

    assert answer.status == status
    assert all(header in answer.headers for header in RATE_HEADERS)
    assert left(answer) == before - 1


async def test_calls_without_a_key_have_no_limits_on_them(anonymous: Api) -> None:
    answers = [await anonymous.get("/v1/keys"), await anonymous.get("/openapi.json"), await anonymous.get("/nowhere")]

    assert [answer.status for answer in answers] == [401, 200, 404]
    assert not [answer for answer in answers if "X-RateLimit-Limit" in answer.headers]


async def test_all_keys_and_gateways_of_an_account_share_its_minute(house: House) -> None:
    async with AsyncExitStack() as stack:
        apis = [await stack.enter_async_context(house.api(instance=name)) for name in ("a", "b", "c")]
        key = await open_account(apis[0], plan="free")
        made = await apis[0].post("/v1/keys", {"name": "test", "environment": "staging"}, key=key)
        keys = [key, made.json()["api_key"]]

        answers = [await apis[n % 3].get("/v1/keys", key=keys[n % 2]) for n in range(12)]

    assert [answer.status for answer in answers] == [200] * 9 + [429] * 3


async def test_accounts_do_not_share_limits(free: Api) -> None:
    other = await open_account(free, plan="free", email="grace@example.com")
    for _ in range(11):
        await free.get("/v1/keys")

    assert (await free.get("/v1/keys", key=other)).status == 200


async def test_while_redis_is_away_calls_are_limited_by_each_gateway(house: House) -> None:
    async with house.api(redis=SecretStr("redis://127.0.0.1:1/0")) as api:
        key = await open_account(api, plan="free")

        answers = [await api.get("/v1/keys", key=key) for _ in range(11)]

    assert [answer.status for answer in answers] == [200] * 10 + [429]
    assert left(answers[0]) == 9


async def test_redis_holds_ids_and_counts_and_nothing_else(free: Api, redis_url: str) -> None:
    await free.post("/v1/sessions", {"email": "ada@example.com", "password": "planted-wrong"}, key=None)
    await free.get("/v1/keys")

    async with open_redis(redis_url) as client:
        held = {name.decode(): await client.get(name) async for name in client.scan_iter()}

    assert len(held) == 3
    assert all(re.fullmatch(r"limits:\{(log-in:)?[0-9a-f-]+\}:[a-z_]+", name) for name in held)
    assert set(held.values()) == {b"1"}


async def test_a_test_key_has_a_month_of_requests(free: Api) -> None:
    made = await free.post("/v1/keys", {"name": "test", "environment": "development"})

    answer = await free.get("/v1/keys", key=made.json()["api_key"])

    assert answer.headers["RateLimit-Policy"] == '"minute";q=10;w=60,"month";q=1000;w=2592000'
    assert left(answer) == 8
