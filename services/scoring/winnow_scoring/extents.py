"""Which values a comparison holds for, as far as that can be told without a company: what lint reasons with.

An extent is a set of values: some points, all but some points, an interval, the texts that contain a part, or the texts that a
pattern is found in (which is only compared with itself). On a list a comparison asks whether any element is in the set, or (`is_not`, `not_in`) that none is.
Days since today and dates are different axes, so within_days is only compared with itself.
"""

from dataclasses import dataclass
from math import ceil, floor, inf
from typing import Any, Final

from winnow_scoring.companies import LOWER_BOUNDS, UPPER_BOUNDS, WHOLE_NUMBERS, Kind, attribute_kind
from winnow_scoring.conditions import Comparison, Operator
from winnow_scoring.operands import operands

COLLECTIONS: Final = frozenset({"elements", "terms", "content"})


@dataclass(frozen=True, slots=True)
class Interval:
    """The numbers from `lower` to `upper`; an open end is not one of them."""

    lower: float = -inf
    upper: float = inf
    lower_open: bool = False
    upper_open: bool = False

    def holds(self, value: float) -> bool:
        """Whether `value` is in the interval."""
        above = value > self.lower if self.lower_open else value >= self.lower
        return above and (value < self.upper if self.upper_open else value <= self.upper)

    def within(self, other: "Interval") -> bool:
        """Whether every number of this interval is in `other`."""
        starts = self.lower > other.lower or (self.lower == other.lower and (self.lower_open or not other.lower_open))
        ends = self.upper < other.upper or (self.upper == other.upper and (self.upper_open or not other.upper_open))
        return starts and ends

    def meet(self, other: "Interval") -> "Interval":
        """The numbers that are in both."""
        first, last = max(self.lower, other.lower), min(self.upper, other.upper)
        return Interval(
            first,
            last,
            not (self._starts_at(first) and other._starts_at(first)),
            not (self._ends_at(last) and other._ends_at(last)),
        )

    def is_empty(self, *, whole: bool = False) -> bool:
        """Whether there is no number in it, or no whole number."""
        if not whole:
            return self.lower > self.upper or (self.lower == self.upper and (self.lower_open or self.upper_open))
        if inf in {abs(self.lower), abs(self.upper)}:
            return False
        first = floor(self.lower) + 1 if self.lower_open else ceil(self.lower)
        last = ceil(self.upper) - 1 if self.upper_open else floor(self.upper)
        return first > last

    def _starts_at(self, value: float) -> bool:
        return self.lower < value or not self.lower_open

    def _ends_at(self, value: float) -> bool:
        return self.upper > value or not self.upper_open


