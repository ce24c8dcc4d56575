"""Sign-up, log-in and log-out over HTTP."""

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr
from winnow_common.postgres import open_pool
from winnow_gateway.settings import Settings, SignUp

from .conftest import PASSWORD, Api, House, log_in, sign_up

ADA = {"email": "ada@example.com", "password": PASSWORD}


async def test_a_new_account_has_a_key_that_works(anonymous: Api) -> None:
    made = await sign_up(anonymous)

    answer = await anonymous.get("/v1/keys", key=made["api_key"])

    assert answer.status == 200
    (key,) = answer.json()["data"]
    assert (key["environment"], key["hint"][:8], key["replaced_by"]) == ("production", "wk_live_", None)
    assert made["account_id"].startswith("acc_")


async def test_an_address_has_one_account_however_it_is_written(anonymous: Api) -> None:
    await sign_up(anonymous)

    answer = await anonymous.post("/v1/accounts", {**ADA, "email": "Ada@Example.com"}, key=None)

    assert (answer.status, answer.json()["code"]) == (409, "email_taken")


async def test_neither_address_nor_company_nor_password_is_in_any_table(anonymous: Api, gateway_database: str) -> None:
    body = {"email": "planted-marker@example.com", "password": "planted-password", "company": "Planted Company"}
    headers = {"Idempotency-Key": "sign-up-1"}
    await anonymous.post("/v1/accounts", body, key=None, headers=headers)
    await anonymous.post("/v1/sessions", {**body, "company": None} | {"password": "planted-wrong"}, key=None)

    async with open_pool(gateway_database, size=1, name="test") as pool:
        tables = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        rows = [str(row) for table in tables for row in await pool.fetch(f'SELECT * FROM "{table["tablename"]}"')]

    assert len(rows) > 5
    assert not [row for row in rows if "lanted" in row]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": "ada"}, "/email"),
        ({"email": "ada@localhost"}, "/email"),
        ({"email": "a b@example.com"}, "/email"),
        ({"email": "x" * 250 + "@example.com"}, "/email"),
        ({"email": 7}, "/email"),
        ({"password": "short"}, "/password"),
        ({"password": "x" * 257}, "/password"),
        ({"password": None}, "/password"),
        ({"company": ""}, "/company"),
        ({"admin": True}, "/admin"),
    ],
)
async def test_a_sign_up_with_a_fault_names_the_place_and_repeats_nothing(
    anonymous: Api, change: dict[str, Any], pointer: str
) -> None:
    answer = await anonymous.post("/v1/accounts", ADA | change, key=None)

    problem = answer.json()
    assert answer.status == 422
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert PASSWORD.encode() not in answer.body


async def test_closed_sign_up_is_refused(house: House) -> None:
    async with house.api(signup=SignUp.CLOSED) as api:
        answer = await api.post("/v1/accounts", ADA)

    assert (answer.status, answer.json()["code"]) == (403, "sign_up_closed")


async def test_sign_up_by_invitation_asks_for_the_code(house: House) -> None:
    async with house.api(signup=SignUp.INVITE, invitation=SecretStr("welcome-2026")) as api:
        without = await api.post("/v1/accounts", ADA)
        wrong = await api.post("/v1/accounts", ADA | {"invitation": "welcome-2025"})
        right = await api.post("/v1/accounts", ADA | {"invitation": "welcome-2026"})

    assert (without.status, wrong.status, right.status) == (403, 403, 201)


async def test_an_invitation_that_was_not_configured_lets_nobody_in(house: House) -> None:
    async with house.api(signup=SignUp.INVITE) as api:
        assert (await api.post("/v1/accounts", ADA | {"invitation": "x"})).status == 403


async def test_one_address_cannot_open_accounts_without_end(house: House) -> None:
    async with house.api(sign_ups_per_hour=2) as api:
        answers = [await api.post("/v1/accounts", {**ADA, "email": f"{n}@example.com"}) for n in range(3)]

    assert [answer.status for answer in answers] == [201, 201, 429]
    assert int(answers[2].headers["Retry-After"]) > 3500
    assert answers[2].json()["violated_policies"] == ["sign_ups"]


async def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_wrote(house: House) -> None:
    async with house.api(sign_ups_per_hour=1, proxies=1) as api:
        statuses = [
            (
                await api.post("/v1/accounts", {**ADA, "email": f"{n}@example.com"}, headers={"X-Forwarded-For": hops})
            ).status
            for n, hops in enumerate(["9.9.9.9, 1.1.1.1", "8.8.8.8, 1.1.1.1", "9.9.9.9, 2.2.2.2"])
        ]

    assert statuses == [201, 429, 201]


