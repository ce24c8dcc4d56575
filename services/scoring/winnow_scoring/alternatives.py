"""Which values a company's attributes could have instead, as far as a rule is concerned.

Each condition that gives points names values that it holds for, and each that takes points values that it does not
hold for: that an industry is Technology gives "Technology", that employees are above 50 gives 51. Between the values
that a rule names nothing changes, so no others need to be looked at. A pattern names none; nothing is offered for it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from math import ceil, floor, inf
from typing import Any, Final, NamedTuple

from winnow_scoring.attribute_changes import Change
from winnow_scoring.companies import LOWER_BOUNDS, UPPER_BOUNDS, WHOLE_NUMBERS, Kind, attribute_kind
from winnow_scoring.conditions import (
    EQUALITY,
    NEGATED,
    Comparison,
    Condition,
    Operator,
    Quantifier,
    Scalar,
)
from winnow_scoring.folding import fold
from winnow_scoring.rules import Criterion, Rule
from winnow_scoring.snapshots import attribute_value, is_missing, ordinal_of

_MOST_EDITS: Final = 12
"""Of one list, that are combined with each other."""
_TOGETHER: Final = 3


class Wish(NamedTuple):
    """A comparison, whether it is to hold, and for how many points."""

    comparison: Comparison
    holds: bool
    points: int


class _Edit(NamedTuple):
    """An element that is added to a list, or elements, folded, that are removed."""

    added: str | None
    removed: frozenset[str]


@dataclass(slots=True)
class _Values:
    """What one attribute could be instead, in the rule's order; of a list, what could be added and removed."""

    attribute: str
    present: Any
    single: list[Any] = field(default_factory=list)
    edits: dict[_Edit, int] = field(default_factory=dict)
    """With the points that they are about."""

    def changes(self) -> list[Change]:
        """Every one that is one, the smallest first."""
        found = [Change(self.attribute, self.present, value) for value in (*self.single, *self._lists())]
        different = [change for change in found if _differs(change.needed, self.present)]
        return sorted(different, key=lambda change: change.size)

    def _lists(self) -> Iterator[list[str] | None]:
        """A few edits in every combination; more of them in the order of their points."""
        edits = sorted(self.edits, key=lambda edit: -self.edits[edit])
        for count in range(1, _TOGETHER + 1):
            for chosen in combinations(edits[:_MOST_EDITS], count):
                yield self._edited(chosen)
        for count in range(_TOGETHER + 1, len(edits) + 1):
            yield self._edited(edits[:count])

    def _edited(self, edits: Collection[_Edit]) -> list[str] | None:
        removed = frozenset[str]().union(*(edit.removed for edit in edits))
        kept = [text for text in _texts(self.present) if fold(text) not in removed]
        known = {fold(text) for text in kept}
        added = [edit.added for edit in edits if edit.added is not None and fold(edit.added) not in known]
        return [*kept, *added] or None


def alternatives(rule: Rule, attributes: Mapping[str, Any], *, today: date, both: bool) -> dict[str, list[Change]]:
    """The changes to look at, by attribute in the rule's order; `both`: also those that make known what takes points.

    What belongs to a lead's contact is left out, since no company has it.
    """
    values: dict[str, _Values] = {}

    def of(attribute: str) -> _Values:
        return values.setdefault(attribute, _Values(attribute, attribute_value(attributes, attribute)))

    for criterion in rule.criteria:
        for wish in wishes(criterion, both=both):
            _add(of(wish.comparison.attribute), wish, today=today)
        if criterion.decay is not None and criterion.points > 0:
            of(criterion.decay.attribute).single.append(today.isoformat())
    found = {name: each.changes() for name, each in values.items() if not name.startswith("contact.")}
    return {name: changes for name, changes in found.items() if changes}


def wishes(criterion: Criterion, *, both: bool) -> Iterator[Wish]:
    """What its comparisons would have to be for it to give the most points."""
    points = abs(criterion.points)
    if criterion.points > 0 or both:
        yield from _members(criterion.condition, holds=True, points=points)
    if criterion.points < 0 or both:
        yield from _members(criterion.condition, holds=False, points=points)


