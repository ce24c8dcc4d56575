"""Compiles a rule to one Python function, once per version.

The function is straight-line code over the readings of a company: read each attribute, decide each condition, add the
points, apply the caps. Its text is made of our own names, operators and the number 0 only. Whatever comes from a user
(values, names of attributes, points, patterns) is bound as a global of the function, so no rule can write code.

Every condition is decided, also where a group is settled already: without branches the function stays small and fast,
and the states of all conditions are at hand for the breakdown.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final, Literal, Protocol

from winnow_scoring.breakdown import Evaluation, Layout, LinePlan, State, plan_line
from winnow_scoring.conditions import Comparison, Condition, Operator, Quantifier
from winnow_scoring.decay import fading
from winnow_scoring.labels import label_of
from winnow_scoring.operands import operands
from winnow_scoring.rules import UNBOUNDED, Criterion, Decay, Rule
from winnow_scoring.snapshots import Snapshot

Results = tuple[int, tuple[State, ...], tuple[int, ...]]
"""The score, the state of every slot, and the points of every criterion before caps."""


class Explaining(Protocol):
    """The generated function when it is asked for more than the score."""

    def __call__(self, snapshot: Snapshot, today: date, *, explained: Literal[True]) -> Results: ...


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule that is ready to score companies.

    `score(snapshot, today)` is the generated function itself and gives the score alone; `source` is its text. Days are
    UTC.
    """

    rule: Rule
    source: str
    score: Callable[[Snapshot, date], int]
    _explain: Explaining
    _layout: Layout

    def evaluate(self, snapshot: Snapshot, today: date) -> Evaluation:
        """The score with its tier, what is missing, and a breakdown on demand."""
        return self.explain(self.results(snapshot, today))

    def results(self, snapshot: Snapshot, today: date) -> Results:
        """What the evaluation is made of, and of nothing else: equal results of one rule are explained alike."""
        return self._explain(snapshot, today, explained=True)

    def explain(self, results: Results) -> Evaluation:
        """The evaluation that results lead to."""
        score, states, points = results
        return Evaluation(score, layout=self._layout, states=states, points=points)


def compile_rule(rule: Rule) -> CompiledRule:
    """`rule` as a function; a rule that `parse_rule` made always compiles."""
    program = _Program()
    plans = tuple(program.criterion(index, criterion=criterion) for index, criterion in enumerate(rule.criteria))
    program.total(rule)
    source = program.source(criteria=len(rule.criteria))
    namespace: dict[str, Any] = {"__builtins__": {}, **program.constants}
    exec(compile(source, "<rule>", "exec"), namespace)  # noqa: S102 - the text is ours; see the module's docstring
    function = namespace["rule"]
    return CompiledRule(rule, source, function, function, _layout(rule, plans=plans, sources=program.sources))


def _layout(rule: Rule, *, plans: tuple[LinePlan, ...], sources: list[tuple[int, str]]) -> Layout:
    groups = tuple(index for index, plan in enumerate(plans) if plan.members)
    capped = rule.total_cap != UNBOUNDED or bool(rule.group_caps)
    return Layout(rule, plans, tuple(sources), groups, capped)


_EQUAL: Final = {
    Operator.IS: "{reading} == {value}",
    Operator.IS_NOT: "{reading} != {value}",
    Operator.IN: "{reading} in {value}",
    Operator.NOT_IN: "{reading} not in {value}",
}
_AMONG: Final = {
    Operator.IS: "{value} in {reading}",
    Operator.IS_NOT: "{value} not in {reading}",
    Operator.IN: "not {value}.isdisjoint({reading})",
    Operator.NOT_IN: "{value}.isdisjoint({reading})",
}
_OTHERS: Final = {
    Operator.HAS: "{reading} is True",
    Operator.CONTAINS: "{value} in {reading}",
    Operator.USES: "{value} in {reading}",
    Operator.ABOVE: "{reading} > {value}",
    Operator.AT_LEAST: "{reading} >= {value}",
    Operator.BELOW: "{reading} < {value}",
    Operator.AT_MOST: "{reading} <= {value}",
    Operator.BETWEEN: "{value} <= {reading} <= {value_2}",
    Operator.MATCHES: "{value}({reading})",
    Operator.WITHIN_DAYS: "0 <= day - {reading} <= {value}",
}
_COLLECTIONS: Final = frozenset({"elements", "terms"})


