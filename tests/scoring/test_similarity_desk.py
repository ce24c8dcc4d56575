"""Companies are compared to the tenant's customers: one, many, twice, and without what that would need."""

from typing import Any
from uuid import uuid4

import orjson
import pytest
from winnow_common.errors import TemporaryError
from winnow_common.postgres import Pool
from winnow_contracts import customers, enrichment, scores, similarity, usage
from winnow_contracts.event import Environment
from winnow_contracts.similarity import SimilarityStatus

from .conftest import OTHER, Clock
from .similarity_house import CUSTOMERS, LIKE_THEM, UNLIKE_THEM, House, answer_of, answers_of


@pytest.fixture
def house(pool: Pool, clock: Clock) -> House:
    return House(pool, clock)


@pytest.fixture
async def known(house: House) -> House:
    """Has a model, and knows the company that is asked for."""
    await house.model()
    await house.put("new.com", LIKE_THEM)
    return house


async def nothing_was_kept(house: House) -> bool:
    """Neither a score nor what is told of one, nor a charge."""
    told = [await house.facts(type) for type in (similarity.COMPUTED, usage.RECORDED)]
    return told == [[], []] and await house.count("similarity_score") == 0


# Without a score


async def test_without_customers_there_is_no_score_and_a_reason(house: House) -> None:
    await house.put("new.com", LIKE_THEM)
    outcome = await house.score()
    answer = answer_of(outcome)
    assert (answer["score"], answer["reason"]["code"], outcome.records) == (None, "no_customers", 0)
    assert (answer["confidence"], answer["model_version"]) == ({"level": "none", "value": 0.0}, None)
    assert await nothing_was_kept(house)


async def test_when_all_customers_are_gone_there_is_no_score(known: House) -> None:
    await known.ask(customers.PUT, {"customers": []})
    await known.build()
    answer = answer_of(await known.score())
    assert (answer["score"], answer["reason"]["code"]) == (None, "no_customers")


@pytest.mark.parametrize(
    ("company", "missing"),
    [
        ({"company_name": "Nobody Of That Name"}, []),
        ({"domain": "not a domain"}, ["domain"]),
        ({"email_domain": "gmail.com"}, ["email"]),
        ({"unusable": [{"identifier": "linkedin_url", "reason": "personal_page"}]}, ["linkedin_url"]),
    ],
)
async def test_who_names_no_company_gets_a_reason_that_says_why(
    known: House, company: dict[str, Any], missing: list[str]
) -> None:
    [outcome] = await known.send(known.event(similarity.SCORE, {"company": company}))
    answer = answer_of(outcome)
    assert (answer["reason"]["code"], answer["missing"], outcome.records) == ("no_company_named", missing, 0)
    assert answer["resolved"]["domain"] is None
    assert await nothing_was_kept(known)


async def test_what_was_looked_for_in_vain_is_answered_at_once_as_unknown(known: House) -> None:
    await known.arrives("nowhere.com", None)
    outcome = await known.score("nowhere.com")
    answer = answer_of(outcome)
    assert (answer["reason"]["code"], outcome.records) == ("company_unknown", 0)
    assert "industry" in answer["missing"]
    assert await nothing_was_kept(known)


async def test_it_is_believed_for_a_while_that_nothing_can_be_found(known: House, clock: Clock) -> None:
    await known.arrives("nowhere.com", None)
    clock.forward(minutes=9)
    believed = await known.score("nowhere.com")
    clock.forward(minutes=2)
    asked_again = await known.score("nowhere.com")
    assert (believed.status, asked_again.is_later) == (200, True)


# With one


async def test_a_score_is_stored_with_what_it_was_computed_from_and_charged_once(known: House, pool: Pool) -> None:
    id = uuid4()
    outcome = await known.score(id=id)
    answer = answer_of(outcome)
    row = await pool.fetchrow("SELECT * FROM similarity_score JOIN snapshot USING (tenant_id, snapshot_hash)")
    assert row is not None
    assert (outcome.records, answer["request_id"], answer["livemode"]) == (1, str(id), True)
    assert answer["score"] > 50
    assert (row["score"], row["grade"], row["model_version"]) == (answer["score"], answer["grade"], 1)
    assert orjson.loads(row["attributes"]) == dict(LIKE_THEM)
    assert answer["resolved"] == {
        "domain": "new.com",
        "matched_on": "domain",
        "confidence": 1.0,
        "candidates": [],
        "disagreement": [],
    }
    [told], [used] = await known.facts(similarity.COMPUTED), await known.facts(usage.RECORDED)
    assert (told["score"], told["domain"], told["cause"]) == (answer["score"], "new.com", "request")
    assert told["answer"] == {
        name: value for name, value in answer.items() if name not in {"resolved", "livemode", "request_id"}
    }
    assert (used["kind"], used["records"], used["credits"]) == ("similarity_score", 1, 1)


