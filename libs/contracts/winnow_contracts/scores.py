"""Scores, above all by rules: what is asked, what is answered, and what is told to whoever listens."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from winnow_contracts.explained import Cause
from winnow_contracts.pages import PageRequest
from winnow_contracts.similarity import Grade, SimilarityAnswer
from winnow_contracts.topic import Kind, MessageType

MAXIMUM_BATCH = 100
"""Domains of one batch; it costs one credit, however many they are."""

MAXIMUM_BATCH_CHARACTERS = 64 * 1024
"""Of all domains of a batch together, since each comes back in the answer as it was sent."""

DomainText = Annotated[
    str,
    StringConstraints(max_length=2048),
    Field(description="A company's domain, or a URL on it.", examples=["newstartup.com"]),
]
RuleReference = Annotated[
    str,
    StringConstraints(max_length=200),
    Field(description="The rule to score by.", examples=["sr_abc123"]),
]
Tier = Annotated[
    str,
    Field(description="hot, warm, neutral, cold, or insufficient_data where a rule asks for it.", examples=["hot"]),
]


class ScoreDomain(BaseModel):
    """Score one domain by a published rule; by the tenant's default one where none is named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: DomainText
    rule_id: RuleReference | None = None


class ScoreDomains(BaseModel):
    """Score up to 100 domains by one rule, for one credit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domains: Annotated[list[DomainText], Field(min_length=1, max_length=MAXIMUM_BATCH)]
    rule_id: RuleReference | None = None

    @model_validator(mode="after")
    def _bounded(self) -> "ScoreDomains":
        if sum(map(len, self.domains)) > MAXIMUM_BATCH_CHARACTERS:
            raise ValueError(f"the domains have more than {MAXIMUM_BATCH_CHARACTERS} characters together; send fewer")
        return self


class ListScores(PageRequest):
    """A domain's scores, newest first; of all domains where none is named."""

    domain: DomainText | None = None


class GetScore(BaseModel):
    """One score by its id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str


class VerifyScore(BaseModel):
    """Compute a score again from what it was computed from, and compare."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str


class BreakdownCondition(BaseModel):
    """How one condition came out."""

    condition: str
    matched: bool
    missing: Annotated[
        Literal[True] | None,
        Field(description="There where the company has no value for what is asked, and only there."),
    ] = None
    conditions: Annotated[
        list["BreakdownCondition"] | None, Field(description="The members of a group, and only of a group.")
    ] = None


class BreakdownLine(BreakdownCondition):
    """What one condition or cap of the rule gave; the points of all lines add up to the score."""

    points: int


class ScoreAnswer(BaseModel):
    """A score with its whole explanation."""

    domain: str
    rule_id: str
    rule_name: str
    score: int
    tier: Tier
    breakdown: list[BreakdownLine]
    rule_version: int
    data_as_of: datetime
    """When the profile that was scored was last changed."""
    missing: list[str]
    """Attributes that the rule asks for and the profile does not have."""
    livemode: bool
    score_id: str
    request_id: UUID


class EntryError(BaseModel):
    """Why one entry of a batch has no score."""

    code: Literal["invalid_domain", "domain_not_found"]
    detail: str


class RefusedDomain(BaseModel):
    """An entry of a batch that could not be scored; `domain` as it was sent."""

    domain: str
    error: EntryError


BatchAnswer = list[ScoreAnswer | RefusedDomain]
"""One entry for each domain, in the order of the request."""


class StoredScore(ScoreAnswer):
    """A score by a rule as it was stored, with what reproduces it."""

    kind: Literal["rule"] = "rule"

    rule_hash: str
    code_version: str
    snapshot_hash: str
    company_version: int
    evaluated_on: date
    """The day that conditions on dates were reckoned from."""
    scored_at: datetime


class StoredSimilarity(SimilarityAnswer):
    """A score by similarity as it was stored, with what reproduces it."""

    kind: Literal["similarity"] = "similarity"
    domain: str
    code_version: str
    snapshot_hash: str
    company_version: int
    evaluated_on: date
    scored_at: datetime


AnyStoredScore = StoredScore | StoredSimilarity
"""Told apart by `kind`."""


class ScoreSummary(BaseModel):
    """A score in a list: by a rule, with a tier, or by similarity, with a grade."""

    score_id: str
    kind: Literal["rule", "similarity"]
    domain: str
    rule_id: str | None
    rule_version: int | None
    model_version: int | None
    score: int | float
    tier: Tier | None
    grade: Grade | None
    livemode: bool
    scored_at: datetime
    request_id: UUID
    cause: Annotated[Cause | None, Field(description="In lists of one domain.")]


class Verification(BaseModel):
    """Whether a stored score comes out again, byte for byte."""

    score_id: str
    identical: bool
    stored_sha256: str
    computed_sha256: str
    rule_hash: str | None
    model_version: int | None
    snapshot_hash: str
    code_version: str
    current_code_version: str


class ScoreComputed(BaseModel):
    """A domain was scored."""

    score_id: str
    request_id: UUID
    domain: str
    rule_id: str
    rule_version: int
    rule_hash: str
    code_version: str
    company_version: int
    score: int
    tier: Tier
    missing: list[str]
    evaluated_on: date
    livemode: bool


SCORE = MessageType("scoring.score", ScoreDomain, Kind.COMMAND)
SCORE_BATCH = MessageType("scoring.score_batch", ScoreDomains, Kind.COMMAND)
LIST = MessageType("scores.list", ListScores, Kind.READ)
GET = MessageType("scores.get", GetScore, Kind.READ)
VERIFY = MessageType("scores.verify", VerifyScore, Kind.READ)
COMPUTED = MessageType("score.computed", ScoreComputed, Kind.FACT)
