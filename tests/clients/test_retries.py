"""What is tried again, after how long, and with which idempotency key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest
from winnow import AsyncWinnow, NotFound, RateLimited, Retries, Retry, Unavailable, Unreachable, Winnow
from winnow.errors import seconds_until_retry

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clients.conftest import WinnowServer

KEY = "wk_test_0123456789"


def keys_of(api: WinnowServer, method: str, path: str) -> list[str]:
    return [request.headers["Idempotency-Key"] for request in api.sent(method, path)]


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_passing_failure_is_tried_again_under_the_same_idempotency_key(
    api: WinnowServer, client: Winnow, failing: type, status: int
) -> None:
    api.companies["acme.com"] = {"domain": "acme.com"}
    api.fail(failing(status=status), failing(status=status))

    score = client.score("acme.com")

    assert score.score == 55
    keys = keys_of(api, "POST", "/v1/scoring")
    assert len(keys) == 3
    assert len(set(keys)) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 500])
def test_a_lasting_failure_is_not_tried_again(api: WinnowServer, client: Winnow, failing: type, status: int) -> None:
    api.fail(failing(status=status))

    with pytest.raises(Exception, match="Not now"):
        client.score("acme.com")

    assert len(api.received) == 1


def test_two_calls_have_two_idempotency_keys(api: WinnowServer, client: Winnow) -> None:
    api.companies["acme.com"] = {"domain": "acme.com"}

    client.score("acme.com")
    client.score("acme.com")

    assert len(set(keys_of(api, "POST", "/v1/scoring"))) == 2


def test_a_lost_answer_is_fetched_without_doing_the_work_twice(api: WinnowServer, client: Winnow) -> None:
    api.lose_answers(1)

    rule = client.rules.create({"name": "ICP", "conditions": [{"attribute": "email", "operator": "has"}]})

    assert rule.id == "sr_new"
    assert len(api.sent("POST", "/v1/rules")) == 2
    assert api.works_done == 1


def test_the_answer_of_a_command_that_timed_out_is_asked_for_before_it_is_sent_again(
    api: WinnowServer, client: Winnow, failing: type, tmp_path: Path
) -> None:
    file = tmp_path / "companies.csv"
    file.write_text("domain\nacme.com\n")
    api.answers["0190-req"] = (202, {"import_id": "imp_7", "status": "queued"})
    api.fail(failing(status=504))

    running = client.companies.import_file(file)

    assert running.id == "imp_7"
    assert [(request.method, request.path) for request in api.received] == [
        ("POST", "/v1/companies/import"),
        ("GET", "/v1/requests/0190-req"),
    ]


def test_a_command_that_timed_out_and_left_no_answer_is_sent_again_under_its_key(
    api: WinnowServer, client: Winnow, failing: type
) -> None:
    api.companies["acme.com"] = {"domain": "acme.com"}
    api.fail(failing(status=504))

    score = client.score("acme.com")

    assert score.score == 55
    assert [request.method for request in api.received] == ["POST", "GET", "POST"]
    assert len(set(keys_of(api, "POST", "/v1/scoring"))) == 1


def test_the_refusal_of_a_command_that_timed_out_is_raised(api: WinnowServer, client: Winnow, failing: type) -> None:
    refusal = {"status": 404, "code": "domain_not_found", "detail": "Domain not found"}
    api.answers["0190-req"] = (404, refusal)
    api.fail(failing(status=504))

    with pytest.raises(NotFound) as raised:
        client.score("acme.com")

    assert (raised.value.code, raised.value.detail) == ("domain_not_found", "Domain not found")
    assert [request.method for request in api.received] == ["POST", "GET"]


def test_the_empty_answer_of_a_command_that_timed_out_is_an_answer(
    api: WinnowServer, client: Winnow, failing: type
) -> None:
    api.answers["0190-req"] = (204, None)
    api.fail(failing(status=504))

    client.companies.delete("acme.com")

    assert [request.method for request in api.received] == ["DELETE", "GET"]


def test_a_read_that_timed_out_is_asked_again(api: WinnowServer, client: Winnow, failing: type) -> None:
    api.companies["acme.com"] = {"domain": "acme.com"}
    api.fail(failing(status=504))

    client.companies.get("acme.com")

    assert [request.path for request in api.received] == ["/v1/companies/acme.com"] * 2


def test_waits_double_and_are_capped(api: WinnowServer, slept: list[float], failing: type) -> None:
    retries = Retries(random=lambda: 1.0, first_delay=1.0, longest_delay=5.0, attempts=5)
    api.fail(*[failing(status=503)] * 5)

    with (
        Winnow(url=api.url, api_key=KEY, retries=retries, sleep=slept.append) as client,
        pytest.raises(Unavailable),
    ):
        client.score("acme.com")

    assert slept == [1.0, 2.0, 4.0, 5.0]


def test_jitter_draws_from_the_upper_half_of_the_wait() -> None:
    error = Unreachable("away")

    shortest = Retries(random=lambda: 0.0, first_delay=1.0).delay(error, attempt=3)
    longest = Retries(random=lambda: 1.0, first_delay=1.0).delay(error, attempt=3)

    assert (shortest, longest) == (2.0, 4.0)


def test_retry_after_is_never_undercut(api: WinnowServer, client: Winnow, slept: list[float], failing: type) -> None:
    api.companies["acme.com"] = {"domain": "acme.com"}
    api.fail(failing(status=429, headers={"Retry-After": "31"}))

    client.score("acme.com")

    assert slept == [32.0]


def test_a_limit_that_lasts_longer_than_anyone_waits_is_raised_at_once(
    api: WinnowServer, client: Winnow, slept: list[float], failing: type
) -> None:
    month = {"violated_policies": ["month"]}
    api.fail(failing(status=429, headers={"Retry-After": "86400"}, code="rate_limited", extra=month))

    with pytest.raises(RateLimited) as raised:
        client.score("acme.com")

    assert raised.value.retry_after == 86400
    assert raised.value.violated_policies == ("month",)
    assert slept == []


def test_retry_after_may_be_a_date() -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)

    later = seconds_until_retry(format_datetime(now + timedelta(seconds=90)), now=now)
    past = seconds_until_retry(format_datetime(now - timedelta(seconds=90)), now=now)

    assert (later, past) == (90.0, 0.0)


@pytest.mark.parametrize("value", [None, "", "soon", "-5", "1.5"])
def test_an_unusable_retry_after_is_none(value: str | None) -> None:
    assert seconds_until_retry(value, now=datetime(2026, 11, 21, tzinfo=UTC)) is None


def test_nobody_listening_is_unreachable_after_all_attempts(slept: list[float], unused_tcp_port: int) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}"
    with (
        Winnow(url=url, api_key=KEY, retries=Retries(attempts=3), sleep=slept.append) as client,
        pytest.raises(Unreachable, match=url),
    ):
        client.score("acme.com")

    assert len(slept) == 2


def test_each_retry_is_told(api: WinnowServer, failing: type) -> None:
    api.companies["acme.com"] = {"domain": "acme.com"}
    api.fail(failing(status=503))
    told: list[Retry] = []

    with Winnow(url=api.url, api_key=KEY, on_retry=told.append, sleep=lambda seconds: None) as client:
        client.score("acme.com")

    assert [(retry.attempt, type(retry.error)) for retry in told] == [(1, Unavailable)]


async def test_the_async_client_retries_in_the_same_way(api: WinnowServer, failing: type) -> None:
    api.companies["acme.com"] = {"domain": "acme.com"}
    api.fail(failing(status=503), failing(status=429, headers={"Retry-After": "7"}))
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    retries = Retries(random=lambda: 1.0, first_delay=1.0)
    async with AsyncWinnow(url=api.url, api_key=KEY, retries=retries, sleep=sleep) as client:
        score = await client.score("acme.com")

    assert score.tier == "warm"
    assert waits == [1.0, 8.0]
    assert len(set(keys_of(api, "POST", "/v1/scoring"))) == 1
