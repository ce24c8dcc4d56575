"""API keys over HTTP: made, listed, rotated, revoked, and never stronger than who makes them."""

from datetime import timedelta
from typing import Any

import pytest
from winnow_gateway.scopes import Scope

from .conftest import Answer, Api, House, open_account


async def make(api: Api, *, key: str | None = "", **body: Any) -> Answer:
    return await api.post("/v1/keys", {"name": "of a test", **body}, key=key)


async def test_a_key_is_shown_once_and_listed_without_its_secret(api: Api) -> None:
    made = (await make(api, scopes=["score"])).json()

    listed = await api.get("/v1/keys")

    assert made["api_key"].startswith("wk_live_")
    assert made["api_key"].encode() not in listed.body
    (found,) = [key for key in listed.json()["data"] if key["id"] == made["id"]]
    assert found == {name: value for name, value in made.items() if name != "api_key"}
    assert (listed.json()["has_more"], listed.json()["next_cursor"]) == (False, None)


async def test_a_key_without_a_scope_is_refused_by_name(api: Api) -> None:
    key = (await make(api, scopes=["companies:read"])).json()["api_key"]

    answer = await api.post("/v1/scoring", {"domain": "a.com"}, key=key)

    assert (answer.status, answer.json()["code"], answer.json()["scope"]) == (403, "missing_scope", "score")
    assert "X-RateLimit-Limit" in answer.headers


async def test_a_key_gets_the_scopes_of_its_maker_unless_told_otherwise(api: Api) -> None:
    weak = (await make(api, scopes=["keys:write", "score"])).json()["api_key"]

    made = await make(api, key=weak)

    assert made.json()["scopes"] == ["keys:write", "score"]


async def test_a_key_cannot_make_a_stronger_one(api: Api) -> None:
    weak = (await make(api, scopes=["keys:write", "score"])).json()["api_key"]

    answer = await make(api, key=weak, scopes=["rules:write"])

    assert (answer.status, answer.json()["scope"]) == (403, "rules:write")


async def test_a_key_cannot_rotate_a_stronger_one(api: Api) -> None:
    weak = (await make(api, scopes=["keys:write"])).json()["api_key"]
    strong = (await make(api)).json()["id"]

    answer = await api.post(f"/v1/keys/{strong}/rotate", {}, key=weak)

    assert (answer.status, answer.json()["code"]) == (403, "missing_scope")


@pytest.mark.parametrize("environment", ["staging", "development"])
async def test_a_test_key_cannot_touch_production_keys(api: Api, environment: str) -> None:
    test = (await make(api, environment=environment)).json()["api_key"]
    live = (await make(api)).json()["id"]

    answers = [
        await make(api, key=test),
        await api.post(f"/v1/keys/{live}/rotate", {}, key=test),
        await api.delete(f"/v1/keys/{live}", key=test),
    ]

    assert test.startswith("wk_test_")
    assert {(answer.status, answer.json()["code"]) for answer in answers} == {(403, "environment_not_allowed")}


async def test_a_revoked_key_works_no_more(api: Api) -> None:
    made = (await make(api)).json()
    assert (await api.get("/v1/keys", key=made["api_key"])).status == 200

    revoked = await api.delete(f"/v1/keys/{made['id']}")
    after = await api.get("/v1/keys", key=made["api_key"])
    again = await api.delete(f"/v1/keys/{made['id']}")

    assert (revoked.status, after.status, again.status) == (204, 401, 404)
    assert after.json()["detail"] == "Invalid API key"


async def test_a_rotated_key_works_on_for_the_overlap(house: House, api: Api) -> None:
    old = (await make(api, scopes=["keys:read", "score"])).json()

    answer = await api.post(f"/v1/keys/{old['id']}/rotate", {"overlap_seconds": 60})
    new = answer.json()
    house.clock.forward(seconds=59)
    during = await api.get("/v1/keys", key=old["api_key"])
    house.clock.forward(seconds=1)
    after = await api.get("/v1/keys", key=old["api_key"])

    assert answer.status == 201
    assert (new["name"], new["scopes"]) == (old["name"], old["scopes"])
    assert (during.status, after.status) == (200, 401)
    assert (await api.get("/v1/keys", key=new["api_key"])).status == 200


async def test_a_rotated_key_names_its_successor_and_is_not_rotated_again(api: Api) -> None:
    old = (await make(api)).json()["id"]
    new = (await api.post(f"/v1/keys/{old}/rotate")).json()["id"]

    again = await api.post(f"/v1/keys/{old}/rotate")
    listed = {key["id"]: key for key in (await api.get("/v1/keys")).json()["data"]}

    assert (again.status, again.json()["code"]) == (409, "already_rotated")
    assert listed[old]["replaced_by"] == new
    assert listed[old]["expires_at"] is not None


