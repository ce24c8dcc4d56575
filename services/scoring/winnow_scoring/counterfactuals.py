"""The smallest change of a company that takes its score by a rule to the next tier.

Every change that is looked at is applied to the profile and scored by the rule itself, so that whatever rules know of
(conditions that exclude each other, groups, caps, decay, what is missing) is right by construction. One attribute is
tried first, then two, then three; of as many, those whose changes are smallest together are preferred. What the
conditions on some attributes could give at most (points are never more than they say, and caps never add to a gain)
tells which attributes need not be tried together.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations, product
from typing import Any, Final

from winnow_scoring.alternatives import alternatives
from winnow_scoring.attribute_changes import (
    MOST_ATTRIBUTES,
    Change,
    Counterfactual,
    Reason,
    in_words,
    total_size,
    with_changes,
)
from winnow_scoring.breakdown import Evaluation
from winnow_scoring.compiler import CompiledRule, Results
from winnow_scoring.conditions import comparisons
from winnow_scoring.labels import label_of
from winnow_scoring.rules import Criterion
from winnow_scoring.snapshots import prepare
from winnow_scoring.tiers import INSUFFICIENT_DATA, Tiers

MOST_EVALUATIONS: Final = 3_000
"""A rule of 200 conditions takes a tenth of a millisecond."""
MOST_COMBINED: Final = 60
"""Attributes that are tried together: those whose conditions could give most."""
_MOST_REASONS: Final = 3
_TIERS: Final = ("cold", "neutral", "warm", "hot")


def counterfactual(compiled: CompiledRule, attributes: Mapping[str, Any], *, today: date) -> Counterfactual:
    """What takes a company to the next tier on a day; the same for the same company, rule and day."""
    present = compiled.evaluate(prepare(attributes), today)
    target = next_tier(compiled.rule.tiers, present)
    if target is None:
        return Counterfactual(None, (), None, "There is no higher tier.")
    search = _Search(compiled, attributes, today, target)
    changes = search.smallest()
    if changes is None:
        detail = f"No change of at most three attributes was found that would make it {target}."
        return Counterfactual(target, (), None, detail)
    found = compiled.explain(search.results(changes))
    detail = f"With {in_words(changes)} it would be {found.tier} ({found.score})."
    return Counterfactual(target, search.reasons(changes), found.score, detail)


def next_tier(tiers: Tiers, present: Evaluation) -> str | None:
    """The tier above; where too much is missing, the one that the score alone would be in."""
    if present.tier == INSUFFICIENT_DATA:
        return tiers.tier_of(present.score)
    higher = [lowest for lowest in (tiers.neutral, tiers.warm, tiers.hot) if lowest > present.score]
    return tiers.tier_of(higher[0]) if higher else None


@dataclass(slots=True)
class _Search:
    """One search, which ends after so many evaluations with the best that was found."""

    compiled: CompiledRule
    attributes: Mapping[str, Any]
    today: date
    target: str
    _present: Results = field(init=False)
    _left: int = field(init=False, default=MOST_EVALUATIONS)

    def __post_init__(self) -> None:
        self._present = self.results(())

    def smallest(self) -> tuple[Change, ...] | None:
        """The changes, or None where none were found that reach the target."""
        is_insufficient = self.compiled.explain(self._present).tier == INSUFFICIENT_DATA
        offered = alternatives(self.compiled.rule, self.attributes, today=self.today, both=is_insufficient)
        gains = {name: self._gain(name, any_is=is_insufficient) for name in offered}
        names = sorted((name for name in offered if gains[name] > 0), key=lambda name: -gains[name])
        distinct = {name: self._distinct(offered[name]) for name in names}
        needed = 0 if is_insufficient else self._lowest() - self._present[0]
        for count in range(1, MOST_ATTRIBUTES + 1):
            tried = names if count == 1 else names[:MOST_COMBINED]
            sets = (chosen for chosen in combinations(tried, count) if sum(gains[name] for name in chosen) >= needed)
            found = self._best([distinct[name] for name in chosen] for chosen in sets)
            if found is not None:
                return found
        return None

    def reasons(self, changes: Sequence[Change]) -> tuple[Reason, ...]:
        """Each change with the conditions whose points it changes, or that it makes known."""
        after = self.results(changes)[2]
        return tuple(Reason(change, self._because(change, after=after)) for change in changes)

    def results(self, changes: Sequence[Change]) -> Results:
        """What the rule says of the company with these changes."""
        return self.compiled.results(prepare(with_changes(self.attributes, changes)), self.today)

    def _best(self, choices: Iterator[list[list[Change]]]) -> tuple[Change, ...] | None:
        best: tuple[Change, ...] | None = None
        size = float("inf")
        for choice in choices:
            for changes in product(*choice):
                if total_size(changes) >= size:
                    continue
                if not self._left:
                    return best
                self._left -= 1
                if self._reaches(self.results(changes)):
                    best, size = changes, total_size(changes)
        return best

    def _distinct(self, changes: list[Change]) -> list[Change]:
        """The smallest change of each effect; those without any are left out.

        The age of a date has an effect on points alone, which shows only once their condition holds.
        """
        decays = {criterion.decay.attribute for criterion in self.compiled.rule.criteria if criterion.decay is not None}
        effects: dict[tuple[Results, str | None], Change] = {}
        for change in changes:
            if not self._left:
                break
            self._left -= 1
            results, ages = self.results((change,)), change.attribute in decays
            if ages or results != self._present:
                effects.setdefault((results, repr(change.needed) if ages else None), change)
        return list(effects.values())

    def _reaches(self, results: Results) -> bool:
        tier = self.compiled.explain(results).tier
        return tier != INSUFFICIENT_DATA and _TIERS.index(tier) >= _TIERS.index(self.target)

    def _lowest(self) -> int:
        tiers = self.compiled.rule.tiers
        return min(lowest for lowest in (tiers.neutral, tiers.warm, tiers.hot) if tiers.tier_of(lowest) == self.target)

    def _gain(self, attribute: str, *, any_is: bool) -> int:
        """What the conditions on an attribute could give more than they do; `any_is`: something, whatever they give."""
        gains = (
            max(criterion.points, 0) - given
            for criterion, given in zip(self.compiled.rule.criteria, self._present[2], strict=True)
            if _looks_at(criterion, attribute)
        )
        return sum(gains) + any_is

    def _because(self, change: Change, *, after: tuple[int, ...]) -> str:
        looking = [
            (label_of(criterion.condition), before != now)
            for criterion, before, now in zip(self.compiled.rule.criteria, self._present[2], after, strict=True)
            if _looks_at(criterion, change.attribute)
        ]
        changed = [label for label, is_changed in looking if is_changed]
        return "; ".join((changed or [label for label, _ in looking])[:_MOST_REASONS])


def _looks_at(criterion: Criterion, attribute: str) -> bool:
    if criterion.decay is not None and criterion.decay.attribute == attribute:
        return True
    return any(comparison.attribute == attribute for comparison in comparisons(criterion.condition))