@dataclass(frozen=True, slots=True)
class Extent:
    """The values that a comparison of one attribute holds for; exactly one of the last five fields is set."""

    axis: str
    attribute: str
    points: frozenset[Any] | None = None
    excluded: frozenset[Any] | None = None
    interval: Interval | None = None
    part: str | None = None
    pattern: str | None = None

    @property
    def on_collection(self) -> bool:
        """Whether the attribute can have several values at once."""
        return self.axis.partition(" ")[0] in COLLECTIONS

    def admits(self, value: Any) -> bool:
        """Whether the comparison holds for one value."""
        if self.points is not None:
            return value in self.points
        if self.excluded is not None:
            return value not in self.excluded
        if self.interval is not None:
            return self.interval.holds(value)
        return self.part is not None and self.part in value

    def is_empty(self) -> bool:
        """Whether no company can have such a value: a confidence above 1, or 5.5 employees."""
        domain = Interval(LOWER_BOUNDS.get(self.attribute, -inf), UPPER_BOUNDS.get(self.attribute, inf))
        whole = self.attribute in WHOLE_NUMBERS
        if self.interval is not None and self.axis.startswith("number"):
            return self.interval.meet(domain).is_empty(whole=whole)
        if self.points is not None and self.axis.startswith("number"):
            return not any(domain.holds(point) and (not whole or point == int(point)) for point in self.points)
        return False

    def implies(self, other: "Extent") -> bool:
        """Whether `other` holds wherever this one does; False where that cannot be told."""
        if self.axis != other.axis:
            return other.is_presence and self.attribute == other.attribute and self._needs_value()
        if self.points is not None:
            if other.excluded is not None and self.on_collection:
                return False
            return all(other.admits(point) for point in self.points)
        if self.excluded is not None:
            return other.excluded is not None and other.excluded <= self.excluded
        if self.interval is not None:
            if other.interval is not None:
                return self.interval.within(other.interval)
            return other.excluded is not None and not any(map(self.interval.holds, other.excluded))
        if self.part is not None and not self.on_collection:
            if other.part is not None:
                return other.part in self.part
            return other.excluded is not None and not any(self.part in text for text in other.excluded)
        return self == other

    def excludes(self, other: "Extent") -> bool:
        """Whether the two never hold together; False where that cannot be told."""
        if self.axis != other.axis:
            return False
        if self.interval is not None and other.interval is not None:
            return self.interval.meet(other.interval).is_empty(whole=self.attribute in WHOLE_NUMBERS)
        return self._refutes(other) or other._refutes(self)

    def overlaps(self, other: "Extent") -> bool:
        """Whether both are ranges of numbers or dates on one axis that have a value in common."""
        ranges = self.interval is not None and other.interval is not None
        return ranges and self.axis == other.axis and not self.excludes(other)

    @property
    def is_presence(self) -> bool:
        """Whether this is `has`."""
        return self.axis.startswith("known") and self.points == frozenset({True})

    def _refutes(self, other: "Extent") -> bool:
        if self.points is None:
            return False
        if self.on_collection:
            return other.excluded is not None and self.points <= other.excluded
        return not any(other.admits(point) for point in self.points)

    def _needs_value(self) -> bool:
        """Whether this holds only where `has` does: false is a value too, which `has` denies."""
        if attribute_kind(self.attribute) is not Kind.CUSTOM:
            return True
        return self.excluded is None and not (self.points is not None and False in self.points)


def extent_of(comparison: Comparison) -> Extent:
    """The extent of a comparison."""
    axis, attribute = comparison.reading, comparison.attribute
    values = operands(comparison)
    match comparison.operator:
        case Operator.HAS:
            return Extent(axis, attribute, points=frozenset({True}))
        case Operator.IS:
            return Extent(axis, attribute, points=frozenset(values))
        case Operator.IN:
            return Extent(axis, attribute, points=values[0])
        case Operator.IS_NOT:
            return Extent(axis, attribute, excluded=frozenset(values))
        case Operator.NOT_IN:
            return Extent(axis, attribute, excluded=values[0])
        case Operator.USES:
            return Extent(axis, attribute, points=frozenset(values))
        case Operator.BETWEEN if values[0] == values[1]:
            return Extent(axis, attribute, points=frozenset(values))
        case Operator.CONTAINS if comparison.form == "elements":
            return Extent(axis, attribute, points=frozenset(values))
        case Operator.CONTAINS:
            return Extent(axis, attribute, part=values[0])
        case Operator.MATCHES:
            return Extent(axis, attribute, pattern=str(comparison.value))
        case Operator.WITHIN_DAYS:
            return Extent(f"age {attribute}", attribute, interval=Interval(0, values[0]))
    return Extent(axis, attribute, interval=_interval(comparison.operator, values=values))


def _interval(operator: Operator, *, values: tuple[Any, ...]) -> Interval:
    match operator:
        case Operator.ABOVE:
            return Interval(lower=values[0], lower_open=True)
        case Operator.AT_LEAST:
            return Interval(lower=values[0])
        case Operator.BELOW:
            return Interval(upper=values[0], upper_open=True)
        case Operator.AT_MOST:
            return Interval(upper=values[0])
    return Interval(*values)
