"""What a rule says of a company: score, tier, and the lines that add up to the score.

There is one line per criterion in the rule's order, then one per cap that took or gave something: group caps by name,
the cap of the total last. Lines are made when they are first asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from winnow_scoring.labels import cap_label
from winnow_scoring.rules import Bounds, Rule
from winnow_scoring.tiers import INSUFFICIENT_DATA

State = bool | None
"""True, False, or None where the condition is missing."""


class Line(NamedTuple):
    """One line of the breakdown; `members` unfolds a group, and has no points of its own.

    A tuple rather than a dataclass: lines are made for every score that is stored, and a tuple takes a third of the
    time.
    """

    condition: str
    state: State
    points: int
    members: tuple["Line", ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The line as the API shows it; `missing` stands only on lines that are, `conditions` only on groups."""
        return self._completed({"condition": self.condition, "matched": self.state is True, "points": self.points})

    def as_member(self) -> dict[str, Any]:
        """The same inside the line of a group: without points."""
        return self._completed({"condition": self.condition, "matched": self.state is True})

    def _completed(self, shown: dict[str, Any]) -> dict[str, Any]:
        if self.state is None:
            shown["missing"] = True
        if self.members:
            shown["conditions"] = [member.as_member() for member in self.members]
        return shown


@dataclass(frozen=True, slots=True)
class LinePlan:
    """A condition's label, the slot of its state in the states of an evaluation, and the members of a group."""

    label: str
    slot: int
    members: tuple["LinePlan", ...] = ()

    def line(self, states: tuple[State, ...], points: int = 0) -> Line:
        """The line for these states."""
        if not self.members:
            return Line(self.label, states[self.slot], points)
        return Line(self.label, states[self.slot], points, tuple([member.line(states) for member in self.members]))


@dataclass(frozen=True, slots=True)
class Layout:
    """How the results of a compiled rule become a breakdown.

    `plans` has one plan for each criterion; `sources` names the attribute behind every slot that is missing where, and
    only where, the attribute is.
    """

    rule: Rule
    plans: tuple[LinePlan, ...]
    sources: tuple[tuple[int, str], ...]

    def lines(self, states: tuple[State, ...], *, points: tuple[int, ...]) -> tuple[Line, ...]:
        """The lines of a breakdown; their points add up to the score."""
        given = [plan.line(states, earned) for plan, earned in zip(self.plans, points, strict=True)]
        return (*given, *self._cap_lines(points))

    def missing(self, states: tuple[State, ...]) -> tuple[str, ...]:
        """The attributes that a condition asks for and the company lacks, each once, in the rule's order."""
        return tuple(dict.fromkeys([attribute for slot, attribute in self.sources if states[slot] is None]))

    def tier(self, score: int, *, states: tuple[State, ...]) -> str:
        """The tier of a score, or `insufficient_data` where too large a share of the points is missing."""
        limit = self.rule.insufficient_data_above
        if limit is not None and self._missing_share(states) > limit:
            return INSUFFICIENT_DATA
        return self.rule.tiers.tier_of(score)

    def _missing_share(self, states: tuple[State, ...]) -> float:
        """The share of the criteria that are missing, weighed by their points without sign."""
        criteria = self.rule.criteria
        total = sum(abs(criterion.points) for criterion in criteria)
        missing = sum(
            abs(criterion.points)
            for criterion, plan in zip(criteria, self.plans, strict=True)
            if states[plan.slot] is None
        )
        return missing / total if total else 0.0

    def _cap_lines(self, points: tuple[int, ...]) -> Iterator[Line]:
        total = sum(points)
        for group, bounds in self.rule.group_caps:
            earned = sum(
                given for criterion, given in zip(self.rule.criteria, points, strict=True) if criterion.group == group
            )
            yield from _cap_line(bounds, points=earned, group=group)
            total += bounds.clamp(earned) - earned
        yield from _cap_line(self.rule.total_cap, points=total)


def _cap_line(bounds: Bounds, *, points: int, group: str | None = None) -> Iterator[Line]:
    """The line of a cap that changes something, else nothing."""
    allowed = bounds.clamp(points)
    if allowed != points:
        yield Line(cap_label(allowed, upper=allowed < points, group=group), state=True, points=allowed - points)


class Evaluation:
    """One rule's verdict on one company."""

    __slots__ = ("_layout", "_lines", "_points", "_states", "missing", "score", "tier")

    def __init__(self, score: int, *, layout: Layout, states: tuple[State, ...], points: tuple[int, ...]) -> None:
        self.score = score
        self.tier = layout.tier(score, states=states)
        self.missing = layout.missing(states)
        self._layout = layout
        self._states = states
        self._points = points
        self._lines: tuple[Line, ...] | None = None

    @property
    def lines(self) -> tuple[Line, ...]:
        """The breakdown, made on the first look."""
        if self._lines is None:
            self._lines = self._layout.lines(self._states, points=self._points)
        return self._lines

    def as_json_lines(self) -> list[dict[str, Any]]:
        """The breakdown as the API shows it."""
        return [line.as_json() for line in self.lines]
