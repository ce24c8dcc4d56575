"""Domains are scored as the API's document shows, alone and in batches, once for each request."""

from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from winnow_common.cursors import Cursors
from winnow_common.outcome import BatchCommand, Outcome, Request
from winnow_common.postgres import Pool
from winnow_contracts import profiles, rulebook, scores
from winnow_contracts.event import Environment
from winnow_contracts.scores import (
    ScoreAnswer,
    ScoreComputed,
    ScoreDomain,
    ScoreSummary,
    StoredScore,
    Verification,
)
from winnow_contracts.usage import UsageRecorded
from winnow_scoring.compiled_rules import CompiledRules
from winnow_scoring.handlers.companies import CompanyHandlers
from winnow_scoring.handlers.rule_answers import draft_of
from winnow_scoring.handlers.rules import RuleHandlers
from winnow_scoring.handlers.scores import ScoreHandlers
from winnow_scoring.handlers.scoring import ScoringHandlers
from winnow_scoring.store import partitions, rules

from .conftest import ACME, MASTER_KEY, OTHER, Clock, NoComparers, Serve, Service, body

COMPANY: dict[str, Any] = {
    "industry": "Technology",
    "country": "US",
    "technologies": ["Stripe", "React"],
    "email": True,
    "confidence": 0.93,
}
RULE: dict[str, Any] = {
    "name": "ICP Score",
    "conditions": [
        {"attribute": "industry", "operator": "is", "value": "Technology", "points": 25},
        {"attribute": "country", "operator": "is", "value": "US", "points": 15},
        {"attribute": "technologies", "operator": "uses", "value": "Stripe", "points": 30},
        {"attribute": "email", "operator": "has", "points": 10},
        {"attribute": "confidence", "operator": ">", "value": 0.85, "points": 5},
        {"attribute": "technologies", "operator": "uses", "value": "WordPress", "points": 10},
    ],
}
# The response of the API's document.
DOCUMENTED = {
    "domain": "newstartup.com",
    "rule_id": "sr_abc123",
    "rule_name": "ICP Score",
    "score": 85,
    "tier": "hot",
    "breakdown": [
        {"condition": "Industry is Technology", "matched": True, "points": 25},
        {"condition": "Country is US", "matched": True, "points": 15},
        {"condition": "Uses Stripe", "matched": True, "points": 30},
        {"condition": "Has email", "matched": True, "points": 10},
        {"condition": "Confidence > 0.85", "matched": True, "points": 5},
        {"condition": "Uses WordPress", "matched": False, "points": 0},
    ],
}


@pytest.fixture
async def service(serve: Serve, clock: Clock) -> Service:
    """Has one company and one published rule."""
    cursors, compiled = Cursors(MASTER_KEY), CompiledRules()
    service = serve(
        *CompanyHandlers(clock=clock, cursors=cursors).all(),
        *RuleHandlers(clock=clock).all(),
        *ScoringHandlers(clock=clock, compiled=compiled).all(),
        *ScoreHandlers(cursors=cursors, compiled=compiled, comparers=NoComparers()).all(),
    )
    await service.ask(profiles.PUT, {"domain": "newstartup.com", "attributes": COMPANY})
    await service.ask(rulebook.PUT, {"id": "sr_abc123", "definition": RULE, "publish": True})
    return service


async def score(service: Service, domain: str = "newstartup.com", rule_id: str | None = None, **about: Any) -> Outcome:
    return await service.ask(scores.SCORE, {"domain": domain, "rule_id": rule_id}, **about)


async def batch(service: Service, domains: list[str], rule_id: str | None = None, **about: Any) -> Outcome:
    return await service.ask(scores.SCORE_BATCH, {"domains": domains, "rule_id": rule_id}, **about)


def facts_of(outcome: Outcome) -> list[str]:
    return [fact.type.name for fact in outcome.facts]


async def test_a_score_is_what_the_document_shows_and_what_reproduces_it(service: Service) -> None:
    id = uuid4()
    outcome = await score(service, rule_id="sr_abc123", id=id)
    answer = body(outcome)
    assert outcome.status == 200
    assert {name: answer[name] for name in DOCUMENTED} == DOCUMENTED
    assert (answer["rule_version"], answer["missing"], answer["livemode"]) == (1, [], True)
    assert (answer["data_as_of"], answer["request_id"]) == ("2026-11-21T12:00:00Z", str(id))
    ScoreAnswer.model_validate(answer, strict=False)


async def test_without_a_rule_the_default_scores(service: Service) -> None:
    assert body(await score(service))["rule_id"] == "sr_abc123"


