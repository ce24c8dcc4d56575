"""Cells of CSV files, so that no spreadsheet runs what somebody else wrote into them.

The convention is that of Winnow's exports: text that a spreadsheet would run as a formula gets a `'` before it, as
spreadsheets themselves do.
"""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?")


def guard(text: str, /) -> str:
    """`text` so that no spreadsheet runs it."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguard(cell: str, /) -> str:
    """The text that `guard` made this cell of."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell


def written(value: float | str | None, /) -> str:
    """`value` as a cell: guarded where it is text, as it is where it is a number or looks like one."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value if _NUMBER.fullmatch(value) else guard(value)
    return f"{value:.15g}"
