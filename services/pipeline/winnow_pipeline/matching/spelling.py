"""Levels of pairs whose texts are not the same: how alike they are, letter by letter."""

from collections.abc import Callable, Sequence
from operator import eq
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler, Prefix
from rapidfuzz.process import cpdist

from winnow_pipeline.matching.columns import Bools, Codes, Column
from winnow_pipeline.matching.features import Features
from winnow_pipeline.matching.levels import (
    MISSING,
    MOST_LEVELS,
    OPEN,
    POSITION,
    SAME,
    Comparison,
    Levels,
    Rows,
    different,
    level,
    plain,
)
from winnow_pipeline.matching.names import Names

_FEWEST_LETTERS: Final = 4
"""Of a name in which a slip is no other name."""


def closed(features: Features, left: Rows, right: Rows, levels: Levels) -> None:
    """Decide what is `OPEN`, in place."""
    first, last = POSITION[Comparison.FIRST_NAME], POSITION[Comparison.LAST_NAME]
    names = features.names
    _close(levels[first], lambda open_: _first_names(names, names.first[left[open_]], names.first[right[open_]]))
    _close(levels[last], lambda open_: _last_names(names, names.last[left[open_]], names.last[right[open_]]))
    _swapped(names, left, right, levels)
    _close(levels[POSITION[Comparison.EMAIL]], lambda open_: _emails(features, left[open_], right[open_]))
    for comparison, column, decide in (
        (Comparison.PHONE, features.phone, _phones),
        (Comparison.LINKEDIN, features.linkedin, _profiles),
        (Comparison.NATIONAL_ID, features.national_id, _identifiers),
    ):
        unsure = np.flatnonzero(levels[POSITION[comparison]] == OPEN)
        if len(unsure):
            one, two = column.codes[left[unsure]], column.codes[right[unsure]]
            levels[POSITION[comparison]][unsure] = _by_text(column, one, two, decide)
    _close(levels[POSITION[Comparison.STREET]], lambda open_: _streets(features, left[open_], right[open_]))
    _close(levels[POSITION[Comparison.WORK]], lambda open_: _companies(features, left[open_], right[open_]))
    _businesses(features, left, right, levels[POSITION[Comparison.WORK]])
    _close(levels[POSITION[Comparison.PLACE]], lambda open_: _places(features, left[open_], right[open_]))
    levels[POSITION[Comparison.PERSON]] = _persons(features, left, right, levels)


def _close(levels: Levels, decide: Callable[[NDArray[np.int64]], Levels]) -> None:
    unsure = np.flatnonzero(levels == OPEN)
    if len(unsure):
        levels[unsure] = decide(unsure)


def _distinct(one: Codes, two: Codes) -> tuple[Codes, Codes, NDArray[np.int64]]:
    """Each pair of values once, whichever comes first, and where each given pair is among them."""
    low, high = np.minimum(one, two).astype(np.int64), np.maximum(one, two)
    pairs, where = np.unique(low << 32 | high, return_inverse=True)
    return (pairs >> 32).astype(np.int32), (pairs & 0xFFFFFFFF).astype(np.int32), where


Decide = Callable[[Sequence[str], Sequence[str]], Levels]


def _by_text(column: Column, one: Codes, two: Codes, decide: Decide) -> Levels:
    first, second, where = _distinct(one, two)
    found: Levels = decide(column.strings(first), column.strings(second))[where]
    return found


def _slips(one: Sequence[str], two: Sequence[str], most: int) -> NDArray[np.int32]:
    """Letters missed, added, mistaken or swapped; more than `most` where it is more."""
    found: NDArray[np.int32] = cpdist(one, two, scorer=OSA.distance, score_cutoff=most, dtype=np.int32)
    return found