async def test_a_tenant_without_rules_is_scored_by_the_starter_which_is_then_kept(service: Service, pool: Pool) -> None:
    await service.ask(profiles.PUT, {"domain": "newstartup.com", "attributes": COMPANY}, tenant=OTHER)
    default, named = await score(service, tenant=OTHER), await score(service, rule_id="sr_starter", tenant=OTHER)
    kept = await pool.fetch("SELECT tenant_id, rule_id, version FROM rule_version WHERE rule_id = 'sr_starter'")
    assert (body(default)["rule_id"], body(named)["score"]) == ("sr_starter", body(default)["score"])
    assert [tuple(row) for row in kept] == [(OTHER, "sr_starter", 1)]


async def test_urls_are_accepted_as_domains(service: Service) -> None:
    assert body(await score(service, "https://www.NewStartup.com/pricing"))["domain"] == "newstartup.com"


@pytest.mark.parametrize(
    ("domain", "rule_id", "status", "detail"),
    [
        ("not a domain", "sr_nobody", 400, "Invalid domain format"),
        ("", None, 400, "Invalid domain format"),
        ("nul\0.com", None, 400, "Invalid domain format"),
        ("nobody.com", "sr_nobody", 404, "Domain not found"),
        ("newstartup.com", "sr_nobody", 404, "Scoring rule not found"),
        ("newstartup.com", "", 404, "Scoring rule not found"),
        ("newstartup.com", "\0", 404, "Scoring rule not found"),
    ],
)
async def test_what_is_wrong_is_said_in_the_words_of_the_document(
    service: Service, pool: Pool, domain: str, rule_id: str | None, status: int, detail: str
) -> None:
    outcome = await score(service, domain, rule_id)
    assert (outcome.status, body(outcome)["detail"], facts_of(outcome)) == (status, detail, [])
    assert await pool.fetchval("SELECT count(*) FROM score") == 0


async def test_a_draft_and_a_deleted_rule_do_not_score(service: Service) -> None:
    await service.ask(rulebook.PUT, {"id": "sr_draft", "definition": RULE})
    draft = await score(service, rule_id="sr_draft")
    await service.ask(rulebook.DELETE, {"id": "sr_abc123"})
    deleted = await score(service, rule_id="sr_abc123")
    assert [(outcome.status, body(outcome)["detail"]) for outcome in (draft, deleted)] == [
        (404, "Scoring rule not found")
    ] * 2


async def test_the_version_published_last_scores(service: Service) -> None:
    await score(service)
    await service.ask(rulebook.PUT, {"id": "sr_abc123", "definition": RULE | {"name": "New"}, "publish": True})
    published = body(await score(service))
    await service.ask(rulebook.ROLLBACK, {"id": "sr_abc123"})
    rolled_back = body(await score(service))
    assert (published["rule_version"], published["rule_name"]) == (2, "New")
    assert (rolled_back["rule_version"], rolled_back["rule_name"]) == (1, "ICP Score")


async def test_a_version_whose_publication_was_undone_is_not_remembered(
    service: Service, pool: Pool, clock: Clock
) -> None:
    """The next publication gets the revision that the one undone had."""
    take = service.handlers[scores.SCORE.name]
    data = ScoreDomain(domain="newstartup.com", rule_id="sr_abc123")
    ask = Request(id=uuid4(), tenant=ACME, data=data, time=clock())
    async with pool.acquire() as connection:
        current = connection.transaction()
        await current.start()
        draft = draft_of(RULE | {"name": "Undone"})
        await rules.lock(connection, tenant=ACME)
        version = await rules.save(connection, tenant=ACME, rule_id="sr_abc123", draft=draft, now=clock())
        await rules.publish(connection, tenant=ACME, rule_id="sr_abc123", version=version, now=clock())
        assert isinstance(take, BatchCommand)
        seen = (await take.handle([ask], connection)).each[0]
        await current.rollback()
    await service.ask(rulebook.PUT, {"id": "sr_abc123", "definition": RULE | {"name": "Kept"}, "publish": True})

    assert (body(seen)["rule_name"], body(await score(service))["rule_name"]) == ("Undone", "Kept")


async def test_two_tenants_with_the_same_definition_keep_their_own_rules(service: Service) -> None:
    await service.ask(profiles.PUT, {"domain": "newstartup.com", "attributes": COMPANY}, tenant=OTHER)
    await service.ask(rulebook.PUT, {"id": "sr_other", "definition": RULE, "publish": True}, tenant=OTHER)
    ours, theirs = await score(service), await score(service, tenant=OTHER)
    foreign = await score(service, rule_id="sr_abc123", tenant=OTHER)
    assert (body(ours)["rule_id"], body(theirs)["rule_id"], foreign.status) == ("sr_abc123", "sr_other", 404)


