"""Similarity as its docstrings define it, in plain Python: one customer at a time, one number at a time.

It shares with the service how traits are read out of profiles, and what a model has measured (weights of the factors,
neutral similarities, scales, reach); everything that is computed from these it computes itself.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from winnow_contracts.similarity import Factor
from winnow_scoring.similarity.factors import FACTORS
from winnow_scoring.similarity.industries import Industry
from winnow_scoring.similarity.model import Model
from winnow_scoring.similarity.traits import Funding, Location, Size, Traits, traits_of

from .similar_companies import World

MISSING: tuple[Any, ...] = (None, frozenset())
Bag = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Terms:
    """Documents, and in how many of them each term is."""

    counts: Counter[str]
    documents: int

    @classmethod
    def of(cls, bags: Sequence[Iterable[str]]) -> "Terms":
        return cls(Counter(term for bag in bags for term in bag), len(bags))

    def rarity(self, term: str) -> float:
        return max(math.log((self.documents + 1) / (self.counts[term] + 0.5)), 0.05)

    def vector(self, bag: Bag) -> dict[str, float]:
        """Of length 1."""
        values = {term: strength * self.rarity(term) for term, strength in bag.items()}
        length = math.sqrt(sum(value**2 for value in values.values()))
        return {term: value / length for term, value in values.items()}


class PlainModel:
    """The customers of a world, compared one by one."""

    def __init__(self, world: World) -> None:
        self.model: Model = world.model
        self.customers = [traits_of(profile) for profile in world.profiles]
        self.others = [traits_of(orjson.loads(profile)) for profile in world.others]
        everybody = [*self.customers, *self.others]
        self.technologies = Terms.of([traits.tech_stack for traits in everybody])
        self.words = Terms.of([traits.terms for traits in everybody])
        self.relevance = self._relevance()
        self.direction = self._direction()

    def _relevance(self) -> dict[str, float]:
        own = Counter(term for traits in self.customers for term in traits.terms)
        odds = {}
        for term, count in own.items():
            share = self.words.counts[term] / self.words.documents
            ours = (count + share) / (len(self.customers) + 1)
            theirs = (self.words.counts[term] - count + share) / (len(self.others) + 1)
            odds[term] = max(0.0, math.log(ours / theirs))
        most = max(odds.values(), default=0.0)
        return {term: value / max(most, 1e-9) for term, value in odds.items()}

    def _direction(self) -> dict[str, float]:
        direction: defaultdict[str, float] = defaultdict(float)
        for traits, weight in zip(self.customers, self.model.customers.weights.tolist(), strict=True):
            for term, value in self.words.vector(traits.terms).items():
                direction[term] += weight * value
        talking = [traits for traits in self.others if traits.terms]
        for traits in talking:
            for term, value in self.words.vector(traits.terms).items():
                direction[term] -= value / len(talking)
        return direction

    def factors(self, traits: Traits, place: int) -> dict[Factor, float]:
        """The similarity to one customer by each factor, neutral where it is missing."""
        customer = self.customers[place]
        found: dict[Factor, float | None] = {
            "industry": _both(industries, traits.industry, customer.industry),
            "company_size": _both(sizes, traits.company_size, customer.company_size),
            "tech_stack": self._tech_stack(traits, customer),
            "funding": _both(fundings, traits.funding, customer.funding),
            "growth_signals": _both(jaccard, traits.growth_signals, customer.growth_signals),
            "location": _both(locations, traits.location, customer.location),
            "age": _both(lambda one, other: bell(one - other, 6.0), traits.age, customer.age),
            "focus": self.focus(traits),
            "description": self._description(traits, customer),
        }
        return {factor: self.model.neutral[factor] if value is None else value for factor, value in found.items()}

    def similarities(self, traits: Traits) -> list[float]:
        """To each customer."""
        return [
            sum(self.model.weights[factor] * self.factors(traits, place)[factor] for factor in FACTORS)
            for place in range(len(self.customers))
        ]

    def raw(self, traits: Traits) -> float:
        """The mean over the nearest customers, up to the reach."""
        left, total = self.model.reach, 0.0
        weights = self.model.customers.weights.tolist()
        for similarity, weight in sorted(zip(self.similarities(traits), weights, strict=True), reverse=True):
            taken = min(left, weight)
            left -= taken
            total += taken * similarity
        return total / (self.model.reach - left)

    def focus(self, traits: Traits) -> float | None:
        if not traits.terms:
            return None
        vector = self.words.vector(traits.terms)
        projection = max(0.0, sum(value * self.direction.get(term, 0.0) for term, value in vector.items()))
        return projection / (projection + self.model.topic.half)

    def _tech_stack(self, one: Traits, customer: Traits) -> float | None:
        if not one.tech_stack or not customer.tech_stack:
            return None
        ours = self.technologies.vector(dict.fromkeys(one.tech_stack, 1.0))
        theirs = self.technologies.vector(dict.fromkeys(customer.tech_stack, 1.0))
        return _scaled(_dot(ours, theirs), self.model.technologies.typical)

    def _description(self, one: Traits, customer: Traits) -> float | None:
        if not one.terms or not customer.terms:
            return None
        theirs = {term: value * self.relevance[term] for term, value in self.words.vector(customer.terms).items()}
        return _scaled(_dot(self.words.vector(one.terms), theirs), self.model.words.typical)


def bell(difference: float, width: float) -> float:
    return math.exp(-0.5 * (difference / width) ** 2)


def sizes(one: Size, other: Size) -> float | None:
    return _mean(
        [
            _both(lambda ours, theirs: bell(ours - theirs, 10.0), one.employees, other.employees),
            _both(lambda ours, theirs: bell(ours - theirs, 14.0), one.revenue, other.revenue),
        ]
    )


def fundings(one: Funding, other: Funding) -> float | None:
    return _mean(
        [
            _both(lambda ours, theirs: bell(ours - theirs, 1.5), one.stage, other.stage),
            _both(lambda ours, theirs: bell(ours - theirs, 14.0), one.total, other.total),
        ]
    )


def locations(one: Location, other: Location) -> float | None:
    if one.country and other.country and one.country != other.country:
        return 0.0
    parts = [
        (share, ours == theirs)
        for share, ours, theirs in zip((0.5, 0.3, 0.2), one, other, strict=True)
        if ours and theirs
    ]
    if not parts:
        return None
    return sum(share for share, alike in parts if alike) / sum(share for share, _ in parts)


def industries(one: Industry, other: Industry) -> float:
    if one.name == other.name:
        return 1.0
    shorter = min(len(one.words), len(other.words))
    overlap = 0.7 * len(one.words & other.words) / shorter if shorter else 0.0
    if one.group and one.group == other.group:
        return max(0.8, overlap)
    return max(0.5 if one.sector and one.sector == other.sector else 0.0, overlap)


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


def _both(compare: Any, one: Any, other: Any) -> Any:
    """None where either side is not known. Nought is known, and so is an empty part of a pair."""
    return None if one in MISSING or other in MISSING else compare(one, other)


def _mean(parts: Sequence[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) / len(known) if known else None


def _dot(one: Bag, other: Bag) -> float:
    return sum(value * other[term] for term, value in one.items() if term in other)


def _scaled(cosine: float, typical: float) -> float:
    return min(1.0, min(1.0, cosine) * 0.25 / typical)