def _likeness(one: Sequence[str], two: Sequence[str]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = cpdist(one, two, scorer=JaroWinkler.similarity, dtype=np.float32)
    return found


def _graded(comparison: Comparison, count: int, *grades: tuple[str, Bools]) -> Levels:
    """The first grade that holds, else different."""
    found = np.full(count, different(comparison), np.int8)
    for name, holds in reversed(grades):
        found[holds] = level(comparison, name)
    return found


def _lengths(strings: Sequence[str]) -> NDArray[np.int32]:
    return np.fromiter(map(len, strings), np.int32, len(strings))


def _first_names(names: Names, one: Codes, two: Codes) -> Levels:
    first, second, where = _distinct(one, two)
    texts = [_compact(names, codes) for codes in (first, second)]
    short = np.minimum(*map(_lengths, texts))
    slips, likeness = _slips(texts[0], texts[1], 1), _likeness(texts[0], texts[1])
    one_lines, two_lines = names.lines[first], names.lines[second]
    lines = ((one_lines[:, :, None] == two_lines[:, None, :]) & (one_lines >= 0)[:, :, None]).any(axis=(1, 2))
    initial = (names.initial[first] == names.initial[second]) & (names.single[first] | names.single[second])
    levels = _graded(
        Comparison.FIRST_NAME,
        len(first),
        ("short form of the other", lines),
        ("one slip apart", (slips <= 1) & (short >= _FEWEST_LETTERS)),
        ("same first word", names.head[first] == names.head[second]),
        ("same initial", initial),
        ("alike", (likeness >= 0.87) & (short >= 3)),
    )
    found: Levels = levels[where]
    return found


def _last_names(names: Names, one: Codes, two: Codes) -> Levels:
    first, second, where = _distinct(one, two)
    texts = [_compact(names, codes) for codes in (first, second)]
    short = np.minimum(*map(_lengths, texts))
    slips, likeness = _slips(texts[0], texts[1], 1), _likeness(texts[0], texts[1])
    part = np.zeros(len(first), np.bool_)
    for whole, other in ((first, second), (second, first)):
        part |= (names.joined[whole] == names.head[other]) | (names.joined[whole] == names.tail[other])
    initial = (names.initial[first] == names.initial[second]) & (names.single[first] | names.single[second])
    levels = _graded(
        Comparison.LAST_NAME,
        len(first),
        ("one slip apart", (slips <= 1) & (short >= _FEWEST_LETTERS)),
        ("part of the other", part & (short >= 2)),
        ("same initial", initial),
        ("alike", (likeness >= 0.87) & (short >= 3)),
    )
    found: Levels = levels[where]
    return found


def _compact(names: Names, codes: Codes) -> list[str]:
    return [text.replace(" ", "") for text in names.texts.take(codes).to_pylist()]


def _swapped(names: Names, left: Rows, right: Rows, levels: Levels) -> None:
    """Where first and last name of one are last and first name of the other, at least as far as both are known.

    Of two that are known one may have a slip.
    """
    first, last = levels[POSITION[Comparison.FIRST_NAME]], levels[POSITION[Comparison.LAST_NAME]]
    apart = (first == MISSING) | (first == different(Comparison.FIRST_NAME))
    apart &= (last == MISSING) | (last == different(Comparison.LAST_NAME))
    unsure = np.flatnonzero(apart)
    joined = np.append(names.joined, np.int32(-1))
    one, two = left[unsure], right[unsure]
    crosses = [(names.first[one], names.last[two]), (names.last[one], names.first[two])]
    same = [(a >= 0) & (joined[a] == joined[b]) for a, b in crosses]
    absent = [(a < 0) | (b < 0) for a, b in crosses]
    for cross, other in ((0, 1), (1, 0)):
        half = np.flatnonzero(same[cross] & ~same[other] & ~absent[other])
        same[other][half] = _slip_apart(names, *(codes[half] for codes in crosses[other]))
    whole = unsure[same[0] & same[1]]
    first[whole], last[whole] = (
        level(Comparison.FIRST_NAME, "first and last name swapped"),
        level(Comparison.LAST_NAME, "first and last name swapped"),
    )
    half = unsure[(same[0] & absent[1]) | (same[1] & absent[0])]
    first[half], last[half] = MISSING, level(Comparison.LAST_NAME, "first and last name swapped")


def _slip_apart(names: Names, one: Codes, two: Codes) -> Bools:
    texts = [_compact(names, codes) for codes in (one, two)]
    found: Bools = (_slips(texts[0], texts[1], 1) <= 1) & (np.minimum(*map(_lengths, texts)) >= _FEWEST_LETTERS)
    return found


def _emails(features: Features, left: Rows, right: Rows) -> Levels:
    comparison = Comparison.EMAIL
    locals_, domains = features.local.codes, features.mail_domain
    one, two = locals_[left], locals_[right]
    here = domains[left] == domains[right]
    first, second, where = _distinct(one, two)
    texts = features.local.strings(first), features.local.strings(second)
    short = np.minimum(*map(_lengths, texts))
    slips, likeness = (_slips(*texts, 2))[where], _likeness(*texts)[where]
    short = short[where]
    near = (slips <= 1) & (short >= 5) | (slips <= 2) & (short >= 8)
    alike = (likeness >= 0.9) & (short >= 5)
    known = ~features.free[domains[left]] & here
    sites = _sites_alike(features, domains[left], domains[right]) | here
    return _graded(
        comparison,
        len(left),
        ("slips apart", (near | (one == two)) & sites),
        ("same name at another domain", one == two),
        ("alike", (near | alike) & (sites | (short >= 8))),
        ("another at the same company", known),
    )


def _sites_alike(features: Features, one: Codes, two: Codes) -> Bools:
    """Domains that are a slip or two apart, such as gmial.com."""
    first, second, where = _distinct(one, two)
    texts = features.domain.strings(first), features.domain.strings(second)
    found: Bools = (_slips(*texts, 2) <= 2)[where] & (_lengths(texts[0]) >= 7)[where]
    return found


def _phones(one: Sequence[str], two: Sequence[str]) -> Levels:
    return _graded(Comparison.PHONE, len(one), ("one digit apart", _slips(one, two, 1) <= 1))


def _profiles(one: Sequence[str], two: Sequence[str]) -> Levels:
    return _graded(Comparison.LINKEDIN, len(one), ("one slip apart", _slips(one, two, 1) <= 1))


def _identifiers(one: Sequence[str], two: Sequence[str]) -> Levels:
    slips = _slips(one, two, 2)
    return _graded(Comparison.NATIONAL_ID, len(one), ("one slip apart", slips <= 1), ("alike", slips <= 2))


def _streets(features: Features, left: Rows, right: Rows) -> Levels:
    codes = features.street.codes
    first, second, where = _distinct(codes[left], codes[right])
    texts = features.street.strings(first), features.street.strings(second)
    numbers = features.number[first], features.number[second]
    alike = _likeness(*texts) >= 0.88
    levels = _graded(
        Comparison.STREET,
        len(first),
        ("alike", (_slips(*texts, 2) <= 2) & (numbers[0] == numbers[1]) | alike & (numbers[0] == numbers[1])),
        ("another number", alike | (_without_number(*texts) >= 0.94)),
    )
    found: Levels = levels[where]
    return found


def _without_number(one: Sequence[str], two: Sequence[str]) -> NDArray[np.float32]:
    stripped = [[text.lstrip("0123456789 ") or text for text in texts] for texts in (one, two)]
    return _likeness(stripped[0], stripped[1])


def _companies(features: Features, left: Rows, right: Rows) -> Levels:
    codes = features.company.codes
    one, two = codes[left], codes[right]
    found = np.full(len(left), different(Comparison.WORK), np.int8)
    both = np.flatnonzero((one >= 0) & (two >= 0))
    found[both] = _by_text(features.company, one[both], two[both], _company_names)
    return found


def _businesses(features: Features, left: Rows, right: Rows, levels: Levels) -> None:
    """Where no person is named, the company is who the row is about, and not where somebody works at the moment."""
    unsure = np.flatnonzero(levels == different(Comparison.WORK))
    if len(unsure):
        about = ~features.named(left[unsure]) & ~features.named(right[unsure])
        levels[unsure[about]] = level(Comparison.WORK, "another business")


def _company_names(one: Sequence[str], two: Sequence[str]) -> Levels:
    within = cpdist(one, two, scorer=fuzz.token_set_ratio, score_cutoff=100, dtype=np.float32) == 100
    joined = [[text.replace(" ", "") for text in texts] for texts in (one, two)]
    within |= np.fromiter(map(eq, *joined), np.bool_, len(one))
    short = np.minimum(_lengths(one), _lengths(two))
    alike = (_likeness(one, two) >= 0.92) | (_slips(one, two, 2) <= 2) & (short >= 6)
    return _graded(Comparison.WORK, len(one), ("alike", within | alike))


def _places(features: Features, left: Rows, right: Rows) -> Levels:
    """A postcode with a slip says nothing where the cities are plainly others."""
    comparison = Comparison.PLACE
    cities, postcodes = (_near(column, left, right) for column in (features.city, features.postcode))
    silent = (features.city.codes[left] < 0) | (features.city.codes[right] < 0)
    region = plain(features.region.codes, left, right) == SAME
    return _graded(comparison, len(left), ("slips apart", cities | postcodes & silent), ("same region", region))


def _near(column: Column, left: Rows, right: Rows) -> Bools:
    """A slip or two apart, or one with more behind it, such as New York and New York City."""
    found = np.zeros(len(left), np.bool_)
    one, two = column.codes[left], column.codes[right]
    both = np.flatnonzero((one >= 0) & (two >= 0))
    first, second, where = _distinct(one[both], two[both])
    texts = column.strings(first), column.strings(second)
    short, slips = np.minimum(*map(_lengths, texts)), _slips(*texts, 2)
    begins = cpdist(*texts, scorer=Prefix.similarity, dtype=np.int32) == short
    near = (slips <= 1) & (short >= 4) | (slips <= 2) & (short >= 8) | begins & (short >= 6)
    found[both] = near[where]
    return found


_OF_THE_PERSON: Final = {
    Comparison.FIRST_NAME: ("different", "same initial"),
    Comparison.LAST_NAME: ("different", "same initial"),
    Comparison.EMAIL: ("different", "another at the same company"),
    Comparison.LINKEDIN: ("different",),
    Comparison.NATIONAL_ID: ("different",),
    Comparison.DATE_OF_BIRTH: ("different", "same year", "two of day, month and year"),
}
"""What tells persons apart, with the levels that colleagues and families share."""


def _agreeing(comparison: Comparison, others: Sequence[str]) -> Bools:
    """By level, whether it says that something agrees."""
    found = np.ones(MOST_LEVELS, np.bool_)
    found[[MISSING, *(level(comparison, name) for name in others)]] = False
    return found


_AGREEING: Final = {POSITION[each]: _agreeing(each, others) for each, others in _OF_THE_PERSON.items()}
"""By the comparison's place."""


def _persons(features: Features, left: Rows, right: Rows, levels: Levels) -> Levels:
    """Whether anything of the person agrees, where one of both names one.

    Company, switchboard and office are everybody's there: a row that names nobody would be one person with each of the
    colleagues, and so make all of them one.
    """
    agrees = np.zeros(len(left), np.bool_)
    for place, agreeing in _AGREEING.items():
        agrees |= agreeing[levels[place]]
    found = np.full(len(left), SAME, np.int8)
    others = np.flatnonzero(~agrees)
    named = features.named(left[others]) | features.named(right[others])
    found[others] = np.where(named, level(Comparison.PERSON, "nothing agrees"), MISSING)
    return found
