"""What a comparison's reading is compared with, in the form of that reading."""

from typing import Any

from winnow_scoring.conditions import Comparison, Operator, Scalar
from winnow_scoring.folding import fold
from winnow_scoring.patterns import compile_pattern
from winnow_scoring.snapshots import ordinal_of


def operands(comparison: Comparison) -> tuple[Any, ...]:
    """The operands of a comparison.

    Nothing for `has`, both ends for `between`, a set for `in` and `not_in`, a function for `matches`, else one value.
    """
    value = comparison.value
    if comparison.operator is Operator.HAS or value is None:
        return ()
    if comparison.operator is Operator.MATCHES:
        return (compile_pattern(str(value)),)
    if not isinstance(value, tuple):
        return (_operand(value, form=comparison.form),)
    elements = tuple(_operand(element, form=comparison.form) for element in value)
    return elements if comparison.operator is Operator.BETWEEN else (frozenset(elements),)


def _operand(value: Scalar, *, form: str) -> Scalar | None:
    if not isinstance(value, str):
        return value
    return ordinal_of(value) if form == "date" else fold(value)
