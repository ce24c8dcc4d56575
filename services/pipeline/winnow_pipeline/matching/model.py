"""How much each level of each comparison says for or against two rows being one person.

Fellegi and Sunter, "A Theory for Record Linkage" (1969): a level's weight is log2(m / u), where m is how often two rows
of one person are at that level, u how often two rows of two persons are, both of pairs where both say something.
Weights add up, beginning with the prior odds; p = 2^w / (1 + 2^w).

Levels are not independent of each other (a household shares surname, street and landline), so the shipped weights were
not counted one by one but fitted together, as a logistic regression over the pairs that blocking finds among synthetic
people and in the first two data sets of FEBRL, held near weights of common sense where these say little. The prior
follows the number of rows: of twice as many rows a pair is half as likely one person.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from winnow_pipeline.matching.levels import COMPARISONS, LEVELS, MISSING, MOST_LEVELS, OPEN, Comparison, Levels

ROWS: Final = 60_000
_FEWEST, _MOST = 1_000, 4_000_000


@dataclass(frozen=True)
class Model:
    """Weights by comparison and level, in log2; level 0, missing, weighs nothing."""

    prior: float
    """log2 of the odds that two rows are one person, before anything is compared, of as many rows as `ROWS`."""
    weights: Mapping[Comparison, tuple[float, ...]]
    threshold: float = 0.5
    """Probability from which two rows are taken for one person."""

    def for_rows(self, count: int) -> "Model":
        """The model for a list of so many rows."""
        rows = min(max(count, _FEWEST), _MOST)
        return replace(self, prior=round(self.prior - math.log2(rows / ROWS), 3))

    @cached_property
    def table(self) -> NDArray[np.float32]:
        """Weights by comparison and level; the last column stands for `OPEN`: the best that is not decided yet."""
        table = np.zeros((len(COMPARISONS), MOST_LEVELS + 1), np.float32)
        for place, comparison in enumerate(COMPARISONS):
            weights = self.weights[comparison]
            table[place, : len(weights)] = weights
            table[place, OPEN] = max(weights[2:])
        return table

    @property
    def least(self) -> float:
        """The total weight from which two rows are taken for one person."""
        return float(np.log2(self.threshold / (1 - self.threshold)))

    def totals(self, levels: Levels) -> NDArray[np.float32]:
        """The weight of each pair, prior included; with open levels at their best."""
        found = np.full(levels.shape[1], self.prior, np.float32)
        for place in range(len(COMPARISONS)):
            found += self.table[place][levels[place]]
        return found

    def to_json(self) -> str:
        """As JSON."""
        return json.dumps({"prior": self.prior, "threshold": self.threshold, "weights": self.weights})

    @classmethod
    def from_json(cls, text: str) -> "Model":
        """From JSON."""
        values = json.loads(text)
        weights = {Comparison(name): tuple(row) for name, row in values["weights"].items()}
        return cls(values["prior"], weights, values["threshold"])


def probability(total: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of log2 odds."""
    return (1 / (1 + np.exp2(-np.clip(total, -100, 100)))).astype(np.float32)


_MOST_MOVED: Final = 2.0
"""log2 by which data may move a weight of the model."""


def moved(model: Model, counts: NDArray[np.float64], chance: Mapping[Comparison, float]) -> Model:
    """The model after a look at data: `counts` are matches by comparison and level, `chance` how often values agree.

    Each weight moves by two at most, so that a strange batch can sharpen what is shipped and not overturn it.
    """
    weights: dict[Comparison, tuple[float, ...]] = {}
    for place, comparison in enumerate(COMPARISONS):
        shipped = model.weights[comparison]
        seen = counts[place, 1 : len(shipped)]
        updated = list(shipped)
        agreeing = chance.get(comparison)
        if seen.sum() >= 1_000 and agreeing:
            share = (seen[0] + 1) / (seen.sum() + 2)
            fitted = float(np.log2(share / max(agreeing, 1e-9)))
            updated[1] = min(max(fitted, shipped[1] - _MOST_MOVED), shipped[1] + _MOST_MOVED)
        weights[comparison] = tuple(updated)
    return replace(model, weights=weights)


def _weights(comparison: Comparison, *values: float) -> tuple[float, ...]:
    assert len(values) == len(LEVELS[comparison]) - 1
    return (0.0, *values)


assert MISSING == 0

SHIPPED: Final = Model(
    prior=-11.2,
    threshold=0.85,
    weights={
        Comparison.FIRST_NAME: _weights(Comparison.FIRST_NAME, 4.4, 3.5, 4.6, 2.2, 5.5, 3.1, 4.5, -4.2),
        Comparison.LAST_NAME: _weights(Comparison.LAST_NAME, 4.0, 4.8, 1.6, 2.0, 1.5, 5.8, -5.0),
        Comparison.EMAIL: _weights(Comparison.EMAIL, 7.0, 1.4, 2.6, 0.1, -3.0, -0.9),
        Comparison.PHONE: _weights(Comparison.PHONE, 4.6, 3.9, -0.4),
        Comparison.LINKEDIN: _weights(Comparison.LINKEDIN, 16.5, 5.0, -5.6),
        Comparison.NATIONAL_ID: _weights(Comparison.NATIONAL_ID, 18.9, 13.0, 6.0, -0.1),
        Comparison.DATE_OF_BIRTH: _weights(Comparison.DATE_OF_BIRTH, 13.2, 9.0, 7.0, 2.2, -0.9, -2.1),
        Comparison.WORK: _weights(Comparison.WORK, 7.4, 7.4, 7.6, 5.3, -1.6),
        Comparison.STREET: _weights(Comparison.STREET, 3.7, 7.6, 3.1, -0.9),
        Comparison.PLACE: _weights(Comparison.PLACE, 5.7, 5.4, 4.1, 3.6, 0.9, -2.0),
    },
)
"""What is used unless a large batch says more."""
