"""What a rule says of a company: score, tier, and the lines that add up to the score.

There is one line per criterion in the rule's order, then one per cap that took or gave something: group caps by name,
the cap of the total last. Lines are made when they are first asked for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from winnow_scoring.labels import cap_label
from winnow_scoring.rules import Bounds, Rule
from winnow_scoring.tiers import INSUFFICIENT_DATA

State = bool | None
"""True, False, or None where the condition is missing."""


Line = dict[str, Any]
"""A line as the API shows it: `condition`, `matched`, `points`; `missing` where it is, `conditions` of a group."""


@dataclass(frozen=True, slots=True)
class LinePlan:
    """A condition's slot in the states of an evaluation, what is shown for each state, and the members of a group."""

    slot: int
    shown: Mapping[State, Line]
    members: tuple["LinePlan", ...] = ()

    def line(self, states: tuple[State, ...]) -> Line:
        """The line inside that of a group; it has no points of its own."""
        line = {**self.shown[states[self.slot]]}
        if self.members:
            line["conditions"] = self.member_lines(states)
        return line

    def member_lines(self, states: tuple[State, ...]) -> list[Line]:
        """The lines of a group's members."""
        return [
            member.line(states) if member.members else {**member.shown[states[member.slot]]} for member in self.members
        ]


def plan_line(label: str, *, slot: int, members: tuple[LinePlan, ...] = ()) -> LinePlan:
    """The plan of a condition's line."""
    shown: dict[State, Line] = {state: {"condition": label, "matched": state} for state in (True, False)}
    shown[None] = {"condition": label, "matched": False, "missing": True}
    return LinePlan(slot, shown, members)


@dataclass(frozen=True, slots=True)
class Layout:
    """How the results of a compiled rule become a breakdown.

    `plans` has one plan for each criterion, and `groups` the indexes of those that are groups; `sources` names the
    attribute behind every slot that is missing where, and only where, the attribute is.
    """

    rule: Rule
    plans: tuple[LinePlan, ...]
    sources: tuple[tuple[int, str], ...]
    groups: tuple[int, ...]
    capped: bool

    def lines(self, states: tuple[State, ...], *, points: tuple[int, ...]) -> list[Line]:
        """The lines of a breakdown; their points add up to the score."""
        lines = [
            {**plan.shown[states[plan.slot]], "points": earned} for plan, earned in zip(self.plans, points, strict=True)
        ]
        for index in self.groups:
            lines[index]["conditions"] = self.plans[index].member_lines(states)
        if self.capped:
            lines.extend(self._cap_lines(points))
        return lines

    def missing(self, states: tuple[State, ...]) -> tuple[str, ...]:
        """The attributes that a condition asks for and the company lacks, each once, in the rule's order."""
        if None not in states:
            return ()
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
        label = cap_label(allowed, upper=allowed < points, group=group)
        yield {"condition": label, "matched": True, "points": allowed - points}


class Evaluation:
    """One rule's verdict on one company."""

    __slots__ = ("_layout", "_points", "_states", "missing", "score", "tier")

    def __init__(self, score: int, *, layout: Layout, states: tuple[State, ...], points: tuple[int, ...]) -> None:
        self.score = score
        self.tier = layout.tier(score, states=states)
        self.missing = layout.missing(states)
        self._layout = layout
        self._states = states
        self._points = points

    def as_json_lines(self) -> list[Line]:
        """The breakdown, made now."""
        return self._layout.lines(self._states, points=self._points)
