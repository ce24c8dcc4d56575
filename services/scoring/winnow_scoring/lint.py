"""What is odd about a rule that compiles.

Conditions that cannot match, that repeat or imply each other, bands that overlap, tiers that no score reaches. Lint
warns and never refuses, and it stays silent where it cannot be sure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any

from winnow_scoring.conditions import Comparison, Condition, Group, Quantifier
from winnow_scoring.extents import Extent, extent_of
from winnow_scoring.labels import label_of
from winnow_scoring.problems import Path, pointer_to
from winnow_scoring.reach import score_range
from winnow_scoring.rules import Criterion, Rule


@dataclass(frozen=True, slots=True)
class LintWarning:
    """One oddity: which it is, where it is (JSON pointer into the definition), and what follows from it."""

    code: str
    pointer: str
    detail: str

    def as_json(self) -> dict[str, Any]:
        """The warning as the API shows it."""
        return {"code": self.code, "pointer": self.pointer, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class _Placed:
    """A condition, where it stands, and the extent of a comparison."""

    condition: Condition
    path: Path
    extent: Extent | None


def lint_rule(rule: Rule) -> list[LintWarning]:
    """Every oddity of the rule, each place once for each code: conditions in order, then caps and tiers."""
    found = chain(_criteria(rule), _groups_without_cap(rule), _unreachable_tiers(rule))
    first: dict[tuple[str, str], LintWarning] = {}
    for warning in found:
        first.setdefault((warning.code, warning.pointer), warning)
    return list(first.values())


def can_match(condition: Condition) -> bool:
    """Whether some company may satisfy the condition; True where that cannot be told."""
    if isinstance(condition, Comparison):
        return not extent_of(condition).is_empty()
    if condition.quantifier is Quantifier.ANY:
        return any(map(can_match, condition.members))
    if condition.quantifier is Quantifier.NONE:
        return True
    extents = [extent_of(member) for member in condition.members if isinstance(member, Comparison)]
    contradicted = any(one.excludes(other) for one, other in combinations(extents, 2))
    return not contradicted and all(map(can_match, condition.members))


def _criteria(rule: Rule) -> Iterator[LintWarning]:
    placed = [_place(criterion.condition, path=("conditions", index)) for index, criterion in enumerate(rule.criteria)]
    for one in placed:
        yield from _condition(one)
    for (first, earlier), (second, later) in combinations(zip(placed, rule.criteria, strict=True), 2):
        yield from _criterion_pair(first, second, criteria=(earlier, later))


def _place(condition: Condition, *, path: Path) -> _Placed:
    return _Placed(condition, path, extent_of(condition) if isinstance(condition, Comparison) else None)


def _condition(placed: _Placed) -> Iterator[LintWarning]:
    """What is odd about one condition, or else about the members of a group."""
    condition = placed.condition
    if not can_match(condition):
        detail = f"No company can satisfy this: {label_of(condition)}"
        yield LintWarning("cannot_match", pointer_to(placed.path), detail)
    elif isinstance(condition, Group):
        yield from _members(condition, path=placed.path)


def _members(group: Group, *, path: Path) -> Iterator[LintWarning]:
    placed = [_place(member, path=(*path, group.quantifier.value, index)) for index, member in enumerate(group.members)]
    for member in placed:
        yield from _condition(member)
    for first, second in combinations(placed, 2):
        if _same(first, second):
            yield _duplicate(first, second)
        elif implied := _implied(first, second):
            narrow, wide = implied
            superfluous, other = (wide, narrow) if group.quantifier is Quantifier.ALL else (narrow, wide)
            detail = f"This changes nothing beside {_quoted(other)}, since {_quoted(narrow)} implies {_quoted(wide)}"
            yield LintWarning("implied_condition", pointer_to(superfluous.path), detail)


def _criterion_pair(first: _Placed, second: _Placed, *, criteria: tuple[Criterion, Criterion]) -> Iterator[LintWarning]:
    if _same(first, second):
        yield _duplicate(first, second)
    elif implied := _implied(first, second):
        narrow, wide = implied
        detail = (
            f"This holds whenever {_quoted(narrow)} ({pointer_to(narrow.path)}) does, so both give their points then"
        )
        yield LintWarning("implied_condition", pointer_to(wide.path), detail)
    elif all(criterion.points > 0 for criterion in criteria) and _overlap(first, second):
        detail = (
            f"This range and {_quoted(first)} ({pointer_to(first.path)}) overlap, and both give points where they do"
        )
        yield LintWarning("overlapping_bands", pointer_to(second.path), detail)


def _duplicate(first: _Placed, second: _Placed) -> LintWarning:
    detail = f"This says the same as {_quoted(first)} ({pointer_to(first.path)})"
    return LintWarning("duplicate_condition", pointer_to(second.path), detail)


def _same(first: _Placed, second: _Placed) -> bool:
    if first.extent is None or second.extent is None:
        return bool(_signature(first.condition) == _signature(second.condition))
    return first.extent.implies(second.extent) and second.extent.implies(first.extent)


def _implied(first: _Placed, second: _Placed) -> tuple[_Placed, _Placed] | None:
    """The narrower and the wider of two comparisons where one implies the other."""
    if first.extent is None or second.extent is None or first.extent.is_empty() or second.extent.is_empty():
        return None
    if first.extent.implies(second.extent):
        return first, second
    return (second, first) if second.extent.implies(first.extent) else None


def _overlap(first: _Placed, second: _Placed) -> bool:
    return first.extent is not None and second.extent is not None and first.extent.overlaps(second.extent)


def _signature(condition: Condition) -> Any:
    """What a condition asks, without its labels."""
    if isinstance(condition, Comparison):
        return (condition.attribute, condition.operator, condition.value)
    return (condition.quantifier, tuple(_signature(member) for member in condition.members))


def _quoted(placed: _Placed) -> str:
    return f'"{label_of(placed.condition)}"'


def _groups_without_cap(rule: Rule) -> Iterator[LintWarning]:
    capped = {name for name, _ in rule.group_caps}
    for index, criterion in enumerate(rule.criteria):
        if criterion.group is not None and criterion.group not in capped:
            detail = f'There is no cap for the group "{criterion.group}", so it changes nothing'
            yield LintWarning("group_without_cap", pointer_to(("conditions", index, "group")), detail)


def _unreachable_tiers(rule: Rule) -> Iterator[LintWarning]:
    impossible = [criterion for criterion in rule.criteria if not can_match(criterion.condition)]
    lowest, highest = score_range(rule, impossible=impossible)
    tiers = rule.tiers
    for name, least, next_one in (
        ("hot", tiers.hot, highest + 1),
        ("warm", tiers.warm, tiers.hot),
        ("neutral", tiers.neutral, tiers.warm),
        ("cold", lowest, tiers.neutral),
    ):
        if max(least, lowest) > min(next_one - 1, highest):
            path: Path = ("tiers",) if name == "cold" else ("tiers", name)
            detail = f"No company can be {name}: scores of this rule go from {lowest} to {highest}"
            yield LintWarning("unreachable_tier", pointer_to(path), detail)
