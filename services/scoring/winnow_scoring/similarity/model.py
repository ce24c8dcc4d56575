"""What a tenant's customers have been made into, so that companies can be compared to them. Nothing in it changes."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from winnow_contracts.similarity import Factor, Reference

from winnow_scoring.similarity.calibration import Calibration
from winnow_scoring.similarity.columns import Column
from winnow_scoring.similarity.kernels import Floats
from winnow_scoring.similarity.terms import Index, Vocabulary

_TYPICAL_LIKENESS: Final = 0.25


class Texts(Protocol):
    """A list of texts, however they are kept."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: int, /) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Customers:
    """The customers that something is known of, by domain."""

    domains: Sequence[str]
    weights: Floats
    """How much each counts; together 1."""
    profiles: "Texts"
    """The attributes of each, as JSON."""

    def place(self, domain: str) -> int | None:
        """The place of a customer, or None where the company is none."""
        place = bisect_left(self.domains, domain)
        return place if place < len(self.domains) and self.domains[place] == domain else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TermSpace:
    """Companies by the terms that they share."""

    vocabulary: Vocabulary
    index: Index
    typical: float
    """The cosine of a typical customer with its nearest ones, which counts as a quarter alike."""

    @property
    def steepness(self) -> float:
        """How much more alike than its cosine a customer is."""
        return _TYPICAL_LIKENESS / self.typical

    def scaled(self, cosines: NDArray[np.float32]) -> NDArray[np.float32]:
        """Likeness out of cosines: in proportion, and never more than 1.

        What companies of one kind say of themselves has seldom more than a third of its weight in common, so cosines
        as they are would say that nobody resembles anybody.
        """
        scaled: NDArray[np.float32] = np.minimum(cosines * np.float32(self.steepness), np.float32(1))
        return scaled


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What sets the customers apart: the mean of their vectors less that of other companies (Rocchio, 1971)."""

    direction: Floats
    """By place in the vocabulary of words."""
    half: float
    """The projection that counts as half alike: that of a typical customer."""

    def likeness(self, projection: float) -> float:
        """From 0, for what is rather said of other companies, towards 1."""
        above = max(0.0, projection)
        return above / (above + self.half)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How well the model tells customers, each left out in turn, from the reference population."""

    separation: Mapping[Factor, float | None]
    """By each factor alone: the area under the ROC curve; None where it was missing on one side."""
    auc: float | None
    customers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A tenant's model."""

    version: int
    customers: Customers
    columns: Mapping[Factor, Column]
    technologies: TermSpace
    words: TermSpace
    topic: Topic
    weights: Mapping[Factor, float]
    """Of the factors; together 1."""
    neutral: Mapping[Factor, float]
    """How alike an average company of the reference population is: what a factor counts where it is missing."""
    reach: float
    """The share of the customers, by weight, that are a company's nearest."""
    calibration: Calibration
    reference: Reference
    coverage: Mapping[Factor, float]
    """The share of customers that have a factor."""
    quality: Quality
