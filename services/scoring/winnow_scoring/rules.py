"""A scoring rule: criteria that give points, the caps on what they add up to, and the tiers of the result."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import orjson

from winnow_scoring.conditions import Comparison, Condition
from winnow_scoring.tiers import DEFAULT_TIERS, Tiers

CODE_VERSION: Final = "rules-1"
"""The version of what a rule means. A score is reproduced byte for byte by the same rule hash, input hash, day and code
version, so it changes whenever any rule could give another score, tier, label or line for the same company."""


class DecayShape(StrEnum):
    """How points fade with age: halved every so many days, or falling evenly to nothing."""

    HALF_LIFE = "half_life_days"
    LINEAR = "linear_days"


@dataclass(frozen=True, slots=True)
class Decay:
    """Points fade with the days since the date in `attribute`; a date in the future counts as today."""

    attribute: str
    shape: DecayShape
    days: int


@dataclass(frozen=True, slots=True)
class Criterion:
    """A condition and the points it gives while it is true; `group` names the cap it counts towards."""

    condition: Condition
    points: int
    group: str | None = None
    decay: Decay | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most that some points may add up to; None where there is no bound."""

    lower: int | None = None
    upper: int | None = None

    def clamp(self, points: int) -> int:
        """`points`, or the bound that they go beyond."""
        if self.lower is not None and points < self.lower:
            return self.lower
        return self.upper if self.upper is not None and points > self.upper else points


UNBOUNDED: Final = Bounds()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that is known to be sound: `parse_rule` made it. Group caps apply before the cap of the total."""

    name: str
    criteria: tuple[Criterion, ...]
    tiers: Tiers = DEFAULT_TIERS
    total_cap: Bounds = UNBOUNDED
    group_caps: tuple[tuple[str, Bounds], ...] = ()
    insufficient_data_above: float | None = None

    def definition(self) -> dict[str, Any]:
        """The rule as JSON that parses to this rule, with every default written out."""
        definition: dict[str, Any] = {
            "name": self.name,
            "conditions": [_criterion_json(criterion) for criterion in self.criteria],
            "tiers": {"hot": self.tiers.hot, "warm": self.tiers.warm, "neutral": self.tiers.neutral},
            "caps": {
                "total": _bounds_json(self.total_cap),
                "groups": {name: _bounds_json(bounds) for name, bounds in self.group_caps},
            },
        }
        if self.insufficient_data_above is not None:
            definition["insufficient_data_above"] = self.insufficient_data_above
        return definition

    def canonical(self) -> bytes:
        """The definition as canonical JSON: keys sorted, no spaces, whole numbers without a fraction, UTF-8."""
        return orjson.dumps(self.definition(), option=orjson.OPT_SORT_KEYS)


def rule_hash(rule: Rule) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal: one for all spellings of a rule, with and without defaults."""
    return hashlib.sha256(rule.canonical()).hexdigest()


def _criterion_json(criterion: Criterion) -> dict[str, Any]:
    written = {**_condition_json(criterion.condition), "points": criterion.points}
    if criterion.group is not None:
        written["group"] = criterion.group
    if criterion.decay is not None:
        written["decay"] = {"attribute": criterion.decay.attribute, criterion.decay.shape.value: criterion.decay.days}
    return written


def _condition_json(condition: Condition) -> dict[str, Any]:
    written: dict[str, Any]
    if isinstance(condition, Comparison):
        written = {"attribute": condition.attribute, "operator": condition.operator.value}
        if condition.value is not None:
            value = condition.value
            written["value"] = list(value) if isinstance(value, tuple) else value
    else:
        written = {condition.quantifier.value: [_condition_json(member) for member in condition.members]}
    if condition.label is not None:
        written["label"] = condition.label
    return written


def _bounds_json(bounds: Bounds) -> list[int | None]:
    return [bounds.lower, bounds.upper]
