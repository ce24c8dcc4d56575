"""Builds a tenant's model: reads traits, indexes them, fits weights to them, calibrates.

The same customers, weights and reference population give the same model, whatever order they come in. It takes some
30 microseconds for each customer, most of it to read words, and then as many comparisons as there are in the samples.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
from winnow_contracts.similarity import Factor, Reference

from winnow_scoring.similarity.calibration import Calibration
from winnow_scoring.similarity.columns import Column
from winnow_scoring.similarity.factors import CODED, DEFAULT_WEIGHTS, FACTORS
from winnow_scoring.similarity.fitting import auc, fit
from winnow_scoring.similarity.kernels import Floats
from winnow_scoring.similarity.model import Customers, Model, Quality, TermSpace, Topic
from winnow_scoring.similarity.nearest import nearest
from winnow_scoring.similarity.terms import Index, Vector, Vocabulary
from winnow_scoring.similarity.traits import Traits, traits_of

MOST_NEAREST: Final = 15
"""Customers of average weight that a company is compared to."""
NEAREST_SHARE: Final = 3
"""One customer in so many is among the nearest, while there are few."""

FITTED_CUSTOMERS: Final = 400
"""That are left out one at a time, to fit and to calibrate by."""
FITTED_COMPANIES: Final = 800
"""Of the reference population, to fit by; percentiles are ranks among all of it."""

_TYPICAL: Final = 0.25
"""The cosine of a typical customer until there are some to measure it by."""
_LEAST: Final = 0.02
_ALL_WEIGHT: Final = 0.999_999
"""The share of a customer from which on the others have no topic without it."""


class Customer(NamedTuple):
    """A customer that something is known of."""

    domain: str
    weight: float
    profile: str
    """Its attributes, as JSON."""


def build(customers: Iterable[Customer], *, population: Sequence[str], reference: Reference, version: int) -> Model:
    """The model of these customers; `population` are the profiles of the reference population.

    Customers without any trait are left out.
    """
    read = [(customer, traits_of(orjson.loads(customer.profile))) for customer in customers]
    known = sorted(
        ((customer, traits) for customer, traits in read if not traits.is_unknown), key=lambda each: each[0].domain
    )
    everybody = [traits_of(orjson.loads(profile)) for profile in population]
    return _Builder([customer for customer, _ in known], [traits for _, traits in known], everybody).build(
        reference, version
    )


class _Builder:
    """Holds what the steps of building hand to each other."""

    def __init__(self, customers: Sequence[Customer], traits: Sequence[Traits], population: Sequence[Traits]) -> None:
        self._traits = traits
        self._population = population
        weights = np.array([customer.weight for customer in customers], dtype=np.float64)
        self._customers = Customers(
            domains=[customer.domain for customer in customers],
            weights=weights / weights.sum() if len(weights) else weights,
            profiles=[customer.profile for customer in customers],
        )

    def build(self, reference: Reference, version: int) -> Model:
        """All steps. Weights are fitted to the neighbours that the default weights give, and looked up once more."""
        model = self._unfitted(reference, version)
        if not self._traits:
            return model
        left_out = _sample(self._customers.domains, most=FITTED_CUSTOMERS)
        compared = self._population[:FITTED_COMPANIES]
        model = self._measured(model, left_out=left_out, compared=compared)
        own, others = self._tables(model, left_out=left_out), _tables(model, compared)
        usable = {factor: model.coverage[factor] > 0 for factor in FACTORS}
        measurable = len(self._traits) > 1
        separation = {
            factor: auc(own[factor], others[factor]) if usable[factor] and measurable else None for factor in FACTORS
        }
        weights = fit(separation, usable=usable, customers=len(self._traits))
        model = _changed(model, weights=weights)
        customers = np.array([nearest(model, self._traits[place], leave_out=place).raw for place in left_out])
        customers = customers if measurable else np.empty(0)
        population = np.array([nearest(model, traits).raw for traits in self._population])
        return _changed(
            model,
            calibration=Calibration.of(customers=customers, population=population),
            quality=Quality(separation=separation, auc=auc(customers, population), customers=len(customers)),
        )

    def _unfitted(self, reference: Reference, version: int) -> Model:
        """The customers' traits as they are compared, and everything else as it is by default."""
        everybody = [*self._traits, *self._population]
        stacks = [_stack(traits) for traits in everybody]
        technologies = Vocabulary.of(stacks)
        words = Vocabulary.of([traits.terms for traits in everybody])
        vectors = [words.vector(traits.terms) for traits in self._traits]
        relevance = self._relevance(words)
        count = len(self._traits)
        return Model(
            version=version,
            customers=self._customers,
            columns={
                factor: Column.of(factor, [getattr(traits, factor) for traits in self._traits]) for factor in CODED
            },
            technologies=TermSpace(
                vocabulary=technologies,
                index=Index.of(
                    [technologies.vector(stack) for stack in stacks[:count]],
                    size=len(technologies.places),
                ),
                typical=_TYPICAL,
            ),
            words=TermSpace(
                vocabulary=words,
                index=Index.of(
                    [Vector(vector.places, vector.values * relevance[vector.places]) for vector in vectors],
                    size=len(words.places),
                ),
                typical=_TYPICAL,
            ),
            topic=self._topic(words, vectors),
            weights=DEFAULT_WEIGHTS,
            neutral=dict.fromkeys(FACTORS, 0.0),
            reach=min(1.0, max(1, min(MOST_NEAREST, count // NEAREST_SHARE)) / count) if count else 1.0,
            calibration=Calibration.of(customers=np.empty(0), population=np.empty(0)),
            reference=reference,
            coverage={factor: _coverage(factor, self._traits) for factor in FACTORS},
            quality=Quality(separation=dict.fromkeys(FACTORS), auc=None, customers=0),
        )

    def _relevance(self, words: Vocabulary) -> Floats:
        """By term, how much more often customers have it than the reference population; the most relevant is 1.

        The logarithm of the odds of Robertson and Sparck Jones (1976), smoothed by the term's share in all companies
        instead of by halves; nought for what customers have less often.
        """
        own = _counts(self._traits, words)
        others = _counts(self._population, words)
        share = (own + others) / max(1, len(self._traits) + len(self._population))
        odds = np.log((own + share) / (len(self._traits) + 1)) - np.log((others + share) / (len(self._population) + 1))
        relevant: Floats = np.maximum(odds, 0.0)
        return relevant / max(float(relevant.max(initial=0.0)), 1e-9)

    def _topic(self, words: Vocabulary, vectors: Sequence[Vector]) -> Topic:
        size = len(words.places)
        own = _mean(vectors, weights=self._customers.weights, size=size)
        population = [words.vector(traits.terms) for traits in self._population if traits.terms]
        others = _mean(population, weights=np.full(len(population), 1 / max(1, len(population))), size=size)
        direction = own - others
        # Each without itself: with it, every customer would look more typical than it is.
        count = max(2, sum(1 for vector in vectors if len(vector.places)))
        own_part = self._customers.weights if len(vectors) else np.empty(0)
        projections = [
            (vector.dot(direction) - part) / (1 - part) if part < 1 else vector.dot(direction)
            for vector, part in zip(vectors, np.minimum(own_part, 1 / count), strict=True)
            if len(vector.places)
        ]
        half = float(np.median(projections)) if projections else _TYPICAL
        return Topic(direction=direction, half=max(half, _LEAST))

    def _measured(self, model: Model, *, left_out: Sequence[int], compared: Sequence[Traits]) -> Model:
        """The model with scales and neutral similarities as they are among these customers and companies."""
        model = _changed(
            model,
            technologies=_scaled(model.technologies, self._own_cosines(model, "tech_stack", left_out)),
            words=_scaled(model.words, self._own_cosines(model, "description", left_out)),
        )
        tables = _tables(model, compared, only_known=True)
        neutral = {factor: float(values.mean()) if len(values) else 0.0 for factor, values in tables.items()}
        return _changed(model, neutral=neutral)

    def _own_cosines(self, model: Model, factor: Factor, places: Sequence[int]) -> Floats:
        """How alike customers are to their nearest in a term space, before it is scaled."""
        space = model.words if factor == "description" else model.technologies
        found = []
        for place in places:
            traits = self._traits[place]
            bag = traits.terms if factor == "description" else dict.fromkeys(traits.tech_stack, 1.0)
            if bag and len(self._traits) > 1:
                sums = space.index.cosines(space.vocabulary.vector(bag))
                sums[place] = -1.0
                count = max(1, round(model.reach * len(sums)))
                found.append(float(np.partition(sums, -count)[-count:].mean()))
        return np.array(found)

    def _tables(self, model: Model, *, left_out: Sequence[int]) -> dict[Factor, Floats]:
        rows = [_row(model, self._traits[place], leave_out=place) for place in left_out]
        table = {factor: np.array([row[factor] for row in rows]) for factor in FACTORS}
        table["focus"] = self._own_focus(model, left_out)
        return table

    def _own_focus(self, model: Model, places: Sequence[int]) -> Floats:
        """The focus of customers, each compared to the others' topic."""
        found = []
        for place in places:
            traits = self._traits[place]
            part = float(self._customers.weights[place])
            if not traits.terms or part > _ALL_WEIGHT:
                found.append(model.neutral["focus"])
                continue
            vector = model.words.vocabulary.vector(traits.terms)
            projection = vector.dot(model.topic.direction)
            rest = (projection - part * float(vector.values @ vector.values)) / (1 - part)
            found.append(model.topic.likeness(rest))
        return np.array(found)


def _tables(model: Model, companies: Sequence[Traits], *, only_known: bool = False) -> dict[Factor, Floats]:
    """By factor, the similarity of companies to their nearest customers; `only_known`: where it could be compared."""
    rows = [_row(model, traits) for traits in companies]
    return {
        factor: np.array(
            [row[factor] for row, traits in zip(rows, companies, strict=True) if not only_known or has(traits, factor)]
        )
        for factor in FACTORS
    }


def _row(model: Model, traits: Traits, *, leave_out: int | None = None) -> dict[Factor, float]:
    found = nearest(model, traits, leave_out=leave_out)
    return {factor: float(found.shares @ values) for factor, values in found.factors.items()}


def has(traits: Traits, factor: Factor) -> bool:
    """Whether a company has what a factor compares."""
    return bool(traits.terms if factor in {"focus", "description"} else getattr(traits, factor))


def _stack(traits: Traits) -> dict[str, float]:
    """The technologies as terms; in order, since that of a set differs from process to process."""
    return dict.fromkeys(sorted(traits.tech_stack), 1.0)


def _coverage(factor: Factor, companies: Sequence[Traits]) -> float:
    return sum(has(traits, factor) for traits in companies) / len(companies) if companies else 0.0


def _scaled(space: TermSpace, cosines: Floats) -> TermSpace:
    typical = float(np.median(cosines)) if len(cosines) else _TYPICAL
    return TermSpace(vocabulary=space.vocabulary, index=space.index, typical=max(typical, _LEAST))


def _counts(companies: Sequence[Traits], vocabulary: Vocabulary) -> Floats:
    counts = np.zeros(len(vocabulary.places))
    for traits in companies:
        for term in traits.terms:
            counts[vocabulary.places[term]] += 1
    return counts


def _mean(vectors: Sequence[Vector], *, weights: Floats, size: int) -> Floats:
    total = np.zeros(size)
    for vector, weight in zip(vectors, weights.tolist(), strict=True):
        total[vector.places] += weight * vector.values
    return total


def _sample(domains: Sequence[str], *, most: int) -> list[int]:
    """Places of at most so many, chosen by a hash of the domain: the same whatever else is there."""
    if len(domains) <= most:
        return list(range(len(domains)))
    by_hash = sorted(range(len(domains)), key=lambda place: hashlib.blake2b(domains[place].encode()).digest())
    return sorted(by_hash[:most])


def _changed(model: Model, **parts: Any) -> Model:
    """`dataclasses.replace`, which knows nothing of slots with keywords only."""
    fields: Mapping[str, Any] = {name: getattr(model, name) for name in Model.__slots__}
    return Model(**{**fields, **parts})
