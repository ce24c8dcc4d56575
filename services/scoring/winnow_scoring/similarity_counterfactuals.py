"""The smallest change of a company that takes its similarity score to the next grade.

What could be otherwise is taken from the customers that it is most like: their numbers, industries and places, and the
technologies, signals and tags that they share. Every change that is looked at is scored by the model itself. One
attribute is tried first, with every value; then two and three of those that count most, with the best value of each.
Of what reaches the grade the smallest is taken, its numbers moved back towards the company's own and its lists cut, as
far as the grade allows. How a company can be reached, and what it writes of itself, is never part of an answer.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Final

from winnow_scoring.attribute_changes import (
    MOST_ATTRIBUTES,
    Change,
    Counterfactual,
    Reason,
    in_words,
    total_size,
    with_changes,
)
from winnow_scoring.companies import WHOLE_NUMBERS
from winnow_scoring.comparers import Compared
from winnow_scoring.folding import fold
from winnow_scoring.snapshots import is_missing

MOST_COMPARISONS: Final = 200
"""Milliseconds each, where there are very many customers."""

_FACTORS: Final[Mapping[str, str]] = {
    "employees": "Company size",
    "revenue": "Company size",
    "industry": "Industry",
    "technologies": "Tech stack",
    "funding_stage": "Funding",
    "funding_total": "Funding",
    "signals": "Growth signals",
    "country": "Location",
    "region": "Location",
    "city": "Location",
    "founded": "Age",
    "tags": "Focus",
}
"""What is offered, and what of the model it changes."""
_NUMBERS: Final = frozenset({"employees", "revenue", "funding_total", "founded"})
_LISTS: Final = frozenset({"technologies", "signals", "tags"})
_MOST_VALUES: Final = 3
_MOST_ELEMENTS: Final = 4
_MOST_COMBINED: Final = 8
_HALVINGS: Final = 10
_GRADES: Final = "FDCBA"


def counterfactual(
    attributes: Mapping[str, Any],
    *,
    grade: str,
    neighbours: Sequence[Mapping[str, Any]],
    compare: Callable[[Mapping[str, Any]], Compared],
) -> Counterfactual:
    """What takes a company to the next grade; `neighbours` are the attributes of the nearest customers, in order."""
    if grade == _GRADES[-1]:
        return Counterfactual(None, (), None, "There is no higher grade.")
    target = _GRADES[_GRADES.index(grade) + 1]
    search = _Search(attributes, target, compare)
    changes = search.smallest(offers(attributes, neighbours=neighbours))
    if changes is None:
        detail = f"No change of at most three attributes was found that would make it {target}."
        return Counterfactual(target, (), None, detail)
    found = search.compared(changes)
    reasons = tuple(Reason(change, _FACTORS[change.attribute]) for change in changes)
    detail = f"With {in_words(changes)} it would be {found.grade} ({found.score})."
    return Counterfactual(target, reasons, found.score, detail)


def offers(attributes: Mapping[str, Any], *, neighbours: Sequence[Mapping[str, Any]]) -> list[list[Change]]:
    """The changes to look at, a list for each attribute, the smallest first."""
    found = []
    for name in _FACTORS:
        known = [each[name] for each in neighbours if not is_missing(each.get(name))]
        present = attributes.get(name)
        values = list(_extended(present, known)) if name in _LISTS else _others(present, known)
        changes = [Change(name, present, value) for value in values]
        if changes:
            found.append(sorted(changes, key=lambda change: change.size))
    return found


def _others(present: Any, known: Sequence[Any]) -> list[Any]:
    """Values of the nearest customers, each once, that are not the company's own."""
    own = fold(present) if isinstance(present, str) else present
    different = {fold(value) if isinstance(value, str) else value: value for value in reversed(known)}
    return [value for key, value in reversed(different.items()) if key != own][:_MOST_VALUES]


