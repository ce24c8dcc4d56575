"""What a line of the breakdown is called: made from the condition itself, unless the rule gives a label."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from winnow_scoring.companies import CUSTOM_PREFIX, Kind, attribute_kind
from winnow_scoring.conditions import Comparison, Condition, Operator, Quantifier, Scalar, Value

LONGEST: Final = 200
MOST_VALUES: Final = 5

_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "last_funding_at": "last funding",
        "linkedin": "LinkedIn",
        "contact.linkedin": "contact's LinkedIn",
    }
)
_VERBS: Final[Mapping[Operator, str]] = MappingProxyType(
    {
        Operator.IS: "is",
        Operator.IS_NOT: "is not",
        Operator.IN: "is one of",
        Operator.NOT_IN: "is none of",
        Operator.CONTAINS: "contains",
        Operator.USES: "includes",
        Operator.MATCHES: "matches",
        Operator.WITHIN_DAYS: "is within",
    }
)
_PLURAL_VERBS: Final[Mapping[Operator, str]] = MappingProxyType(
    {
        Operator.IS: "include",
        Operator.IS_NOT: "do not include",
        Operator.IN: "include one of",
        Operator.NOT_IN: "include none of",
        Operator.CONTAINS: "contain",
        Operator.USES: "include",
        Operator.MATCHES: "match",
    }
)
_JOINTS: Final[Mapping[Quantifier, str]] = MappingProxyType(
    {Quantifier.ANY: " or ", Quantifier.ALL: " and ", Quantifier.NONE: " or "}
)


def label_of(condition: Condition) -> str:
    """The label of a condition, at most 200 characters: "Industry is Technology", "Uses Stripe", "Has email"."""
    if condition.label is not None:
        return condition.label
    label = _comparison_label(condition) if isinstance(condition, Comparison) else _group_label(condition)
    return label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…"


def cap_label(bound: int, *, upper: bool, group: str | None = None) -> str:
    """The label of the line that a bound adds: "Cap at 100", "Floor on tech at 0"."""
    return f"{'Cap' if upper else 'Floor'} {f'on {group} ' if group is not None else ''}at {bound}"


def attribute_name(attribute: str) -> str:
    """An attribute in words, as inside a sentence: "funding stage", "LinkedIn"."""
    plain = attribute.removeprefix(CUSTOM_PREFIX).removeprefix("contact.").replace("_", " ")
    return _NAMES.get(attribute, plain)


def _comparison_label(comparison: Comparison) -> str:
    name = attribute_name(comparison.attribute)
    subject = name[:1].upper() + name[1:]
    operator, value = comparison.operator, comparison.value
    kind = attribute_kind(comparison.attribute)
    if operator is Operator.HAS:
        return f"Has {name}"
    if operator is Operator.USES and comparison.attribute == "technologies":
        return f"Uses {_words(value)}"
    if operator is Operator.BETWEEN and isinstance(value, tuple):
        return f"{subject} between {_words(value[0])} and {_words(value[1])}"
    if kind is Kind.KNOWN:
        return f"{subject} is {'known' if value is (operator is Operator.IS) else 'not known'}"
    if operator in _VERBS:
        verb = (_PLURAL_VERBS if kind is Kind.LIST else _VERBS)[operator]
        unit = " days" if operator is Operator.WITHIN_DAYS else ""
        return f"{subject} {verb} {_words(value)}{unit}"
    return f"{subject} {operator.value} {_words(value)}"


def _group_label(group: Condition) -> str:
    if isinstance(group, Comparison):
        return label_of(group)
    members = [label_of(member) for member in group.members]
    wrapped = [
        label if isinstance(member, Comparison) or len(group.members) == 1 or member.label is not None else f"({label})"
        for label, member in zip(members, group.members, strict=True)
    ]
    joined = _JOINTS[group.quantifier].join(wrapped)
    return f"Not ({joined})" if group.quantifier is Quantifier.NONE else joined


def _words(value: Value) -> str:
    if isinstance(value, tuple):
        shown = ", ".join(_word(element) for element in value[:MOST_VALUES])
        rest = len(value) - MOST_VALUES
        return f"{shown} and {rest} more" if rest > 0 else shown
    return "" if value is None else _word(value)


def _word(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)