async def test_who_looks_more_like_customers_scores_more(known: House) -> None:
    await known.put("other.com", UNLIKE_THEM)
    like, unlike = answer_of(await known.score()), answer_of(await known.score("other.com"))
    assert like["score"] > unlike["score"]
    assert like["similar_customers"][0]["domain"] in CUSTOMERS
    assert "Uses Stripe" in like["similar_customers"][0]["shared_attributes"]


async def test_in_test_mode_a_score_costs_nothing(known: House) -> None:
    outcome = await known.score(environment=Environment.STAGING)
    [used] = await known.facts(usage.RECORDED)
    assert (answer_of(outcome)["livemode"], used["records"], used["credits"]) == (False, 1, 0)


async def test_what_others_know_fills_what_the_tenant_does_not(known: House) -> None:
    await known.put("half.com", {"industry": "Fintech"})
    await known.arrives("half.com", {"industry": "Healthcare", "employees": 60})
    answer = answer_of(await known.score("half.com"))
    lines = {line["factor"]: line for line in answer["breakdown"]}
    assert "Fintech" in str(lines["industry"]["company"])
    assert (lines["company_size"]["missing"], lines["tech_stack"]["missing"]) == (False, True)


async def test_one_tenants_customers_and_profiles_are_not_anothers(known: House) -> None:
    answer = answer_of(await known.score(tenant=OTHER))
    assert (answer["score"], answer["reason"]["code"]) == (None, "no_customers")


# Again


async def test_a_repeat_within_five_minutes_is_the_same_score_for_free(known: House, clock: Clock) -> None:
    first = answer_of(await known.score())
    clock.forward(minutes=4, seconds=59)
    outcome = await known.score()
    again = answer_of(outcome)
    assert outcome.records == 0
    assert {**first, "request_id": again["request_id"]} == again
    assert len(await known.facts(usage.RECORDED)) == len(await known.facts(similarity.COMPUTED)) == 1
    assert await known.count("similarity_score") == 1


async def test_a_repeat_that_names_the_company_otherwise_says_how(known: House) -> None:
    first = answer_of(await known.score())
    [outcome] = await known.send(known.event(similarity.SCORE, {"company": {"email_domain": "mail.new.com"}}))
    again = answer_of(outcome)
    assert (again["score_id"], again["resolved"]["matched_on"], outcome.records) == (first["score_id"], "email", 0)


async def test_a_confirmed_profile_does_not_change_what_a_score_says_of_its_age(known: House, clock: Clock) -> None:
    await known.arrives("theirs.com", LIKE_THEM)
    first = answer_of(await known.score("theirs.com"))
    clock.forward(minutes=1)
    await known.arrives("theirs.com", LIKE_THEM)
    again = answer_of(await known.score("theirs.com"))
    assert (again["score_id"], again["data_as_of"]) == (first["score_id"], first["data_as_of"])


async def test_after_five_minutes_it_is_a_new_score(known: House, clock: Clock) -> None:
    first = answer_of(await known.score())
    clock.forward(minutes=5, seconds=1)
    outcome = await known.score()
    assert (outcome.records, await known.count("similarity_score")) == (1, 2)
    assert answer_of(outcome)["score_id"] != first["score_id"]


async def test_after_a_change_of_the_company_it_is_a_new_score_of_the_new_profile(known: House, clock: Clock) -> None:
    first = answer_of(await known.score())
    clock.forward(seconds=1)
    await known.put("new.com", UNLIKE_THEM)
    outcome = await known.score()
    assert outcome.records == 1
    assert answer_of(outcome)["score"] < first["score"]


async def test_after_a_change_of_the_model_it_is_a_new_score_by_the_new_one(known: House, clock: Clock) -> None:
    first = answer_of(await known.score())
    await known.ask(customers.ADD, {"customers": [{"domain": "new.com"}]})
    by_the_old_one = await known.score()
    await known.build()
    outcome = await known.score()
    assert (by_the_old_one.records, answer_of(by_the_old_one)["model_version"]) == (0, first["model_version"])
    assert (outcome.records, answer_of(outcome)["model_version"]) == (1, 2)


async def test_in_the_other_mode_it_is_a_new_score(known: House) -> None:
    await known.score()
    outcome = await known.score(environment=Environment.DEVELOPMENT)
    assert (outcome.records, await known.count("similarity_score")) == (1, 2)


