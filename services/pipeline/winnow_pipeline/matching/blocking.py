"""Which pairs are compared at all: rows that have a key in common, in blocks of bounded size.

A pass is a key that the same person has in both rows, if no slip of the pen is in just these fields; every pass
forgives others. In a block that is too large each row is compared with some neighbours, in the order of several further
keys, so that no block is left out and none takes its square in time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from winnow_pipeline.matching.columns import Places, combined, first_words
from winnow_pipeline.matching.features import Features

LARGEST_BLOCK: Final = 40
"""Rows that are all compared with each other: 780 pairs."""
_WINDOW: Final = 12
"""Neighbours that a row of a larger block is compared with."""
FEW_ROWS: Final = 20_000
"""As many as can be compared with everybody who shares any one thing of some weight."""
PAIRS_AT_ONCE: Final = 250_000

Pairs = tuple[NDArray[np.int32], NDArray[np.int32]]


@dataclass(frozen=True, slots=True)
class Passes:
    """Keys by row, -1 for none: the passes in order, each made when it is needed, and what large blocks are cut by."""

    keys: tuple[Callable[[], Places], ...]
    cuts: tuple[Places, ...]


def passes_of(features: Features) -> Passes:
    """The passes over rows."""
    names = features.names
    joined, sound, person, initial = (
        np.append(codes, np.int32(-1)) for codes in (names.joined, names.sound, names.person, names.initial)
    )
    first_joined = joined[names.first]
    first, first_initial = person[names.first], initial[names.first]
    last, last_sound = joined[names.last], sound[names.last]
    first_sound = sound[names.first]
    city, postcode, street = features.city.codes, features.postcode.codes, features.street.codes
    work, company, birth = features.work, features.company.codes, features.birth
    unnamed = np.where(features.named(), -1, 1)
    keys: list[Callable[[], Places]] = [
        lambda: combined(features.email.codes),
        lambda: combined(features.phone.codes, first_initial),
        lambda: combined(features.phone.codes),
        lambda: combined(features.linkedin.codes),
        lambda: combined(features.national_id.codes),
        lambda: combined(last, first),
        lambda: combined(np.minimum(last, first_joined), np.maximum(last, first_joined)),
        lambda: combined(birth, last_sound),
        lambda: combined(birth, first),
        lambda: combined(features.local.codes),
        lambda: combined(work, first, last_sound),
        lambda: combined(work, last_sound),
        lambda: combined(company, first),
        lambda: combined(postcode, last_sound),
        lambda: combined(postcode, first),
        lambda: combined(city, last_sound, first_sound),
        lambda: combined(city, first, birth // 10_000),
        lambda: combined(street, first_initial),
        lambda: combined(street, postcode),
        lambda: combined(company, unnamed),
        lambda: combined(work, unnamed),
        lambda: combined(first_words(features.company), city, unnamed),
        lambda: combined(birth, postcode),
        lambda: combined(birth, city),
    ]
    if len(features) <= FEW_ROWS:
        keys += [partial(combined, codes) for codes in (last, first, birth, street, postcode, city)]
    cuts = (
        combined(last, first),
        combined(first, last_sound),
        combined(work, last_sound),
        combined(postcode, last_sound),
        combined(birth),
        combined(city, first),
        combined(features.phone.codes),
    )
    return Passes(tuple(keys), cuts)


def pairs_of(keys: Places, passes: Passes) -> Iterator[Pairs]:
    """Pairs of one pass, none of them twice, some hundred thousand at once."""
    places = np.flatnonzero(keys >= 0).astype(np.int32)
    order = places[np.argsort(keys[places], kind="stable")]
    values = keys[order]
    bounds = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    sizes = np.diff(np.append(bounds, len(values)))
    small = (sizes > 1) & (sizes <= LARGEST_BLOCK)
    yield from _all_pairs(order, bounds[small], sizes[small])
    large = np.flatnonzero(sizes > LARGEST_BLOCK)
    if len(large):
        rows = np.concatenate([order[bounds[each] : bounds[each] + sizes[each]] for each in large])
        blocks = np.repeat(np.arange(len(large)), sizes[large])
        yield from _cut(rows, blocks, passes)


def _cut(rows: NDArray[np.int32], blocks: NDArray[np.int64], passes: Passes) -> Iterator[Pairs]:
    """Neighbours within a block, in the order of each of the cuts."""
    for cut in passes.cuts:
        order = np.lexsort((cut[rows], blocks))
        sorted_rows, sorted_blocks = rows[order], blocks[order]
        known = cut[sorted_rows] >= 0
        for step in range(1, _WINDOW + 1):
            same = (sorted_blocks[step:] == sorted_blocks[:-step]) & known[step:] & known[:-step]
            same &= cut[sorted_rows[step:]] == cut[sorted_rows[:-step]]
            if same.any():
                left, right = sorted_rows[:-step][same], sorted_rows[step:][same]
                for start in range(0, len(left), PAIRS_AT_ONCE):
                    yield left[start : start + PAIRS_AT_ONCE], right[start : start + PAIRS_AT_ONCE]


def _all_pairs(order: NDArray[np.int32], bounds: NDArray[np.int64], sizes: NDArray[np.int64]) -> Iterator[Pairs]:
    """Every pair of every block: each row with the row so many places behind it, block by block of one size."""
    lefts: list[NDArray[np.int32]] = []
    rights: list[NDArray[np.int32]] = []
    waiting = 0
    for step in range(1, int(sizes.max(initial=0))):
        reaching = sizes > step
        starts, counts = bounds[reaching], sizes[reaching] - step
        if not len(starts):
            break
        total = int(counts.sum())
        offsets = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
        left = np.repeat(starts, counts) + offsets
        lefts.append(order[left])
        rights.append(order[left + step])
        waiting += total
        if waiting > PAIRS_AT_ONCE:
            yield np.concatenate(lefts), np.concatenate(rights)
            lefts, rights, waiting = [], [], 0
    if waiting:
        yield np.concatenate(lefts), np.concatenate(rights)
