"""Fits the weights of the factors to a tenant, by how well each tells its customers from other companies.

How well is the area under the ROC curve: the chance that a customer is more similar to the other customers, by this
factor alone, than a company of the reference population is. Twice that less one (Somers' D, 1962) is 0 for a factor
that says nothing and 1 for one that says everything, and is what a default weight is multiplied by. Between the
default weights and these the truth is sought as between a prior and a sample: the more customers, the more they count.

Each factor is judged by itself. A joint logistic regression was tried, with and without a prior: with fifty customers
it keeps factors that separate by chance, and ranks worse (`bench/quality`: precision .295 instead of .32).
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from winnow_contracts.similarity import Factor

from winnow_scoring.similarity.factors import DEFAULT_WEIGHTS, FACTORS
from winnow_scoring.similarity.kernels import Floats, settled

PRIOR_CUSTOMERS: Final = 10
"""How many customers the default weights are worth."""

Separation = Mapping[Factor, float | None]
"""By factor, the area under its ROC curve; None where it could not be measured."""


def fit(separation: Separation, *, usable: Mapping[Factor, bool], customers: int) -> dict[Factor, float]:
    """Weights, together 1 where any factor is usable; nought for those that no customer has."""
    default = _normalised({factor: DEFAULT_WEIGHTS[factor] if usable[factor] else 0.0 for factor in FACTORS})
    evidence = _normalised({factor: default[factor] * _strength(separation[factor]) for factor in FACTORS})
    if not any(evidence.values()):
        return default
    trust = customers / (customers + PRIOR_CUSTOMERS)
    return {factor: (1 - trust) * default[factor] + trust * evidence[factor] for factor in FACTORS}


def auc(customers: Floats, population: Floats) -> float | None:
    """The chance that a customer is more similar than a company of the population; ties count half.

    After Hanley and McNeil (1982). None where one side is empty.
    """
    if not len(customers) or not len(population):
        return None
    ordered, sought = np.sort(settled(population)), settled(customers)
    below = np.searchsorted(ordered, sought, side="left") + np.searchsorted(ordered, sought, side="right")
    return float(below.mean() / (2 * len(ordered)))


def _strength(separation: float | None) -> float:
    return 0.0 if separation is None else max(0.0, 2 * separation - 1)


def _normalised(weights: dict[Factor, float]) -> dict[Factor, float]:
    total = sum(weights.values())
    return {factor: weight / total for factor, weight in weights.items()} if total > 0 else weights
