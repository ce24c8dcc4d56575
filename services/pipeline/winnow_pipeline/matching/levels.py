"""How alike two rows are in each comparison, as one of a few levels.

Level 0 is always "missing": one of both says nothing, which is evidence neither way. Level 1 is the same value. Levels
of names, e-mail, phone and so on are found in two steps: `plain_levels` by comparing numbers, which takes nanoseconds,
and leaves those where texts have to be compared letter by letter `OPEN`; `spelling.closed` decides these. The last
comparison is of the others: whether anything of the person agrees, where one of both names one.
"""

from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from winnow_pipeline.matching.columns import Bools, Codes, Column
from winnow_pipeline.matching.features import Features
from winnow_pipeline.matching.names import Names

Levels = NDArray[np.int8]
Rows = NDArray[np.int32]


class Comparison(StrEnum):
    """What is compared, in the order of a waterfall."""

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    EMAIL = "email"
    PHONE = "phone"
    LINKEDIN = "linkedin"
    NATIONAL_ID = "national_id"
    DATE_OF_BIRTH = "date_of_birth"
    WORK = "work"
    STREET = "street"
    PLACE = "place"
    PERSON = "person"


LEVELS: Final[dict[Comparison, tuple[str, ...]]] = {
    Comparison.FIRST_NAME: (
        "missing", "same", "short form of the other", "one slip apart", "alike", "same first word", "same initial",
        "first and last name swapped", "different",
    ),
    Comparison.LAST_NAME: (
        "missing", "same", "one slip apart", "alike", "part of the other", "same initial",
        "first and last name swapped", "different",
    ),
    Comparison.EMAIL: (
        "missing", "same", "same name at another domain", "slips apart", "alike", "another at the same company",
        "different",
    ),
    Comparison.PHONE: ("missing", "same", "one digit apart", "different"),
    Comparison.LINKEDIN: ("missing", "same", "one slip apart", "different"),
    Comparison.NATIONAL_ID: ("missing", "same", "one slip apart", "alike", "different"),
    Comparison.DATE_OF_BIRTH: (
        "missing", "same", "day and month swapped", "one digit apart", "two of day, month and year", "same year",
        "different",
    ),
    Comparison.WORK: (
        "missing", "same company and domain", "same domain", "same company", "alike", "another business", "different",
    ),
    Comparison.STREET: ("missing", "same", "alike", "another number", "different"),
    Comparison.PLACE: (
        "missing", "same city and postcode", "same postcode", "same city", "slips apart", "same region", "different",
    ),
    Comparison.PERSON: ("missing", "something agrees", "nothing agrees"),
}  # fmt: skip
COMPARISONS: Final = tuple(Comparison)
POSITION: Final = {comparison: place for place, comparison in enumerate(COMPARISONS)}
MOST_LEVELS: Final = max(map(len, LEVELS.values()))
MISSING: Final = 0
SAME: Final = 1
OPEN: Final = -1
"""Both say something, and not the same; how alike it is has not been looked at."""


def level(comparison: Comparison, name: str) -> int:
    """The number of a level."""
    return LEVELS[comparison].index(name)


def different(comparison: Comparison) -> int:
    """The last level."""
    return len(LEVELS[comparison]) - 1


def plain_levels(features: Features, left: Rows, right: Rows) -> Levels:
    """Levels of pairs, a column for each comparison, as far as numbers tell."""
    found = np.zeros((len(COMPARISONS), len(left)), np.int8)
    found[POSITION[Comparison.FIRST_NAME]] = _plain_names(features.names, features.names.first, left, right)
    found[POSITION[Comparison.LAST_NAME]] = _plain_names(features.names, features.names.last, left, right)
    for comparison, column in _columns(features):
        found[POSITION[comparison]] = plain(column.codes, left, right)
    found[POSITION[Comparison.DATE_OF_BIRTH]] = _births(features.birth, left, right)
    found[POSITION[Comparison.WORK]] = _work(features, left, right)
    found[POSITION[Comparison.PLACE]] = _place(features, left, right)
    return found


