"""Lines to rows: which lines make a row of CSV, what its cells are, and what is wrong with it.

Quoting is RFC 4180's and is checked: a quote out of place costs the line that it is on, not the rows behind it. Where
a value seems to go on over several lines and the result is no row, its first line is given up and reading goes on
with the second.
"""

import csv
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from winnow_scoring.files.records import LARGEST_RECORD

LONGEST_CELL: Final = 131_072
"""Characters; the standard library's own limit."""

_MISQUOTED: Final = "a quote is out of place: quote whole values, and write a quote inside of one twice"
_TOO_LONG: Final = f"a value is longer than {LONGEST_CELL} characters"
_NOT_UTF_8: Final = "not UTF-8"


class Row(NamedTuple):
    """The lines from `first` to before `end` are one row."""

    first: int
    end: int
    cells: list[str]
    fault: str | None
    faulty_line: int


class Lines(Iterator[str]):
    """Decoded lines, given one by one from `taken` on; `ran_out` once more were asked for than there are."""

    __slots__ = ("_lines", "_not_utf_8", "ran_out", "taken")

    def __init__(self, lines: Sequence[bytes]) -> None:
        self.taken = 0
        self.ran_out = False
        self._not_utf_8: list[int] = []
        try:
            self._lines = [line.decode() for line in lines]
        except UnicodeDecodeError:
            self._lines = [line.decode(errors="replace") for line in lines]
            self._not_utf_8 = [number for number, line in enumerate(lines) if not _is_utf_8(line)]

    def __len__(self) -> int:
        return len(self._lines)

    def __next__(self) -> str:
        if self.taken == len(self._lines):
            self.ran_out = True
            raise StopIteration
        self.taken += 1
        return self._lines[self.taken - 1]

    def rewind(self, line: int) -> None:
        """Go on with that line."""
        self.taken, self.ran_out = line, False

    def size(self, first: int) -> int:
        """Characters from a line to the end."""
        return sum(map(len, self._lines[first:]))

    def not_utf_8(self, first: int, *, end: int) -> int | None:
        """The first of some lines that is not UTF-8, if there is one."""
        following = bisect_left(self._not_utf_8, first)
        found = self._not_utf_8[following : following + 1]
        return found[0] if found and found[0] < end else None


def rows(lines: Lines, *, delimiter: str, last: bool, width: int | None = None) -> Iterator[Row]:
    """The rows in `lines`, blank ones too, up to one that more lines may belong to; `last` says that there are no more.

    Rows must have `width` cells, where it is given.
    """
    while lines.taken < len(lines):
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        while lines.taken < len(lines):
            first = lines.taken
            cells, fault = _next(reader)
            if lines.ran_out and not last and lines.size(first) <= LARGEST_RECORD:
                return
            if fault is None and width is not None and len(cells) != width and any(cells):
                fault = f"has {len(cells)} values, and the header has {width}"
            torn = fault is not None and lines.taken > first + 1
            if torn:
                lines.rewind(first + 1)
            faulty = lines.not_utf_8(first, end=lines.taken)
            if faulty is not None:
                fault = _NOT_UTF_8
            yield Row(first, lines.taken, cells, _MISQUOTED if torn and faulty is None else fault, faulty or first)
            if torn:
                break


def _next(reader: "Iterator[list[str]]") -> tuple[list[str], str | None]:
    try:
        return next(reader), None
    except csv.Error as error:
        return [], _TOO_LONG if "limit" in str(error) else _MISQUOTED


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