def _members(condition: Condition, *, holds: bool, points: int) -> Iterator[Wish]:
    if isinstance(condition, Comparison):
        yield Wish(condition, holds, points)
        return
    for member in condition.members:
        yield from _members(member, holds=holds is not (condition.quantifier is Quantifier.NONE), points=points)


def _add(values: _Values, wish: Wish, *, today: date) -> None:
    """Note what makes a wish come true."""
    comparison = wish.comparison
    if comparison.operator is Operator.MATCHES:
        return
    if comparison.operator is Operator.HAS:
        values.single.append(True if wish.holds else None)
    elif attribute_kind(comparison.attribute) is Kind.KNOWN or comparison.form == "flag":
        values.single += [True, None, False]
    elif comparison.form == "date":
        values.single += _dates(comparison, today=today)
    elif comparison.form == "number":
        values.single += _numbers(comparison, present=values.present)
    elif comparison.form == "elements" or isinstance(values.present, list):
        _edit(values, wish)
    else:
        values.single += _texts_for(wish, present=values.present)


def _edit(values: _Values, wish: Wish) -> None:
    named = [str(value) for value in _named(wish.comparison)]
    adds = wish.holds is not (wish.comparison.operator in NEGATED)
    edit = _Edit(named[0], frozenset()) if adds else _Edit(None, frozenset(fold(text) for text in named))
    values.edits[edit] = values.edits.get(edit, 0) + wish.points


def _texts_for(wish: Wish, *, present: Any) -> Iterator[str | None]:
    named = str(_named(wish.comparison)[0])
    if wish.comparison.operator is Operator.CONTAINS and isinstance(present, str) and wish.holds:
        yield f"{present.strip()} {named}"
    elif wish.holds is not (wish.comparison.operator in NEGATED):
        yield named
    elif not wish.holds:
        yield None


def _numbers(comparison: Comparison, *, present: Any) -> list[int | float]:
    attribute = comparison.attribute
    named = [value for value in _named(comparison) if isinstance(value, (int, float))]
    if comparison.operator in EQUALITY and isinstance(present, (int, float)):
        named = sorted(named, key=lambda value: abs(value - present))
    if comparison.operator in EQUALITY:
        named = named[:1]
    lowest, highest = LOWER_BOUNDS.get(attribute, -inf), UPPER_BOUNDS.get(attribute, inf)
    near = [number for value in named for number in _around(value, attribute=attribute)]
    return [number for number in near if lowest <= number <= highest]


def _around(value: int | float, *, attribute: str) -> list[int | float]:
    """A number and its neighbours: whole ones but for shares, and for what is written with decimals."""
    if attribute in WHOLE_NUMBERS:
        return list(dict.fromkeys((ceil(value), floor(value), floor(value) + 1, ceil(value) - 1)))
    decimals = len(repr(value).partition(".")[2]) if isinstance(value, float) else 0
    if attribute == "confidence":
        decimals = max(decimals, 2)
    step = 10**-decimals
    return [value, *(round(value + side, decimals) if decimals else value + side for side in (step, -step))]


def _dates(comparison: Comparison, *, today: date) -> list[str]:
    """The days around those that are named; for so many days before today, today and the first day that is too old."""
    if comparison.operator is Operator.WITHIN_DAYS:
        days = comparison.value if isinstance(comparison.value, int) else 0
        ordinals = [today.toordinal(), today.toordinal() - days - 1]
    else:
        named = [ordinal_of(value) for value in _named(comparison) if isinstance(value, str)]
        ordinals = [day + side for day in named if day is not None for side in (0, 1, -1)]
    return [date.fromordinal(day).isoformat() for day in ordinals if 1 <= day <= date.max.toordinal()]


def _named(comparison: Comparison) -> tuple[Scalar, ...]:
    value = comparison.value
    return value if isinstance(value, tuple) else () if value is None else (value,)


def _texts(value: Any) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _differs(needed: Any, present: Any) -> bool:
    if is_missing(needed) and is_missing(present):
        return False
    if needed is True and not isinstance(present, bool):
        return is_missing(present)
    return needed is not present and (needed != present or isinstance(needed, bool) is not isinstance(present, bool))
