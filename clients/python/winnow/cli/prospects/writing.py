"""The output: the columns of the input as they were, and beside them what each row got, the best first."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from winnow.cli.prospects.cells import unguard, written
from winnow.cli.prospects.outcome import COLUMNS, Outcome
from winnow.cli.prospects.reading import Prospect, ProspectFile

TAKEN = "winnow_"
"""Before the name of a column that the input has already."""


def write_output(path: Path, file: ProspectFile, outcomes: Mapping[int, Outcome], /, *, keep_order: bool) -> None:
    """Write beside `path` and rename at the end. Delimiter and byte order mark are as in the input."""
    partial = path.with_name(path.name + ".part")
    rows = file.prospects if keep_order else best_first(file.prospects, outcomes)
    try:
        with partial.open("w", encoding="utf-8-sig" if file.marked else "utf-8", newline="") as output:
            writer = csv.writer(output, delimiter=file.delimiter, lineterminator="\r\n")
            writer.writerow([*map(_kept, file.headers), *added_columns(file.headers)])
            for one in rows:
                writer.writerow([*map(_kept, one.cells), *map(written, outcomes[one.row].values())])
            output.flush()
            os.fsync(output.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def best_first(prospects: Sequence[Prospect], outcomes: Mapping[int, Outcome], /) -> list[Prospect]:
    """The highest score first, those without one last, equal ones as they came."""

    def place(prospect: Prospect) -> tuple[bool, float]:
        score = outcomes[prospect.row].score
        return score is None, -(score or 0.0)

    return sorted(prospects, key=place)


def added_columns(headers: Sequence[str], /) -> list[str]:
    """The names of the columns that are added; a column of the input is never replaced."""
    taken = {header.strip().casefold() for header in headers}
    names: list[str] = []
    for column in COLUMNS:
        name = column
        while name in taken:
            name = TAKEN + name
        names.append(name)
    return names


def _kept(cell: str) -> str:
    """A cell of the input, guarded once, however often it was before."""
    return written(unguard(cell))
