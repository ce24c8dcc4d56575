r"""Companies as rows of files: the one notation that exports are written in and imports read back without loss.

A row of NDJSON is the flat object of PUT plus `domain`. A row of CSV has a column for each attribute: lists are
joined by `;` (a `;` or `\` inside an element gets a `\` before it), what is not known is empty, and the tenant's
own attributes are one JSON object in the column `custom`. Text that a spreadsheet would run as a formula gets a `'`
before it, as spreadsheets themselves do.
"""

import csv
import io
import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import to_json

from winnow_contracts.companies import CompanyAttributes

DOMAIN: Final = "domain"
CUSTOM: Final = "custom"
ATTRIBUTES: Final = tuple(CompanyAttributes.model_fields)
COLUMNS: Final = (DOMAIN, *ATTRIBUTES)

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_SEPARATOR: Final = re.compile(r"\\([\\;])|;")


def csv_header() -> bytes:
    """The first line of a CSV export."""
    return _line(COLUMNS)


def csv_row(company: Mapping[str, Any]) -> bytes:
    """A line of a CSV export; of `company` (a `CompanyAnswer` as JSON) only domain and attributes are taken."""
    return _line([company[DOMAIN], *(_cell(company.get(name), column=name) for name in ATTRIBUTES)])


def ndjson_row(company: Mapping[str, Any]) -> bytes:
    """A line of an NDJSON export, from the same."""
    known = {name: company[name] for name in ATTRIBUTES if company.get(name) is not None}
    return to_json({DOMAIN: company[DOMAIN], **known}) + b"\n"


def join_list(elements: list[str]) -> str:
    """One cell of a list."""
    return ";".join(element.replace("\\", "\\\\").replace(";", "\\;") for element in elements)


def split_list(cell: str) -> list[str]:
    r"""The elements in a cell, trimmed, without blank ones.

    A `\` before anything but `;` and `\` is a character like others.
    """
    elements = [""]
    start = 0
    for match in _SEPARATOR.finditer(cell):
        elements[-1] += cell[start : match.start()] + (match[1] or "")
        if match[1] is None:
            elements.append("")
        start = match.end()
    elements[-1] += cell[start:]
    return [trimmed for element in elements if (trimmed := element.strip())]


def guard(text: str) -> str:
    """`text` so that no spreadsheet runs it."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguard(cell: str) -> str:
    """The text that `guard` made this cell of."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell


def _cell(value: Any, *, column: str) -> str:
    if value is None:
        return ""
    if column == CUSTOM:
        return to_json(value).decode()
    if isinstance(value, list):
        return guard(join_list(value))
    return guard(value) if isinstance(value, str) else to_json(value).decode()


def _line(cells: "tuple[str, ...] | list[str]") -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode()