async def test_the_free_plan_has_one_production_key_that_may_be_rotated(free: Api) -> None:
    (only,) = (await free.get("/v1/keys")).json()["data"]

    second = await make(free)
    rotated = await free.post(f"/v1/keys/{only['id']}/rotate", {"overlap_seconds": 60})
    tests = [await make(free, environment="staging") for _ in range(3)]

    assert (second.status, second.json()["code"]) == (409, "too_many_keys")
    assert rotated.status == 201
    assert [answer.status for answer in tests] == [201, 201, 409]


async def test_a_key_ends_when_it_is_said_to(house: House, api: Api) -> None:
    ends_at = house.clock.now + timedelta(hours=1)
    key = (await make(api, expires_at=ends_at.isoformat())).json()["api_key"]

    before = await api.get("/v1/keys", key=key)
    house.clock.forward(hours=1)
    after = await api.get("/v1/keys", key=key)

    assert (before.status, after.status) == (200, 401)


async def test_a_key_that_has_ended_already_is_not_made(house: House, api: Api) -> None:
    answer = await make(api, expires_at=house.clock.now.isoformat())

    assert (answer.status, answer.json()["code"]) == (422, "already_expired")


@pytest.mark.parametrize("id", ["key_", "key_xyz", "key_" + "0" * 32, "sr_abc123", "%00", "a" * 500])
async def test_a_key_that_does_not_exist_is_not_found(api: Api, id: str) -> None:
    answers = [await api.delete(f"/v1/keys/{id}"), await api.post(f"/v1/keys/{id}/rotate", {})]

    assert {(answer.status, answer.json()["detail"]) for answer in answers} == {(404, "Key not found")}


async def test_another_accounts_key_is_not_found(api: Api) -> None:
    other = await open_account(api, plan="free", email="grace@example.com")
    mine = (await make(api)).json()

    deleted = await api.delete(f"/v1/keys/{mine['id']}", key=other)
    rotated = await api.post(f"/v1/keys/{mine['id']}/rotate", {}, key=other)

    assert (deleted.status, rotated.status) == (404, 404)
    assert (await api.get("/v1/keys", key=mine["api_key"])).status == 200


async def test_a_repeated_creation_names_the_key_and_makes_no_second(api: Api) -> None:
    headers = {"Idempotency-Key": "create-1"}
    first = await api.post("/v1/keys", {"name": "one"}, headers=headers)

    second = await api.post("/v1/keys", {"name": "one"}, headers=headers)
    other = await api.post("/v1/keys", {"name": "two"}, headers=headers)

    assert (second.status, second.json()["id"]) == (409, first.json()["id"])
    assert (other.status, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len((await api.get("/v1/keys")).json()["data"]) == 2


async def test_a_repeated_revocation_is_answered_as_the_first(api: Api) -> None:
    id = (await make(api)).json()["id"]
    headers = {"Idempotency-Key": "revoke-1"}

    answers = [await api.delete(f"/v1/keys/{id}", headers=headers) for _ in range(2)]

    assert [answer.status for answer in answers] == [204, 204]
    assert "Idempotency-Replayed" not in answers[0].headers
    assert answers[1].headers["Idempotency-Replayed"] == "true"


async def test_the_last_use_of_a_key_is_noted_to_the_minute(house: House) -> None:
    async with house.api() as api:
        first = await open_account(api, plan="professional")
        house.clock.forward(seconds=90)
        used_at = house.clock.now
        await api.get("/v1/keys", key=first)
    async with house.api() as again:
        (key,) = (await again.get("/v1/keys", key=first)).json()["data"]

    assert key["last_used_at"] == used_at.replace(second=0).strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_all_scopes_are_known_to_the_first_key(api: Api) -> None:
    (key,) = (await api.get("/v1/keys")).json()["data"]

    assert key["scopes"] == sorted(Scope)


@pytest.mark.parametrize(
    "body",
    [
        {"scopes": ["everything"]},
        {"scopes": []},
        {"scopes": "score"},
        {"environment": "live"},
        {"name": ""},
        {"name": "x" * 101},
        {"expires_at": "tomorrow"},
        {"expires_at": "2030-01-01T00:00:00"},
        {"unknown": 1},
    ],
)
async def test_a_key_with_a_fault_is_refused_with_its_place(api: Api, body: dict[str, Any]) -> None:
    answer = await make(api, **body)

    (name,) = body
    assert answer.status == 422
    assert answer.json()["errors"][0]["pointer"].startswith(f"/{name}")


@pytest.mark.parametrize("seconds", [-1, 30 * 24 * 3600 + 1, "60", 1.5, True])
async def test_an_overlap_with_a_fault_is_refused(api: Api, seconds: object) -> None:
    id = (await make(api)).json()["id"]

    answer = await api.post(f"/v1/keys/{id}/rotate", {"overlap_seconds": seconds})

    assert answer.status == 422