def _extended(present: Any, known: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    """The company's list with elements that most of the nearest customers have: one of them, or the first few."""
    own = [*present] if isinstance(present, list) else []
    has = {fold(text) for text in own}
    names = {fold(text): text for texts in reversed(known) for text in texts}
    counts = Counter(key for texts in known for key in dict.fromkeys(map(fold, texts)) if key not in has)
    common = [names[key] for key, _ in counts.most_common(_MOST_ELEMENTS)]
    for text in common:
        yield [*own, text]
    for count in range(2, len(common) + 1):
        yield [*own, *common[:count]]


@dataclass(slots=True)
class _Search:
    """One search, which ends after so many comparisons with the best that was found."""

    attributes: Mapping[str, Any]
    target: str
    compare: Callable[[Mapping[str, Any]], Compared]
    _left: int = field(init=False, default=MOST_COMPARISONS)

    def smallest(self, offered: list[list[Change]]) -> tuple[Change, ...] | None:
        """The changes, or None where none were found that reach the target."""
        reaching: list[tuple[Change, ...]] = []
        best: list[tuple[float, Change]] = []
        for changes in offered:
            tried = [(self.compared((change,)), change) for change in changes]
            reaching += [(change,) for found, change in tried if self._is_enough(found)]
            best.append(max(((found.percentile, change) for found, change in tried), key=lambda pair: pair[0]))
        leading = [change for _, change in sorted(best, key=lambda pair: -pair[0])[:_MOST_COMBINED]]
        for count in range(2, MOST_ATTRIBUTES + 1):
            if reaching:
                break
            together = combinations(leading, count)
            reaching = [changes for changes in together if self._left and self._is_enough(self.compared(changes))]
        lessened = [self._lessened(changes, offered=offered) for changes in sorted(reaching, key=total_size)]
        return min(lessened, key=total_size) if lessened else None

    def compared(self, changes: Sequence[Change]) -> Compared:
        """How the company would compare with these changes."""
        self._left -= 1
        return self.compare(with_changes(self.attributes, changes))

    def _is_enough(self, found: Compared) -> bool:
        return _GRADES.index(found.grade) >= _GRADES.index(self.target)

    def _lessened(self, changes: tuple[Change, ...], *, offered: list[list[Change]]) -> tuple[Change, ...]:
        """The same attributes, changed as little as the target allows, one after the other."""
        for place, change in enumerate(changes):

            def reaches(value: Any, place: int = place, held: tuple[Change, ...] = changes) -> bool:
                tried = (*held[:place], held[place]._replace(needed=value), *held[place + 1 :])
                return self._left > 0 and self._is_enough(self.compared(tried))

            if change.attribute in _NUMBERS and _is_number(change.present):
                needed = _nearer(change, reaches=reaches)
            else:
                smaller = (each for each in _of(offered, change.attribute) if each.size < change.size)
                needed = next((each.needed for each in smaller if reaches(each.needed)), change.needed)
            changes = (*changes[:place], change._replace(needed=needed), *changes[place + 1 :])
        return changes


def _of(offered: list[list[Change]], attribute: str) -> list[Change]:
    return next(changes for changes in offered if changes[0].attribute == attribute)


def _nearer(change: Change, *, reaches: Callable[[Any], bool]) -> Any:
    """The number nearest to the present one that was found to be enough, with few digits where that is enough too.

    Halves the way between the two, by their ratio, since what matters of a size is its magnitude.
    """
    enough, short = change.needed, change.present
    for _ in range(_HALVINGS):
        middle = _between(short, enough, whole=change.attribute in WHOLE_NUMBERS)
        if middle in (short, enough):
            break
        if reaches(middle):
            enough = middle
        else:
            short = middle
    plain = _plain(enough, away_from=change.present) if change.attribute != "founded" else enough
    within = min(change.present, change.needed) <= plain <= max(change.present, change.needed)
    return plain if plain != enough and within and reaches(plain) else enough


def _between(one: float, other: float, *, whole: bool) -> float:
    middle = math.sqrt(one * other) if one > 0 and other > 0 else (one + other) / 2
    return round(middle) if whole or middle > 100 else round(middle, 2)


def _plain(number: float, *, away_from: float) -> float:
    """With two digits that count, rounded away from a number that is too near."""
    if number < 100:
        return number
    step = int(10 ** (math.floor(math.log10(number)) - 1))
    return (math.ceil if number > away_from else math.floor)(number / step) * step


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
