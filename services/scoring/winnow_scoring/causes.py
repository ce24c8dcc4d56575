"""Why a score is not what the one before it was: what differs in what the two were computed from.

Scores follow each other where they are of the same company and kind, by the same rule where they are by one, and both
live or both not.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, NamedTuple, Protocol, TypeVar
from uuid import UUID

from winnow_contracts.explained import Cause, CauseCode

_DECIMALS: Final = 6
"""Of a difference: more than scores have, and fewer than what subtracting them makes up."""


class Line(NamedTuple):
    """Which scores of a company follow each other."""

    rule_id: str | None
    """None: by similarity."""
    livemode: bool


class Traced(Protocol):
    """A score with what it was computed from; a similarity score has no rule, and a rule's no model."""

    @property
    def score_id(self) -> UUID: ...
    @property
    def line(self) -> Line: ...
    @property
    def score(self) -> int | float: ...
    @property
    def snapshot_hash(self) -> bytes: ...
    @property
    def rule_hash(self) -> str | None: ...
    @property
    def model_version(self) -> int | None: ...
    @property
    def code_version(self) -> str: ...
    @property
    def evaluated_on(self) -> date: ...


T = TypeVar("T", bound=Traced)


def last_of_lines(scores: Iterable[T]) -> dict[Line, UUID]:
    """The oldest score of each line, given scores newest first: those whose predecessors are not among them."""
    return {score.line: score.score_id for score in scores}


def causes(scores: Iterable[T], *, older: Mapping[Line, T]) -> dict[UUID, Cause]:
    """The cause of each score, given scores newest first and the ones that come before the oldest of each line."""
    found: dict[UUID, Cause] = {}
    newer: dict[Line, T] = {}
    for score in scores:
        if score.line in newer:
            found[newer[score.line].score_id] = cause(newer[score.line], before=score)
        newer[score.line] = score
    for line, score in newer.items():
        found[score.score_id] = cause(score, before=older.get(line))
    return found


def cause(score: Traced, *, before: Traced | None) -> Cause:
    """What differs, in a stable order; that days have passed counts only where nothing else explains another score."""
    if before is None:
        return Cause(codes=["first"], before=None, difference=None)
    differs: dict[CauseCode, bool] = {
        "company_changed": score.snapshot_hash != before.snapshot_hash,
        "rule_changed": score.rule_hash != before.rule_hash,
        "model_changed": score.model_version != before.model_version,
        "code_changed": score.code_version != before.code_version,
    }
    codes = [code for code, is_so in differs.items() if is_so]
    if not codes:
        is_later = score.evaluated_on != before.evaluated_on and score.score != before.score
        codes = ["time_passed" if is_later else "unchanged"]
    return Cause(codes=codes, before=before.score, difference=round(score.score - before.score, _DECIMALS))
