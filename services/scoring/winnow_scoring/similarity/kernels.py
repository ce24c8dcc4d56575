"""Kernels: how alike one value of a trait is to each of many, from 0 to 1, equal values giving 1.

All are symmetric. The many come as arrays, one for each part of the trait, NaN (or -1 in codes) where the part is not
known. A part that is known on one side only is left out; where none is left the result is NaN.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from winnow_scoring.similarity.traits import STEPS, Funding, Size

Floats: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]

SIZE_WIDTH: Final = 0.5
"""Decades: twice as many employees are .83 alike, ten times as many .14."""
MONEY_WIDTH: Final = 0.7
STAGE_WIDTH: Final = 1.5
"""Stages: the next one is .80 alike, the one after .41."""
AGE_WIDTH: Final = 6.0
"""Years."""
PLACE_SHARES: Final = (0.5, 0.3, 0.2)
"""Of country, region and city."""
GROUP: Final = 0.8
SECTOR: Final = 0.5
"""Industries of one group, and of one sector."""
OVERLAP_SHARE: Final = 0.7
"""Industries of different names that share all words of the shorter one."""

DECIMALS: Final = 9
"""Of two similarities that are told apart."""


def settled(similarities: Floats) -> Floats:
    """Without the last digits, so that what only the order of additions tells apart is a tie."""
    return np.round(similarities, DECIMALS)


def bell(differences: Floats, *, width: float) -> Floats:
    """A Gaussian kernel without its factor (Parzen, 1962): 1 where nothing differs, .61 a width away."""
    return np.exp(-0.5 * np.square(differences / width))


def of_sizes(one: Size, employees: Floats, revenue: Floats) -> Floats:
    """Company size, on a logarithmic scale, as the sizes of firms are distributed (Gibrat, 1931)."""
    return _mean(
        [
            _numbers(one.employees, employees, width=SIZE_WIDTH * STEPS),
            _numbers(one.revenue, revenue, width=MONEY_WIDTH * STEPS),
        ]
    )


def of_fundings(one: Funding, stages: Floats, totals: Floats) -> Floats:
    """Stage by the places between, total on a logarithmic scale."""
    return _mean(
        [_numbers(one.stage, stages, width=STAGE_WIDTH), _numbers(one.total, totals, width=MONEY_WIDTH * STEPS)]
    )


def of_ages(one: int, years: Floats) -> Floats:
    """By the years between two foundations."""
    return _numbers(one, years, width=AGE_WIDTH)


def of_places(one: Sequence[int], others: Sequence[Codes]) -> Floats:
    """Half for the country, more for region and city; nothing is alike behind a border. Codes are -1 for unknown."""
    known = [(code >= 0) & (place >= 0) for code, place in zip(one, others, strict=True)]
    shares = sum(share * both for share, both in zip(PLACE_SHARES, known, strict=True))
    alike = sum(
        share * (both & (place == code))
        for share, both, place, code in zip(PLACE_SHARES, known, others, one, strict=True)
    )
    with np.errstate(invalid="ignore"):
        result: Floats = np.asarray(alike, dtype=np.float64) / np.asarray(shares, dtype=np.float64)
    result[known[0] & (others[0] != one[0])] = 0.0
    return result


def of_industries(one: Sequence[int], others: Sequence[Codes], *, overlap: Floats) -> Floats:
    """By the distance in a taxonomy: name, group, sector as codes; the overlap of words where that says more."""
    name, group, sector = ((code >= 0) & (place == code) for code, place in zip(one, others, strict=True))
    distance = np.where(name, 1.0, np.where(group, GROUP, np.where(sector, SECTOR, 0.0)))
    return np.maximum(distance, overlap)


def of_signals(one: frozenset[str], others: Sequence[frozenset[str]]) -> Floats:
    """The share of signals that both have (Jaccard, 1901)."""
    return np.array([len(one & other) / len(one | other) for other in others])


def _numbers(one: float | None, others: Floats, *, width: float) -> Floats:
    return np.full(len(others), np.nan) if one is None else bell(others - one, width=width)


def _mean(parts: Sequence[Floats]) -> Floats:
    """The mean of the parts that are known."""
    known = sum((~np.isnan(part)).astype(np.float64) for part in parts)
    with np.errstate(invalid="ignore"):
        return np.asarray(sum(np.nan_to_num(part) for part in parts) / known, dtype=np.float64)
