"""How well clusters agree with the truth: precision, recall and F1 over pairs of rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import parquet

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Quality:
    """Of pairs that are found, and of pairs that are to be found."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def __str__(self) -> str:
        return f"P {self.precision:.4f} R {self.recall:.4f} F1 {self.f1:.4f}"


def pairs_within(*labels: Integers) -> int:
    """Pairs of rows that have all labels in common."""
    _, counts = np.unique(np.stack(labels), axis=1, return_counts=True)
    return int((counts * (counts - 1) // 2).sum())


def quality_of(clusters: Integers, persons: Integers, *, sources: Integers | None = None) -> Quality:
    """Of clusters, given as a label for each row; between two sources only pairs of one row of each are counted."""
    found, true, both = pairs_within(clusters), pairs_within(persons), pairs_within(clusters, persons)
    if sources is not None:
        found -= pairs_within(clusters, sources)
        true -= pairs_within(persons, sources)
        both -= pairs_within(clusters, persons, sources)
    return Quality(both / found if found else 1.0, both / true if true else 1.0)


def best_of_splink(folder: Path, persons: Integers, *, sources: Integers | None = None) -> tuple[Quality, str]:
    """At the threshold that is best on the truth, of its pairs or of its clusters, whichever is better; and where."""
    found = [*_of_pairs(folder, persons, sources), *of_clusters(folder, persons, sources)]
    return max(found, key=lambda each: each[0].f1)


def of_clusters(folder: Path, persons: Integers, sources: Integers | None) -> Iterable[tuple[Quality, str]]:
    """Of Splink's clusters at each threshold, and which it is."""
    for path in sorted(folder.glob("clusters_*.parquet")):
        table = parquet.read_table(path, columns=["cluster_id", "unique_id"])
        clusters = np.zeros(len(persons), np.int64)
        clusters[table["unique_id"].to_numpy()] = table["cluster_id"].to_numpy()
        yield quality_of(clusters, persons, sources=sources), f"clusters at {path.stem.partition('_')[2]}"


def _of_pairs(folder: Path, persons: Integers, sources: Integers | None) -> Iterable[tuple[Quality, str]]:
    table = parquet.read_table(folder / "pairs.parquet", columns=["match_weight", "unique_id_l", "unique_id_r"])
    table = table.take(pc.sort_indices(table, sort_keys=[("match_weight", "descending")]))
    left, right = table["unique_id_l"].to_numpy(), table["unique_id_r"].to_numpy()
    true = pairs_within(persons)
    if sources is not None:
        across = sources[left] != sources[right]
        left, right = left[across], right[across]
        true -= pairs_within(persons, sources)
    hits = np.cumsum(persons[left] == persons[right])
    counted = np.arange(1, len(left) + 1)
    best = int(np.argmax(2 * hits / (counted + true)))
    yield Quality(float(hits[best] / counted[best]), float(hits[best] / true)), "pairs at the best of all thresholds"
