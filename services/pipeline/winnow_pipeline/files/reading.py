"""Rows of a file, in batches, from its beginning or from where reading stopped.

Memory is bounded by a batch and a record, but for workbooks, which are opened as a whole. A checkpoint holds all that
reading on needs: going on from it gives the same rows as never having stopped.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson

from winnow_pipeline.files import workbooks
from winnow_pipeline.files.charsets import decoded
from winnow_pipeline.files.detection import Detected
from winnow_pipeline.files.json_records import ArrayReader, Item, item_of, line_item
from winnow_pipeline.files.limits import BATCH_BYTES
from winnow_pipeline.files.line_cutter import LineCutter
from winnow_pipeline.files.plain import PlainBytes
from winnow_pipeline.files.records import TOO_LONG, UNCLOSED, RecordCutter
from winnow_pipeline.files.source import Source
from winnow_pipeline.leads import RawRow, Reason

REASONS: Final[Mapping[str, str]] = {
    UNCLOSED: "A quote on this line is never closed.",
    TOO_LONG: "The row is longer than a row can be.",
    "too_many_cells": "The row has more cells than there are columns.",
    "invalid_json": "The line is not valid JSON.",
    "not_an_object": "The item is not a JSON object.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How far a file was read."""

    offset: int
    """In plain bytes; items of a JSON array, or rows of a workbook."""
    line: int
    """Of the next record."""
    number: int
    """Of the next row."""
    bytes_read: int

    def to_json(self) -> str:
        """As JSON."""
        return orjson.dumps(asdict(self)).decode()

    @classmethod
    def from_json(cls, text: str) -> "Checkpoint":
        """From JSON."""
        return cls(**orjson.loads(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsRead:
    """A batch of rows, and from where to go on behind it."""

    rows: Sequence[RawRow]
    checkpoint: Checkpoint
    last: bool


@dataclass(frozen=True, slots=True)
class _Read:
    """A record as it was cut: cells by column, or by name."""

    cells: "Sequence[str] | Mapping[str, str]"
    line: int
    end: int
    fault: str | None


async def read_rows(
    source: Source, detected: Detected, *, start: Checkpoint | None, rows_per_batch: int
) -> AsyncGenerator[RowsRead, None]:
    """The rows in batches, the last of which is marked and may be empty. Raises `Unreadable` where reading ends."""
    plain = PlainBytes(source, compression=detected.compression, recoded_from=detected.recoded_from)
    begin = start or Checkpoint(offset=detected.start, line=detected.first_line, number=1, bytes_read=0)
    make = _Maker(detected)
    rows: list[RawRow] = []
    number, batch_from = begin.number, begin.offset
    end, line = begin.offset, begin.line
    async with aclosing(_records(plain, source, detected, begin)) as records:
        async for part in records:
            for each in part:
                end, line = each.end, each.line + 1
                row = make.row(each, number=number)
                if row is None:
                    continue
                rows.append(row)
                number += 1
                full = len(rows) >= rows_per_batch or (
                    detected.format in {"csv", "ndjson"} and end - batch_from > BATCH_BYTES
                )
                if full:
                    yield _batch(rows, end=end, line=line, number=number, taken=plain.taken, last=False)
                    rows, batch_from = [], end
    yield _batch(rows, end=end, line=line, number=number, taken=source.size, last=True)


def _batch(rows: list[RawRow], *, end: int, line: int, number: int, taken: int, last: bool) -> RowsRead:
    checkpoint = Checkpoint(offset=end, line=line, number=number, bytes_read=taken)
    return RowsRead(rows=rows, checkpoint=checkpoint, last=last)


def _records(plain: PlainBytes, source: Source, detected: Detected, begin: Checkpoint) -> "Any":
    readers = {"csv": _csv, "ndjson": _lines, "json": _array}
    if detected.format == "xlsx":
        return _workbook(source, begin)
    return readers[detected.format](plain, detected, begin)


async def _csv(plain: PlainBytes, detected: Detected, begin: Checkpoint) -> AsyncGenerator[list[_Read], None]:
    cutter = RecordCutter(detected.dialect, encoding=detected.line_encoding, offset=begin.offset, line=begin.line)
    lines = LineCutter(universal=detected.universal)
    async with aclosing(plain.read(begin.offset)) as pieces:
        async for piece in pieces:
            found = [record for cut in lines.feed(piece) for record in cutter.feed(cut)]
            if found:
                yield [_Read(each.cells, each.line, each.end, each.fault) for each in found]
    found = [record for cut in lines.finish() for record in cutter.feed(cut)]
    found += cutter.finish()
    yield [_Read(each.cells, each.line, each.end, each.fault) for each in found]


async def _lines(plain: PlainBytes, detected: Detected, begin: Checkpoint) -> AsyncGenerator[list[_Read], None]:
    cutter = LineCutter(universal=False)
    place = _Place(begin.offset, begin.line)
    async with aclosing(plain.read(begin.offset)) as pieces:
        async for piece in pieces:
            yield [each for cut in cutter.feed(piece) for each in _json_lines(cut.lines, cut.overlong, detected, place)]
    yield [each for cut in cutter.finish() for each in _json_lines(cut.lines, cut.overlong, detected, place)]


@dataclass(slots=True)
class _Place:
    offset: int
    line: int


def _json_lines(lines: Sequence[bytes], overlong: int, detected: Detected, place: _Place) -> Iterator[_Read]:
    for raw, text in zip(lines, decoded(lines, detected.line_encoding), strict=True):
        place.offset += len(raw)
        item = line_item(text.removeprefix("\ufeff"))
        yield _Read(
            {} if item is None else item.columns, place.line, place.offset, None if item is None else item.fault
        )
        place.line += 1
    if overlong:
        place.offset += overlong
        yield _Read({}, place.line, place.offset, TOO_LONG)
        place.line += 1


async def _array(plain: PlainBytes, detected: Detected, begin: Checkpoint) -> AsyncGenerator[list[_Read], None]:  # noqa: ARG001
    reader = ArrayReader()
    count = 0

    def read(items: Iterator[Any]) -> list[_Read]:
        nonlocal count
        found: list[_Read] = []
        for value in items:
            count += 1
            if count > begin.offset:
                item: Item = item_of(value)
                found.append(_Read(item.columns, count, count, item.fault))
        return found

    async with aclosing(plain.read()) as pieces:
        async for piece in pieces:
            if found := read(reader.feed(piece)):
                yield found
            if reader.is_over:
                return
    yield read(reader.feed(b"", last=True))


async def _workbook(source: Source, begin: Checkpoint) -> AsyncGenerator[list[_Read], None]:
    rows = await asyncio.to_thread(workbooks.rows_of, await workbooks.whole(source))
    yield [_Read(row, line, line, None) for line, row in enumerate(rows, 1) if line > begin.offset]


class _Maker:
    """Makes rows of records."""

    def __init__(self, detected: Detected) -> None:
        self._columns = detected.columns
        self._count = len(detected.columns)
        self._fields = [(place, each.field) for place, each in enumerate(detected.columns) if each.field is not None]
        self._others = [(place, each.header) for place, each in enumerate(detected.columns) if each.field is None]
        self._by_name = {each.header: each.field for each in detected.columns}

    def row(self, read: _Read, *, number: int) -> RawRow | None:
        """A row; None for a record that says nothing."""
        if read.fault is not None:
            return RawRow(number, read.line, {}, {}, Reason(read.fault, REASONS[read.fault]))
        if isinstance(read.cells, Mapping):
            return self._named(read.cells, read.line, number)
        return self._placed(read.cells, read.line, number)

    def _placed(self, cells: Sequence[str], line: int, number: int) -> RawRow | None:
        if len(cells) < self._count:
            cells = [*cells, *([""] * (self._count - len(cells)))]
        values = {field: text for place, field in self._fields if (text := cells[place].strip())}
        source = {header: text for place, header in self._others if (text := cells[place].strip())}
        extra = len(cells) > self._count and any(cell.strip() for cell in cells[self._count :])
        if extra:
            source |= {self._columns[place].header: cells[place] for place, _ in self._fields if cells[place].strip()}
            return RawRow(number, line, {}, source, Reason("too_many_cells", REASONS["too_many_cells"]))
        return RawRow(number, line, values, source) if values or source else None

    def _named(self, columns: Mapping[str, str], line: int, number: int) -> RawRow | None:
        values: dict[str, str] = {}
        source: dict[str, str] = {}
        for name, value in columns.items():
            text = value.strip()
            if not text:
                continue
            field = self._by_name.get(" ".join(name.split())[:200])
            if field is None:
                source[name] = text
            else:
                values[field] = text
        return RawRow(number, line, values, source) if values or source else None
