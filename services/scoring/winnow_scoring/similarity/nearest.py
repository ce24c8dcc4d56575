"""Which customers are a company's nearest, and how near they are: exact, over all of them.

Similarity to one customer is the weighted mean over the factors, where a factor that is missing on either side counts
as that of an average company. Similarity to the customers is the mean over those that are nearest, up to a fixed share
of the customers' weight, so that several distinct kinds of customers are served, and a heavy customer counts for more.
That is the conditional value at risk of the similarities (Rockafellar and Uryasev, 2000), which is what makes it well
behaved: it never falls where a similarity grows, and neither the order nor the scale of the weights matters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from winnow_contracts.similarity import Factor

from winnow_scoring.similarity.columns import Column
from winnow_scoring.similarity.factors import CODED, FACTORS
from winnow_scoring.similarity.kernels import Floats, settled
from winnow_scoring.similarity.model import Model, TermSpace
from winnow_scoring.similarity.traits import Traits

_BLOCK: Final = 64
_FIRST: Final = 64
"""Customers that are looked at first; twice as many while they are too light together."""
_MOST_LEFT: Final = 0.35
"""Of what can make a difference; with more to come it is too early to leave anybody out."""
_MOST_BLOCKS: Final = 0.98
"""Blocks that may have a candidate, of all; with more, every eighth customer would be one or so."""
_VERY_FEW: Final = 300
"""One customer in so many is looked up in the lists of terms, instead of going through them."""
_ROUNDING: Final = 1e-5
"""By which sums in single precision may be wrong, and more."""
_LEAST_SHARE: Final = 1e-9
"""Of a neighbour among all of them; less is lost in rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The nearest customers, the nearest first."""

    places: NDArray[np.int64]
    similarities: Floats
    """To each of them, over all factors."""
    shares: Floats
    """How much each counts; together 1."""
    factors: Mapping[Factor, Floats]
    """To each of them by each factor; neutral where it is missing."""
    compared: Mapping[Factor, NDArray[np.bool_]]
    """With which of them it could be compared."""

    @property
    def raw(self) -> float:
        """The similarity to the customers."""
        return float(self.shares @ self.similarities)


def nearest(model: Model, traits: Traits, *, leave_out: int | None = None, reach: float | None = None) -> Nearest:
    """The customers that are nearest to a company; `leave_out` is the place of the one that it is itself."""
    scan = _Scan(model, traits, leave_out=leave_out)
    wanted = model.reach if reach is None else reach
    everybody = len(model.customers.domains)
    count = min(_FIRST, everybody)
    while True:
        places = scan.largest(count)
        weights = np.where(places == leave_out, 0.0, model.customers.weights[places])
        if count == everybody or weights.sum() >= wanted:
            break
        count = min(2 * count, everybody)
    return _settled(scan, places, weights, wanted)


def _settled(scan: "_Scan", places: NDArray[np.int64], weights: Floats, reach: float) -> Nearest:
    """The nearest among candidates, whose similarities are worked out factor by factor."""
    factors = scan.factors(places)
    similarities = np.zeros(len(places))
    for factor in FACTORS:
        similarities += scan.model.weights[factor] * factors[factor]
    order = np.lexsort((places, -settled(similarities)))
    before = np.concatenate([[0.0], np.cumsum(weights[order])])
    taken = np.clip(reach - before[:-1], 0.0, weights[order])
    # Weights that use the reach up leave the last digit of a sum, for which nobody is a neighbour.
    counted = taken > _LEAST_SHARE * taken.sum()
    chosen, shares = order[counted], taken[counted]
    return Nearest(
        places=places[chosen],
        similarities=similarities[chosen],
        shares=shares / shares.sum() if len(shares) else shares,
        factors={factor: values[chosen] for factor, values in factors.items()},
        compared=scan.compared(places[chosen]),
    )


class _Coded:
    """A company against all customers by a factor of few values."""

    def __init__(self, column: Column, trait: Any, *, neutral: float, weight: float) -> None:
        self._codes = column.codes
        self._table = column.likeness(trait, neutral=neutral)
        self._weight = weight
        self._least = float(self._table.min())
        self._has = bool(trait)
        self.span = weight * (float(self._table.max()) - self._least) if trait else 0.0
        """How much more one customer can have of it than another."""
        self.cost = 1
        """Of adding it to everybody, about."""

    def add_to(self, sums: NDArray[np.float32]) -> None:
        """Add to each customer what it has more than the least."""
        table = (self._weight * (self._table - self._least)).astype(np.float32)
        # Codes are never out of bounds; to clip them is to look them up without a check first.
        sums += table.take(self._codes, out=np.empty_like(sums), mode="clip")

    def likeness(self, places: NDArray[np.int64]) -> Floats:
        """To some customers; neutral where it is missing."""
        return self._table[self._codes[places]]

    def above_least(self, places: NDArray[np.int64]) -> Floats:
        """What `add_to` adds, to some customers."""
        return self._weight * (self.likeness(places) - self._least)

    def compared(self, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Where both sides have it."""
        return (self._codes[places] > 0) & self._has


