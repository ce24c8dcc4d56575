"""What a row gets beside its own cells: a score with its reasons, or why there is none.

This is all that the journal keeps of a row, so it holds nothing that the row said.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from winnow import APIError, SimilarityScore
from winnow.groups.similarity import CompanyIdentifiers


class Outcome(BaseModel):
    """The columns that are added, in their order."""

    model_config = ConfigDict(frozen=True)

    score: float | None = None
    percentile: float | None = None
    grade: str | None = None
    confidence: str | None = None
    explanation: str | None = None
    similar_customers: tuple[str, ...] = ()
    resolved_domain: str | None = None
    matched_on: str | None = None
    missing: tuple[str, ...] = ()
    error: str | None = None

    def values(self) -> list[float | str | None]:
        """A value for each column; lists are joined by `;`, as in Winnow's exports."""
        return [";".join(value) if isinstance(value, tuple) else value for _, value in self]


COLUMNS: tuple[str, ...] = tuple(Outcome.model_fields)


def outcome_of(answer: SimilarityScore, /) -> Outcome:
    """What an answer says of its row."""
    return Outcome(
        score=answer.score,
        percentile=answer.percentile,
        grade=answer.grade,
        confidence=answer.confidence.level,
        explanation=answer.explanation or None,
        similar_customers=tuple(customer.domain for customer in answer.similar_customers),
        resolved_domain=answer.resolved.domain,
        matched_on=answer.resolved.matched_on,
        missing=tuple(answer.missing),
        error=answer.reason.detail if answer.reason and answer.score is None else None,
    )


def refused(error: APIError, identifiers: CompanyIdentifiers, /) -> Outcome:
    """Why the API would not take a row: in its words, unless they repeat what the row said."""
    said = error.errors[0].detail if error.errors else error.detail
    repeated = any(str(text).casefold() in said.casefold() for text in identifiers.values())
    return Outcome(error=error.code if repeated else said)