async def test_what_the_profile_lacks_is_named(service: Service) -> None:
    await service.ask(profiles.PUT, {"domain": "bare.com", "attributes": {"industry": "Technology"}})
    answer = body(await score(service, "bare.com"))
    assert answer["missing"] == ["country", "technologies", "confidence"]
    assert answer["breakdown"][1] == {"condition": "Country is US", "matched": False, "missing": True, "points": 0}


# What is recorded


async def test_a_score_and_one_use_are_told(service: Service) -> None:
    id = uuid4()
    outcome = await score(service, id=id)
    computed = ScoreComputed.model_validate_json(outcome.facts[0].data)
    used = UsageRecorded.model_validate_json(outcome.facts[1].data)
    assert (outcome.facts[0].key, outcome.facts[1].key) == ("newstartup.com", "")
    assert (computed.request_id, computed.score, computed.tier, computed.company_version) == (id, 85, "hot", 1)
    assert computed.score_id == body(outcome)["score_id"]
    assert (used.operation_id, used.kind, used.records, used.credits) == (id, "rule_score", 1, 1)


async def test_the_same_request_gives_the_same_ids_however_often_it_is_handled(service: Service, pool: Pool) -> None:
    id = uuid4()
    first = await score(service, id=id)
    second = await score(service, id=id)
    assert first == second
    assert await pool.fetchval("SELECT count(*) FROM score") == 1


async def test_outside_of_production_nothing_is_live_and_nothing_costs(service: Service) -> None:
    outcome = await score(service, environment=Environment.STAGING)
    used = UsageRecorded.model_validate_json(outcome.facts[1].data)
    assert (body(outcome)["livemode"], used.livemode, used.credits) == (False, False, 0)


async def test_many_requests_of_many_tenants_are_answered_in_their_order(service: Service) -> None:
    asked = [{"domain": domain} for domain in ("newstartup.com", "nobody.com", "?", "newstartup.com")]
    outcomes = await service.ask_together(scores.SCORE, asked)
    assert [outcome.status for outcome in outcomes] == [200, 404, 400, 200]
    assert body(outcomes[0])["score_id"] != body(outcomes[3])["score_id"]


# Batches


async def test_a_batch_answers_in_order_with_what_is_wrong_in_its_place(service: Service) -> None:
    outcome = await batch(service, ["https://newstartup.com/", "nobody.com", "a b", "newstartup.com"])
    first, unknown, malformed, last = body(outcome)
    assert outcome.status == 200
    assert {name: first[name] for name in DOCUMENTED} == DOCUMENTED
    assert unknown == {"domain": "nobody.com", "error": {"code": "domain_not_found", "detail": "Domain not found"}}
    assert malformed == {"domain": "a b", "error": {"code": "invalid_domain", "detail": "Invalid domain format"}}
    assert last == first


async def test_a_batch_is_one_use_and_one_score_for_each_company(service: Service, pool: Pool) -> None:
    await service.ask(profiles.PUT, {"domain": "second.com", "attributes": COMPANY})
    outcome = await batch(service, ["newstartup.com", "second.com", "newstartup.com", "nobody.com"])
    used = UsageRecorded.model_validate_json(outcome.facts[-1].data)
    assert facts_of(outcome) == ["score.computed", "score.computed", "usage.recorded"]
    assert (used.kind, used.records, used.credits) == ("rule_batch", 2, 1)
    assert await pool.fetchval("SELECT count(*) FROM score") == 2


async def test_an_unknown_rule_refuses_the_whole_batch(service: Service, pool: Pool) -> None:
    outcome = await batch(service, ["newstartup.com", "a b"], rule_id="sr_nobody")
    assert (outcome.status, body(outcome)["detail"], facts_of(outcome)) == (404, "Scoring rule not found", [])
    assert await pool.fetchval("SELECT count(*) FROM score") == 0


async def test_a_batch_whose_answer_would_not_fit_is_refused_before_anything_is_recorded(
    service: Service, pool: Pool
) -> None:
    conditions = [
        {"attribute": "name", "operator": "is", "value": f"{place}", "label": uuid4().hex * 6, "points": 1}
        for place in range(200)
    ]
    await service.ask(rulebook.PUT, {"id": "sr_wide", "definition": RULE | {"conditions": conditions}, "publish": True})
    domains = [f"c{number}.com" for number in range(100)]
    for domain in domains:
        await service.ask(profiles.PUT, {"domain": domain, "attributes": COMPANY})
    outcome = await batch(service, domains, rule_id="sr_wide")
    fewer = await batch(service, domains[:5], rule_id="sr_wide")
    assert (outcome.status, body(outcome)["code"], facts_of(outcome)) == (422, "answer_too_large", [])
    assert (fewer.status, await pool.fetchval("SELECT count(*) FROM score")) == (200, 5)