class _Shared:
    """A company against all customers by the terms that they share; the same as `_Coded` of a factor of terms."""

    def __init__(self, space: TermSpace, bag: Mapping[str, float], *, neutral: float, weight: float) -> None:
        self._space = space
        self._vector = space.vocabulary.vector(bag) if bag else None
        self._cosines: NDArray[np.float32] | None = None
        self._neutral = np.float32(neutral)
        self._weight = np.float32(weight)
        self._steepness = np.float32(weight * space.steepness)
        longest = 0.0 if self._vector is None else float(np.linalg.norm(self._vector.values))
        most = min(1.0, longest * space.steepness)
        self.span = weight * max(most, neutral) if self._vector is not None else 0.0
        self.cost = 2

    def add_to(self, sums: NDArray[np.float32]) -> None:
        if self._vector is not None:
            self._cosines = self._space.index.cosines(self._vector)
            weighted = self._cosines * self._steepness
            np.minimum(weighted, self._weight, out=weighted)
            weighted[self._space.index.unknown] = self._neutral * self._weight
            sums += weighted

    def likeness(self, places: NDArray[np.int64]) -> Floats:
        if self._vector is None:
            return np.full(len(places), self._neutral, dtype=np.float64)
        index = self._space.index
        if self._cosines is None and len(places) * _VERY_FEW > len(index.known):
            self._cosines = index.cosines(self._vector)
        found = index.cosines_of(places, self._vector) if self._cosines is None else self._cosines[places]
        return np.where(index.known[places], self._space.scaled(found), self._neutral).astype(np.float64)

    def above_least(self, places: NDArray[np.int64]) -> Floats:
        return float(self._weight) * self.likeness(places)

    def compared(self, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        return self._space.index.known[places] & (self._vector is not None)


class _Scan:
    """One company against all customers.

    Factors are added up one by one, those first that can make the greatest difference. As soon as what is left cannot
    bring any but few customers among the nearest, it is added to those alone (as in `MaxScore` of Turtle and Flood,
    1995). Nobody is overlooked for that: who is left out is known to be too far.
    """

    def __init__(self, model: Model, traits: Traits, *, leave_out: int | None) -> None:
        self.model = model
        told = {factor: {"neutral": model.neutral[factor], "weight": model.weights[factor]} for factor in FACTORS}
        stack = dict.fromkeys(traits.tech_stack, 1.0)
        self._parts: dict[Factor, _Coded | _Shared] = {
            factor: _Coded(model.columns[factor], getattr(traits, factor), **told[factor]) for factor in CODED
        }
        self._parts["tech_stack"] = _Shared(model.technologies, stack, **told["tech_stack"])
        self._parts["description"] = _Shared(model.words, traits.terms, **told["description"])
        self._focus = focus(model, traits)
        self._has_focus = bool(traits.terms)
        self._left = sorted(
            (part for part in self._parts.values() if part.span > 0), key=lambda part: -part.span / part.cost
        )
        self._span = sum([part.span for part in self._left])
        self._sums = np.zeros(len(model.customers.domains), dtype=np.float32)
        if leave_out is not None:
            self._sums[leave_out] = -np.inf

    def largest(self, count: int) -> NDArray[np.int64]:
        """The places of so many customers that are the nearest, roughly: their order is settled by whoever asks."""
        while self._left:
            self._left.pop(0).add_to(self._sums)
            candidates = self._candidates(count) if self._left else None
            if candidates is not None:
                return self._largest_of(candidates, count)
        return _largest_of_many(self._sums, count)

    def _candidates(self, count: int) -> NDArray[np.int64] | None:
        """Who may be among the largest when all is added; None where that would be too many."""
        left = sum([part.span for part in self._left])
        if count * _BLOCK > len(self._sums) or left > _MOST_LEFT * self._span:
            return None
        maxima = _maxima(self._sums)
        least = np.partition(maxima, -count)[-count] - left - _ROUNDING
        if np.count_nonzero(maxima >= least) > _MOST_BLOCKS * len(maxima):
            return None
        return np.flatnonzero(self._sums >= least)

    def _largest_of(self, candidates: NDArray[np.int64], count: int) -> NDArray[np.int64]:
        """The largest of the candidates, who become fewer with each factor that is added."""
        sums = self._sums[candidates].astype(np.float64)
        left = sum(part.span for part in self._left)
        for part in sorted(self._left, key=lambda part: (part.cost, -part.span)):
            sums += part.above_least(candidates)
            left -= part.span
            if len(sums) > 2 * count:
                near = sums >= np.partition(sums, -count)[-count] - left - _ROUNDING
                candidates, sums = candidates[near], sums[near]
        return candidates[_largest(sums, count)]

    def factors(self, places: NDArray[np.int64]) -> dict[Factor, Floats]:
        """The similarity to some customers by each factor."""
        found = {factor: part.likeness(places) for factor, part in self._parts.items()}
        found["focus"] = np.full(len(places), self._focus)
        return found

    def compared(self, places: NDArray[np.int64]) -> dict[Factor, NDArray[np.bool_]]:
        """Where both sides have a factor."""
        found = {factor: part.compared(places) for factor, part in self._parts.items()}
        found["focus"] = np.full(len(places), self._has_focus)
        return found


def focus(model: Model, traits: Traits) -> float:
    """How much a company is of what sets the customers apart."""
    if not traits.terms:
        return model.neutral["focus"]
    return model.topic.likeness(model.words.vocabulary.vector(traits.terms).dot(model.topic.direction))


def _largest(values: Floats | NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """The places of the largest values, in any order."""
    if count >= len(values):
        return np.arange(len(values))
    return np.argpartition(values, -count)[-count:]


def _largest_of_many(values: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """The same, by finding blocks first.

    They lie in the blocks with the largest maxima, of which there are as many at most: partitioning maxima of blocks
    instead of all values takes a tenth of the time.
    """
    if len(values) <= count * _BLOCK:
        return _largest(values, count)
    maxima = _maxima(values)
    blocks = _largest(maxima, count)
    places = (blocks[:, None] + np.arange(_BLOCK) * len(maxima)).ravel()
    places = np.concatenate([places, np.arange(_BLOCK * len(maxima), len(values))])
    return places[_largest(values[places], count)]


def _maxima(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of each block; a block is every so-manyth value, which is far faster to go through than neighbouring ones.

    The last values, too few for a place in each block, are in none.
    """
    width = len(values) // _BLOCK
    found: NDArray[np.float32] = values[: width * _BLOCK].reshape(_BLOCK, width).max(axis=0)
    return found
