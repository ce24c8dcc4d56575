"""Traits of few values, for all customers at once: each value is compared once, and looked up for whoever has it.

A column holds the distinct values and, for each customer, which of them it has. So a company is compared to some
thousand values and not to a million customers; what is done for each customer is to look a number up.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from winnow_contracts.similarity import Factor

from winnow_scoring.similarity import kernels
from winnow_scoring.similarity.industries import Industry
from winnow_scoring.similarity.kernels import Codes, Floats
from winnow_scoring.similarity.traits import Funding, Location, Size

_FEW_VALUES: Final = 512
_REMEMBERED: Final = 128
"""Comparisons with so few values, which come again and again: at most half a megabyte of them for each factor."""

Compare = Callable[[Any], Floats]
"""From a value to its likeness with each of the column's distinct values; NaN where they cannot be compared."""


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one trait; `codes` has for each customer the place of its value, which is 0 for none."""

    codes: NDArray[np.intp]
    """As wide as numpy looks up by: narrower ones would be widened again for each company."""
    values: Sequence[Any]
    """From place 1 on."""
    compare: Compare

    @classmethod
    def of(cls, factor: Factor, traits: Sequence[Any]) -> "Column":
        """The column of a factor; `traits` has a value, or nothing, for each customer in turn."""
        places: dict[Any, int] = {}
        codes = [places.setdefault(trait, len(places) + 1) if trait else 0 for trait in traits]
        return cls.restored(factor, codes=np.array(codes, dtype=np.intp), values=list(places))

    @classmethod
    def restored(cls, factor: Factor, *, codes: NDArray[Any], values: Sequence[Any]) -> "Column":
        """The column that had these."""
        compare = COMPARERS[factor](values)
        few = len(values) <= _FEW_VALUES
        return cls(codes.astype(np.intp), values, lru_cache(_REMEMBERED)(compare) if few else compare)

    def likeness(self, trait: Any, *, neutral: float) -> Floats:
        """By place: how alike a trait is to each value, `neutral` where that is not known on either side."""
        table = np.full(len(self.values) + 1, neutral)
        if trait and self.values:
            found = self.compare(trait)
            table[1:] = np.where(np.isnan(found), neutral, found)
        return table


def _sizes(values: Sequence[Size]) -> Compare:
    employees, revenue = _parts(values)
    return lambda one: kernels.of_sizes(one, employees, revenue)


def _fundings(values: Sequence[Funding]) -> Compare:
    stages, totals = _parts(values)
    return lambda one: kernels.of_fundings(one, stages, totals)


def _ages(values: Sequence[int]) -> Compare:
    years = np.array(values, dtype=np.float64)
    return lambda one: kernels.of_ages(one, years)


def _signals(values: Sequence[frozenset[str]]) -> Compare:
    return lambda one: kernels.of_signals(one, values)


def _locations(values: Sequence[Location]) -> Compare:
    coders = [_Coder([place[part] for place in values]) for part in range(3)]
    return lambda one: kernels.of_places(
        [coder.code(text) for coder, text in zip(coders, one, strict=True)], [coder.codes for coder in coders]
    )


def _industries(values: Sequence[Industry]) -> Compare:
    coders = [_Coder([getattr(each, part) for each in values]) for part in ("name", "group", "sector")]
    sharing: dict[str, list[int]] = {}
    for place, each in enumerate(values):
        for word in each.words:
            sharing.setdefault(word, []).append(place)

    def compare(one: Industry) -> Floats:
        codes = [coder.code(text) for coder, text in zip(coders, (one.name, one.group, one.sector), strict=True)]
        overlap = np.zeros(len(values))
        for place in {place for word in one.words for place in sharing.get(word, ())}:
            shorter = min(len(one.words), len(values[place].words))
            overlap[place] = kernels.OVERLAP_SHARE * len(one.words & values[place].words) / shorter
        return kernels.of_industries(codes, [coder.codes for coder in coders], overlap=overlap)

    return compare


class _Coder:
    """Numbers for texts; -1 for None, and one that no value has for a text that is none of theirs."""

    def __init__(self, texts: Sequence[str | None]) -> None:
        self._known: dict[str, int] = {}
        codes = [-1 if text is None else self._known.setdefault(text, len(self._known)) for text in texts]
        self.codes: Codes = np.array(codes, dtype=np.int64)

    def code(self, text: str | None) -> int:
        return -1 if text is None else self._known.get(text, len(self._known))


def _parts(values: Sequence[Size] | Sequence[Funding]) -> tuple[Floats, Floats]:
    """The two parts of each value as arrays, NaN where a part is not known."""
    table = np.array([[np.nan if part is None else part for part in value] for value in values], dtype=np.float64)
    first, second = table.reshape(-1, 2).T
    return first, second


COMPARERS: Final[Mapping[Factor, Callable[[Sequence[Any]], Compare]]] = MappingProxyType(
    {
        "industry": _industries,
        "company_size": _sizes,
        "funding": _fundings,
        "growth_signals": _signals,
        "location": _locations,
        "age": _ages,
    }
)
