"""Rules are made, versioned, published, rolled back and deleted; one of them is the default."""

from typing import Any

import pytest
from winnow_common.cursors import Cursors
from winnow_common.outcome import Outcome
from winnow_common.postgres import Pool
from winnow_contracts import rulebook
from winnow_contracts.rulebook import LintAnswer, RuleAnswer, RuleDeleted, RulePublished, RuleSummary, VersionSummary
from winnow_scoring.handlers.rule_reads import RuleReads
from winnow_scoring.handlers.rules import RuleHandlers
from winnow_scoring.starter import STARTER_DEFINITION

from .conftest import ACME, MASTER_KEY, OTHER, Clock, Serve, Service, body

ICP: dict[str, Any] = {
    "name": "ICP Score",
    "conditions": [{"attribute": "industry", "operator": "is", "value": "Technology", "points": 25}],
}
WIDER: dict[str, Any] = ICP | {"name": "Wider"}


@pytest.fixture
def service(serve: Serve, clock: Clock) -> Service:
    return serve(*RuleHandlers(clock=clock).all(), *RuleReads(cursors=Cursors(MASTER_KEY)).all())


async def create(service: Service, definition: dict[str, Any] = ICP, **data: Any) -> Outcome:
    return await service.ask(rulebook.CREATE, {"definition": definition, **data})


async def put(service: Service, id: str, definition: dict[str, Any] = ICP, **data: Any) -> Outcome:
    return await service.ask(rulebook.PUT, {"id": id, "definition": definition, **data})


async def default_rule(service: Service) -> str:
    rules = body(await service.ask(rulebook.LIST, {}))["data"]
    [default] = [rule["id"] for rule in rules if rule["default"]]
    return str(default)


async def test_a_rule_is_created_as_a_draft_with_what_lint_found(service: Service) -> None:
    outcome = await create(service)
    answer = RuleAnswer.model_validate_json(outcome.body)
    assert outcome.status == 201
    assert answer.id.startswith("sr_")
    assert (answer.version, answer.status, answer.published_version, answer.default) == (1, "draft", None, False)
    assert answer.definition == ICP
    assert [finding.code for finding in answer.lint] == ["unreachable_tier"] * len(answer.lint)
    assert list(outcome.facts) == []


async def test_a_rule_that_is_published_at_once_says_so_to_listeners(service: Service) -> None:
    outcome = await create(service, id="sr_abc123", publish=True)
    [fact] = outcome.facts
    told = RulePublished.model_validate_json(fact.data)
    assert body(outcome)["status"] == "published"
    assert (told.rule_id, told.rule_version, told.default_rule_id) == ("sr_abc123", 1, "sr_abc123")
    assert (fact.key, fact.sequence) == ("", 1)


async def test_the_same_request_makes_the_same_id(service: Service, pool: Pool) -> None:
    first = await service.ask(rulebook.CREATE, {"definition": ICP}, id=ACME)
    await pool.execute("TRUNCATE rule, rule_version, rulebook")
    second = await service.ask(rulebook.CREATE, {"definition": ICP}, id=ACME)
    assert body(first)["id"] == body(second)["id"]


async def test_an_id_that_is_taken_is_a_conflict(service: Service) -> None:
    await create(service, id="sr_abc123")
    outcome = await create(service, id="sr_abc123")
    assert (outcome.status, body(outcome)["code"]) == (409, "rule_exists")


async def test_what_cannot_be_compiled_is_refused_with_place_and_reason(service: Service, pool: Pool) -> None:
    broken = ICP | {
        "conditions": [
            {"attribute": "industry", "operator": "is", "value": "T", "points": 1},
            {"attribute": "industry", "operator": "like", "value": "T", "points": 1},
        ],
        "caps": {"total": [5, 1]},
    }
    for outcome in (await create(service, broken), await put(service, "sr_x", broken)):
        pointers = [error["pointer"] for error in body(outcome)["errors"]]
        assert (outcome.status, body(outcome)["code"]) == (422, "invalid_rule")
        assert pointers == ["/conditions/1/operator", "/caps/total"]
    assert await pool.fetchval("SELECT count(*) FROM rule") == 0


async def test_put_makes_a_rule_then_versions_of_it(service: Service) -> None:
    first = await put(service, "sr_abc123")
    second = await put(service, "sr_abc123", WIDER)
    assert (first.status, body(first)["version"]) == (201, 1)
    assert (second.status, body(second)["version"], body(second)["name"]) == (200, 2, "Wider")


async def test_the_same_definition_again_is_no_version(service: Service) -> None:
    await put(service, "sr_abc123", publish=True)
    again = await put(service, "sr_abc123", dict(reversed(ICP.items())), publish=True)
    assert (again.status, body(again)["version"], list(again.facts)) == (200, 1, [])


