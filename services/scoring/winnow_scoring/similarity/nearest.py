"""Which customers are a company's nearest, and how near they are: exact, over all of them.

Similarity to one customer is the weighted mean over the factors, where a factor that is missing on either side counts
as that of an average company. Similarity to the customers is the mean over those that are nearest, up to a fixed share
of the customers' weight, so that several distinct kinds of customers are served, and a heavy customer counts for more.
That is the conditional value at risk of the similarities (Rockafellar and Uryasev, 2000), which is what makes it well
behaved: it never falls where a similarity grows, and neither the order nor the scale of the weights matters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from winnow_contracts.similarity import Factor

from winnow_scoring.similarity.factors import CODED, FACTORS
from winnow_scoring.similarity.kernels import Floats, settled
from winnow_scoring.similarity.model import Model, TermSpace
from winnow_scoring.similarity.traits import Traits

_BLOCK: Final = 64
_FIRST: Final = 64
"""Customers that are looked at first; twice as many while they are too light together."""
_LEAST_PART: Final = 1e-9
"""Of a customer's weight."""


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
    scan = _Scan(model, traits)
    sums = scan.sums()
    if leave_out is not None:
        sums[leave_out] = -1.0
    wanted = model.reach if reach is None else reach
    count = min(_FIRST, len(sums))
    while True:
        places = _largest(sums, count)
        weights = model.customers.weights[places] * (sums[places] >= 0)
        if count == len(sums) or weights.sum() >= wanted:
            break
        count = min(2 * count, len(sums))
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
    # Weights that should use the reach up leave the last digit of a sum, for which nobody is a neighbour.
    counted = taken > _LEAST_PART * weights[order]
    chosen, shares = order[counted], taken[counted]
    return Nearest(
        places=places[chosen],
        similarities=similarities[chosen],
        shares=shares / shares.sum() if len(shares) else shares,
        factors={factor: values[chosen] for factor, values in factors.items()},
        compared={factor: known[chosen] for factor, known in scan.compared(places).items()},
    )


class _Scan:
    """One company against all customers."""

    def __init__(self, model: Model, traits: Traits) -> None:
        self.model = model
        self._tables = {
            factor: model.columns[factor].likeness(getattr(traits, factor), neutral=model.neutral[factor])
            for factor in CODED
        }
        self._has = {factor: bool(getattr(traits, factor)) for factor in CODED}
        self._has |= {
            "tech_stack": bool(traits.tech_stack),
            "focus": bool(traits.terms),
            "description": bool(traits.terms),
        }
        self._technologies = _cosines(model.technologies, dict.fromkeys(traits.tech_stack, 1.0))
        self._words = _cosines(model.words, traits.terms)
        self._focus = focus(model, traits)

    def sums(self) -> NDArray[np.float32]:
        """The similarity to every customer, roughly: what is nearest is decided by it, and then worked out."""
        model, weights = self.model, self.model.weights
        sums = np.full(len(model.customers.domains), weights["focus"] * self._focus, dtype=np.float32)
        for factor in CODED:
            if weights[factor] and self._has[factor]:
                table = (weights[factor] * self._tables[factor]).astype(np.float32)
                sums += table.take(model.columns[factor].codes)
            else:
                sums += np.float32(weights[factor] * model.neutral[factor])
        for factor, space, cosines in self._sparse():
            if weights[factor]:
                sums += np.float32(weights[factor]) * self._likeness(factor, space, cosines)
        return sums

    def factors(self, places: NDArray[np.int64]) -> dict[Factor, Floats]:
        """The similarity to some customers by each factor."""
        model = self.model
        found: dict[Factor, Floats] = {
            factor: self._tables[factor][model.columns[factor].codes[places]] for factor in CODED
        }
        for factor, space, cosines in self._sparse():
            found[factor] = self._likeness(factor, space, cosines)[places].astype(np.float64)
        found["focus"] = np.full(len(places), self._focus)
        return found

    def compared(self, places: NDArray[np.int64]) -> dict[Factor, NDArray[np.bool_]]:
        """Where both sides have a factor."""
        model = self.model
        known = {factor: model.columns[factor].known for factor in CODED}
        known |= {"tech_stack": model.technologies.index.known, "description": model.words.index.known}
        found = {factor: have[places] & self._has[factor] for factor, have in known.items()}
        found["focus"] = np.full(len(places), self._has["focus"])
        return found

    def _sparse(self) -> tuple[tuple[Factor, TermSpace, NDArray[np.float32] | None], ...]:
        return (
            ("tech_stack", self.model.technologies, self._technologies),
            ("description", self.model.words, self._words),
        )

    def _likeness(self, factor: Factor, space: TermSpace, cosines: NDArray[np.float32] | None) -> NDArray[np.float32]:
        neutral = np.float32(self.model.neutral[factor])
        if cosines is None:
            return np.full(len(space.index.known), neutral, dtype=np.float32)
        return np.where(space.index.known, space.scaled(cosines), neutral)


def focus(model: Model, traits: Traits) -> float:
    """How much a company is of what sets the customers apart."""
    if not traits.terms:
        return model.neutral["focus"]
    return model.topic.likeness(model.words.vocabulary.vector(traits.terms).dot(model.topic.direction))


def _cosines(space: TermSpace, bag: Mapping[str, float]) -> NDArray[np.float32] | None:
    """With every customer; None where the company has no terms."""
    if not bag:
        return None
    sums = np.zeros(len(space.index.known), dtype=np.float32)
    space.index.add(sums, space.vocabulary.vector(bag), weight=1.0)
    return np.minimum(sums, np.float32(1))


def _largest(values: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """The places of the largest values, in any order.

    They lie in the blocks with the largest maxima, of which there are as many at most: partitioning maxima of blocks
    instead of all values takes a tenth of the time.
    """
    if len(values) <= count * _BLOCK:
        return np.argpartition(-values, count - 1)[:count] if count < len(values) else np.arange(len(values))
    whole = len(values) // _BLOCK * _BLOCK
    maxima = values[:whole].reshape(-1, _BLOCK).max(axis=1)
    blocks = np.argpartition(-maxima, count - 1)[:count]
    places = (blocks[:, None] * _BLOCK + np.arange(_BLOCK)).ravel()
    places = np.concatenate([places, np.arange(whole, len(values))])
    return places[np.argpartition(-values[places], count - 1)[:count]]
