"""CSV records out of lines, cut by Python's own reader, resumable at every record.

A record that is still open when its lines end waits for more; one that is open at the end of the file, or grows beyond
what a record may be, has a quote that is never closed: its first line is a bad record, and reading goes on behind it.
"""

import csv
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from winnow_pipeline.files.charsets import decoded
from winnow_pipeline.files.limits import LARGEST_RECORD
from winnow_pipeline.files.line_cutter import Lines

UNCLOSED: Final = "unclosed_quote"
TOO_LONG: Final = "line_too_long"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells are parted and quoted."""

    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None
    skip_space: bool = False


class Record(NamedTuple):
    """The cells of a record."""

    cells: list[str]
    line: int
    """That it begins on, from 1."""
    end: int
    """Offset of the byte behind it."""
    fault: str | None = None


class RecordCutter:
    """Turns lines into records. `offset` and `line` say where the first line begins."""

    def __init__(self, dialect: Dialect, *, encoding: str, offset: int = 0, line: int = 1) -> None:
        self._dialect = dialect
        self._encoding = encoding
        self._lines: list[bytes] = []
        self._offset = offset
        self._line = line

    def feed(self, found: Lines) -> Iterator[Record]:
        """The records that are complete with these lines."""
        self._lines += found.lines
        yield from self._cut(last=bool(found.overlong))
        if found.overlong:
            self._offset += found.overlong
            yield Record([], self._line, self._offset, TOO_LONG)
            self._line += 1

    def finish(self) -> Iterator[Record]:
        """What is left at the end of the file."""
        yield from self._cut(last=True)

    def _cut(self, *, last: bool) -> Iterator[Record]:
        while self._lines:
            lines, self._lines = self._lines, []
            used = yield from self._records(lines)
            left = lines[used:]
            if left and (last or sum(map(len, left)) > LARGEST_RECORD):
                self._offset += len(left[0])
                yield Record([], self._line, self._offset, UNCLOSED)
                self._line += 1
                self._lines = left[1:]
                continue
            self._lines = left
            return

    def _records(self, lines: Sequence[bytes]) -> Generator[Record, None, int]:
        """Complete records; returns how many lines they have used."""
        texts = decoded(lines, self._encoding)
        feeding = _Feeding(texts)
        reader = _reader(feeding, self._dialect)
        used = 0
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return used
            except csv.Error:
                cells = []
                if feeding.exhausted:
                    return used
                count = feeding.given
                self._offset += sum(map(len, lines[used:count]))
                yield Record([], self._line, self._offset, TOO_LONG)
                self._line += count - used
                used = count
                continue
            if feeding.exhausted:
                return used
            count = feeding.given
            self._offset += len(lines[used]) if count == used + 1 else sum(map(len, lines[used:count]))
            yield Record(cells, self._line, self._offset)
            self._line += count - used
            used = count


class _Feeding:
    """Lines for a reader, which tells how many it took and whether it wanted more."""

    __slots__ = ("_texts", "exhausted", "given")

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self.given = 0
        self.exhausted = False

    def __iter__(self) -> "_Feeding":
        return self

    def __next__(self) -> str:
        if self.given >= len(self._texts):
            self.exhausted = True
            raise StopIteration
        self.given += 1
        return self._texts[self.given - 1]


def cells_of(texts: Sequence[str], dialect: Dialect) -> list[list[str]]:
    """The records of a sample, the last of which may be cut short."""
    found: list[list[str]] = []
    reader = _reader(iter(texts), dialect)
    while True:
        try:
            found.append(next(reader))
        except StopIteration:
            return found
        except csv.Error:
            continue


def _reader(lines: "Iterator[str] | _Feeding", dialect: Dialect) -> "Iterator[list[str]]":
    csv.field_size_limit(LARGEST_RECORD)
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape,
        doublequote=dialect.escape is None,
        skipinitialspace=dialect.skip_space,
    )
