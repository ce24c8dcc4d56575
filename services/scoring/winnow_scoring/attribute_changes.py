"""Changes of a company's attributes, in thought: applied to its profile, measured, and put into words."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from winnow_scoring.companies import CUSTOM_PREFIX, Kind, attribute_kind
from winnow_scoring.folding import fold
from winnow_scoring.labels import attribute_name
from winnow_scoring.snapshots import ordinal_of

MOST_ATTRIBUTES: Final = 3
"""That are changed together; more say nothing that anybody could use."""

_DECADE: Final = 10
_LONGEST_VALUE: Final = 80
_PHRASES: Final[Mapping[str, str]] = {"employees": "{} employees", "founded": "{} as the year of its foundation"}


class Change(NamedTuple):
    """An attribute with another value; None where it would not be known."""

    attribute: str
    present: Any
    needed: Any

    @property
    def size(self) -> float:
        """How large it is: of numbers the logarithm of their ratio, of years decades, of lists elements, of all else 1.

        So twice as many and half as many are as far, and both less than another industry.
        """
        if _is_number(self.present) and _is_number(self.needed):
            return _distance(self.present, self.needed, are_years=self.attribute == "founded")
        if isinstance(self.needed, list) or (isinstance(self.present, list) and self.needed is None):
            added, removed = self.elements()
            return float(len(added) + len(removed))
        return 1.0

    def elements(self) -> tuple[list[str], list[str]]:
        """What a list would have besides, and what it would not have any more."""
        before = self.present if isinstance(self.present, list) else []
        after = self.needed if isinstance(self.needed, list) else []
        return _without(after, before), _without(before, after)


@dataclass(frozen=True, slots=True)
class Reason:
    """A change, and what it changes: conditions of a rule, or a factor of a model."""

    change: Change
    because: str


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """The next tier or grade, and what would lead to it; no changes where it is the highest, or none were found."""

    target: str | None
    reasons: tuple[Reason, ...]
    new_score: float | None
    detail: str


def with_changes(attributes: Mapping[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
    """The attributes as they would be; what is not known is left out, as in every profile."""
    changed = dict(attributes)
    for change in changes:
        if change.attribute.startswith(CUSTOM_PREFIX):
            custom = _replaced(changed.get("custom") or {}, change.attribute.removeprefix(CUSTOM_PREFIX), change.needed)
            changed = _replaced(changed, "custom", custom or None)
        else:
            changed = _replaced(changed, change.attribute, change.needed)
    return changed


def total_size(changes: Iterable[Change]) -> float:
    """The sizes of all of them together."""
    return sum(change.size for change in changes)


def in_words(changes: Sequence[Change]) -> str:
    """What follows "With": "industry Technology, 50 employees and technologies including Stripe"."""
    return _joined([_phrase(change) for change in changes])


def _distance(one: float, other: float, *, are_years: bool) -> float:
    if are_years:
        return abs(one - other) / _DECADE
    if one > 0 and other > 0:
        return abs(math.log(other / one))
    return abs(one - other) / max(abs(one), abs(other), 1)


def _replaced(values: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    kept = {key: known for key, known in values.items() if key != name}
    return kept if value is None else kept | {name: value}


def _phrase(change: Change) -> str:
    name, needed = attribute_name(change.attribute), change.needed
    if needed is None:
        return f"{name} not known"
    if isinstance(needed, list):
        return _list_phrase(change, name=name)
    if isinstance(needed, bool):
        return _flag_phrase(change, name=name)
    if _is_number(needed):
        number = f"{needed}" if change.attribute == "founded" else f"{needed:,}"
        return _PHRASES.get(change.attribute, f"{name} of {{}}").format(number)
    if attribute_kind(change.attribute) is Kind.DATE or _is_date(needed):
        return f"{name} on {needed}"
    return f"{name} {needed}" if len(needed) <= _LONGEST_VALUE else f"{name} {needed[: _LONGEST_VALUE - 1]}…"


def _list_phrase(change: Change, *, name: str) -> str:
    added, removed = change.elements()
    parts = []
    if added:
        parts.append(f"including {_joined(added)}")
    if removed:
        parts.append(f"without {_joined(removed)}")
    return f"{name} {' and '.join(parts)}"


def _flag_phrase(change: Change, *, name: str) -> str:
    if attribute_kind(change.attribute) is Kind.CUSTOM:
        return f"{name} {'true' if change.needed else 'false'}"
    return f"{name} {'known' if change.needed else 'known to be none'}"


def _joined(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _without(texts: Iterable[str], others: Iterable[str]) -> list[str]:
    known = {fold(text) for text in others}
    return [text for text in texts if fold(text) not in known]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_date(text: str) -> bool:
    return len(text) == len(date.min.isoformat()) and ordinal_of(text) is not None
