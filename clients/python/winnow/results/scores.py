"""Scores and what they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from winnow.results.explained import Cause
from winnow.results.parsing import Result


class BreakdownLine(Result):
    """One line of a score: a condition (or a cap) and the points it gave.

    `missing` tells a condition that could not be judged, for want of data, from one that is false.
    """

    condition: str
    matched: bool
    points: int
    missing: bool = False


class Score(Result):
    """The score of one company by one version of one rule; the points of its lines add up to it."""

    domain: str
    rule_id: str
    rule_name: str
    rule_version: int | None = None
    score: int
    tier: str
    breakdown: Sequence[BreakdownLine]
    data_as_of: datetime | None = None
    missing: Sequence[str] = ()
    score_id: str | None = None
    request_id: str | None = None
    livemode: bool = True

    @property
    def reasons(self) -> tuple[BreakdownLine, ...]:
        """The lines that gave or took points, the weightiest first."""
        lines = (line for line in self.breakdown if line.points)
        return tuple(sorted(lines, key=lambda line: -abs(line.points)))


class ScoreSummary(Result):
    """A score in a list: by a rule, with a tier, or by similarity, with a grade.

    `cause` says why it is not what the one before was; it is there in lists of one domain.
    """

    score_id: str
    kind: str = "rule"
    domain: str
    rule_id: str | None = None
    rule_version: int | None = None
    model_version: int | None = None
    score: float
    tier: str | None = None
    grade: str | None = None
    scored_at: datetime
    livemode: bool = True
    cause: Cause | None = None


class StoredScore(Score):
    """A score by a rule as it was stored, with what reproduces it."""

    kind: Literal["rule"] = "rule"
    rule_hash: str
    code_version: str
    snapshot_hash: str
    company_version: int
    scored_at: datetime


class Verification(Result):
    """Whether a stored score came out again, byte for byte."""

    score_id: str
    identical: bool
    stored_sha256: str
    computed_sha256: str
    rule_hash: str | None = None
    model_version: int | None = None
    code_version: str | None = None
    current_code_version: str | None = None


class Reason(Result):
    """Why something was not done: a stable code and a sentence."""

    code: str
    detail: str


class Unscored(Result):
    """A domain of a batch that has no score, spelled as it was sent."""

    domain: str
    error: Reason


BatchItem = Score | Unscored