async def test_too_many_sign_ups_at_once_are_sent_away_and_not_queued_for_ever(anonymous: Api) -> None:
    answers = await asyncio.gather(
        *(anonymous.post("/v1/accounts", {**ADA, "email": f"{n}@example.com"}, key=None) for n in range(24))
    )

    refused = [answer for answer in answers if answer.status == 503]
    assert {answer.status for answer in answers} == {201, 503}
    assert {(answer.json()["code"], answer.headers["Retry-After"]) for answer in refused} == {("busy", "5")}


async def test_a_repeated_sign_up_names_the_account_and_shows_no_secret(anonymous: Api) -> None:
    headers = {"Idempotency-Key": "sign-up-1"}
    first = await anonymous.post("/v1/accounts", ADA, key=None, headers=headers)

    second = await anonymous.post("/v1/accounts", ADA, key=None, headers=headers)

    assert (first.status, second.status) == (201, 409)
    assert second.json()["code"] == "secret_shown_before"
    assert second.json()["id"] == first.json()["account_id"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert first.json()["api_key"].encode() not in second.body


async def test_a_sign_up_key_with_another_payload_is_refused(anonymous: Api) -> None:
    headers = {"Idempotency-Key": "sign-up-1"}
    await anonymous.post("/v1/accounts", ADA, key=None, headers=headers)

    answer = await anonymous.post("/v1/accounts", ADA | {"password": "another password"}, key=None, headers=headers)

    assert (answer.status, answer.json()["code"]) == (422, "idempotency_key_reused")


async def test_the_same_sign_up_twice_at_once_makes_one_account(anonymous: Api) -> None:
    headers = {"Idempotency-Key": "sign-up-1"}

    answers = await asyncio.gather(*(anonymous.post("/v1/accounts", ADA, key=None, headers=headers) for _ in range(4)))

    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status == 409} <= {
        "secret_shown_before",
        "email_taken",
    }


async def test_a_session_may_do_everything_until_it_ends(house: House, anonymous: Api) -> None:
    await sign_up(anonymous)
    token = await log_in(anonymous)

    during = await anonymous.get("/v1/keys", key=token)
    house.clock.forward(hours=12)
    after = await anonymous.get("/v1/keys", key=token)

    assert token.startswith("ws_")
    assert (during.status, after.status) == (200, 401)


async def test_logging_out_ends_the_session(anonymous: Api) -> None:
    await sign_up(anonymous)
    token = await log_in(anonymous)

    ended = await anonymous.delete("/v1/sessions/current", key=token)
    after = await anonymous.get("/v1/keys", key=token)

    assert (ended.status, ended.body, after.status) == (204, b"", 401)


async def test_a_key_cannot_log_out(api: Api) -> None:
    answer = await api.delete("/v1/sessions/current")

    assert (answer.status, answer.json()["code"]) == (403, "not_a_session")


@pytest.mark.parametrize("change", [{"password": "wrong password"}, {"email": "nobody@example.com"}])
async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    anonymous: Api, change: dict[str, str]
) -> None:
    await sign_up(anonymous)

    answer = await anonymous.post("/v1/sessions", ADA | change, key=None)

    assert (answer.status, answer.json()["detail"]) == (401, "Wrong e-mail address or password")


async def test_passwords_of_one_address_cannot_be_tried_without_end(anonymous: Api) -> None:
    answers = [await anonymous.post("/v1/sessions", ADA | {"password": f"guess {n:03}"}, key=None) for n in range(21)]

    assert {answer.status for answer in answers[:20]} == {401}
    assert (answers[20].status, answers[20].json()["violated_policies"]) == (429, ["log_ins_of_email"])


async def test_a_repeated_log_in_shows_no_token(anonymous: Api) -> None:
    await sign_up(anonymous)
    headers = {"Idempotency-Key": "log-in-1"}
    first = await anonymous.post("/v1/sessions", ADA, key=None, headers=headers)

    second = await anonymous.post("/v1/sessions", ADA, key=None, headers=headers)

    assert (second.status, second.json()["id"]) == (409, first.json()["session_id"])


async def test_with_another_pepper_no_key_works(house: House, settings: Settings) -> None:
    async with house.api() as api:
        made = await sign_up(api)
    other = Settings.model_validate({**settings.model_dump(), "pepper": bytes(32)})

    async with house.api(pepper=other.pepper) as api:
        answer = await api.get("/v1/keys", key=made["api_key"])

    assert answer.status == 401