def _columns(features: Features) -> list[tuple[Comparison, Column]]:
    return [
        (Comparison.EMAIL, features.email),
        (Comparison.PHONE, features.phone),
        (Comparison.LINKEDIN, features.linkedin),
        (Comparison.NATIONAL_ID, features.national_id),
        (Comparison.STREET, features.street),
    ]


def plain(codes: Codes, left: Rows, right: Rows) -> Levels:
    """Missing, the same, or open."""
    one, two = codes[left], codes[right]
    return np.where((one < 0) | (two < 0), MISSING, np.where(one == two, SAME, OPEN)).astype(np.int8)


def _plain_names(names: Names, codes: Codes, left: Rows, right: Rows) -> Levels:
    found = plain(codes, left, right)
    unsure = np.flatnonzero(found == OPEN)
    one, two = codes[left[unsure]], codes[right[unsure]]
    found[unsure[names.joined[one] == names.joined[two]]] = SAME
    return found


def _births(days: NDArray[np.int32], left: Rows, right: Rows) -> Levels:
    comparison = Comparison.DATE_OF_BIRTH
    found = plain(days, left, right)
    unsure = np.flatnonzero(found == OPEN)
    one, two = days[left[unsure]], days[right[unsure]]
    parts = [(each // 10_000, each // 100 % 100, each % 100) for each in (one, two)]
    (year, month, day), (other_year, other_month, other_day) = parts
    agreeing = (year == other_year).astype(np.int8) + (month == other_month) + (day == other_day)
    levels = np.full(len(unsure), different(comparison), np.int8)
    levels[year == other_year] = level(comparison, "same year")
    levels[agreeing == 2] = level(comparison, "two of day, month and year")
    levels[_digits_apart(one, two)] = level(comparison, "one digit apart")
    swapped = (year == other_year) & (month == other_day) & (day == other_month)
    levels[swapped] = level(comparison, "day and month swapped")
    found[unsure] = levels
    return found


def _digits_apart(one: NDArray[np.int32], two: NDArray[np.int32]) -> Bools:
    """One of eight digits differs, or two neighbours are swapped."""
    powers = 10 ** np.arange(8, dtype=np.int32)
    first, second = one[:, None] // powers % 10, two[:, None] // powers % 10
    apart = first != second
    count = apart.sum(axis=1)
    swapped = apart[:, 1:] & apart[:, :-1] & (first[:, 1:] == second[:, :-1]) & (first[:, :-1] == second[:, 1:])
    found: Bools = (count == 1) | ((count == 2) & swapped.any(axis=1))
    return found


def _work(features: Features, left: Rows, right: Rows) -> Levels:
    comparison = Comparison.WORK
    names = plain(features.company.codes, left, right)
    sites = plain(features.work, left, right)
    found = np.full(len(left), OPEN, np.int8)
    found[(names == MISSING) & (sites == MISSING)] = MISSING
    found[(names == MISSING) & (sites == OPEN)] = different(comparison)
    found[names == SAME] = level(comparison, "same company")
    found[sites == SAME] = level(comparison, "same domain")
    found[(names == SAME) & (sites == SAME)] = level(comparison, "same company and domain")
    return found


def _place(features: Features, left: Rows, right: Rows) -> Levels:
    comparison = Comparison.PLACE
    city, postcode, region = (
        plain(column.codes, left, right) for column in (features.city, features.postcode, features.region)
    )
    found = np.full(len(left), OPEN, np.int8)
    found[(city == MISSING) & (postcode == MISSING)] = different(comparison)
    found[(city <= MISSING) & (postcode == MISSING) & (region == SAME)] = level(comparison, "same region")
    found[(city == MISSING) & (postcode == MISSING) & (region == MISSING)] = MISSING
    found[(city == OPEN) & (postcode == MISSING)] = OPEN
    found[city == SAME] = level(comparison, "same city")
    found[postcode == SAME] = level(comparison, "same postcode")
    found[(city == SAME) & (postcode == SAME)] = level(comparison, "same city and postcode")
    return found
