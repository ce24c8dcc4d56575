"""Columns in the form of comparison: each row a small number that stands for its text, -1 for none."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Codes = NDArray[np.int32]
Places = NDArray[np.int64]
Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

_AT_ONCE: Final = 50_000
"""Distinct texts that are Python objects at the same time."""


@dataclass(frozen=True, slots=True)
class Column:
    """Texts of all rows, each distinct one once."""

    codes: Codes
    """By row; -1 where nothing is said."""
    texts: pa.StringArray
    """By code."""

    def counts(self) -> NDArray[np.int64]:
        """Rows that have each text."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.texts))

    def strings(self, codes: Codes) -> list[str]:
        """Texts of codes, none of which may be -1."""
        found: list[str] = self.texts.take(pa.array(codes)).to_pylist()
        return found


def column(encoded: pa.DictionaryArray, fold: Callable[[str], str]) -> Column:
    """A column of texts, each distinct one folded once; what folds to "" is nothing."""
    distinct = encoded.dictionary
    pieces = [_folded(distinct.slice(start, _AT_ONCE), fold) for start in range(0, len(distinct), _AT_ONCE)]
    return recoded(_codes(encoded), pa.concat_arrays(pieces) if pieces else pa.array([], pa.string()))


def recoded(codes: Codes, texts: pa.StringArray) -> Column:
    """A column where codes that stand for one text, or for "", are made one."""
    texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    again = texts.dictionary_encode()
    table = np.append(_codes(again), np.int32(-1))
    return Column(table[codes], again.dictionary)


def empty(length: int) -> Column:
    """A column where no row says anything."""
    return Column(np.full(length, -1, np.int32), pa.array([], pa.string()))


def first_words(column: Column) -> Codes:
    """By row, a number for the first word of its text; -1 where nothing is said."""
    heads = pc.list_element(pc.split_pattern(column.texts, " ", max_splits=1), 0).dictionary_encode()
    found: Codes = np.append(_codes(heads), np.int32(-1))[column.codes]
    return found


def _folded(texts: pa.StringArray, fold: Callable[[str], str]) -> pa.StringArray:
    return pa.array([fold(text) for text in texts.to_pylist()], pa.string())


def _codes(encoded: pa.DictionaryArray) -> Codes:
    indices: Codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    return indices


def combined(*codes: NDArray[np.signedinteger]) -> Places:
    """One number for what several codes say together, in 64 bits; -1 where any of them says nothing.

    Numbers are mixed, not ranked: of a million rows two that differ get one number with a probability of 10^-7.
    """
    mixed = np.zeros(len(codes[0]), np.uint64)
    present = np.ones(len(codes[0]), np.bool_)
    for position, each in enumerate(codes):
        present &= each >= 0
        mixed = mix(mixed * np.uint64(0x9E3779B97F4A7C15) + each.astype(np.uint64) + np.uint64(position + 1))
    found = (mixed >> np.uint64(1)).astype(np.int64)
    found[~present] = -1
    return found


def mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finalizer of SplitMix64 (Steele, Lea, Flood, 2014): every bit of the input changes half of the output's."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
