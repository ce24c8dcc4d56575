"""Rules: kept in versions, of which the published one scores."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from winnow_contracts import rulebook
from winnow_contracts.pages import Page, PageRequest
from winnow_contracts.rulebook import RuleId, RuleVersion
from winnow_contracts.rules import RuleDefinition

from winnow_gateway.routes.route import Answer, Refusal, Route, to_scoring
from winnow_gateway.routes.scoring import INVALID_CURSOR, RULE_NOT_FOUND
from winnow_gateway.scopes import Scope

STARTER_RULE = Refusal(
    409, "starter_rule", "The starter rule cannot be changed. Make a rule of your own and publish it."
)
INVALID_RULE = Refusal(422, "invalid_rule", "The rule cannot be compiled; see errors.")

EXAMPLE_RULE = {
    "name": "ICP Score",
    "conditions": [
        {"attribute": "industry", "operator": "is", "value": "Technology", "points": 25},
        {"attribute": "technologies", "operator": "uses", "value": "Stripe", "points": 30},
        {"attribute": "email", "operator": "has", "points": 10},
        {"attribute": "confidence", "operator": ">", "value": 0.85, "points": 5},
        {
            "any": [
                {"attribute": "country", "operator": "in", "value": ["US", "CA"]},
                {"attribute": "employees", "operator": "between", "value": [50, 500]},
            ],
            "points": 15,
            "label": "Market or size",
        },
    ],
    "tiers": {"hot": 80, "warm": 50, "neutral": 20},
    "caps": {"total": [0, 100]},
}
EXAMPLE_ANSWER = {
    "id": "sr_abc123",
    "name": "ICP Score",
    "default": True,
    "version": 1,
    "status": "published",
    "published_version": 1,
    "latest_version": 1,
    "definition": EXAMPLE_RULE,
    "hash": "6a1f0c5de2b94d7f8e3b1c2d4f5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978",
    "lint": [],
    "created_at": "2026-11-02T09:30:00Z",
}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PutRuleBody(RuleDefinition):
    """A rule, and whether it scores at once."""

    publish: Annotated[StrictBool, Field(description="Publish the version at once; otherwise it is a draft.")] = False


class CreateRuleBody(PutRuleBody):
    """A rule under an id of your choice, or one that is made for it."""

    id: RuleId | None = None


class VersionBody(_Body):
    """Which version."""

    version: RuleVersion | None = None


class RulePath(_Body):
    """Which rule."""

    id: Annotated[str, Field(max_length=64, description="The rule's id.", examples=["sr_abc123"])]


class NewRulePath(_Body):
    """Under which id."""

    id: RuleId


class VersionQuery(_Body):
    """Which version; the newest where none is named."""

    version: RuleVersion | None = None


EXAMPLE_LINT = {
    "id": "sr_abc123",
    "version": 1,
    "lint": [{"code": "unreachable_tier", "pointer": "/tiers/hot", "detail": "No company can have 80 points or more."}],
}

_LINT = "Conditions that cannot match, tiers that cannot be reached, bands that overlap, conditions that others imply."
_LINKS = {"getRule": {"id": "$response.body#/id"}, "deleteRule": {"id": "$response.body#/id"}}


def _rule(message: Any) -> str:
    """What messages about one rule are ordered by."""
    return str(message.id)


ROUTES = (
    Route(
        method="GET",
        path="/v1/rules",
        name="listRules",
        tag="Rules",
        summary="List rules",
        description="Your rules by id; the starter rule while there is no other.",
        answers={200: Answer("A page of rules.", Page[rulebook.RuleSummary])},
        refusals=(INVALID_CURSOR,),
        scope=Scope.RULES_READ,
        query=rulebook.ListRules,
        sends=to_scoring(type=rulebook.LIST, message=lambda inputs: inputs.query),
    ),
    Route(
        method="POST",
        path="/v1/rules",
        name="createRule",
        tag="Rules",
        summary="Make a rule",
        answers={
            201: Answer("The rule, and what lint found.", rulebook.RuleAnswer, EXAMPLE_ANSWER, headers=("Location",))
        },
        refusals=(
            INVALID_RULE,
            Refusal(409, "rule_exists", "There is a rule of this id. PUT it to add a version."),
            STARTER_RULE,
        ),
        scope=Scope.RULES_WRITE,
        body=CreateRuleBody,
        body_examples={"default": {**EXAMPLE_RULE, "publish": True}},
        sends=to_scoring(
            type=rulebook.CREATE,
            message=lambda inputs: rulebook.CreateRule(
                id=inputs.body.id, definition=inputs.body.definition(), publish=inputs.body.publish
            ),
            location="/v1/rules/{id}",
        ),
        links=_LINKS,
    ),
    Route(
        method="GET",
        path="/v1/rules/{id}",
        name="getRule",
        tag="Rules",
        summary="Get a rule",
        answers={200: Answer("The rule and one of its versions.", rulebook.RuleAnswer, EXAMPLE_ANSWER)},
        refusals=(RULE_NOT_FOUND,),
        scope=Scope.RULES_READ,
        path_model=RulePath,
        query=VersionQuery,
        sends=to_scoring(
            type=rulebook.GET,
            message=lambda inputs: rulebook.GetRule(id=inputs.path.id, version=inputs.query.version),
            subject=_rule,
        ),
    ),
    Route(
        method="PUT",
        path="/v1/rules/{id}",
        name="putRule",
        tag="Rules",
        summary="Make a rule under an id, or add a version to it",
        description="The same definition again adds no version.",
        answers={
            200: Answer("The rule was there, and has this version.", rulebook.RuleAnswer, EXAMPLE_ANSWER),
            201: Answer("The rule is new.", rulebook.RuleAnswer, EXAMPLE_ANSWER, headers=("Location",)),
        },
        refusals=(
            STARTER_RULE,
            INVALID_RULE,
        ),
        scope=Scope.RULES_WRITE,
        path_model=NewRulePath,
        body=PutRuleBody,
        body_examples={"default": {**EXAMPLE_RULE, "publish": True}},
        sends=to_scoring(
            type=rulebook.PUT,
            message=lambda inputs: rulebook.PutRule(
                id=inputs.path.id, definition=inputs.body.definition(), publish=inputs.body.publish
            ),
            subject=_rule,
            location="/v1/rules/{id}",
        ),
        links=_LINKS,
    ),
    Route(
        method="DELETE",
        path="/v1/rules/{id}",
        name="deleteRule",
        tag="Rules",
        summary="Delete a rule",
        description="Scores that it gave stay, and can still be verified.",
        answers={204: Answer("The rule scores no more.")},
        refusals=(
            STARTER_RULE,
            RULE_NOT_FOUND,
        ),
        scope=Scope.RULES_WRITE,
        path_model=RulePath,
        sends=to_scoring(
            type=rulebook.DELETE, message=lambda inputs: rulebook.DeleteRule(id=inputs.path.id), subject=_rule
        ),
    ),
    Route(
        method="GET",
        path="/v1/rules/{id}/versions",
        name="listRuleVersions",
        tag="Rules",
        summary="List the versions of a rule",
        description="Newest first.",
        answers={200: Answer("A page of versions.", Page[rulebook.VersionSummary])},
        refusals=(RULE_NOT_FOUND, INVALID_CURSOR),
        scope=Scope.RULES_READ,
        path_model=RulePath,
        query=PageRequest,
        sends=to_scoring(
            type=rulebook.VERSIONS,
            message=lambda inputs: rulebook.ListRuleVersions(
                id=inputs.path.id, cursor=inputs.query.cursor, limit=inputs.query.limit
            ),
            subject=_rule,
        ),
    ),
    Route(
        method="POST",
        path="/v1/rules/{id}/publish",
        name="publishRule",
        tag="Rules",
        summary="Publish a version",
        description="Scores by this version from now on; by the newest where none is named.",
        answers={200: Answer("The rule with the published version.", rulebook.RuleAnswer, EXAMPLE_ANSWER)},
        refusals=(
            STARTER_RULE,
            RULE_NOT_FOUND,
        ),
        scope=Scope.RULES_WRITE,
        path_model=RulePath,
        body=VersionBody,
        body_required=False,
        body_examples={"default": {"version": 1}},
        sends=to_scoring(
            type=rulebook.PUBLISH,
            message=lambda inputs: rulebook.PublishRule(id=inputs.path.id, version=inputs.body.version),
            subject=_rule,
        ),
    ),
    Route(
        method="POST",
        path="/v1/rules/{id}/rollback",
        name="rollbackRule",
        tag="Rules",
        summary="Go back to an earlier version",
        description="Scores by an earlier version again; by the one published before where none is named.",
        answers={200: Answer("The rule with the published version.", rulebook.RuleAnswer, EXAMPLE_ANSWER)},
        refusals=(
            STARTER_RULE,
            RULE_NOT_FOUND,
            Refusal(409, "no_earlier_version", "There is no earlier version to go back to. Publish the one you want."),
        ),
        scope=Scope.RULES_WRITE,
        path_model=RulePath,
        body=VersionBody,
        body_required=False,
        body_examples={"default": {"version": 1}},
        sends=to_scoring(
            type=rulebook.ROLLBACK,
            message=lambda inputs: rulebook.RollbackRule(id=inputs.path.id, version=inputs.body.version),
            subject=_rule,
        ),
    ),
    Route(
        method="GET",
        path="/v1/rules/{id}/lint",
        name="lintRule",
        tag="Rules",
        summary="See what is odd about a rule",
        description=_LINT,
        answers={200: Answer("What lint found.", rulebook.LintAnswer, EXAMPLE_LINT)},
        refusals=(RULE_NOT_FOUND,),
        scope=Scope.RULES_READ,
        path_model=RulePath,
        query=VersionQuery,
        sends=to_scoring(
            type=rulebook.LINT,
            message=lambda inputs: rulebook.LintRule(id=inputs.path.id, version=inputs.query.version),
            subject=_rule,
        ),
    ),
    Route(
        method="POST",
        path="/v1/rules/{id}/lint",
        name="lintRuleVersion",
        tag="Rules",
        summary="See what is odd about a version of a rule",
        description=_LINT,
        answers={200: Answer("What lint found.", rulebook.LintAnswer, EXAMPLE_LINT)},
        refusals=(RULE_NOT_FOUND,),
        scope=Scope.RULES_READ,
        path_model=RulePath,
        body=VersionBody,
        body_required=False,
        body_examples={"default": {"version": 1}},
        sends=to_scoring(
            type=rulebook.LINT,
            message=lambda inputs: rulebook.LintRule(id=inputs.path.id, version=inputs.body.version),
            subject=_rule,
        ),
    ),
)
