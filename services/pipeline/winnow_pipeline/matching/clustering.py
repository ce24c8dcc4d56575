"""Rows of one person, found in bounded memory: exactly alike rows at once, then pass by pass over blocks.

Pairs that are certain enough join their rows' clusters as they are found, and pairs within a cluster are not looked at
again. What is computed of pairs is thrown away but for the best link of each row, so memory grows with the rows alone.
Deterministic: the order of rows and passes decides, nothing else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from winnow_pipeline.matching.blocking import Pairs, Passes, pairs_of, passes_of
from winnow_pipeline.matching.columns import Codes
from winnow_pipeline.matching.features import Features
from winnow_pipeline.matching.levels import COMPARISONS, MOST_LEVELS, OPEN, Comparison, Levels, plain_levels
from winnow_pipeline.matching.model import SHIPPED, Model, moved, probability
from winnow_pipeline.matching.spelling import closed

REESTIMATED_FROM: Final = 50_000
"""Rows; of fewer, levels that matter have too few pairs to say more than what is shipped."""
_MOST_CERTAIN: Final = np.float32(0.999)
_PAIRS_OF_A_SAMPLE: Final = 500_000
_PASSES_OF_A_SAMPLE: Final = 7
"""Those by what people bring along, and by their whole names."""


@dataclass(frozen=True, slots=True)
class Clustering:
    """By row, all of them of one length."""

    survivor: NDArray[np.int64]
    """The row that stands for it; itself where it stands for itself."""
    best_link: NDArray[np.int64]
    """The row that it is most certainly one person with; -1 where there is none."""
    confidence: NDArray[np.float32]
    """Of a row that is joined, the probability of its best link; of others, that no other row is the same person."""


def model_for(features: Features) -> Model:
    """The model for so many rows, sharpened by them where there are many."""
    model = SHIPPED.for_rows(len(features))
    return model if len(features) < REESTIMATED_FROM else reestimated(features, model)


def clustered(features: Features, *, model: Model, preference: Sequence[float] | None = None) -> Clustering:
    """Find the rows of one person. Of a cluster the row of greatest preference survives, of equals the first."""
    search = _Search(features, model)
    search.run()
    return search.clustering(np.zeros(len(features)) if preference is None else np.asarray(preference, np.float64))


class _Search:
    """The state of one search."""

    def __init__(self, features: Features, model: Model) -> None:
        count = len(features)
        self._features = features
        self._model = model
        self._parent = np.arange(count, dtype=np.int64)
        self._best = np.full(count, -1, np.int64)
        self._certainty = np.zeros(count, np.float32)
        self._doubt = np.zeros(count, np.float32)
        """By row, the greatest probability of a pair that was not taken."""

    def run(self) -> None:
        """Look at everything."""
        unique = self._join_alike()
        passes = passes_of(self._features)
        for make_keys in passes.keys:
            for pairs in pairs_of(np.where(unique, make_keys(), -1), passes):
                self._look_at(pairs)

    def clustering(self, preference: NDArray[np.float64]) -> Clustering:
        """What was found."""
        labels = self._labels()
        count = len(labels)
        order = np.lexsort((np.arange(count), -preference, labels))
        first = np.append(True, labels[order][1:] != labels[order][:-1]) if count else np.zeros(0, np.bool_)
        survivor_of = np.zeros(count, np.int64)
        survivor_of[labels[order][first]] = order[first]
        survivor = survivor_of[labels]
        joined = survivor != np.arange(count)
        confidence = np.where(joined, self._certainty, 1 - self._doubt)
        return Clustering(survivor, self._best, np.minimum(confidence, _MOST_CERTAIN).astype(np.float32))

    def _join_alike(self) -> NDArray[np.bool_]:
        """Join rows that say exactly the same, and enough; which rows are left to be compared."""
        whole = self._features.whole()
        _, first, which = np.unique(whole, return_index=True, return_inverse=True)
        head = first[which]
        copies = np.flatnonzero((head != np.arange(len(whole))) & self._features.identified())
        self._parent[copies] = head[copies]
        self._best[copies] = head[copies]
        self._best[head[copies]] = copies
        self._certainty[copies] = self._certainty[head[copies]] = _MOST_CERTAIN
        unique = np.ones(len(whole), np.bool_)
        unique[copies] = False
        return unique

    def _look_at(self, pairs: Pairs) -> None:
        left, right = pairs
        apart = self._parent[left] != self._parent[right]
        left, right = left[apart], right[apart]
        if not len(left):
            return
        left, right, totals = scored(self._features, self._model, left, right)
        taken = totals >= self._model.least
        certain = probability(totals)
        self._note_doubt(left[~taken], right[~taken], certain[~taken])
        order = np.argsort(-totals[taken], kind="stable")
        self._join(left[taken][order], right[taken][order], certain[taken][order])

    def _note_doubt(self, left: Codes, right: Codes, certain: NDArray[np.float32]) -> None:
        for rows in (left, right):
            np.maximum.at(self._doubt, rows, certain)

    def _join(self, left: Codes, right: Codes, certain: NDArray[np.float32]) -> None:
        parent = self._parent
        for one, two, sure in zip(left.tolist(), right.tolist(), certain.tolist(), strict=True):
            for row, other in ((one, two), (two, one)):
                if sure > self._certainty[row]:
                    self._certainty[row], self._best[row] = sure, other
            head, tail = self._find(one), self._find(two)
            if head != tail:
                parent[max(head, tail)] = min(head, tail)

    def _find(self, row: int) -> int:
        parent = self._parent
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = int(parent[row])
        return row

    def _labels(self) -> NDArray[np.int64]:
        labels = self._parent
        while True:
            above = labels[labels]
            if np.array_equal(above, labels):
                return above
            labels = above


def scored(features: Features, model: Model, left: Codes, right: Codes) -> tuple[Codes, Codes, NDArray[np.float32]]:
    """Pairs that may be one person, with their weights; the others are left out as soon as that is certain."""
    levels = plain_levels(features, left, right)
    hopeful = model.totals(levels) >= model.least - _DOUBT
    left, right, levels = left[hopeful], right[hopeful], levels[:, hopeful]
    closed(features, left, right, levels)
    return left, right, model.totals(levels)


_DOUBT: Final = 7.0
"""log2 below the threshold: a probability of less than 1 % is no doubt that anybody has to hear of."""


def reestimated(features: Features, model: Model) -> Model:
    """The model after a look at these rows: how often values agree by chance, and among those it takes for one person.

    One step of expectation and maximisation, from the model, over pairs of the first passes.
    """
    counts = np.zeros((len(COMPARISONS), MOST_LEVELS), np.float64)
    for left, right in _sample(passes_of(features)):
        levels = plain_levels(features, left, right)
        hopeful = model.totals(levels) >= model.least
        one, two, found = left[hopeful], right[hopeful], levels[:, hopeful]
        closed(features, one, two, found)
        certain = probability(model.totals(found)).astype(np.float64)
        for place in range(len(COMPARISONS)):
            counts[place] += np.bincount(found[place], weights=certain, minlength=MOST_LEVELS)
    return moved(model, counts, _chances(features))


def _sample(passes: Passes) -> Iterator[Pairs]:
    """Pairs of each of the first passes, as many of one as of another where there are enough."""
    for make_keys in passes.keys[:_PASSES_OF_A_SAMPLE]:
        seen = 0
        for pairs in pairs_of(make_keys(), passes):
            yield pairs
            seen += len(pairs[0])
            if seen > _PAIRS_OF_A_SAMPLE // _PASSES_OF_A_SAMPLE:
                break


def _chances(features: Features) -> dict[Comparison, float]:
    """How often two rows say the same by chance, where both say something."""
    names = features.names
    columns = {
        Comparison.FIRST_NAME: names.first,
        Comparison.LAST_NAME: names.last,
        Comparison.DATE_OF_BIRTH: features.birth,
    }
    return {comparison: _chance(codes) for comparison, codes in columns.items() if (codes >= 0).sum() > 1_000}


def _chance(codes: NDArray[np.int32]) -> float:
    _, counts = np.unique(codes[codes >= 0], return_counts=True)
    total = float(counts.sum())
    return float(((counts / total) ** 2).sum())


def levels_of(features: Features, left: Codes, right: Codes) -> Levels:
    """All levels of pairs, decided."""
    levels = plain_levels(features, left, right)
    closed(features, left, right, levels)
    assert not (levels == OPEN).any()
    return levels
