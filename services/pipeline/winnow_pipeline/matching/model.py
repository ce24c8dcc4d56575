"""How much each level of each comparison says for or against two rows being one person.

Fellegi and Sunter, "A Theory for Record Linkage" (1969): a level's weight is log2(m / u), where m is how often two rows
of one person are at that level, u how often two rows of two persons are, both of pairs where both say something.
Weights add up, beginning with the prior odds; p = 2^w / (1 + 2^w).

Levels are not independent of each other (a household shares surname, street and landline), so the shipped weights were
not counted one by one but fitted together, as a logistic regression over the pairs that blocking finds among synthetic
people and in the first two data sets of FEBRL, held near weights of common sense where these say little. Some were set
by hand afterwards, by mistakes in the public truth sets: swapped names, different first names, the same date of birth,
another business, and `person`. How well these sets are read is thus no measure for lists that nobody has looked at. The
prior follows the number of rows: of twice as many rows a pair is half as likely one person.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from winnow_pipeline.matching.levels import (
    COMPARISONS,
    LEVELS,
    MISSING,
    MOST_LEVELS,
    OPEN,
    POSITION,
    Comparison,
    Levels,
)

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
FITTED_ON: Final = {Comparison.FIRST_NAME: 7.13, Comparison.LAST_NAME: 6.81, Comparison.DATE_OF_BIRTH: 12.51}
"""log2(m / u) of the same value by itself, in the people that the weights were fitted on.

Of what has a vocabulary: values that every person brings along, such as phones, are rarer the more rows there are,
which the prior says already.
"""


def moved(model: Model, counts: NDArray[np.float64], chance: Mapping[Comparison, float]) -> Model:
    """The model after a look at data: `counts` are matches by comparison and level, `chance` how often values agree.

    The weight of the same value moves by how much more it says here than in the people that the model was fitted on: in
    a list of many Kims the same surname says less. It moves by two at most, so that a strange batch can sharpen what is
    shipped and not overturn it.
    """
    weights = dict(model.weights)
    for comparison, agreeing in chance.items():
        shipped = model.weights[comparison]
        seen = counts[POSITION[comparison], 1 : len(shipped)]
        if seen.sum() >= _FEWEST_MATCHES and agreeing:
            by_itself = math.log2((seen[0] + 1) / (seen.sum() + 2) / agreeing)
            move = min(max(by_itself - FITTED_ON[comparison], -_MOST_MOVED), _MOST_MOVED)
            weights[comparison] = (shipped[0], shipped[1] + move, *shipped[2:])
    return replace(model, weights=weights)


_FEWEST_MATCHES: Final = 1_000
"""That say how often matches agree."""


def _weights(comparison: Comparison, *values: float) -> tuple[float, ...]:
    assert len(values) == len(LEVELS[comparison]) - 1
    return (0.0, *values)


assert MISSING == 0

SHIPPED: Final = Model(
    prior=-11.2,
    threshold=0.85,
    weights={
        Comparison.FIRST_NAME: _weights(Comparison.FIRST_NAME, 4.4, 3.5, 4.6, 2.2, 5.5, 3.1, 4.4, -5.0),
        Comparison.LAST_NAME: _weights(Comparison.LAST_NAME, 4.0, 4.8, 1.6, 2.0, 1.5, 4.0, -5.0),
        Comparison.EMAIL: _weights(Comparison.EMAIL, 7.0, 1.4, 2.6, 0.1, -3.0, -0.9),
        Comparison.PHONE: _weights(Comparison.PHONE, 4.6, 3.9, -0.4),
        Comparison.LINKEDIN: _weights(Comparison.LINKEDIN, 16.5, 5.0, -5.6),
        Comparison.NATIONAL_ID: _weights(Comparison.NATIONAL_ID, 18.9, 13.0, 6.0, -0.1),
        Comparison.DATE_OF_BIRTH: _weights(Comparison.DATE_OF_BIRTH, 12.2, 9.0, 7.0, 2.2, -0.9, -2.1),
        Comparison.WORK: _weights(Comparison.WORK, 7.4, 7.4, 7.6, 5.3, -5.0, -1.6),
        Comparison.STREET: _weights(Comparison.STREET, 3.7, 7.6, 3.1, -0.9),
        Comparison.PLACE: _weights(Comparison.PLACE, 5.7, 5.4, 4.1, 3.6, 0.9, -2.0),
        Comparison.PERSON: _weights(Comparison.PERSON, 0.0, -12.0),
    },
)
"""What is used unless a large batch says more."""
