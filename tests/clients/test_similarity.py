"""Scores by similarity, customers and explanations, as the client asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from winnow import AsyncWinnow, ModelNotReady, StoredScore, StoredSimilarity, Winnow

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clients.conftest import WinnowServer

KEY = "wk_test_0123456789"

SIMILAR = {
    "score_id": "sco_s",
    "kind": "similarity",
    "domain": "acme.com",
    "model_version": 3,
    "score": 71.25,
    "grade": "C",
    "scored_at": "2026-11-02T09:30:00Z",
    "cause": {"codes": ["model_changed"], "before": 70.0, "difference": 1.25},
}
RULED = {
    "score_id": "sco_r",
    "kind": "rule",
    "domain": "acme.com",
    "rule_id": "sr_icp",
    "rule_version": 3,
    "score": 55,
    "tier": "warm",
    "scored_at": "2026-11-01T09:30:00Z",
}


def test_a_company_is_scored_by_whatever_names_it(api: WinnowServer, client: Winnow) -> None:
    api.similarity.likeness["acme.com"] = 71.25

    score = client.score_company(email="ada@acme.com", company_name="Acme Inc.")

    assert api.received[0].json() == {"email": "ada@acme.com", "company_name": "Acme Inc."}
    assert (score.score, score.grade, score.resolved.domain) == (71.25, "C", "acme.com")
    assert sum(line.contribution for line in score.breakdown) == score.score
    assert score.similar_customers[0].shared_attributes == ["Industry: Fintech", "Uses Stripe"]


def test_a_company_of_which_nothing_is_known_has_no_score_but_a_reason(client: Winnow) -> None:
    score = client.score_company(domain="unknown.com")

    assert score.score is None
    assert score.reason is not None
    assert score.reason.code == "company_unknown"


def test_no_idempotency_key_is_sent_for_similarity_unless_there_is_one(api: WinnowServer, client: Winnow) -> None:
    client.score_company(domain="acme.com")
    client.score_companies([{"domain": "acme.com"}])
    client.score_company(domain="acme.com", idempotency_key="once")
    client.score_companies([{"domain": "acme.com"}], idempotency_key="often")

    keys = [request.headers.get("Idempotency-Key") for request in api.received]
    assert keys == [None, None, "once", "often-0"]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_company_is_asked_for_again_after_a_passing_failure_though_there_is_no_key(
    api: WinnowServer, client: Winnow, failing: type, status: int
) -> None:
    api.similarity.likeness["acme.com"] = 71.25
    api.fail(failing(status=status))

    score = client.score_company(domain="acme.com")

    assert score.score == 71.25
    assert len(api.sent("POST", "/v1/score")) == 2


def test_a_company_whose_answer_was_lost_is_asked_for_again(api: WinnowServer, client: Winnow) -> None:
    api.similarity.likeness["acme.com"] = 71.25
    api.lose_answers(1)

    assert client.score_company(domain="acme.com").score == 71.25


def test_many_companies_go_in_requests_of_100_and_come_back_in_order(api: WinnowServer, client: Winnow) -> None:
    api.similarity.likeness = {f"company{number}.com": float(number % 100) for number in range(250)}
    sizes: list[int] = []

    scores = client.score_companies(
        ({"domain": domain} for domain in api.similarity.likeness), progress=lambda done: sizes.append(len(done))
    )

    assert sizes == [100, 100, 50]
    assert [score.score for score in scores] == list(api.similarity.likeness.values())


def test_customers_are_put_added_listed_and_deleted(api: WinnowServer, client: Winnow) -> None:
    put = client.customers.put(["acme.com", "example.com"])
    added = client.customers.add({"ledgerly.com": 12_000})
    deleted = client.customers.delete("acme.com")
    listed = list(client.customers.list())

    assert api.received[0].json() == {"customers": [{"domain": "acme.com"}, {"domain": "example.com"}]}
    assert api.received[1].json() == {"customers": [{"domain": "ledgerly.com", "weight": 12_000}]}
    assert [put.customers, added.customers, deleted.customers] == [2, 3, 2]
    assert [(customer.domain, customer.weight) for customer in listed] == [("example.com", 1), ("ledgerly.com", 12_000)]
    assert all(request.headers["Idempotency-Key"] for request in api.received[:3])


def test_customers_are_imported_from_a_file_that_names_the_version_that_knows_them(
    api: WinnowServer, client: Winnow, tmp_path: Path
) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("domain,weight\nacme.com,3\nexample.com,\n")

    status = client.customers.import_file(file).wait()

    assert (status.kind, status.imported, status.model_version) == ("customers", 2, 2)
    assert api.similarity.customers == {"acme.com": 3.0, "example.com": 1.0}


def test_waiting_for_customers_looks_until_the_model_knows_them(
    api: WinnowServer, client: Winnow, slept: list[float]
) -> None:
    accepted = client.customers.put(["acme.com"])
    api.similarity.looks_until_built = 5
    seen: list[str] = []

    model = client.customers.wait(accepted.model_version, progress=lambda model: seen.append(model.status))

    assert model.model_version == accepted.model_version
    assert seen == ["building"] * 5 + ["ready"]
    assert slept == [0.25, 0.5, 1.0, 2.0, 2.0]


def test_an_account_without_customers_has_nothing_to_wait_for(client: Winnow) -> None:
    accepted = client.customers.put([])

    assert client.customers.wait(accepted.model_version).status == "none"


def test_waiting_ends_when_patience_does(api: WinnowServer, client: Winnow) -> None:
    accepted = client.customers.put(["acme.com"])
    api.similarity.looks_until_built = 1000

    with pytest.raises(ModelNotReady, match="not yet 2 after 10 seconds; it is still building"):
        client.customers.wait(accepted.model_version, patience=8.0)


def test_the_model_tells_how_much_each_factor_counts(client: Winnow) -> None:
    model = client.similarity()

    assert {factor.factor: factor.weight for factor in model.factors} == {"funding": 0.4, "tech_stack": 0.6}


def test_earlier_scores_are_told_apart_by_their_kind(api: WinnowServer, client: Winnow) -> None:
    api.similarity.scores = {"sco_s": SIMILAR, "sco_r": RULED}

    similar, ruled = client.scores.list(domain="acme.com")

    assert (similar.kind, similar.score, similar.grade, similar.model_version) == ("similarity", 71.25, "C", 3)
    assert similar.cause is not None
    assert (similar.cause.codes, similar.cause.difference) == (["model_changed"], 1.25)
    assert (ruled.kind, ruled.score, ruled.tier, ruled.cause) == ("rule", 55, "warm", None)
    assert isinstance(client.scores.get("sco_s"), StoredSimilarity)
    assert isinstance(client.scores.get("sco_r"), StoredScore)


def test_a_score_is_verified_and_asked_what_would_change_it(api: WinnowServer, client: Winnow) -> None:
    api.similarity.scores = {"sco_s": SIMILAR}

    verification = client.scores.verify("sco_s")
    found = client.scores.counterfactual("sco_s")

    assert verification.identical
    assert api.received[0].method == "POST"
    assert (found.target, found.new_score) == ("B", 76.5)
    assert found.changes[0].needed == ["React", "Stripe"]


async def test_the_async_client_scores_and_waits_in_the_same_way(api: WinnowServer) -> None:
    api.similarity.likeness["acme.com"] = 71.25
    api.similarity.looks_until_built = 2

    async with AsyncWinnow(url=api.url, api_key=KEY, sleep=_no_sleep) as client:
        accepted = await client.customers.put(["ledgerly.com"])
        model = await client.customers.wait(accepted.model_version)
        score = await client.score_company(domain="acme.com")
        customers = [customer.domain async for customer in client.customers.list()]

    assert (model.status, score.score, customers) == ("ready", 71.25, ["ledgerly.com"])


async def _no_sleep(seconds: float) -> None:
    """The server needs no time."""