@dataclass(slots=True)
class _Program:
    """The lines of a function while they are written, and the constants that they refer to."""

    lines: list[str] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)
    sources: list[tuple[int, str]] = field(default_factory=list)
    _readings: dict[str, str] = field(default_factory=dict)
    _slots: int = 0

    def criterion(self, index: int, *, criterion: Criterion) -> LinePlan:
        """Write what decides a criterion and gives its points."""
        plan = self._condition(criterion.condition)
        if criterion.decay is None:
            points = self._bind(criterion.points)
        else:
            plan, age = self._dated(plan, decay=criterion.decay)
            points = f"{self._bind(fading(criterion.decay, points=criterion.points))}({age})"
        self.lines.append(f"points_{index} = {points} if state_{plan.slot} else 0")
        return plan

    def total(self, rule: Rule) -> None:
        """Write the sum of all points, within the caps."""
        capped = {name for name, _ in rule.group_caps}
        terms = [f"points_{index}" for index, criterion in enumerate(rule.criteria) if criterion.group not in capped]
        for number, (name, bounds) in enumerate(rule.group_caps):
            members = [f"points_{index}" for index, criterion in enumerate(rule.criteria) if criterion.group == name]
            self._sum(f"group_{number}", terms=members)
            self._clamp(f"group_{number}", lower=bounds.lower, upper=bounds.upper)
            terms.append(f"group_{number}")
        self._sum("total", terms=terms)
        self._clamp("total", lower=rule.total_cap.lower, upper=rule.total_cap.upper)

    def source(self, *, criteria: int) -> str:
        """The text of the function."""
        states = "".join(f"state_{slot}, " for slot in range(self._slots))
        points = "".join(f"points_{index}, " for index in range(criteria))
        head = [
            "def rule(snapshot, today, explained=False):",
            "readings = snapshot.readings",
            "day = today.toordinal()",
        ]
        tail = [f"if explained: return total, ({states}), ({points})", "return total"]
        return "\n    ".join([*head, *self.lines, *tail]) + "\n"

    def _condition(self, condition: Condition) -> LinePlan:
        if isinstance(condition, Comparison):
            return plan_line(label_of(condition), slot=self._comparison(condition))
        members = tuple(self._condition(member) for member in condition.members)
        slot = self._slot(_kleene(condition.quantifier, slots=[member.slot for member in members]))
        return plan_line(label_of(condition), slot=slot, members=members)

    def _comparison(self, comparison: Comparison) -> int:
        reading = self._reading(comparison.reading)
        names = {"reading": reading}
        for name, constant in zip(("value", "value_2"), operands(comparison), strict=False):
            names[name] = self._bind(constant)
        equality = _AMONG if comparison.form in _COLLECTIONS else _EQUAL
        holds = (equality | _OTHERS)[comparison.operator].format_map(names)
        if comparison.operator is Operator.HAS:
            return self._slot(holds)
        slot = self._slot(f"None if {reading} is None else {holds}")
        self.sources.append((slot, comparison.attribute))
        return slot

    def _dated(self, plan: LinePlan, *, decay: Decay) -> tuple[LinePlan, str]:
        """The plan of a condition that also needs a date, and the expression of the date's age in days."""
        reading = self._reading(f"date {decay.attribute}")
        # Only NaN, which stands for what is no date, differs from itself.
        known = self._slot(f"None if {reading} is None else {reading} == {reading}")
        self.sources.append((known, decay.attribute))
        both = self._slot(_kleene(Quantifier.ALL, slots=[plan.slot, known]))
        return replace(plan, slot=both), f"day - {reading}"

    def _slot(self, expression: str) -> int:
        slot = self._slots
        self._slots += 1
        self.lines.append(f"state_{slot} = {expression}")
        return slot

    def _reading(self, name: str) -> str:
        if name not in self._readings:
            self._readings[name] = f"reading_{len(self._readings)}"
            self.lines.append(f"{self._readings[name]} = readings[{self._bind(name)}]")
        return self._readings[name]

    def _bind(self, constant: Any) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants[name] = constant
        return name

    def _sum(self, name: str, *, terms: list[str]) -> None:
        self.lines.append(f"{name} = {' + '.join(terms)}")

    def _clamp(self, name: str, *, lower: int | None, upper: int | None) -> None:
        for bound, sign in ((lower, "<"), (upper, ">")):
            if bound is not None:
                limit = self._bind(bound)
                self.lines.append(f"if {name} {sign} {limit}: {name} = {limit}")


def _kleene(quantifier: Quantifier, *, slots: list[int]) -> str:
    """The expression of a group's state from its members' states."""
    states = [f"state_{slot}" for slot in slots]
    unknown = " or ".join(f"{state} is None" for state in states)
    if quantifier is Quantifier.ALL:
        refuted = " or ".join(f"{state} is False" for state in states)
        return f"False if {refuted} else None if {unknown} else True"
    met, otherwise = ("True", "False") if quantifier is Quantifier.ANY else ("False", "True")
    return f"{met} if {' or '.join(states)} else None if {unknown} else {otherwise}"
