"""Tracebacks that may stand in a log: where it happened and what kind of error it was, but nothing that quotes data.

Messages of some exceptions repeat what the code was given: a ValueError its input, a KeyError the key, PostgreSQL's
errors of data and integrity the row. Those are withheld; class, place and, for PostgreSQL, the names of table, column
and constraint remain.
"""

import traceback
from types import TracebackType

WITHHELD = "(message withheld, it may quote data)"
_ERRORS_OF_DATA = ("22", "23")
"""Classes of SQLSTATE: data exception, integrity constraint violation."""

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def format_exception(exc_info: ExceptionInfo) -> str:
    """The text of an exception with its causes and, for groups, its members, the innermost cause first."""
    return "\n\n".join(_sections(exc_info[1], seen=set()))


def describe(error: BaseException) -> str:
    """Class and message of an exception, in one line."""
    name = type(error).__qualname__
    sqlstate = getattr(error, "sqlstate", None)
    if isinstance(sqlstate, str) and sqlstate.startswith(_ERRORS_OF_DATA):
        places = [getattr(error, f"{kind}_name", None) for kind in ("table", "column", "constraint")]
        return f"{name}: {' '.join((sqlstate, *filter(None, places)))} {WITHHELD}"
    if isinstance(error, ValueError | LookupError):
        return f"{name}: {WITHHELD}"
    message = str(error)
    return f"{name}: {message}" if message else name


def _sections(error: BaseException, *, seen: set[int]) -> list[str]:
    if id(error) in seen:
        return []
    seen.add(id(error))
    sections: list[str] = []
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None:
        sections += _sections(earlier, seen=seen)
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            sections += _sections(member, seen=seen)
    frames = "".join(traceback.format_tb(error.__traceback__))
    sections.append(f"Traceback (most recent call last):\n{frames}{describe(error)}")
    return sections
