"""What the page on the scoring API promises, end to end: POST /v1/score and what is around it, by plain HTTP."""

import csv
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import requests
from redis import Redis
from winnow_local.postgres import run_sql
from winnow_local.running import RunningStack

from .account import Account, kill, processes, waited_for

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

LATEST = 1.0
"""Seconds that an answer may be older than a change."""
FINTECHS = [f"fintech-{number}.com" for number in range(30)]
HOSPITALS = [f"hospital-{number}.com" for number in range(30)]
COLUMNS = ["domain", "name", "industry", "employees", "country", "technologies", "founded", "description"]


def directory_row(domain: str) -> dict[str, Any]:
    kind, number = domain.removesuffix(".com").split("-")
    row = {"domain": domain, "name": f"{kind.title()} Number {number}", "founded": 2000 + int(number) % 20}
    if kind == "fintech":
        about = {"industry": "Fintech", "employees": 40 + int(number), "country": "US", "technologies": "Stripe"}
        return row | about | {"description": "Payments API for banks and merchants"}
    about = {"industry": "Healthcare", "employees": 9000 + int(number), "country": "DE", "technologies": "SAP"}
    return row | about | {"description": "Clinics and care for patients"}


@pytest.fixture(scope="module")
def directory(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> RunningStack:
    """A stack whose operator has loaded companies for all accounts."""
    file = tmp_path_factory.mktemp("directory") / "companies.csv"
    with file.open("w", newline="") as opened:
        rows = csv.DictWriter(opened, COLUMNS)
        rows.writeheader()
        rows.writerows(map(directory_row, [*FINTECHS, *HOSPITALS]))
    done = subprocess.run(
        [sys.executable, "-m", "winnow", "companies", "load-directory", str(file)],
        env={**os.environ, "WINNOW_HOME": str(stack.home.folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, "60 of 60 rows loaded" in done.stdout) == (0, True), done.stdout + done.stderr
    statement = "SELECT count(*) FROM listed_company"  # whoever answers for the directory follows it over the log
    waited_for(lambda: run_sql(stack.endpoints.postgres["pipeline"], statements=statement).strip() == "60")
    return stack


@pytest.fixture(scope="module")
def account(directory: RunningStack) -> Account:
    """Has twenty customers, of whom the directory knows everything, and their model."""
    account = Account.first(directory)
    account.customers(*FINTECHS[:20])
    waited_for(lambda: account.get("/v1/similarity")["customers_known"] == 20)
    account.until_model(account.get("/v1/similarity")["wanted_version"])
    return account


# From customers to a score


def test_somebody_new_names_customers_and_has_a_score_with_the_next_call(directory: RunningStack) -> None:
    account = Account.new(directory)
    account.customers(*FINTECHS[:20])
    like = account.score(FINTECHS[25])
    unlike = account.score(HOSPITALS[0])
    assert like["score"] > 50 > unlike["score"], like["reason"]
    assert like["similar_customers"][0]["domain"] in FINTECHS[:20]


def test_an_answer_has_everything_that_is_promised(account: Account) -> None:
    answer = account.score(FINTECHS[21])
    assert 0 <= answer["score"] <= 100
    assert 0 <= answer["percentile"] <= 100
    assert answer["grade"] in set("ABCDF")
    assert answer["confidence"]["level"] in {"high", "medium", "low"}
    assert answer["data_as_of"]
    assert answer["explanation"].endswith(".")
    assert round(sum(line["contribution"] for line in answer["breakdown"]), 6) == answer["score"]
    assert {"company_size", "industry", "tech_stack", "funding", "growth_signals"} <= {
        line["factor"] for line in answer["breakdown"]
    }
    assert answer["similar_customers"][0]["shared_attributes"]


@pytest.mark.parametrize(
    ("identifiers", "matched_on"),
    [
        ({"domain": "fintech-22.com"}, "domain"),
        ({"domain": "https://www.fintech-22.com/pricing?x=1"}, "domain"),
        ({"email": "ada@fintech-22.com"}, "email"),
        ({"linkedin_url": "https://www.linkedin.com/company/fintech-22/about"}, "linkedin_url"),
        ({"company_name": "Fintech Number 22, Inc."}, "company_name"),
        ({"company_name": "Hospital Number 3", "email": "ada@fintech-22.com"}, "email"),
    ],
)
def test_a_company_is_found_by_whatever_names_it(
    account: Account, identifiers: dict[str, str], matched_on: str
) -> None:
    answer = account.post("/v1/score", identifiers)
    assert (answer["resolved"]["domain"], answer["resolved"]["matched_on"]) == ("fintech-22.com", matched_on)
    assert answer["score"] > 50


@pytest.mark.parametrize(
    "identifiers",
    [
        {"linkedin_url": "https://www.linkedin.com/in/ada-lovelace"},
        {"email": "ada@gmail.com"},
        {"company_name": "No Company Has This Name"},
        {"domain": "not a domain"},
    ],
)
def test_what_names_no_company_is_a_result_without_a_score_and_free(
    account: Account, identifiers: dict[str, str]
) -> None:
    answer = account.call("POST", "/v1/score", json=identifiers)
    assert (answer.status_code, answer.json()["score"]) == (200, None)
    assert answer.json()["reason"]["code"] == "no_company_named"
    assert answer.headers["X-Credits-Charged"] == "0"


# Unknown companies


def test_an_unknown_company_is_scored_as_soon_as_the_directory_has_said_what_it_knows(account: Account) -> None:
    answers = [account.call("POST", "/v1/score", json={"domain": domain}) for domain in HOSPITALS[5:15]]
    assert [answer.json()["reason"] for answer in answers] == [None] * 10
    assert {answer.headers["X-Credits-Charged"] for answer in answers} == {"1"}


def test_a_company_that_nobody_knows_is_a_partial_result_and_its_score_follows_for_free(account: Account) -> None:
    answer = account.call("POST", "/v1/score", json={"domain": "nowhere-to-be-found.com"})
    assert (answer.status_code, answer.json()["reason"]["code"]) == (200, "company_unknown")
    assert "industry" in answer.json()["missing"]
    assert answer.headers["X-Credits-Charged"] == "0"
    account.put("/v1/companies/nowhere-to-be-found.com", {"industry": "Fintech", "employees": 45, "country": "US"})
    [score] = waited_for(lambda: account.get("/v1/scores?domain=nowhere-to-be-found.com")["data"])
    assert (score["kind"], score["request_id"]) == ("similarity", answer.json()["request_id"])
    again = account.call("POST", "/v1/score", json={"domain": "nowhere-to-be-found.com"})
    assert (again.json()["score_id"], again.headers["X-Credits-Charged"]) == (score["score_id"], "0")


# The same again


def test_a_repeat_is_the_same_score_for_free_and_comes_from_the_cache(account: Account) -> None:
    first = account.call("POST", "/v1/score", json={"domain": FINTECHS[23]})
    again = account.call("POST", "/v1/score", json={"domain": FINTECHS[23]})
    cached = waited_for(lambda: from_cache(account, FINTECHS[23]))
    assert (first.headers["X-Credits-Charged"], again.headers["X-Credits-Charged"]) == ("1", "0")
    assert cached.headers["X-Credits-Charged"] == "0"
    assert 0 <= int(cached.headers["Age"]) <= 300
    assert "miss" in first.headers["Cache-Status"]
    answers = [answer.json() for answer in (first, again, cached)]
    assert len({answer["request_id"] for answer in answers}) == 3
    assert [{**answer, "request_id": None} for answer in answers] == [{**answers[0], "request_id": None}] * 3


def test_limits_are_in_the_headers_of_every_answer(account: Account) -> None:
    for answer in (account.call("POST", "/v1/score", json={"domain": FINTECHS[23]}) for _ in range(2)):
        assert int(answer.headers["X-RateLimit-Remaining"]) >= 0
        assert int(answer.headers["X-RateLimit-Reset"]) > 0


def from_cache(account: Account, domain: str) -> requests.Response | None:
    answer = account.call("POST", "/v1/score", json={"domain": domain})
    return answer if "hit" in answer.headers["Cache-Status"] else None


@dataclass(slots=True)
class Watch:
    """Asks for a company's score all the time; what it was told, and when each of that was asked."""

    account: Account
    domain: str
    told: list[tuple[float, requests.Response]] = field(default_factory=list)

    def since(self, moment: float) -> list[requests.Response]:
        """Answers to what was asked since then."""
        return [answer for asked, answer in self.told if asked >= moment]

    def wait_for(self, count: int, *, since: float) -> list[requests.Response]:
        """So many of them."""
        waited_for(lambda: len(self.since(since)) >= count)
        return self.since(since)


@contextmanager
def watching(account: Account, domain: str) -> Iterator[Watch]:
    """A watch in two threads, which ends with the block; every answer was a success."""
    watch, ended = Watch(account, domain), threading.Event()

    def ask(own: Account) -> None:
        while not ended.is_set():
            asked = time.monotonic()
            watch.told.append((asked, own.call("POST", "/v1/score", json={"domain": domain})))

    threads = [threading.Thread(target=ask, args=[Account(account.url, account.key)]) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield watch
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert {answer.status_code for _, answer in watch.told} == {200}


def size_of(answer: requests.Response) -> Any:
    """The company's employees that a score was computed from."""
    [line] = [line for line in answer.json()["breakdown"] if line["factor"] == "company_size"]
    return line["company"]


def test_no_answer_is_older_than_a_change_of_its_company_by_more_than_a_second(account: Account) -> None:
    domain = "changing.com"
    account.put(f"/v1/companies/{domain}", {"industry": "Fintech", "employees": 1})
    with watching(account, domain) as watch:
        for employees in (10, 100, 1000, 10_000):
            waited_for(lambda: "hit" in watch.told[-1][1].headers["Cache-Status"] if watch.told else None)
            account.put(f"/v1/companies/{domain}", {"industry": "Fintech", "employees": employees})
            changed = time.monotonic()
            later = watch.wait_for(50, since=changed + LATEST)
            assert {str(employees) in str(size_of(answer)) for answer in later} == {True}


def test_no_answer_is_older_than_a_change_of_the_model_by_more_than_a_second(account: Account) -> None:
    with watching(account, FINTECHS[24]) as watch:
        for count in (18, 19, 20):
            waited_for(lambda: "hit" in watch.told[-1][1].headers["Cache-Status"] if watch.told else None)
            version = account.customers(*FINTECHS[:count])
            account.until_model(version)
            later = watch.wait_for(50, since=time.monotonic() + LATEST)
            assert min(answer.json()["model_version"] for answer in later) >= version


def test_while_the_keeper_of_the_cache_is_dead_no_answer_is_too_old_either(
    account: Account, directory: RunningStack
) -> None:
    domain = "changing-unkept.com"
    account.put(f"/v1/companies/{domain}", {"industry": "Fintech", "employees": 1})
    with watching(account, domain) as watch:
        for employees in (20, 200, 2000):
            waited_for(lambda: "hit" in watch.told[-1][1].headers["Cache-Status"] if watch.told else None)
            [killed] = processes(directory, "winnow_scoring", "keeper")
            kill(directory, "winnow_scoring", "keeper")
            account.put(f"/v1/companies/{domain}", {"industry": "Fintech", "employees": employees})
            changed = time.monotonic()
            later = watch.wait_for(50, since=changed + LATEST)
            assert {str(employees) in str(size_of(answer)) for answer in later} == {True}
            assert waited_for(lambda: processes(directory, "winnow_scoring", "keeper")) != [killed]
    assert any("bypass" in answer.headers["Cache-Status"] for _, answer in watch.told)


def test_an_emptied_redis_costs_nobody_an_answer_or_a_credit(account: Account, directory: RunningStack) -> None:
    with Redis.from_url(directory.endpoints.redis) as redis, watching(account, FINTECHS[26]) as watch:
        for domain in HOSPITALS[16:19]:
            account.score(domain)
            waited_for(partial(from_cache, account, domain))
            redis.flushall()
            watch.wait_for(20, since=time.monotonic())
    assert len({answer.json()["score_id"] for _, answer in watch.told}) == 1
    assert sum(int(answer.headers["X-Credits-Charged"]) for _, answer in watch.told) == 1


# Many, and afterwards


def test_a_batch_is_answered_item_by_item_in_its_order(account: Account) -> None:
    items = [{"domain": HOSPITALS[20]}, {"email": "ada@fintech-27.com"}, {"domain": "?"}, {"domain": HOSPITALS[20]}]
    answer = account.call("POST", "/v1/score/batch", json={"items": items})
    assert answer.status_code == 200
    domains = [entry["resolved"]["domain"] for entry in answer.json()]
    assert domains == [HOSPITALS[20], "fintech-27.com", None, HOSPITALS[20]]
    assert [entry["score"] is None for entry in answer.json()] == [False, False, True, False]
    assert answer.headers["X-Credits-Charged"] == "2"


def test_a_companys_scores_are_listed_with_their_causes_and_each_can_be_verified(account: Account) -> None:
    path = "/v1/companies/history.com"
    account.put(path, {"industry": "Healthcare", "employees": 9000, "country": "DE"})
    first = account.score("history.com")
    account.put(path, {"industry": "Fintech", "employees": 45, "country": "US"})
    second = waited_for(lambda: _other(account.score("history.com"), first))
    version = account.customers(*FINTECHS[:19])
    account.until_model(version)
    waited_for(lambda: account.score("history.com")["model_version"] == version)
    listed = account.get("/v1/scores?domain=history.com")["data"]
    assert [entry["cause"]["codes"] for entry in listed[:2]] == [["model_changed"], ["company_changed"]]
    assert listed[1]["score"] == second["score"] > first["score"]
    for entry in listed:
        assert account.post(f"/v1/scores/{entry['score_id']}/verify", None)["identical"] is True
        assert account.get(f"/v1/scores/{entry['score_id']}")["score"] == entry["score"]
    counterfactual = account.get(f"/v1/scores/{first['score_id']}/counterfactual")
    assert (counterfactual["kind"], counterfactual["score"]) == ("similarity", first["score"])
    assert counterfactual["detail"]


def _other(answer: Any, before: Any) -> Any:
    return answer if answer["score_id"] != before["score_id"] else None


# Refused


@pytest.mark.parametrize("headers", [{"Authorization": ""}, {"Authorization": "Bearer wk_live_wrong"}])
def test_without_a_key_a_call_is_refused(account: Account, headers: dict[str, str]) -> None:
    answer = account.call("POST", "/v1/score", json={"domain": FINTECHS[0]}, headers=headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json")
    assert answer.json()["code"]
    assert answer.json()["detail"]


@pytest.mark.parametrize("body", [{}, {"domain": 5}, {"website": "a.com"}, []])
def test_what_is_no_request_is_refused_with_what_is_wrong(account: Account, body: Any) -> None:
    answer = account.call("POST", "/v1/score", json=body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["errors"][0]["detail"]


def test_whoever_asks_too_often_is_told_when_to_ask_again(directory: RunningStack) -> None:
    account = Account.new(directory)
    answers = [account.call("POST", "/v1/score", json={"domain": FINTECHS[0]}) for _ in range(12)]
    assert [answer.status_code for answer in answers[:10]] == [200] * 10
    refused = answers[-1]
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limit_exceeded")
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.headers["X-RateLimit-Remaining"] == "0"
