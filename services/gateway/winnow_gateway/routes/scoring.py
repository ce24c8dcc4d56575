"""Scoring by rules, and the scores that came of it."""

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from winnow_common.errors import Problem
from winnow_contracts import explained, scores
from winnow_contracts.pages import Page

from winnow_gateway import domains
from winnow_gateway.routes.route import Answer, Refusal, Route, to_scoring
from winnow_gateway.scopes import Scope

INVALID_DOMAIN = Refusal(400, "invalid_domain", "Invalid domain format")
DOMAIN_NOT_FOUND = Refusal(404, "domain_not_found", "Domain not found")
RULE_NOT_FOUND = Refusal(404, "rule_not_found", "Scoring rule not found")
SCORE_NOT_FOUND = Refusal(404, "score_not_found", "Score not found")

INVALID_CURSOR = Refusal(400, "invalid_cursor", "The cursor is not one that a page gave.")

SCORE_ID = "sco_0198f2c5a1b27c3d8e4f5a6b7c8d9e0f"
REQUEST_ID = "0198f2c5-a1b2-7c3d-8e4f-5a6b7c8d9e0f"
EXAMPLE_SCORE = {
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
    "rule_version": 1,
    "data_as_of": "2026-11-02T09:30:00Z",
    "missing": [],
    "livemode": True,
    "score_id": SCORE_ID,
    "request_id": REQUEST_ID,
}


EXAMPLE_COUNTERFACTUAL = {
    "score_id": SCORE_ID,
    "kind": "rule",
    "score": 70,
    "present": "warm",
    "target": "hot",
    "reachable": True,
    "changes": [{"attribute": "country", "present": "FR", "needed": "US", "because": "Country is US"}],
    "new_score": 85,
    "detail": "With country US the score is 85, and the tier hot.",
}
_VERIFY = "Computes a score again from what it was computed from, and compares byte by byte."
_VERIFIED = Answer("Whether it came out the same.", scores.Verification)


class ScorePath(BaseModel):
    """Which score."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(max_length=100, description="The score's id.", examples=[SCORE_ID])]


_SCORE_ID = re.compile(r"sco_[0-9a-f]{32}")


def score_id(text: str) -> str:
    """The text, if a score may have it as its id; raises 404 for anything else, which might be of a person."""
    if _SCORE_ID.fullmatch(text) is None:
        raise Problem(404, SCORE_NOT_FOUND.code, SCORE_NOT_FOUND.detail)
    return text


_VERIFIES = to_scoring(type=scores.VERIFY, message=lambda inputs: scores.VerifyScore(id=score_id(inputs.path.id)))

ROUTES = (
    Route(
        method="POST",
        path="/v1/scoring",
        name="score",
        tag="Scoring",
        summary="Score one domain",
        description="Scores a company by a published rule; by the account's default rule where none is named.",
        answers={200: Answer("The score with its whole explanation.", scores.ScoreAnswer, EXAMPLE_SCORE)},
        refusals=(INVALID_DOMAIN, DOMAIN_NOT_FOUND, RULE_NOT_FOUND),
        scope=Scope.SCORE,
        records=1,
        body=scores.ScoreDomain,
        body_examples={"default": {"domain": "newstartup.com", "rule_id": "sr_abc123"}},
        sends=to_scoring(
            type=scores.SCORE,
            message=lambda inputs: domains.in_score(inputs.body),
            subject=lambda message: message.domain,
        ),
        links={"getScore": {"id": "$response.body#/score_id"}, "getRequest": {"id": "$response.body#/request_id"}},
    ),
    Route(
        method="POST",
        path="/v1/scoring/batch",
        name="scoreBatch",
        tag="Scoring",
        summary="Score up to 100 domains",
        description="Answers one entry for each domain, in their order; a domain that cannot be scored has an `error`. "
        "Counts as one record, however many domains there are.",
        answers={
            200: Answer(
                "A score or an error for each domain.",
                scores.BatchAnswer,
                [
                    EXAMPLE_SCORE,
                    {"domain": "nobody.example", "error": {"code": "domain_not_found", "detail": "Domain not found"}},
                ],
            )
        },
        refusals=(RULE_NOT_FOUND,),
        scope=Scope.SCORE,
        records=1,
        body=scores.ScoreDomains,
        body_examples={"default": {"domains": ["newstartup.com", "nobody.example"], "rule_id": "sr_abc123"}},
        sends=to_scoring(
            type=scores.SCORE_BATCH,
            message=lambda inputs: inputs.body.model_copy(
                update={"domains": [domains.published(text) for text in inputs.body.domains]}
            ),
            restore=lambda body, inputs: domains.as_sent(body, sent=inputs.body.domains),
        ),
    ),
    Route(
        method="GET",
        path="/v1/scores",
        name="listScores",
        tag="Scores",
        summary="List scores",
        description="The scores of a domain, or of all of them, newest first. Those of a domain say why each differs "
        "from the one before it.",
        answers={200: Answer("A page of scores.", Page[scores.ScoreSummary])},
        refusals=(INVALID_DOMAIN, INVALID_CURSOR),
        scope=Scope.SCORES_READ,
        query=scores.ListScores,
        sends=to_scoring(type=scores.LIST, message=lambda inputs: domains.in_query(inputs.query)),
    ),
    Route(
        method="GET",
        path="/v1/scores/{id}",
        name="getScore",
        tag="Scores",
        summary="Get a score",
        description="A score as it was answered, with what reproduces it.",
        answers={200: Answer("The stored score, by a rule or by similarity: see `kind`.", scores.AnyStoredScore)},
        refusals=(SCORE_NOT_FOUND,),
        scope=Scope.SCORES_READ,
        path_model=ScorePath,
        sends=to_scoring(
            type=scores.GET,
            message=lambda inputs: scores.GetScore(id=score_id(inputs.path.id)),
        ),
    ),
    Route(
        method="GET",
        path="/v1/scores/{id}/verify",
        name="verifyScore",
        tag="Scores",
        summary="Verify a score",
        description=_VERIFY,
        answers={200: _VERIFIED},
        refusals=(SCORE_NOT_FOUND,),
        scope=Scope.SCORES_READ,
        path_model=ScorePath,
        sends=_VERIFIES,
    ),
    Route(
        method="POST",
        path="/v1/scores/{id}/verify",
        name="verifyScoreNow",
        tag="Scores",
        summary="Verify a score",
        description=_VERIFY,
        answers={200: _VERIFIED},
        refusals=(SCORE_NOT_FOUND,),
        scope=Scope.SCORES_READ,
        path_model=ScorePath,
        sends=_VERIFIES,
    ),
    Route(
        method="GET",
        path="/v1/scores/{id}/counterfactual",
        name="getCounterfactual",
        tag="Scores",
        summary="See what would change a score",
        description="The smallest change of the company, of at most three attributes, that takes the score to the next "
        "tier or grade; it was computed with that change. It says what the score hangs on, not that somebody could "
        "make the change.",
        answers={200: Answer("What would have to be otherwise.", explained.Counterfactual, EXAMPLE_COUNTERFACTUAL)},
        refusals=(SCORE_NOT_FOUND,),
        scope=Scope.SCORES_READ,
        path_model=ScorePath,
        sends=to_scoring(
            type=explained.COUNTERFACTUAL,
            message=lambda inputs: explained.GetCounterfactual(id=score_id(inputs.path.id)),
        ),
    ),
)