async def test_a_draft_does_not_score_until_it_is_published(service: Service) -> None:
    await put(service, "sr_abc123", publish=True)
    draft = body(await put(service, "sr_abc123", WIDER))
    published = await service.ask(rulebook.PUBLISH, {"id": "sr_abc123"})
    again = await service.ask(rulebook.PUBLISH, {"id": "sr_abc123", "version": 2})
    assert (draft["status"], draft["published_version"]) == ("draft", 1)
    assert (body(published)["status"], body(published)["published_version"]) == ("published", 2)
    assert len(published.facts) == 1
    assert (again.status, list(again.facts)) == (200, [])


async def test_rolling_back_goes_to_the_version_published_before(service: Service) -> None:
    await put(service, "sr_abc123", publish=True)
    await put(service, "sr_abc123", ICP | {"name": "never published"})
    await put(service, "sr_abc123", WIDER, publish=True)
    back = await service.ask(rulebook.ROLLBACK, {"id": "sr_abc123"})
    further = await service.ask(rulebook.ROLLBACK, {"id": "sr_abc123"})
    statuses = {
        version["version"]: version["status"]
        for version in body(await service.ask(rulebook.VERSIONS, {"id": "sr_abc123"}))["data"]
    }
    assert (back.status, body(back)["version"], len(back.facts)) == (200, 1, 1)
    assert (further.status, body(further)["code"]) == (409, "no_earlier_version")
    assert statuses == {3: "superseded", 2: "draft", 1: "published"}


async def test_rolling_back_to_a_named_version_takes_an_earlier_one_only(service: Service) -> None:
    await put(service, "sr_abc123", publish=True)
    await put(service, "sr_abc123", WIDER, publish=True)
    later = await service.ask(rulebook.ROLLBACK, {"id": "sr_abc123", "version": 2})
    unknown = await service.ask(rulebook.PUBLISH, {"id": "sr_abc123", "version": 9})
    earlier = await service.ask(rulebook.ROLLBACK, {"id": "sr_abc123", "version": 1})
    assert (later.status, unknown.status, earlier.status) == (409, 404, 200)
    assert body(unknown)["code"] == "rule_version_not_found"


async def test_a_deleted_rule_is_gone_and_comes_back_with_the_next_version(service: Service) -> None:
    await put(service, "sr_abc123", publish=True)
    deletion = await service.ask(rulebook.DELETE, {"id": "sr_abc123"})
    gone = [
        await service.ask(type, {"id": "sr_abc123"})
        for type in (
            rulebook.GET,
            rulebook.DELETE,
            rulebook.PUBLISH,
            rulebook.ROLLBACK,
            rulebook.VERSIONS,
            rulebook.LINT,
        )
    ]
    back = await create(service, id="sr_abc123")
    told = RuleDeleted.model_validate_json(deletion.facts[0].data)
    assert (deletion.status, told.rule_id, told.default_rule_id) == (204, "sr_abc123", "sr_starter")
    assert [(outcome.status, body(outcome)["detail"]) for outcome in gone] == [(404, "Scoring rule not found")] * 6
    assert (back.status, body(back)["version"], body(back)["published_version"]) == (201, 2, None)


# The default


async def test_the_default_is_the_starter_until_a_rule_is_published(service: Service) -> None:
    await put(service, "sr_b")
    before = await default_rule(service)
    await put(service, "sr_b", publish=True)
    await put(service, "sr_a", publish=True)
    assert (before, await default_rule(service)) == ("sr_starter", "sr_b")


async def test_the_rule_with_default_true_is_the_default_once_published(service: Service) -> None:
    await put(service, "sr_a", publish=True)
    await put(service, "sr_b", ICP | {"default": True})
    draft = await default_rule(service)
    await service.ask(rulebook.PUBLISH, {"id": "sr_b"})
    published = await default_rule(service)
    await put(service, "sr_b", ICP | {"default": False}, publish=True)
    assert (draft, published, await default_rule(service)) == ("sr_a", "sr_b", "sr_a")


async def test_of_two_defaults_the_one_published_last_counts(service: Service) -> None:
    await put(service, "sr_a", ICP | {"default": True}, publish=True)
    await put(service, "sr_b", ICP | {"default": True}, publish=True)
    last = await default_rule(service)
    await service.ask(rulebook.DELETE, {"id": "sr_b"})
    assert (last, await default_rule(service)) == ("sr_b", "sr_a")


