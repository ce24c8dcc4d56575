"""Reading the value of a comparison: its shape follows from the operator, its type from the attribute."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from winnow_scoring.companies import Kind
from winnow_scoring.conditions import LISTED, ORDER, Operator, Scalar, Value
from winnow_scoring.folding import fold
from winnow_scoring.patterns import InvalidPattern, compile_pattern
from winnow_scoring.problems import LARGEST_NUMBER, Path, Problems, is_clean_text, is_integer, is_number, plain_number
from winnow_scoring.snapshots import ordinal_of

LONGEST_TEXT: Final = 1_000
MOST_VALUES: Final = 1_000
MOST_DAYS: Final = 36_500


class Sort(StrEnum):
    """What a single value has to be; the words end the sentence "The value has to be …"."""

    TEXT = f"text of 1 to {LONGEST_TEXT} characters"
    NUMBER = f"a number between -{LARGEST_NUMBER} and {LARGEST_NUMBER}"
    DATE = "a date such as 2026-01-31"
    FLAG = "true or false"


_EXPECTED: Final[Mapping[Kind, tuple[Sort, ...]]] = {
    Kind.TEXT: (Sort.TEXT,),
    Kind.LIST: (Sort.TEXT,),
    Kind.NUMBER: (Sort.NUMBER,),
    Kind.DATE: (Sort.DATE,),
    Kind.KNOWN: (Sort.FLAG,),
    Kind.CUSTOM: (Sort.TEXT, Sort.NUMBER, Sort.FLAG),
}


def read_value(written: Mapping[str, Any], *, kind: Kind, operator: Operator, path: Path, problems: Problems) -> Value:
    """The value of the comparison at `path`; what does not fit is noted in `problems` and gives None."""
    value = written.get("value")
    here = (*path, "value")
    if value is None:
        if operator is not Operator.HAS:
            problems.add(path, code="value_missing", detail=f"{operator.value} needs a value")
        return None
    match operator:
        case Operator.HAS:
            problems.add(here, code="value_does_not_fit", detail="has takes no value")
            read: Value = None
        case Operator.WITHIN_DAYS:
            read = _days(value, path=here, problems=problems)
        case Operator.MATCHES:
            read = _pattern(value, path=here, problems=problems)
        case Operator.IN | Operator.NOT_IN:
            read = _values(value, kind=kind, path=here, problems=problems)
        case Operator.BETWEEN:
            read = _range(value, kind=kind, path=here, problems=problems)
        case _:
            read = _scalar(value, sorts=_sorts(kind, operator), path=here, problems=problems)
    return read


def read_days(value: Any, *, least: int) -> int | None:
    """A number of days from `least` to a hundred years, or None where `value` is none."""
    return int(value) if is_integer(value) and least <= value <= MOST_DAYS else None


def _sorts(kind: Kind, operator: Operator) -> tuple[Sort, ...]:
    if kind is not Kind.CUSTOM:
        return _EXPECTED[kind]
    if operator in ORDER:
        return (Sort.NUMBER, Sort.DATE)
    if operator in LISTED:
        return (Sort.TEXT, Sort.NUMBER)
    return (Sort.TEXT,) if operator in {Operator.CONTAINS, Operator.USES} else _EXPECTED[kind]


def _sort_of(value: Any) -> tuple[Sort, ...]:
    """The sorts that a JSON value is of: an ISO date is text as well."""
    if isinstance(value, bool):
        return (Sort.FLAG,)
    if is_number(value):
        return (Sort.NUMBER,)
    if not is_clean_text(value) or len(value) > LONGEST_TEXT or not fold(value):
        return ()
    return (Sort.TEXT, Sort.DATE) if ordinal_of(value) is not None else (Sort.TEXT,)


def _scalar(value: Any, *, sorts: tuple[Sort, ...], path: Path, problems: Problems) -> Scalar | None:
    if set(sorts).isdisjoint(_sort_of(value)):
        detail = f"The value has to be {' or '.join(sort.value for sort in sorts)}"
        problems.add(path, code="value_does_not_fit", detail=detail)
        return None
    scalar: Scalar = value if isinstance(value, (str, bool)) else plain_number(value)
    return scalar


def _scalars(value: list[Any], *, sorts: tuple[Sort, ...], path: Path, problems: Problems) -> tuple[Scalar, ...] | None:
    """The values of a list, all of one sort."""
    read = [
        _scalar(element, sorts=sorts, path=(*path, index), problems=problems) for index, element in enumerate(value)
    ]
    sound = tuple(scalar for scalar in read if scalar is not None)
    if len(sound) < len(read):
        return None
    if len({isinstance(scalar, str) for scalar in sound}) > 1:
        problems.add(path, code="value_does_not_fit", detail="The values have to be all text or all numbers")
        return None
    return sound


def _values(value: Any, *, kind: Kind, path: Path, problems: Problems) -> Value:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_VALUES:
        detail = f"The value has to be a list of 1 to {MOST_VALUES} values"
        problems.add(path, code="value_does_not_fit", detail=detail)
        return None
    return _scalars(value, sorts=_sorts(kind, Operator.IN), path=path, problems=problems)


def _range(value: Any, *, kind: Kind, path: Path, problems: Problems) -> Value:
    if not isinstance(value, list) or len(value) != 2:
        problems.add(
            path, code="value_does_not_fit", detail="between takes a list of two: the lowest and the highest value"
        )
        return None
    ends = _scalars(value, sorts=_sorts(kind, Operator.BETWEEN), path=path, problems=problems)
    if ends is None:
        return None
    lowest, highest = (_rank(end) for end in ends)
    if lowest > highest:
        problems.add(path, code="empty_range", detail="The first value of between is the lower one")
        return None
    return ends


def _rank(end: Scalar) -> float:
    return (ordinal_of(end) or 0) if isinstance(end, str) else end


def _days(value: Any, *, path: Path, problems: Problems) -> Value:
    days = read_days(value, least=0)
    if days is None:
        problems.add(
            path, code="value_does_not_fit", detail=f"The value has to be a whole number of days, 0 to {MOST_DAYS}"
        )
    return days


def _pattern(value: Any, *, path: Path, problems: Problems) -> Value:
    if Sort.TEXT not in _sort_of(value):
        problems.add(path, code="value_does_not_fit", detail=f"The value has to be {Sort.TEXT.value}")
        return None
    try:
        compile_pattern(value)
    except InvalidPattern as invalid:
        problems.add(path, code="invalid_pattern", detail=str(invalid))
        return None
    return str(value)
