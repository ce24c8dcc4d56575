"""Conditions: a comparison of one attribute with a value, or a group of conditions.

A condition is true, false or missing. Groups follow Kleene's logic: `any` is true where one member is, `all` where
every one is, `none` where every one is false; they are missing only where the missing members could still decide.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from winnow_scoring.companies import Kind, attribute_kind

Scalar = str | int | float | bool
Value = Scalar | tuple[Scalar, ...] | None


class Operator(StrEnum):
    """How an attribute is compared with a value."""

    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    USES = "uses"
    HAS = "has"
    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="
    BETWEEN = "between"
    MATCHES = "matches"
    WITHIN_DAYS = "within_days"


class Quantifier(StrEnum):
    """How many members of a group have to be true."""

    ANY = "any"
    ALL = "all"
    NONE = "none"


EQUALITY: Final = frozenset({Operator.IS, Operator.IS_NOT, Operator.IN, Operator.NOT_IN})
LISTED: Final = frozenset({Operator.IN, Operator.NOT_IN})
NEGATED: Final = frozenset({Operator.IS_NOT, Operator.NOT_IN})
ORDER: Final = frozenset({Operator.ABOVE, Operator.AT_LEAST, Operator.BELOW, Operator.AT_MOST, Operator.BETWEEN})

OPERATORS: Final[Mapping[Kind, frozenset[Operator]]] = MappingProxyType(
    {
        Kind.TEXT: EQUALITY | {Operator.HAS, Operator.CONTAINS, Operator.MATCHES},
        Kind.LIST: EQUALITY | {Operator.HAS, Operator.CONTAINS, Operator.MATCHES, Operator.USES},
        Kind.NUMBER: EQUALITY | ORDER | {Operator.HAS},
        Kind.DATE: EQUALITY | ORDER | {Operator.HAS, Operator.WITHIN_DAYS},
        Kind.KNOWN: frozenset({Operator.IS, Operator.IS_NOT, Operator.HAS}),
        Kind.CUSTOM: frozenset(Operator),
    }
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One attribute compared with a value; `label` is set where the rule gives one."""

    attribute: str
    operator: Operator
    value: Value = None
    label: str | None = None

    @property
    def form(self) -> str:
        """The form (see `snapshots`) in which this comparison reads its attribute."""
        kind = attribute_kind(self.attribute)
        match self.operator:
            case Operator.HAS:
                return "known"
            case Operator.WITHIN_DAYS:
                return "date"
            case Operator.MATCHES:
                return "prose"
            case Operator.USES:
                return "elements"
            case Operator.CONTAINS if kind is Kind.CUSTOM:
                return "content"
        return self._custom_form() if kind is Kind.CUSTOM else _FORMS[kind or Kind.TEXT]

    def _custom_form(self) -> str:
        """A tenant's own attribute is read as what it is compared with: a date as one only where order matters."""
        sample = self.value[0] if isinstance(self.value, tuple) else self.value
        if isinstance(sample, str):
            return "date" if self.operator in ORDER else "terms"
        return "flag" if isinstance(sample, bool) else "number"

    @property
    def reading(self) -> str:
        """The name of the reading that this comparison looks at."""
        return f"{self.form} {self.attribute}"


_FORMS: Final[Mapping[Kind, str]] = MappingProxyType(
    {Kind.TEXT: "text", Kind.LIST: "elements", Kind.NUMBER: "number", Kind.DATE: "date", Kind.KNOWN: "known"}
)


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which any, all or none have to be true."""

    quantifier: Quantifier
    members: tuple["Condition", ...]
    label: str | None = None


Condition = Comparison | Group


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """Every comparison in `condition`, in the rule's order."""
    if isinstance(condition, Comparison):
        yield condition
    else:
        for member in condition.members:
            yield from comparisons(member)