async def test_a_request_that_is_delivered_again_gets_the_answer_of_then(known: House, clock: Clock) -> None:
    event = known.score_of()
    [first] = await known.send(event)
    clock.forward(minutes=10)
    [again] = await known.send(event)
    assert (again.body, await known.count("similarity_score")) == (first.body, 1)
    assert len(await known.facts(usage.RECORDED)) == 1


# Together


async def test_neighbouring_requests_for_a_company_are_one_score_and_one_charge(known: House) -> None:
    outcomes = await known.send(known.score_of(), known.score_of(), known.score_of("www.new.com"))
    assert [outcome.records for outcome in outcomes] == [1, 0, 0]
    assert len({answer_of(outcome)["score_id"] for outcome in outcomes}) == 1
    assert len({answer_of(outcome)["request_id"] for outcome in outcomes}) == 3
    assert (await known.count("similarity_score"), len(await known.facts(usage.RECORDED))) == (1, 1)


async def test_neighbours_of_several_tenants_and_modes_are_scored_each_by_itself(known: House) -> None:
    await known.model(OTHER)
    await known.put("new.com", UNLIKE_THEM, tenant=OTHER)
    outcomes = await known.send(
        known.score_of(), known.score_of(tenant=OTHER), known.score_of(environment=Environment.STAGING)
    )
    live, other, test = map(answer_of, outcomes)
    assert [outcome.records for outcome in outcomes] == [1, 1, 1]
    assert live["score"] == test["score"] > other["score"]


async def test_a_batch_is_answered_in_its_order_and_each_company_counts_once(known: House) -> None:
    await known.put("other.com", UNLIKE_THEM)
    await known.arrives("nowhere.com", None)
    outcome = await known.score_many(
        {"domain": "other.com"},
        {"domain": "new.com"},
        {"email_domain": "new.com"},
        {"domain": "!"},
        {"domain": "nowhere.com"},
        {"domain": "new.com", "unusable": [{"identifier": "email", "reason": "not_an_email_address"}]},
    )
    answers = answers_of(outcome)
    assert [answer["resolved"]["domain"] for answer in answers] == [
        "other.com",
        "new.com",
        "new.com",
        None,
        "nowhere.com",
        "new.com",
    ]
    assert [answer["resolved"]["matched_on"] for answer in answers[:3]] == ["domain", "domain", "email"]
    assert [answer["reason"]["code"] if answer["reason"] else None for answer in answers] == [
        None,
        None,
        None,
        "no_company_named",
        "company_unknown",
        None,
    ]
    assert answers[1]["score_id"] == answers[2]["score_id"] == answers[5]["score_id"]
    assert ("email" in answers[1]["missing"], "email" in answers[5]["missing"]) == (False, True)
    assert (outcome.records, await known.count("similarity_score")) == (2, 2)
    [used] = await known.facts(usage.RECORDED)
    assert (used["kind"], used["records"], used["credits"]) == ("similarity_batch", 2, 2)


async def test_a_batch_of_known_scores_is_free(known: House) -> None:
    await known.score()
    outcome = await known.score_many({"domain": "new.com"})
    assert (outcome.records, len(await known.facts(usage.RECORDED))) == (0, 1)


# What has to come first


async def test_an_unknown_company_is_asked_for_once_however_many_ask_and_all_of_them_wait(known: House) -> None:
    outcomes = await known.send(known.score_of("far.com"), known.score_of("far.com"))
    batch = await known.score_many({"domain": "far.com"}, {"domain": "new.com"})
    assert [outcome.is_later for outcome in (*outcomes, batch)] == [True, True, True]
    assert await known.facts(enrichment.REQUESTED) == [{"domain": "far.com", "reason": "score"}]
    assert await known.count("waiting") == 3
    assert await nothing_was_kept(known)


async def test_requests_of_both_kinds_for_an_unknown_company_are_taken_in_together(known: House, pool: Pool) -> None:
    outcomes = await known.send(
        known.score_of("far.com"), known.event(similarity.SCORE_BATCH, {"companies": [{"domain": "far.com"}]})
    )
    assert [outcome.is_later for outcome in outcomes] == [True, True]
    assert await pool.fetchval("SELECT sought_at FROM company WHERE domain = 'far.com'") == known.clock()


async def test_it_is_asked_for_again_when_nobody_has_answered_for_a_minute(known: House, clock: Clock) -> None:
    await known.score("far.com")
    clock.forward(seconds=59)
    await known.score("far.com")
    before = len(await known.facts(enrichment.REQUESTED))
    clock.forward(seconds=2)
    await known.score("far.com")
    assert (before, len(await known.facts(enrichment.REQUESTED))) == (1, 2)