async def test_sequences_grow_with_everything_published_or_deleted(service: Service) -> None:
    outcomes = [
        await put(service, "sr_a", publish=True),
        await put(service, "sr_b", publish=True),
        await put(service, "sr_b", WIDER),
        await service.ask(rulebook.DELETE, {"id": "sr_a"}),
    ]
    assert [fact.sequence for outcome in outcomes for fact in outcome.facts] == [1, 2, 3]


# The starter rule


async def test_every_tenant_has_the_starter_rule_without_having_made_it(service: Service, pool: Pool) -> None:
    rule = RuleAnswer.model_validate_json((await service.ask(rulebook.GET, {"id": "sr_starter"})).body)
    versions = body(await service.ask(rulebook.VERSIONS, {"id": "sr_starter"}))["data"]
    linted = LintAnswer.model_validate_json((await service.ask(rulebook.LINT, {"id": "sr_starter"})).body)
    assert (rule.default, rule.version, rule.status) == (True, 1, "published")
    assert rule.definition == STARTER_DEFINITION
    assert [VersionSummary.model_validate(version).version for version in versions] == [1]
    assert linted.lint == []
    assert await pool.fetchval("SELECT count(*) FROM rule") == 0


@pytest.mark.parametrize(
    ("type", "data"),
    [
        (rulebook.CREATE, {"definition": ICP}),
        (rulebook.PUT, {"definition": ICP}),
        (rulebook.PUBLISH, {}),
        (rulebook.ROLLBACK, {}),
        (rulebook.DELETE, {}),
    ],
)
async def test_the_starter_rule_is_nobodys_to_change(service: Service, type: Any, data: dict[str, Any]) -> None:
    outcome = await service.ask(type, {"id": "sr_starter", **data})
    assert (outcome.status, body(outcome)["code"]) == (409, "starter_rule")


# Questions


async def test_rules_and_versions_are_listed_in_pages(service: Service) -> None:
    for name in "abz":
        await put(service, f"sr_{name}")
    for number in range(3):
        await put(service, "sr_a", ICP | {"name": f"n{number}"})
    first = body(await service.ask(rulebook.LIST, {"limit": 3}))
    rest = body(await service.ask(rulebook.LIST, {"limit": 3, "cursor": first["next_cursor"]}))
    newest = body(await service.ask(rulebook.VERSIONS, {"id": "sr_a", "limit": 3}))
    oldest = body(await service.ask(rulebook.VERSIONS, {"id": "sr_a", "limit": 3, "cursor": newest["next_cursor"]}))
    assert [RuleSummary.model_validate(rule).id for rule in first["data"]] == ["sr_a", "sr_b", "sr_starter"]
    assert [rule["id"] for rule in rest["data"]] == ["sr_z"]
    assert [version["version"] for version in newest["data"] + oldest["data"]] == [4, 3, 2, 1]
    assert (rest["next_cursor"], oldest["has_more"]) == (None, False)


async def test_any_version_can_be_looked_at(service: Service) -> None:
    await put(service, "sr_a", publish=True)
    await put(service, "sr_a", WIDER)
    first = body(await service.ask(rulebook.GET, {"id": "sr_a", "version": 1}))
    newest = body(await service.ask(rulebook.GET, {"id": "sr_a"}))
    unknown = await service.ask(rulebook.LINT, {"id": "sr_a", "version": 3})
    assert (first["name"], first["status"], newest["name"], newest["status"]) == (
        "ICP Score",
        "published",
        "Wider",
        "draft",
    )
    assert (unknown.status, body(unknown)["code"]) == (404, "rule_version_not_found")


@pytest.mark.parametrize(
    "id", ["sr_nobody", "", "\0", "sr_\N{GRINNING FACE}", "x" * 5000], ids=["unknown", "empty", "NUL", "emoji", "long"]
)
@pytest.mark.parametrize(
    "type", [rulebook.GET, rulebook.DELETE, rulebook.PUBLISH, rulebook.ROLLBACK, rulebook.VERSIONS]
)
async def test_unknown_ids_of_any_kind_are_not_found(service: Service, type: Any, id: str) -> None:
    assert (await service.ask(type, {"id": id})).status == 404


async def test_tenants_do_not_see_each_others_rules(service: Service) -> None:
    await put(service, "sr_a", publish=True)
    found = await service.ask(rulebook.GET, {"id": "sr_a"}, tenant=OTHER)
    deleted = await service.ask(rulebook.DELETE, {"id": "sr_a"}, tenant=OTHER)
    listed = body(await service.ask(rulebook.LIST, {}, tenant=OTHER))["data"]
    assert (found.status, deleted.status, [rule["id"] for rule in listed]) == (404, 404, ["sr_starter"])
