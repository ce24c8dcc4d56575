"""A file of prospects as rows: its encoding, its delimiter, its header, and what each row says of a company."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from winnow.cli.prospects.columns import Columns, UnusableColumns, columns_of, recognised
from winnow.groups.similarity import CompanyIdentifiers

DELIMITERS = (",", ";", "\t")
LONGEST_CELL = 1_000_000
_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Prospect:
    """A row: its number from 1 among those that are not empty, its cells, and what they say of a company."""

    row: int
    cells: Sequence[str]
    identifiers: CompanyIdentifiers


@dataclass(frozen=True, slots=True, kw_only=True)
class ProspectFile:
    """All that was read. `sha256` is of the bytes."""

    headers: Sequence[str]
    prospects: Sequence[Prospect]
    columns: Columns
    delimiter: str
    marked: bool
    """Whether the file begins with a byte order mark, without which Excel takes UTF-8 for something else."""
    sha256: str


def read_prospects(path: Path, mapping: Mapping[str, str], /) -> ProspectFile:
    """The file at `path`; `mapping` names identifiers for headers. Raises `typer.BadParameter` for what is unusable."""
    content = _content(path)
    text = _decoded(path, content)
    marked = text.startswith(_MARK)
    text = text.removeprefix(_MARK)
    delimiter = _delimiter(_first_line(text))
    try:
        headers, rows = _rows(path, text, delimiter)
        columns = columns_of(headers, mapping)
    except UnusableColumns as error:
        raise typer.BadParameter(f"{path}: {error}") from error
    return ProspectFile(
        headers=headers,
        prospects=[Prospect(row, cells, columns.identifiers(cells)) for row, cells in enumerate(rows, 1)],
        columns=columns,
        delimiter=delimiter,
        marked=marked,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}.") from error


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{path} is not UTF-8 (byte {error.start}); save it as “CSV UTF-8”.") from error


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")


def _delimiter(header: str) -> str:
    """What separates the header into the most columns that name a company, and else into the most columns."""

    def worth(delimiter: str) -> tuple[int, int]:
        headers = next(csv.reader([header], delimiter=delimiter), [])
        return len(recognised(headers).positions), len(headers)

    return max(DELIMITERS, key=worth)


def _rows(path: Path, text: str, delimiter: str) -> tuple[list[str], list[list[str]]]:
    """The header and the rows below it, each as long as the header; rows without any text are none."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    headers: list[str] = []
    rows: list[list[str]] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if headers:
                rows.append(_fitted(path, cells, width=len(headers), line=reader.line_num))
            else:
                headers = cells
    except csv.Error as error:
        raise typer.BadParameter(f"{path}, line {reader.line_num}: this is not CSV ({error}).") from error
    if not rows:
        raise typer.BadParameter(f"{path} has no rows." if headers else f"{path} is empty.")
    return headers, rows


def _fitted(path: Path, cells: list[str], *, width: int, line: int) -> list[str]:
    """A row with a cell for each header. More than that would put values under the wrong one, so they are refused."""
    if any(cell.strip() for cell in cells[width:]):
        raise typer.BadParameter(
            f"{path}, line {line}: {len(cells)} cells are under {width} headers; put texts in quotes."
        )
    return cells[:width] + [""] * (width - len(cells))
