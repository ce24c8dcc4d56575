"""Companies as CSV: a header, then a row a record, with commas, semicolons or tabs between the values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from winnow_scoring.files.columns import Columns, Mapped, find_columns
from winnow_scoring.files.csv_rows import Lines, Row, rows
from winnow_scoring.files.records import LARGEST_RECORD, Position, Record, Unreadable, without_mark

_DELIMITERS: Final = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class CsvLayout:
    """What the header says, which reading on in the middle of the file needs."""

    delimiter: str
    line_end: str
    """A line feed, also where a carriage return is before it; a carriage return in files without line feeds."""
    columns: Columns

    def as_json(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"delimiter": self.delimiter, "line_end": self.line_end, "columns": self.columns.attributes}

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> "CsvLayout":
        """The layout that `as_json` wrote."""
        return cls(written["delimiter"], written["line_end"], Columns(tuple(written["columns"])))


class CsvReader:
    """Reads CSV; rows of nothing but blanks are none."""

    def __init__(
        self,
        position: Position,
        *,
        mapping: Mapped | None = None,
        layout: CsvLayout | None = None,
        weighed: bool = False,
    ) -> None:
        self.layout = layout
        """Known once the header is read, and needed to begin behind it."""
        self._mapping = mapping
        self._weighed = weighed
        self._position = position
        self._lines: list[bytes] = []
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Record]:
        """See `RecordReader`."""
        self._rest += data
        yield from self._read(last=False)
        if len(self._rest) > LARGEST_RECORD:
            line = self._position.number + len(self._lines)
            raise Unreadable("line_too_long", f"Line {line} is longer than {LARGEST_RECORD} bytes. Is the file CSV?")

    def finish(self) -> Iterator[Record]:
        """See `RecordReader`."""
        yield from self._read(last=True)
        if self.layout is None:
            raise Unreadable("empty_file", "The file is empty. Send a header, and a row for each company.")

    def _read(self, *, last: bool) -> Iterator[Record]:
        if self.layout is None:
            self.layout = self._read_header(last=last)
        if self.layout is not None:
            self._cut(self.layout.line_end, last=last)
            yield from self._records(self.layout, last=last)

    def _read_header(self, *, last: bool) -> CsvLayout | None:
        """The layout, once the whole header is there."""
        line_end = self._line_end(last=last)
        if line_end is None:
            return None
        if self._position.offset == 0:
            start = len(self._rest)
            self._rest = without_mark(self._rest)
            self._position = Position(start - len(self._rest), self._position.number)
        self._cut(line_end, last=last)
        headers = [(self._first_row(delimiter, last=last), delimiter) for delimiter in _DELIMITERS]
        complete = [(header, delimiter) for header, delimiter in headers if header is not None]
        if len(complete) < len(headers):
            return None
        header, delimiter = max(complete, key=lambda pair: _resemblance(pair[0]))
        if header.fault is not None:
            raise Unreadable(
                "malformed_header", f"The header, line {self._position.number + header.first}: {header.fault}."
            )
        self._consume(header.end)
        columns = find_columns(header.cells, mapping=self._mapping, weighed=self._weighed)
        return CsvLayout(delimiter, line_end, columns)

    def _first_row(self, delimiter: str, *, last: bool) -> Row | None:
        found = rows(Lines(self._lines), delimiter=delimiter, last=last)
        return next((row for row in found if row.fault is not None or not _is_blank(row.cells)), None)

    def _line_end(self, *, last: bool) -> str | None:
        if b"\n" in self._rest or self._lines:
            return "\n"
        if last or len(self._rest) > LARGEST_RECORD:
            return "\r" if b"\r" in self._rest else "\n"
        return None

    def _cut(self, line_end: str, *, last: bool) -> None:
        """Move the lines that are complete from the rest to the lines."""
        *complete, self._rest = self._rest.split(line_end.encode())
        self._lines += [line + line_end.encode() for line in complete]
        if last and self._rest:
            self._lines.append(self._rest)
            self._rest = b""

    def _records(self, layout: CsvLayout, *, last: bool) -> Iterator[Record]:
        named = [(name, place) for place, name in enumerate(layout.columns.attributes) if name is not None]
        offset, number = self._position.offset, self._position.number
        done = 0
        for row in rows(
            Lines(self._lines), delimiter=layout.delimiter, last=last, width=len(layout.columns.attributes)
        ):
            offset += sum(map(len, self._lines[row.first : row.end]))
            done = row.end
            if row.fault is not None:
                yield Record(number + row.faulty_line, None, row.fault, Position(offset, number + done))
            elif not _is_blank(row.cells):
                values = {name: row.cells[place] for name, place in named}
                yield Record(number + row.first, values, None, Position(offset, number + done))
        self._consume(done)

    def _consume(self, count: int) -> None:
        size = sum(map(len, self._lines[:count]))
        self._position = Position(self._position.offset + size, self._position.number + count)
        del self._lines[:count]


def _resemblance(header: Row) -> tuple[bool, bool, int]:
    """How much a row looks like the header: several cells do most, and a malformed row explains more than one cell."""
    return len(header.cells) > 1, header.fault is not None, len(header.cells)


def _is_blank(cells: list[str]) -> bool:
    return not any(cell.strip() for cell in cells)
