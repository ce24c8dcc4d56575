"""Which values a comparison holds for, as far as that can be told without a company: what lint reasons with.

On a list a comparison asks whether any element is in a set of values or, for `is_not` and `not_in`, whether every one
is. Each form in which an attribute is read (see `snapshots`) is an axis of its own, and so are the days since a date:
comparisons on different axes are not related, but for `has`, which most others imply.
"""

from dataclasses import dataclass
from math import inf
from typing import Any, Final

from winnow_scoring.companies import LOWER_BOUNDS, UPPER_BOUNDS, WHOLE_NUMBERS, Kind, attribute_kind
from winnow_scoring.conditions import Comparison, Operator
from winnow_scoring.operands import operands
from winnow_scoring.value_sets import (
    AllBut,
    Containing,
    Interval,
    Matching,
    Points,
    ValueSet,
    are_disjoint,
    is_subset,
)

COLLECTIONS: Final = frozenset({"elements", "terms", "content"})


@dataclass(frozen=True, slots=True)
class Extent:
    """The values on one axis that a comparison of `attribute` holds for."""

    axis: str
    attribute: str
    values: ValueSet

    @property
    def on_collection(self) -> bool:
        """Whether the attribute can have several values at once."""
        return self.axis.partition(" ")[0] in COLLECTIONS

    @property
    def is_presence(self) -> bool:
        """Whether this is `has`."""
        return self.axis.startswith("known") and self.values == Points(frozenset({True}))

    def is_empty(self) -> bool:
        """Whether no company can have such a value: a confidence above 1, or 5.5 employees."""
        if not self.axis.startswith("number"):
            return False
        domain = Interval(LOWER_BOUNDS.get(self.attribute, -inf), UPPER_BOUNDS.get(self.attribute, inf))
        whole = self.attribute in WHOLE_NUMBERS
        match self.values:
            case Interval() as interval:
                return interval.meet(domain).is_empty(whole=whole)
            case Points(values):
                return not any(domain.holds(value) and (not whole or value == int(value)) for value in values)
        return False

    def implies(self, other: "Extent") -> bool:
        """Whether `other` holds wherever this one does; False where that cannot be told."""
        if self.axis != other.axis:
            return other.is_presence and self.attribute == other.attribute and self._needs_value()
        if self.on_collection and not _are_element_sets(self.values, other.values):
            return self == other
        return is_subset(self.values, other.values)

    def excludes(self, other: "Extent") -> bool:
        """Whether the two never hold together; False where that cannot be told."""
        if self.axis != other.axis:
            return False
        if self.on_collection:
            return _denies(self.values, other.values) or _denies(other.values, self.values)
        if isinstance(self.values, Interval) and isinstance(other.values, Interval):
            return self.values.meet(other.values).is_empty(whole=self.attribute in WHOLE_NUMBERS)
        return are_disjoint(self.values, other.values)

    def overlaps(self, other: "Extent") -> bool:
        """Whether both are ranges of numbers or dates on one axis that have a value in common."""
        ranges = isinstance(self.values, Interval) and isinstance(other.values, Interval)
        return ranges and self.axis == other.axis and not self.excludes(other)

    def _needs_value(self) -> bool:
        """Whether this holds only where `has` does: an attribute of your own may be false, which `has` denies."""
        if attribute_kind(self.attribute) is not Kind.CUSTOM:
            return True
        return not isinstance(self.values, AllBut) and self.values != Points(frozenset({False}))


def extent_of(comparison: Comparison) -> Extent:
    """The extent of a comparison."""
    within_days = comparison.operator is Operator.WITHIN_DAYS
    axis = f"age {comparison.attribute}" if within_days else comparison.reading
    return Extent(axis, comparison.attribute, _values(comparison))


def _are_element_sets(one: ValueSet, other: ValueSet) -> bool:
    """Whether both ask of a list that any element be among some, or both that none be."""
    return isinstance(one, (Points, AllBut)) and type(one) is type(other)


def _denies(some: ValueSet, other: ValueSet) -> bool:
    """Whether a list with any of `some` cannot have all of its elements in `other`."""
    return isinstance(some, Points) and isinstance(other, AllBut) and some.values <= other.values


def _values(comparison: Comparison) -> ValueSet:
    operator, values = comparison.operator, operands(comparison)
    match operator:
        case Operator.HAS:
            found: ValueSet = Points(frozenset({True}))
        case Operator.IS | Operator.USES:
            found = Points(frozenset(values))
        case Operator.IN:
            found = Points(values[0])
        case Operator.IS_NOT:
            found = AllBut(frozenset(values))
        case Operator.NOT_IN:
            found = AllBut(values[0])
        case Operator.CONTAINS:
            found = Points(frozenset(values)) if comparison.form == "elements" else Containing(values[0])
        case Operator.MATCHES:
            found = Matching(str(comparison.value))
        case _:
            found = _range(operator, values)
    return found


def _range(operator: Operator, values: tuple[Any, ...]) -> ValueSet:
    """The values of an operator of order; a range of one value is that value."""
    first, last = values[0], values[-1]
    match operator:
        case Operator.ABOVE:
            return Interval(lower=first, lower_open=True)
        case Operator.AT_LEAST:
            return Interval(lower=first)
        case Operator.BELOW:
            return Interval(upper=first, upper_open=True)
        case Operator.AT_MOST:
            return Interval(upper=first)
        case Operator.WITHIN_DAYS:
            return Interval(0, first)
    return Points(frozenset(values)) if first == last else Interval(first, last)
