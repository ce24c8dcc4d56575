"""First and last names of all rows under one set of numbers, so that a first name can be found to be a last name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow_pipeline.matching import texts
from winnow_pipeline.matching.columns import Codes, Column, recoded
from winnow_pipeline.matching.fields import MatchField
from winnow_pipeline.matching.nicknames import groups_by_name
from winnow_pipeline.matching.records import Records

_LINES: Final = 6
"""Lines of nicknames that are kept of a name; Alex is in four."""
_AT_ONCE: Final = 50_000
_SOUNDS: Final = str.maketrans("bfpvcgjkqsxzdtlmnr", "111122222222334556", "aeiouyhw")


@dataclass(frozen=True, slots=True)
class Names:
    """Names by row, and what there is to know of each distinct one."""

    first: Codes
    last: Codes
    texts: pa.StringArray
    """By code, in words."""
    joined: Codes
    """By code: the same for "Mary Ann" and "Maryann"."""
    head: Codes
    """By code: the first word."""
    tail: Codes
    """By code: the last word."""
    initial: Codes
    """By code: the first letter."""
    single: NDArray[np.bool_]
    """By code: it begins with a word of one letter."""
    lines: NDArray[np.int16]
    """By code: lines of the nicknames; unused places are negative."""
    sound: Codes
    """By code: how the name sounds, roughly as Soundex has it; for blocking."""
    person: Codes
    """By code: the head, or the first of its lines of nicknames; for blocking."""


def names_of(records: Records) -> Names:
    """The names of all rows; full names are split where the parts are missing."""
    filled = records.filled
    parts: list[Codes] = []
    values: list[pa.StringArray] = []
    offset = 0
    for field in (MatchField.FIRST_NAME, MatchField.LAST_NAME):
        codes = np.full(len(records), -1, np.int32)
        if field in filled:
            encoded = records.column(field)
            codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
            codes[codes >= 0] += offset
            values.append(_each(encoded.dictionary, texts.name))
            offset += len(encoded.dictionary)
        parts.append(codes)
    if MatchField.FULL_NAME in filled:
        encoded = records.column(MatchField.FULL_NAME)
        whole = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
        whole[(parts[0] >= 0) | (parts[1] >= 0)] = -1
        for number, codes in enumerate(parts):
            values.append(_each(encoded.dictionary, lambda text, number=number: texts.split_name(text)[number]))
            codes[whole >= 0] = whole[whole >= 0] + offset
            offset += len(encoded.dictionary)
    column = recoded(np.concatenate(parts), pa.concat_arrays(values) if values else pa.array([], pa.string()))
    return _described(column, len(records))


def _each(distinct: pa.StringArray, fold: object) -> pa.StringArray:
    assert callable(fold)
    pieces = [
        pa.array([fold(text) for text in distinct.slice(start, _AT_ONCE).to_pylist()], pa.string())
        for start in range(0, len(distinct), _AT_ONCE)
    ]
    return pa.concat_arrays(pieces) if pieces else pa.array([], pa.string())


def _described(column: Column, length: int) -> Names:
    numbers: dict[str, int] = {}
    initials: dict[str, int] = {}
    sounds: dict[str, int] = {}
    groups = groups_by_name()
    count = len(column.texts)
    joined, head, tail, initial, sound, person = (np.zeros(count, np.int32) for _ in range(6))
    single = np.zeros(count, np.bool_)
    lines = np.full((count, _LINES), -1, np.int16)
    for start in range(0, count, _AT_ONCE):
        for code, text in enumerate(column.texts.slice(start, _AT_ONCE).to_pylist(), start):
            found = text.split()
            joined[code] = numbers.setdefault("".join(found), len(numbers))
            head[code] = numbers.setdefault(found[0], len(numbers))
            tail[code] = numbers.setdefault(found[-1], len(numbers))
            initial[code] = initials.setdefault(text[0], len(initials))
            single[code] = len(found[0]) == 1
            sound[code] = sounds.setdefault(_sound(found[-1]), len(sounds))
            of_lines = groups.get(found[0], ())[:_LINES]
            lines[code, : len(of_lines)] = of_lines
            person[code] = of_lines[0] if of_lines else head[code] + 1_000
    return Names(
        column.codes[:length],
        column.codes[length:],
        column.texts,
        joined,
        head,
        tail,
        initial,
        single,
        lines,
        sound,
        person,
    )


def _sound(word: str) -> str:
    """First letter and the consonants after it by their kind, none twice in a row, at most four."""
    kinds = word[1:].translate(_SOUNDS)
    return word[0] + "".join(_once(kinds))[:4]


def _once(kinds: Iterable[str]) -> Iterable[str]:
    before = ""
    for kind in kinds:
        if kind != before:
            yield kind
        before = kind
