"""Sets of terms, for all customers at once: an index from each term to whoever has it.

Likeness is the cosine between vectors whose weights are the rarity of the terms, so that sharing a rare one says more
(Salton, Wong and Yang, 1975); rarity is the inverse document frequency of Sparck Jones (1972), smoothed, among the
customers and the reference population.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from winnow_scoring.similarity.kernels import Floats

Bag = Mapping[str, float]
"""Terms with their strength."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The terms of all companies that a model was made of, with the rarity of each."""

    places: Mapping[str, int]
    rarity: Floats
    unseen: float
    """The rarity of a term that none of them has."""

    @classmethod
    def of(cls, bags: Sequence[Bag]) -> "Vocabulary":
        """The vocabulary of these companies."""
        places: dict[str, int] = {}
        counts: list[int] = []
        for bag in bags:
            for term in bag:
                place = places.setdefault(term, len(places))
                if place == len(counts):
                    counts.append(0)
                counts[place] += 1
        return cls(places, _rarity(np.array(counts, dtype=np.float64), of=len(bags)), _unseen(len(bags)))

    def vector(self, bag: Bag) -> "Vector":
        """A company's terms as a vector of length 1; only what others may have in common with it."""
        known: list[int] = []
        values: list[float] = []
        square = 0.0
        for term in sorted(bag):
            place = self.places.get(term)
            value = bag[term] * (self.unseen if place is None else float(self.rarity[place]))
            square += value * value
            if place is not None:
                known.append(place)
                values.append(value)
        length = math.sqrt(square) or 1.0
        return Vector(np.array(known, dtype=np.int64), np.array(values, dtype=np.float64) / length)


@dataclass(frozen=True, slots=True)
class Vector:
    """Places in a vocabulary, and the value at each."""

    places: NDArray[np.int64]
    values: Floats

    def dot(self, dense: Floats) -> float:
        """The product with a vector that has a value at each place."""
        return math.fsum(self.values * dense[self.places])


@dataclass(frozen=True, slots=True)
class Index:
    """Who has which term: the entries of a term are those from `starts[term]` to before `starts[term + 1]`."""

    starts: NDArray[np.int64]
    customers: NDArray[np.int32]
    values: NDArray[np.float32]
    known: NDArray[np.bool_]
    """Which customers have any term."""
    unknown: NDArray[np.int64] = field(init=False, repr=False)
    """The places of those that have none."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "unknown", np.flatnonzero(~self.known))

    @classmethod
    def of(cls, vectors: Sequence[Vector], *, size: int) -> "Index":
        """The index of these customers over a vocabulary of that size."""
        lengths = [len(vector.places) for vector in vectors]
        owners = np.repeat(np.arange(len(vectors), dtype=np.int32), lengths)
        places = np.concatenate([vector.places for vector in vectors]) if vectors else np.empty(0, dtype=np.int64)
        values = np.concatenate([vector.values for vector in vectors]) if vectors else np.empty(0)
        order = np.argsort(places, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(places, minlength=size))]).astype(np.int64)
        known = np.array([length > 0 for length in lengths], dtype=np.bool_)
        return cls(starts, owners[order], values[order].astype(np.float32), known)

    def cosines(self, vector: Vector) -> NDArray[np.float32]:
        """Those of a vector with every customer."""
        sums = np.zeros(len(self.known), dtype=np.float32)
        for customers, values, value in self._entries(vector):
            np.add.at(sums, customers, values * value)
        return sums

    def cosines_of(self, places: NDArray[np.int64], vector: Vector) -> NDArray[np.float32]:
        """The same with some customers, to the last digit."""
        sums = np.zeros(len(places), dtype=np.float32)
        sought = places.astype(np.int32)
        for customers, values, value in self._entries(vector):
            # Entries of a term are in the order of the customers.
            found = np.minimum(np.searchsorted(customers, sought), len(customers) - 1)
            sums += np.where(customers[found] == sought, values[found] * value, np.float32(0))
        return sums

    def _entries(self, vector: Vector) -> Iterator[tuple[NDArray[np.int32], NDArray[np.float32], np.float32]]:
        """For each term of a vector that any customer has: who, their values, and that of the vector."""
        for place, value in zip(vector.places.tolist(), vector.values.tolist(), strict=True):
            start, end = self.starts[place], self.starts[place + 1]
            if start < end:
                yield self.customers[start:end], self.values[start:end], np.float32(value)


def cosine(one: Bag, other: Bag, *, vocabulary: Vocabulary) -> float:
    """The likeness of two companies' terms, exactly as `Index` has it."""
    square = math.sqrt(_square(one, vocabulary) * _square(other, vocabulary))
    shared = math.fsum(
        one[term] * other[term] * _rarity_of(term, vocabulary) ** 2 for term in one.keys() & other.keys()
    )
    return min(1.0, shared / square) if square else 0.0


def _square(bag: Bag, vocabulary: Vocabulary) -> float:
    return math.fsum((strength * _rarity_of(term, vocabulary)) ** 2 for term, strength in bag.items())


def _rarity_of(term: str, vocabulary: Vocabulary) -> float:
    place = vocabulary.places.get(term)
    return vocabulary.unseen if place is None else float(vocabulary.rarity[place])


def _rarity(counts: Floats, *, of: int) -> Floats:
    result: Floats = np.log((of + 1) / (counts + 0.5))
    return np.maximum(result, 0.05)


def _unseen(of: int) -> float:
    return math.log((of + 1) / 0.5)
