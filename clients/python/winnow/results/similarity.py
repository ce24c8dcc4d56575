"""How much companies look like the account's customers, and the model that says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from winnow.results.parsing import Result
from winnow.results.scores import Reason


class Resolved(Result):
    """Which company the identifiers were taken to name.

    `candidates` are other companies that an ambiguous name fits as well; the identifiers in `disagreement` name
    another company and did not count.
    """

    domain: str | None = None
    matched_on: str | None = None
    confidence: float = 0.0
    candidates: Sequence[str] = ()
    disagreement: Sequence[str] = ()


class FactorLine(Result):
    """What one factor contributed; the contributions of all lines add up to the score.

    `similarity` is from 0 to 1. A factor that is `missing` could not be compared and counts as that of an average
    company.
    """

    factor: str
    similarity: float | None = None
    weight: float
    contribution: float
    company: JsonValue = None
    customers: JsonValue = None
    missing: bool = False


class SimilarCustomer(Result):
    """One of the nearest customers; `similarity` is from 0 to 100."""

    domain: str
    name: str | None = None
    similarity: float
    shared_attributes: Sequence[str] = ()


class Confidence(Result):
    """How much a score can be relied on: high, medium, low or none, and as a number from 0 to 1."""

    level: str
    value: float


class Reference(Result):
    """The companies that a percentile is a rank among."""

    name: str
    size: int


class SimilarityScore(Result):
    """How much a company looks like the account's customers, from 0 to 100, with the whole explanation.

    `score` is None where nothing is known, which costs nothing; `reason` then says why.
    """

    score: float | None
    percentile: float | None = None
    grade: str | None = None
    similar_customers: Sequence[SimilarCustomer] = ()
    breakdown: Sequence[FactorLine] = ()
    explanation: str = ""
    confidence: Confidence
    data_as_of: datetime | None = None
    resolved: Resolved
    missing: Sequence[str] = ()
    reason: Reason | None = None
    reference: Reference | None = None
    model_version: int | None = None
    score_id: str | None = None
    request_id: str | None = None
    livemode: bool = True


class StoredSimilarity(SimilarityScore):
    """A score by similarity as it was stored, with what reproduces it."""

    kind: Literal["similarity"]
    domain: str
    code_version: str
    snapshot_hash: str
    company_version: int
    scored_at: datetime


class ModelFactor(Result):
    """A factor of the model.

    `separation` is the chance that a customer is more similar to the others in it than a company of the reference
    population is: 0.5 says nothing, None could not be measured. `coverage` is the share of customers for which it is
    known.
    """

    factor: str
    weight: float
    default_weight: float
    separation: float | None = None
    coverage: float = 0.0


class ModelQuality(Result):
    """How well the model tells customers, left out one at a time, from the reference population."""

    auc: float | None = None
    customers: int


class SimilarityModel(Result):
    """The account's model: `none`, `building` or `ready`.

    `wanted_version` knows every change that was made; the model is up to date where it equals `model_version`.
    """

    status: str
    model_version: int | None = None
    wanted_version: int | None = None
    customers: int = 0
    customers_known: int = 0
    factors: Sequence[ModelFactor] = ()
    reference: Reference | None = None
    quality: ModelQuality | None = None
    built_at: datetime | None = None
    build_seconds: float | None = None
    code_version: str | None = None

    def knows(self, version: int, /) -> bool:
        """Whether the model has this version. Without customers there is none to be built, and all is known."""
        if self.status == "none":
            return (self.wanted_version or 0) >= version
        return (self.model_version or 0) >= version