# Scores that were given


async def test_a_score_can_be_got_and_verified_after_everything_has_changed(service: Service) -> None:
    given = body(await score(service))
    await service.ask(profiles.PUT, {"domain": "newstartup.com", "attributes": {"industry": "Retail"}})
    await service.ask(profiles.DELETE, {"domain": "newstartup.com"})
    await service.ask(rulebook.PUT, {"id": "sr_abc123", "definition": RULE | {"name": "New"}, "publish": True})
    await service.ask(rulebook.DELETE, {"id": "sr_abc123"})
    got = await service.ask(scores.GET, {"id": given["score_id"]})
    verified = Verification.model_validate_json((await service.ask(scores.VERIFY, {"id": given["score_id"]})).body)
    assert {name: body(got)[name] for name in given} == given
    assert StoredScore.model_validate_json(got.body).evaluated_on.isoformat() == "2026-11-21"
    assert verified.identical
    assert verified.stored_sha256 == verified.computed_sha256


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE score SET result = replace(convert_from(result, 'UTF8'), '85', '86')::bytea",
        "UPDATE company_version SET attributes = replace(attributes, 'Stripe', 'Adyen')",
        "UPDATE company_version SET attributes = replace(attributes, '0.93', '0.94')",
    ],
)
async def test_a_score_that_was_tampered_with_does_not_verify(service: Service, pool: Pool, change: str) -> None:
    given = body(await score(service))
    await pool.execute(change)
    assert body(await service.ask(scores.VERIFY, {"id": given["score_id"]}))["identical"] is False


async def test_scores_of_a_domain_are_listed_newest_first(service: Service, clock: Clock) -> None:
    await service.ask(profiles.PUT, {"domain": "second.com", "attributes": COMPANY})
    given = []
    for domain in ["newstartup.com", "second.com", "newstartup.com", "newstartup.com"]:
        clock.forward(seconds=1)
        given.append(body(await score(service, domain))["score_id"])
    asked = {"domain": "https://newstartup.com/", "limit": 2}
    first = body(await service.ask(scores.LIST, asked))
    rest = body(await service.ask(scores.LIST, asked | {"cursor": first["next_cursor"]}))
    everything = body(await service.ask(scores.LIST, {}))["data"]
    of_domain = [ScoreSummary.model_validate(item).score_id for item in first["data"] + rest["data"]]
    assert of_domain == [given[3], given[2], given[0]]
    assert [item["score_id"] for item in everything] == given[::-1]
    assert rest["has_more"] is False


async def test_scores_are_seen_by_their_tenant_alone(service: Service) -> None:
    given = body(await score(service))["score_id"]
    for type in (scores.GET, scores.VERIFY):
        for id, tenant in ((given, OTHER), ("sco_1", ACME), (given.replace("sco_", "imp_"), ACME), ("", ACME)):
            outcome = await service.ask(type, {"id": id}, tenant=tenant)
            assert (outcome.status, body(outcome)["code"]) == (404, "score_not_found")
    assert body(await service.ask(scores.LIST, {}, tenant=OTHER))["data"] == []


async def test_scores_go_into_the_partition_of_their_month(service: Service, pool: Pool, clock: Clock) -> None:
    for _ in range(2):
        async with pool.acquire() as connection:
            await partitions.keep(connection, now=clock())
    this_month = body(await score(service))["score_id"]
    clock.forward(days=30)
    next_month = body(await score(service))["score_id"]
    clock.forward(days=3650)
    one_day = body(await score(service))["score_id"]
    rows = await pool.fetch("SELECT score_id, tableoid::regclass::text AS place FROM score")
    places = {UUID(int=row["score_id"].int).hex: row["place"] for row in rows}
    assert [places[id.removeprefix("sco_")] for id in (this_month, next_month, one_day)] == [
        "score_202611",
        "score_202612",
        "score_default",
    ]


async def test_answers_are_valid_json_whatever_the_names(service: Service) -> None:
    await service.ask(
        rulebook.PUT,
        {"id": "sr_odd", "definition": RULE | {"name": 'a "%b" \\ \u2028 \N{GRINNING FACE}'}, "publish": True},
    )
    outcome = await score(service, rule_id="sr_odd")
    assert orjson.loads(outcome.body)["rule_name"] == 'a "%b" \\ \u2028 \N{GRINNING FACE}'