async def test_a_company_that_is_known_by_name_alone_is_asked_for(known: House) -> None:
    await known.put("far.com", {"name": "Far"})
    assert (await known.score("far.com")).is_later
    assert len(await known.facts(enrichment.REQUESTED)) == 1


async def test_who_asks_before_the_first_model_is_built_waits(house: House) -> None:
    await house.customers(*CUSTOMERS)
    await house.put("new.com", LIKE_THEM)
    assert (await house.score()).is_later
    assert await house.facts(enrichment.REQUESTED) == []


async def test_a_model_that_cannot_be_read_is_built_again_and_nobody_waits_for_it(known: House) -> None:
    lost = House(known.pool, known.clock)
    outcome, again = await lost.score(), await lost.score()
    assert [answer_of(each)["reason"]["code"] for each in (outcome, again)] == ["model_building"] * 2
    assert (await lost.ask(similarity.GET, {}))["wanted_version"] == 2
    await lost.build()
    assert answer_of(await lost.score())["model_version"] == 2


async def test_while_the_store_of_models_is_away_who_asks_is_told_to_try_again(
    known: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(known.models, "get", _away)
        [away, other] = await known.send(known.score_of(), known.score_of(tenant=OTHER))
    assert (away.status, orjson.loads(away.body)["code"]) == (503, "unavailable")
    assert answer_of(other)["reason"]["code"] == "no_customers"
    assert await known.count("dead_letters") == 0
    assert answer_of(await known.score())["score"] > 0


async def _away(*_: Any, **__: Any) -> None:
    raise TemporaryError("the store is away")


# How the model stands


async def test_without_customers_there_is_no_model(house: House) -> None:
    status = await house.ask(similarity.GET, {})
    SimilarityStatus.model_validate(status)
    assert (status["status"], status["model_version"], status["customers"]) == ("none", None, 0)


async def test_the_model_is_building_until_it_knows_all_changes(house: House, clock: Clock) -> None:
    await house.customers(*CUSTOMERS, "unknown.com")
    building = await house.ask(similarity.GET, {})
    await house.build()
    ready = await house.ask(similarity.GET, {})
    await house.put("customer-1.com", UNLIKE_THEM)
    outdated = await house.ask(similarity.GET, {})
    for status in (building, ready, outdated):
        SimilarityStatus.model_validate(status)
        assert status["customers"] == 6
    assert [status["status"] for status in (building, ready, outdated)] == ["building", "ready", "building"]
    assert [status["model_version"] for status in (building, ready, outdated)] == [None, 1, 1]
    assert [status["wanted_version"] for status in (building, ready, outdated)] == [1, 1, 2]
    assert round(sum(factor["weight"] for factor in ready["factors"]), 3) == 1
    assert (ready["reference"]["name"], ready["quality"]["customers"]) == ("baseline", 5)


async def test_when_all_customers_are_gone_there_is_no_model(known: House) -> None:
    await known.ask(customers.PUT, {"customers": []})
    assert (await known.ask(similarity.GET, {}))["status"] == "none"


# Later


async def test_a_score_comes_out_again_when_company_customers_and_model_have_changed(
    known: House, clock: Clock
) -> None:
    first = answer_of(await known.score())
    await known.put("new.com", UNLIKE_THEM)
    await known.put("customer-0.com", UNLIKE_THEM)
    await known.ask(customers.DELETE, {"domain": "customer-1.com"})
    clock.forward(days=40)
    await known.build()
    later = House(known.pool, clock, objects=known.objects)
    verified = await later.ask(scores.VERIFY, {"id": first["score_id"]})
    stored = await later.ask(scores.GET, {"id": first["score_id"]})
    assert (verified["identical"], verified["stored_sha256"]) == (True, verified["computed_sha256"])
    assert (stored["score"], stored["breakdown"]) == (first["score"], first["breakdown"])


async def test_a_domains_scores_are_listed_with_what_made_them_differ(known: House, clock: Clock) -> None:
    await known.score()
    clock.forward(minutes=1)
    await known.put("new.com", UNLIKE_THEM)
    await known.score()
    clock.forward(minutes=1)
    await known.ask(customers.DELETE, {"domain": "customer-1.com"})
    await known.build()
    await known.score()
    listed = (await known.ask(scores.LIST, {"domain": "new.com", "limit": 10}))["data"]
    assert [entry["kind"] for entry in listed] == ["similarity"] * 3
    assert len({str(entry["cause"]) for entry in listed}) == 3
