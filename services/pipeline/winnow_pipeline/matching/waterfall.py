"""Why two rows were taken for one person, or not: the weight of each comparison, added up."""

from dataclasses import dataclass

import numpy as np

from winnow_pipeline.matching.clustering import levels_of
from winnow_pipeline.matching.features import features_of
from winnow_pipeline.matching.fields import MatchField
from winnow_pipeline.matching.levels import COMPARISONS, LEVELS, MISSING
from winnow_pipeline.matching.model import Model, probability
from winnow_pipeline.matching.records import Record, Records


@dataclass(frozen=True, slots=True)
class Step:
    """One comparison."""

    field: str
    level: str
    weight: float
    """log2 of the Bayes factor."""
    total: float
    """Up to here, the prior included."""


@dataclass(frozen=True, slots=True)
class Waterfall:
    """All comparisons where both rows say something."""

    prior: float
    steps: tuple[Step, ...]
    probability: float


def waterfall(left: Record, right: Record, *, model: Model) -> Waterfall:
    """Compare two rows, and say how."""
    records = Records()
    records.add({field: [left.get(field), right.get(field)] for field in MatchField})
    levels = levels_of(features_of(records), np.array([0], np.int32), np.array([1], np.int32))[:, 0]
    total = model.prior
    steps: list[Step] = []
    for place, comparison in enumerate(COMPARISONS):
        found = int(levels[place])
        if found == MISSING:
            continue
        weight = model.weights[comparison][found]
        total += weight
        steps.append(Step(comparison.value, LEVELS[comparison][found], weight, total))
    return Waterfall(model.prior, tuple(steps), float(probability(np.array([total], np.float32))[0]))
