"""The lowest and the highest score that a rule may give, as far as that can be told without a company.

Conditions on different attributes may hold together, so their points add up. Comparisons of one number, date or text
with fixed values cannot all hold at once (a company has one industry): for these the values that make a difference are
tried one by one.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf
from typing import Any, Final

from winnow_scoring.conditions import Comparison
from winnow_scoring.extents import Extent, extent_of
from winnow_scoring.rules import Bounds, Criterion, Rule
from winnow_scoring.value_sets import AllBut, Interval, Points, ValueSet

Range = tuple[int, int]

_ELSEWHERE: Final = "\0"
"""A text that no rule names: none may contain NUL."""


def score_range(rule: Rule, *, impossible: Sequence[Criterion] = ()) -> Range:
    """Bounds of the score: no company gets less or more. `impossible` criteria never match and give nothing."""
    caps = dict(rule.group_caps)
    by_group: dict[str | None, list[Criterion]] = defaultdict(list)
    for criterion in rule.criteria:
        if not any(criterion is other for other in impossible):
            by_group[criterion.group if criterion.group in caps else None].append(criterion)
    ranges = [_capped(_range(criteria), bounds=caps.get(group or "", Bounds())) for group, criteria in by_group.items()]
    empty = [bounds.clamp(0) for group, bounds in rule.group_caps if group not in by_group]
    total = (sum(low for low, _ in ranges) + sum(empty), sum(high for _, high in ranges) + sum(empty))
    return _capped(total, bounds=rule.total_cap)


def _capped(reach: Range, *, bounds: Bounds) -> Range:
    return bounds.clamp(reach[0]), bounds.clamp(reach[1])


def _range(criteria: Sequence[Criterion]) -> Range:
    """The bounds of the points that some criteria give together."""
    exclusive: dict[str, list[tuple[Criterion, Extent]]] = defaultdict(list)
    low = high = 0
    for criterion in criteria:
        extent = extent_of(criterion.condition) if isinstance(criterion.condition, Comparison) else None
        if extent is not None and _has_one_value(extent):
            exclusive[extent.axis].append((criterion, extent))
        else:
            low, high = low + min(criterion.points, 0), high + max(criterion.points, 0)
    for rivals in exclusive.values():
        least, most = _rivals_range(rivals)
        low, high = low + least, high + most
    return low, high


def _has_one_value(extent: Extent) -> bool:
    return not extent.on_collection and isinstance(extent.values, (Points, AllBut, Interval))


def _rivals_range(rivals: Sequence[tuple[Criterion, Extent]]) -> Range:
    """The bounds over every value that tells the rivals apart; a missing value gives nothing."""
    low = high = 0
    for value in _telling_values([extent for _, extent in rivals]):
        holding = [criterion for criterion, extent in rivals if extent.values.holds(value)]
        # Decay may leave any part of the points, so what would cancel out need not.
        low = min(
            low, sum(criterion.points for criterion in holding if criterion.decay is None or criterion.points < 0)
        )
        high = max(
            high, sum(criterion.points for criterion in holding if criterion.decay is None or criterion.points > 0)
        )
    return low, high


def _telling_values(extents: Sequence[Extent]) -> list[Any]:
    """Every end and point, and a value between any two neighbours and beyond the outermost."""
    named = {value for extent in extents for value in _named_values(extent.values)}
    if any(isinstance(value, str) for value in named):
        return [*named, _ELSEWHERE]
    known = sorted(value for value in named if abs(value) != inf)
    between = [(one + other) / 2 for one, other in pairwise(known)]
    return [*known, *between, known[0] - 1, known[-1] + 1] if known else []


def _named_values(values: ValueSet) -> Iterable[Any]:
    """The points of a set, or the ends of an interval."""
    match values:
        case Points(named) | AllBut(named):
            return named
        case Interval(lower, upper):
            return (lower, upper)
    return ()
