"""Reading conditions from JSON: which attribute, operator and value fit together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from winnow_scoring.companies import Kind, attribute_kind
from winnow_scoring.conditions import OPERATORS, Comparison, Condition, Group, Operator, Quantifier
from winnow_scoring.problems import Path, Problems, is_clean_text
from winnow_scoring.value_reader import read_value

MOST_CONDITIONS: Final = 200
DEEPEST_GROUP: Final = 8
LONGEST_LABEL: Final = 200

COMPARISON_FIELDS: Final = frozenset({"attribute", "operator", "value", "label"})
QUANTIFIERS: Final = frozenset(quantifier.value for quantifier in Quantifier)
CONDITION_FIELDS: Final = COMPARISON_FIELDS | QUANTIFIERS
"""A condition that has one of these as null reads as one without it."""


@dataclass(slots=True)
class ConditionReader:
    """Reads the conditions of one rule, counts them, and notes every fault."""

    problems: Problems
    _conditions: int = field(default=0)

    def read(
        self, written: Any, *, path: Path, beside: frozenset[str] = frozenset(), depth: int = 1
    ) -> Condition | None:
        """The condition at `path`, or None where it is unsound; `beside` names the fields that the caller reads."""
        self._conditions += 1
        if self._conditions == MOST_CONDITIONS + 1:
            detail = f"A rule has at most {MOST_CONDITIONS} conditions, groups and their members included"
            self.problems.add(path, code="too_many_conditions", detail=detail)
        if self._conditions > MOST_CONDITIONS:
            return None
        if not isinstance(written, Mapping):
            self.problems.add(path, code="wrong_type", detail="A condition is an object")
            return None
        given = {name: value for name, value in written.items() if value is not None or name not in CONDITION_FIELDS}
        if QUANTIFIERS.isdisjoint(given):
            return self._comparison(given, path=path, beside=beside)
        return self._group(given, path=path, beside=beside, depth=depth)

    def label(self, written: Mapping[str, Any], *, path: Path) -> str | None:
        """The label of a condition, where it gives one."""
        label = written.get("label")
        if label is None:
            return None
        if not is_clean_text(label) or not label.strip() or len(label) > LONGEST_LABEL:
            detail = f"A label is text of 1 to {LONGEST_LABEL} characters"
            self.problems.add((*path, "label"), code="invalid_label", detail=detail)
            return None
        return str(label)

    def refuse_unknown(self, written: Mapping[str, Any], *, path: Path, known: frozenset[str]) -> None:
        """Note every field that is not one of `known`."""
        for name in written:
            if name not in known:
                detail = f"Unknown field; known here: {', '.join(sorted(known))}"
                self.problems.add((*path, name), code="unknown_field", detail=detail)

    def kind_of(self, attribute: Any, *, path: Path) -> Kind | None:
        """The kind of the attribute that is named at `path`."""
        kind = attribute_kind(attribute) if is_clean_text(attribute) else None
        if kind is None:
            detail = "No such attribute; your own are written custom.<name>, of 1 to 64 characters"
            self.problems.add(path, code="unknown_attribute", detail=detail)
        return kind

    def _group(self, written: Mapping[str, Any], *, path: Path, beside: frozenset[str], depth: int) -> Group | None:
        quantifiers = sorted(QUANTIFIERS.intersection(written))
        if len(quantifiers) > 1:
            detail = f"A group has one of any, all and none, not {' and '.join(quantifiers)}; put one inside the other"
            self.problems.add(path, code="ambiguous_group", detail=detail)
            return None
        if depth > DEEPEST_GROUP:
            self.problems.add(path, code="too_deep", detail=f"Groups go at most {DEEPEST_GROUP} deep")
            return None
        quantifier = quantifiers[0]
        self.refuse_unknown(written, path=path, known=beside | {quantifier, "label"})
        label = self.label(written, path=path)
        members = written[quantifier]
        if not isinstance(members, list) or not members:
            self.problems.add(
                (*path, quantifier), code="empty_group", detail="A group is a list of at least one condition"
            )
            return None
        read = [
            self.read(member, path=(*path, quantifier, index), depth=depth + 1) for index, member in enumerate(members)
        ]
        sound = tuple(member for member in read if member is not None)
        return Group(Quantifier(quantifier), sound, label) if len(sound) == len(read) else None

    def _comparison(self, written: Mapping[str, Any], *, path: Path, beside: frozenset[str]) -> Comparison | None:
        self.refuse_unknown(written, path=path, known=beside | COMPARISON_FIELDS)
        label = self.label(written, path=path)
        if "attribute" not in written:
            detail = "A condition names an attribute, or is a group: any, all or none"
            self.problems.add(path, code="attribute_missing", detail=detail)
            return None
        attribute = written["attribute"]
        kind = self.kind_of(attribute, path=(*path, "attribute"))
        operator = self._operator(written, path=path, kind=kind)
        if kind is None or operator is None:
            return None
        faults = len(self.problems.found)
        value = read_value(written, kind=kind, operator=operator, path=path, problems=self.problems)
        return Comparison(attribute, operator, value, label) if len(self.problems.found) == faults else None

    def _operator(self, written: Mapping[str, Any], *, path: Path, kind: Kind | None) -> Operator | None:
        name = written.get("operator")
        if name is None:
            self.problems.add(
                path, code="operator_missing", detail=f"A condition has an operator: {_names(frozenset(Operator))}"
            )
            return None
        here = (*path, "operator")
        if not isinstance(name, str) or name not in set(Operator):
            self.problems.add(
                here, code="unknown_operator", detail=f"No such operator; there are {_names(frozenset(Operator))}"
            )
            return None
        operator = Operator(name)
        if kind is not None and operator not in OPERATORS[kind]:
            detail = f"{operator.value} does not fit this attribute ({kind.value}); these do: {_names(OPERATORS[kind])}"
            self.problems.add(here, code="operator_does_not_fit", detail=detail)
            return None
        return operator


def _names(operators: frozenset[Operator]) -> str:
    return ", ".join(operator.value for operator in Operator if operator in operators)
