"""Sets of values, as far as lint reasons about them: points, all but points, intervals, texts with a part."""

from dataclasses import dataclass
from math import ceil, floor, inf
from typing import Any


@dataclass(frozen=True, slots=True)
class Points:
    """These values only."""

    values: frozenset[Any]

    def holds(self, value: Any) -> bool:
        """Whether `value` is in the set."""
        return value in self.values


@dataclass(frozen=True, slots=True)
class AllBut:
    """Every value but these."""

    values: frozenset[Any]

    def holds(self, value: Any) -> bool:
        """Whether `value` is in the set."""
        return value not in self.values


@dataclass(frozen=True, slots=True)
class Containing:
    """The texts that `part` is a part of."""

    part: str

    def holds(self, value: Any) -> bool:
        """Whether `value` is in the set."""
        return self.part in value


@dataclass(frozen=True, slots=True)
class Matching:
    """The texts that a pattern is found in: which these are is not told."""

    pattern: str

    def holds(self, value: Any) -> bool:  # noqa: ARG002 - the signature of the other sets
        """No value is known to be in the set."""
        return False


@dataclass(frozen=True, slots=True)
class Interval:
    """The numbers from `lower` to `upper`; an open end is not one of them."""

    lower: float = -inf
    upper: float = inf
    lower_open: bool = False
    upper_open: bool = False

    def holds(self, value: Any) -> bool:
        """Whether `value` is in the set."""
        above = value > self.lower if self.lower_open else value >= self.lower
        below = value < self.upper if self.upper_open else value <= self.upper
        return bool(above and below)

    def within(self, other: "Interval") -> bool:
        """Whether every number of this interval is in `other`."""
        starts = self.lower > other.lower or (self.lower == other.lower and (self.lower_open or not other.lower_open))
        ends = self.upper < other.upper or (self.upper == other.upper and (self.upper_open or not other.upper_open))
        return starts and ends

    def meet(self, other: "Interval") -> "Interval":
        """The numbers that are in both."""
        first, last = max(self.lower, other.lower), min(self.upper, other.upper)
        return Interval(
            lower=first,
            upper=last,
            lower_open=any(one.lower == first and one.lower_open for one in (self, other)),
            upper_open=any(one.upper == last and one.upper_open for one in (self, other)),
        )

    def is_empty(self, *, whole: bool = False) -> bool:
        """Whether there is no number in it, or no whole number."""
        if not whole or inf in {-self.lower, self.upper}:
            return self.lower > self.upper or (self.lower == self.upper and (self.lower_open or self.upper_open))
        first = floor(self.lower) + 1 if self.lower_open else ceil(self.lower)
        last = ceil(self.upper) - 1 if self.upper_open else floor(self.upper)
        return first > last


ValueSet = Points | AllBut | Containing | Matching | Interval


def is_subset(one: ValueSet, other: ValueSet) -> bool:
    """Whether every value of `one` is in `other`; False where that cannot be told."""
    match one, other:
        case Points(values), _:
            contained = all(other.holds(value) for value in values)
        case AllBut(values), AllBut(others):
            contained = others <= values
        case Interval(), Interval():
            contained = one.within(other)
        case ((Interval() | Containing()), AllBut(others)):
            contained = not any(one.holds(value) for value in others)
        case Containing(part), Containing(other_part):
            contained = other_part in part
        case _:
            contained = one == other
    return contained


def are_disjoint(one: ValueSet, other: ValueSet) -> bool:
    """Whether no value is in both; False where that cannot be told."""
    match one, other:
        case Interval(), Interval():
            apart = one.meet(other).is_empty()
        case Points(values), (Points() | AllBut() | Containing() | Interval()):
            apart = not any(other.holds(value) for value in values)
        case ((AllBut() | Containing() | Interval()), Points(values)):
            apart = not any(one.holds(value) for value in values)
        case _:
            apart = False
    return apart
