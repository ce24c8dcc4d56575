"""Scores of both kinds are listed together with their causes, shown as they were given, and computed again."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from winnow_common.cursors import Cursors
from winnow_common.postgres import Connection, Pool
from winnow_contracts import explained, profiles, rulebook, scores
from winnow_contracts.event import Environment
from winnow_contracts.scores import ScoreSummary, StoredScore, StoredSimilarity, Verification
from winnow_scoring.comparers import Comparer
from winnow_scoring.compiled_rules import CompiledRules
from winnow_scoring.handlers.companies import CompanyHandlers
from winnow_scoring.handlers.counterfactuals import CounterfactualHandlers
from winnow_scoring.handlers.rules import RuleHandlers
from winnow_scoring.handlers.scores import ScoreHandlers
from winnow_scoring.handlers.scoring import ScoringHandlers
from winnow_scoring.public_ids import derived_id
from winnow_scoring.store import partitions

from .conftest import ACME, MASTER_KEY, OTHER, Clock, Serve, Service, body

DOMAIN = "newstartup.com"
RULE: dict[str, Any] = {
    "name": "ICP Score",
    "conditions": [
        {"attribute": "industry", "operator": "is", "value": "Technology", "points": 25},
        {"attribute": "last_funding_at", "operator": "within_days", "value": 10, "points": 30},
    ],
}
COMPANY = {"industry": "Technology", "last_funding_at": "2026-11-15"}
RESULT: dict[str, Any] = {
    "score": 71.5,
    "percentile": 88.0,
    "grade": "B",
    "similar_customers": [],
    "breakdown": [],
    "explanation": "It looks like two of your customers.",
    "confidence": {"level": "medium", "value": 0.5},
    "missing": ["revenue"],
    "reason": None,
    "reference": {"name": "directory", "size": 1000},
    "model_version": 3,
}
_INSERT = """
INSERT INTO similarity_score VALUES ($1, $2, $3, $4, 1, $5, $6, $7, 'similarity-1', $8, $9, $10, $11, $12)
"""


@dataclass(frozen=True, slots=True)
class Result:
    """How a company compares: what the model says, whatever the company."""

    score: float
    percentile: float
    grade: str
    result: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """A `Comparer` that says the same of every company, and knows no customers."""

    result: bytes

    def compare(self, attributes: Mapping[str, Any], *, domain: str, as_of: date, today: date) -> Result:
        return Result(71.5, 88.0, "B", self.result)

    def customer(self, domain: str) -> None:
        return None


@dataclass(slots=True)
class Models:
    """`Comparers` that know what each version of the model says."""

    says: dict[int, bytes] = field(default_factory=lambda: {3: orjson.dumps(RESULT)})
    code_version: str = "similarity-1"

    async def find(self, connection: Connection, *, tenant: UUID, version: int) -> Comparer | None:
        return Said(self.says[version]) if version in self.says else None


@pytest.fixture
def models() -> Models:
    return Models()


@pytest.fixture
async def service(serve: Serve, clock: Clock, models: Models) -> Service:
    """Has one company and one published rule."""
    cursors, compiled = Cursors(MASTER_KEY), CompiledRules()
    service = serve(
        *CompanyHandlers(clock=clock, cursors=cursors).all(),
        *RuleHandlers(clock=clock).all(),
        *ScoringHandlers(clock=clock, compiled=compiled).all(),
        *ScoreHandlers(cursors=cursors, compiled=compiled, comparers=models).all(),
        *CounterfactualHandlers(compiled=compiled, comparers=models).all(),
    )
    await service.ask(profiles.PUT, {"domain": DOMAIN, "attributes": COMPANY})
    await service.ask(rulebook.PUT, {"id": "sr_icp", "definition": RULE, "publish": True})
    return service


async def score(service: Service, **about: Any) -> str:
    """The id of a new score by the rule, a second after the one before."""
    service.clock.forward(seconds=1)
    return str(body(await service.ask(scores.SCORE, {"domain": DOMAIN}, **about))["score_id"])


async def compare(
    service: Service,
    *,
    attributes: Mapping[str, Any] = COMPANY,
    version: int = 3,
    livemode: bool = True,
    tenant: UUID = ACME,
) -> str:
    """The id of a new similarity score, a second after the one before."""
    service.clock.forward(seconds=1)
    now, request_id = service.clock(), uuid4()
    text = orjson.dumps(attributes).decode()
    snapshot = hashlib.sha256(text.encode()).digest()
    id = derived_id(request_id, key=DOMAIN, time=now)
    result = orjson.dumps(RESULT)
    await service.pool.execute(
        "INSERT INTO snapshot VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", tenant, snapshot, text
    )
    values = (now, snapshot, version, now.date(), livemode, RESULT["score"], RESULT["grade"], result)
    await service.pool.execute(_INSERT, tenant, id, request_id, DOMAIN, *values)
    return f"sco_{id.hex}"


async def listed(service: Service, **asked: Any) -> list[ScoreSummary]:
    page = body(await service.ask(scores.LIST, asked))
    return [ScoreSummary.model_validate(item) for item in page["data"]]


async def causes_of(service: Service) -> list[Sequence[str]]:
    """Of all scores of the domain, newest first."""
    return [score.cause.codes for score in await listed(service, domain=DOMAIN) if score.cause is not None]


# Lists


async def test_scores_of_both_kinds_are_listed_together_newest_first(service: Service) -> None:
    given = [await score(service), await compare(service), await compare(service), await score(service)]
    found = await listed(service)
    assert [item.score_id for item in found] == given[::-1]
    assert [item.kind for item in found] == ["rule", "similarity", "similarity", "rule"]
    assert (found[0].tier, found[0].grade, found[0].score, found[0].rule_version) == ("warm", None, 55, 1)
    assert (found[1].tier, found[1].grade, found[1].score, found[1].model_version) == (None, "B", 71.5, 3)


async def test_scores_by_rules_are_whole_numbers(service: Service) -> None:
    await score(service)
    assert b'"score":55,' in (await service.ask(scores.LIST, {})).body


async def test_pages_of_both_kinds_go_on_where_the_one_before_ended(service: Service) -> None:
    given = []
    for _ in range(3):
        given += [await score(service), await compare(service)]
    first = body(await service.ask(scores.LIST, {"domain": DOMAIN, "limit": 4}))
    second = body(await service.ask(scores.LIST, {"domain": DOMAIN, "limit": 4, "cursor": first["next_cursor"]}))
    assert [item["score_id"] for item in first["data"] + second["data"]] == given[::-1]
    assert second["has_more"] is False


async def test_only_lists_of_one_domain_say_causes(service: Service) -> None:
    await score(service)
    assert [item.cause for item in await listed(service)] == [None]


async def test_a_score_says_what_changed_since_the_one_before_of_its_kind(service: Service, clock: Clock) -> None:
    await score(service)
    await compare(service)
    await score(service)
    await service.ask(profiles.PUT, {"domain": DOMAIN, "attributes": {"last_funding_at": "2026-11-15"}})
    await score(service)
    await compare(service, version=4)
    await service.ask(rulebook.PUT, {"id": "sr_icp", "definition": RULE | {"tiers": {"hot": 90}}, "publish": True})
    await score(service)
    clock.forward(days=5)
    await score(service)
    assert await causes_of(service) == [
        ["time_passed"],
        ["rule_changed"],
        ["model_changed"],
        ["company_changed"],
        ["unchanged"],
        ["first"],
        ["first"],
    ]


async def test_the_difference_is_told(service: Service) -> None:
    await score(service)
    await service.ask(profiles.PUT, {"domain": DOMAIN, "attributes": {"industry": "Technology"}})
    await score(service)
    newest = (await listed(service, domain=DOMAIN))[0].cause
    assert newest is not None
    assert (newest.before, newest.difference) == (55, -30)


async def test_the_last_score_of_a_page_follows_one_of_the_next(service: Service) -> None:
    await score(service)
    await compare(service)
    await score(service)
    [newest] = await listed(service, domain=DOMAIN, limit=1)
    assert newest.cause is not None
    assert (newest.cause.codes, newest.cause.before) == (["unchanged"], 55)


async def test_scores_that_are_not_live_follow_each_other(service: Service) -> None:
    await score(service)
    await compare(service)
    await score(service, environment=Environment.STAGING)
    await compare(service, livemode=False)
    assert await causes_of(service) == [["first"]] * 4


async def test_scores_of_another_tenant_are_neither_listed_nor_a_cause(service: Service) -> None:
    other = await compare(service, tenant=OTHER)
    await compare(service)
    assert await causes_of(service) == [["first"]]
    assert [item["score_id"] for item in body(await service.ask(scores.LIST, {}, tenant=OTHER))["data"]] == [other]


# One score


async def test_a_similarity_score_is_shown_as_it_was_given(service: Service) -> None:
    id = await compare(service)
    got = await service.ask(scores.GET, {"id": id})
    shown = StoredSimilarity.model_validate_json(got.body)
    assert {name: body(got)[name] for name in RESULT} == RESULT
    assert (shown.kind, shown.domain, shown.company_version, shown.livemode) == ("similarity", DOMAIN, 1, True)
    assert (shown.resolved.domain, shown.resolved.matched_on) == (DOMAIN, None)
    assert set(body(got)) == set(StoredSimilarity.model_fields)


async def test_a_score_by_a_rule_says_that_it_is_one(service: Service) -> None:
    got = await service.ask(scores.GET, {"id": await score(service)})
    assert StoredScore.model_validate_json(got.body).kind == "rule"
    assert set(body(got)) == set(StoredScore.model_fields)


async def test_a_similarity_score_of_another_tenant_is_not_found(service: Service) -> None:
    id = await compare(service)
    for type in (scores.GET, scores.VERIFY):
        outcome = await service.ask(type, {"id": id}, tenant=OTHER)
        assert (outcome.status, body(outcome)["code"]) == (404, "score_not_found")


# Verification


async def verify(service: Service, id: str) -> Verification:
    return Verification.model_validate_json((await service.ask(scores.VERIFY, {"id": id})).body)


async def test_a_similarity_score_comes_out_again(service: Service) -> None:
    found = await verify(service, await compare(service))
    assert found.identical
    assert (found.stored_sha256 == found.computed_sha256, found.model_version, found.rule_hash) == (True, 3, None)
    assert (found.code_version, found.current_code_version) == ("similarity-1", "similarity-1")


async def test_a_score_by_a_rule_names_its_rule_and_no_model(service: Service) -> None:
    found = await verify(service, await score(service))
    assert (found.identical, found.rule_hash is None, found.model_version) == (True, False, None)


async def test_a_similarity_score_that_comes_out_otherwise_is_not_identical(service: Service, models: Models) -> None:
    id = await compare(service)
    models.says[3] = orjson.dumps(RESULT | {"score": 71.6})
    found = await verify(service, id)
    assert not found.identical
    assert found.stored_sha256 != found.computed_sha256


async def test_a_similarity_score_whose_input_was_tampered_with_does_not_verify(service: Service, pool: Pool) -> None:
    id = await compare(service)
    await pool.execute("UPDATE snapshot SET attributes = replace(attributes, 'Technology', 'Retail')")
    assert not (await verify(service, id)).identical


async def test_a_score_whose_model_is_kept_no_more_is_said_to_be_so(service: Service, models: Models) -> None:
    id = await compare(service)
    models.says.clear()
    for type in (scores.VERIFY, explained.COUNTERFACTUAL):
        outcome = await service.ask(type, {"id": id})
        assert (outcome.status, body(outcome)["code"]) == (410, "model_expired")
        assert "kept no more" in body(outcome)["detail"]


async def test_the_next_grade_of_a_similarity_score_is_named_even_where_nothing_leads_to_it(service: Service) -> None:
    outcome = await service.ask(explained.COUNTERFACTUAL, {"id": await compare(service)})
    found = explained.Counterfactual.model_validate_json(outcome.body)
    assert (found.kind, found.score, found.present, found.target) == ("similarity", 71.5, "B", "A")
    assert (found.reachable, found.changes, found.new_score) == (False, [], None)


async def test_similarity_scores_go_into_the_partition_of_their_month(
    service: Service, pool: Pool, clock: Clock
) -> None:
    for _ in range(2):
        async with pool.acquire() as connection:
            await partitions.keep(connection, now=clock())
    await compare(service)
    clock.now += timedelta(days=3650)
    await compare(service)
    rows = await pool.fetch("SELECT tableoid::regclass::text AS place FROM similarity_score ORDER BY score_id")
    assert [row["place"] for row in rows] == ["similarity_score_202611", "similarity_score_default"]
