"""Scores one company by a model, with everything that explains the score.

A company that is a customer itself is as similar as can be: 1 in every factor that is known of it. What is said of its
neighbours, and of what it would score otherwise, leaves it out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import numpy as np
import orjson
from winnow_contracts.similarity import Factor, Grade

from winnow_scoring.similarity.calibration import grade_of
from winnow_scoring.similarity.explaining import Story, explanation
from winnow_scoring.similarity.factors import FACTORS
from winnow_scoring.similarity.lines import is_compared, lines
from winnow_scoring.similarity.model import Model
from winnow_scoring.similarity.nearest import Nearest, nearest
from winnow_scoring.similarity.neighbours import neighbours
from winnow_scoring.similarity.traits import Traits, traits_of

HIGH: Final = 0.6
MEDIUM: Final = 0.35
_HALF_LIFE_DAYS: Final = 730
"""After which what is known of a company is worth half."""
_SURE_CUSTOMERS: Final = 5
"""So many customers make a score half as sure as very many would."""

_MAIN_ATTRIBUTES: Final[Mapping[Factor, str]] = {
    "industry": "industry",
    "company_size": "employees",
    "tech_stack": "technologies",
    "funding": "funding_stage",
    "growth_signals": "signals",
    "location": "country",
    "age": "founded",
    "description": "description",
}
"""What to say of a company so that a factor is no longer missing."""


class NothingKnown(ValueError):
    """The company has no attribute that could be compared."""


class NoCustomers(ValueError):
    """The model has no customers to compare with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How a company compares to a tenant's customers."""

    score: float
    percentile: float
    grade: Grade
    confidence: float
    level: Literal["high", "medium", "low"]
    missing: tuple[str, ...]
    result: bytes
    """All of it as JSON: an answer without what names the request, the company's identifiers or the stored score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """The numbers of a comparison, without what explains them."""

    score: float
    percentile: float
    grade: Grade
    confidence: float


def compare(model: Model, attributes: Mapping[str, Any], *, domain: str, as_of: date, today: date) -> Comparison:
    """The comparison of a company whose attributes were last changed on `as_of`, as of today.

    Raises `NothingKnown` and `NoCustomers`.
    """
    at = _standing(model, attributes, domain=domain, days=(today - as_of).days)
    found, own = at.found, at.own
    story = Story(
        name=attributes.get("name") or domain,
        score=at.score,
        percentile=at.percentile,
        reference=model.reference,
        own=model.calibration.score(found.raw) if own and found is not None else None,
        is_customer=own,
        lines=lines(model, at.traits, attributes, found, own=own, score=at.score),
        neighbours=neighbours(model, attributes, found),
        neutral=model.neutral,
    )
    return _comparison(model, story, confidence=at.confidence)


def measure(model: Model, attributes: Mapping[str, Any], *, domain: str, as_of: date, today: date) -> Measure:
    """What `compare` says in numbers, in a third to half of its time. Raises the same."""
    at = _standing(model, attributes, domain=domain, days=(today - as_of).days)
    return Measure(score=at.score, percentile=at.percentile, grade=grade_of(at.percentile), confidence=at.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """Where a company stands among the customers."""

    traits: Traits
    own: bool
    """Whether it is one of them."""
    found: Nearest | None
    score: float
    percentile: float
    confidence: float


def _standing(model: Model, attributes: Mapping[str, Any], *, domain: str, days: int) -> _Standing:
    traits = traits_of(attributes)
    if traits.is_unknown:
        raise NothingKnown
    if not len(model.customers.domains):
        raise NoCustomers
    place = model.customers.place(domain)
    found = nearest(model, traits, leave_out=place) if len(model.customers.domains) > (place is not None) else None
    own = place is not None
    raw = 1.0 if own or found is None else found.raw
    known = [factor for factor in FACTORS if is_compared(factor, traits, found, own=own)]
    return _Standing(
        traits=traits,
        own=own,
        found=found,
        score=model.calibration.score(raw),
        percentile=model.calibration.percentile(raw),
        confidence=_confidence(model, known, found, days=days),
    )


def _comparison(model: Model, story: Story, *, confidence: float) -> Comparison:
    missing = tuple(
        _MAIN_ATTRIBUTES[line.factor]
        for line in story.lines
        if line.factor in _MAIN_ATTRIBUTES and line.company is None
    )
    level: Literal["high", "medium", "low"] = (
        "high" if confidence >= HIGH else "medium" if confidence >= MEDIUM else "low"
    )
    grade = grade_of(story.percentile)
    result = {
        "score": story.score,
        "percentile": story.percentile,
        "grade": grade,
        "similar_customers": [neighbour.as_json() for neighbour in story.neighbours],
        "breakdown": [line.as_json() for line in story.lines],
        "explanation": explanation(story),
        "confidence": {"level": level, "value": confidence},
        "missing": missing,
        "reason": None,
        "reference": model.reference.model_dump(),
        "model_version": model.version,
    }
    return Comparison(
        score=story.score,
        percentile=story.percentile,
        grade=grade,
        confidence=confidence,
        level=level,
        missing=missing,
        result=orjson.dumps(result),
    )


def _confidence(model: Model, known: Sequence[Factor], found: Nearest | None, *, days: int) -> float:
    """From what could be compared, how far neighbours agree, how old the data is and how many customers there are."""
    coverage = sum([model.weights[factor] for factor in known])
    if found is None or len(found.similarities) < 2:
        agreement = 0.5
    else:
        mean = float(found.shares @ found.similarities)
        spread = float(np.sqrt(found.shares @ np.square(found.similarities - mean)))
        agreement = max(0.0, 1 - 2 * spread / max(mean, 0.05))
    age = 0.5 ** (max(0, days) / _HALF_LIFE_DAYS)
    count = len(model.customers.domains)
    support = count / (count + _SURE_CUSTOMERS)
    value: float = round(coverage * (0.6 + 0.4 * agreement) * (0.5 + 0.5 * age) * (0.5 + 0.5 * support), 2)
    return value
