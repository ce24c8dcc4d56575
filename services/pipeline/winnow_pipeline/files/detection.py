"""What a file is: format, encoding, dialect, where its header stands, and what its columns are.

A mebibyte of it is looked at. What is found is enough to read the file from any record on, and travels as JSON.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Final, Literal

import orjson

from winnow_pipeline.files import workbooks
from winnow_pipeline.files.charsets import UTF_8, UTF_8_MARK, decoded, encoding_of
from winnow_pipeline.files.columns import Column, headers_of, looks_like_data, recognised
from winnow_pipeline.files.dialects import dialect_of
from winnow_pipeline.files.failures import Unreadable
from winnow_pipeline.files.json_records import ArrayReader, item_of, line_item
from winnow_pipeline.files.limits import SAMPLE
from winnow_pipeline.files.line_cutter import LineCutter, Lines
from winnow_pipeline.files.plain import GZIP, PlainBytes
from winnow_pipeline.files.presets import Presets, fold
from winnow_pipeline.files.records import Dialect, Record, RecordCutter
from winnow_pipeline.files.source import Source

Format = Literal["csv", "json", "ndjson", "xlsx"]
Knows = Callable[[Sequence[str]], int]
"""How many cells of a record are headers."""

_RECODED: Final = frozenset({"utf-16-le", "utf-16-be"})
_PREAMBLE: Final = 30
"""Records that may stand before the header."""
_SAMPLE_ROWS: Final = 500
_KINDS: Final = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"Rar!", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "a database"),
    (b"{\\rtf", "a text document"),
    (b"\x28\xb5\x2f\xfd", "an archive"),
    (b"BZh", "an archive"),
    (b"\xfd7zXZ", "an archive"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """What a file is, and how it is read."""

    format: Format
    compression: str | None
    encoding: str | None
    delimiter: str | None
    has_header: bool
    skipped_lines: int
    columns: tuple[Column, ...]
    quote: str | None = None
    escape: str | None = None
    skip_space: bool = False
    universal: bool = False
    """Lines end with a carriage return alone."""
    start: int = 0
    """Offset of the first record, in plain bytes; for workbooks its row."""
    first_line: int = 1

    @property
    def dialect(self) -> Dialect:
        """How cells are parted."""
        return Dialect(self.delimiter or ",", self.quote, self.escape, self.skip_space)

    @property
    def recoded_from(self) -> str | None:
        """The encoding that is turned into UTF-8 before lines are cut."""
        return self.encoding if self.encoding in _RECODED or (self._is_json and self.encoding != UTF_8) else None

    @property
    def line_encoding(self) -> str:
        """Of the lines as they are cut."""
        return UTF_8 if self.recoded_from else self.encoding or UTF_8

    @property
    def _is_json(self) -> bool:
        return self.format in {"json", "ndjson"}

    def to_json(self) -> bytes:
        """As JSON."""
        return orjson.dumps(asdict(self))

    @classmethod
    def from_json(cls, data: bytes) -> "Detected":
        """From JSON."""
        values = orjson.loads(data)
        columns = tuple(Column(each["header"], each["field"], each["by"]) for each in values.pop("columns"))
        return cls(columns=columns, **values)


async def detect(source: Source, *, file_name: str, mapping: Mapping[str, str] | None, presets: Presets) -> Detected:
    """Look at a file. Raises `Unreadable` where it is no list of leads."""
    head = await _beginning(source, 8192)
    if head.startswith(workbooks.OLE):
        content = await workbooks.whole(source)
        if workbooks.is_encrypted(content):
            raise Unreadable("encrypted_workbook", "The workbook is encrypted. Save it without a password.")
        raise Unreadable("unknown_format", "The workbook is of an old format. Save it as .xlsx or CSV.")
    if head.startswith(b"PK\x03\x04"):
        rows = workbooks.rows_of(await workbooks.whole(source))
        return _workbook(rows, mapping=mapping, presets=presets)
    compression = "gzip" if head.startswith(GZIP) else None
    sample = await _sample(PlainBytes(source, compression=compression))
    _refuse_others(sample)
    encoding = encoding_of(sample, knows=presets.knows)
    if encoding in _RECODED:
        sample = await _sample(PlainBytes(source, compression=compression, recoded_from=encoding))
    look = _Look(sample, encoding=encoding, compression=compression, mapping=mapping, presets=presets)
    text = sample.removeprefix(UTF_8_MARK).lstrip()
    if text[:1] in {b"[", b"{"} and (found := look.json(text, is_csv=file_name.lower().endswith((".csv", ".tsv")))):
        return found
    return look.csv()


async def _beginning(source: Source, size: int) -> bytes:
    head = b""
    async with aclosing(source.read()) as pieces:
        async for piece in pieces:
            head += piece
            if len(head) >= size:
                break
    return head[:size]


async def _sample(plain: PlainBytes) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async with aclosing(plain.read()) as found:
        async for piece in found:
            pieces.append(piece)
            size += len(piece)
            if size >= SAMPLE:
                break
    return b"".join(pieces)


def _refuse_others(sample: bytes) -> None:
    if not sample.removeprefix(UTF_8_MARK).strip(b" \t\r\n\x00\xff\xfe"):
        raise Unreadable("empty_file", "The file is empty. Export it again, and send it with its rows.")
    for magic, what in _KINDS:
        if sample.startswith(magic):
            raise Unreadable("unknown_format", f"The file is {what}. Send CSV, JSON, NDJSON or XLSX, or these in gzip.")
    start = sample.removeprefix(UTF_8_MARK).lstrip()[:512].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) or (b"<html" in start and start[:1] == b"<"):
        raise Unreadable(
            "html_page",
            "The file is a web page, perhaps the log-in page of where it was to come from. Export it again.",
        )
    if start.startswith(b"<?xml"):
        raise Unreadable("unknown_format", "The file is XML. Send CSV, JSON, NDJSON or XLSX, or these in gzip.")


class _Look:
    """A look at the beginning of a file of text."""

    def __init__(
        self,
        sample: bytes,
        *,
        encoding: str,
        compression: str | None,
        mapping: Mapping[str, str] | None,
        presets: Presets,
    ) -> None:
        self._sample = sample
        self._encoding = encoding
        self._compression = compression
        self._mapping = mapping
        self._presets = presets
        self._read_as = UTF_8 if encoding in _RECODED else encoding

    def json(self, text: bytes, *, is_csv: bool) -> Detected | None:
        """The file as JSON, or None where it is rather CSV."""
        lines = decoded(text.splitlines()[:_SAMPLE_ROWS], self._read_as)
        items = [item for line in lines if (item := line_item(line)) is not None]
        sound = [item for item in items if item.fault is None]
        if text[:1] == b"{" and sound and (len(items) == 1 or len(sound) >= len(items) / 2) and not self._is_one(sound):
            return self._of_items("ndjson", [item.columns for item in sound])
        try:
            reader = ArrayReader()
            found = [item_of(value) for value in reader.feed(self._utf_8(text), last=len(self._sample) < SAMPLE)]
        except Unreadable:
            if is_csv:
                return None
            raise
        if not found and not reader.is_over:
            raise Unreadable("invalid_json", "The JSON holds no list of leads. Send an array of objects.")
        return self._of_items("json", [item.columns for item in found[:_SAMPLE_ROWS]])

    def _is_one(self, sound: Sequence[object]) -> bool:
        """Whether the only line is an object around the list."""
        return len(sound) == 1 and any(f'"{name}"'.encode() in self._sample[:4096] for name in ("leads", "data"))

    def _utf_8(self, text: bytes) -> bytes:
        return text if self._read_as == UTF_8 else text.decode(self._read_as, "replace").encode()

    def _of_items(self, format: Format, items: Sequence[Mapping[str, str]]) -> Detected:
        if not items:
            raise Unreadable("empty_file", "The list of leads is empty. Export it again, and send it with its rows.")
        headers = headers_of(list(dict.fromkeys(name for item in items for name in item)))
        rows = [[item.get(header, "") for header in headers] for item in items]
        return Detected(
            format=format,
            compression=self._compression,
            encoding=self._encoding,
            delimiter=None,
            has_header=True,
            skipped_lines=0,
            columns=recognised(headers, rows, has_header=True, mapping=self._mapping, presets=self._presets),
        )

    def csv(self) -> Detected:
        """The file as CSV."""
        start = len(UTF_8_MARK) if self._sample.startswith(UTF_8_MARK) else 0
        body = self._sample[start:]
        universal = b"\r" in body and b"\n" not in body.replace(b"\r\n", b"")
        universal = universal and b"\r\n" not in body
        lines = [line for found in LineCutter(universal=universal).feed(body) for line in found.lines]
        if not lines or len(self._sample) < SAMPLE:
            cutter = LineCutter(universal=universal)
            parts = [*cutter.feed(body), *cutter.finish()]
            lines = [line for found in parts for line in found.lines]
        declared, skipped = None, 0
        first = decoded(lines[:1], self._read_as)[0].strip() if lines else ""
        if first.lower().startswith("sep=") and len(first) == len("sep=,"):
            declared, skipped = first[-1], 1
        table = table_of(
            lines, start=start, skipped=skipped, encoding=self._read_as, declared=declared, knows=self._knows
        )
        headers = headers_of(table.header)
        return Detected(
            format="csv",
            compression=self._compression,
            encoding=self._encoding,
            delimiter=table.dialect.delimiter,
            has_header=table.has_header,
            skipped_lines=table.skipped_lines,
            columns=recognised(
                headers, table.rows, has_header=table.has_header, mapping=self._mapping, presets=self._presets
            ),
            quote=table.dialect.quote,
            escape=table.dialect.escape,
            skip_space=table.dialect.skip_space,
            universal=universal,
            start=table.start,
            first_line=table.first_line,
        )

    def _knows(self, cells: Sequence[str]) -> int:
        return known_headers(cells, self._presets)


def known_headers(cells: Sequence[str], presets: Presets) -> int:
    """How many cells are headers that are known."""
    vendor = presets.vendor_of(cells)
    return sum(presets.field_of(cell, vendor=vendor) is not None for cell in cells if fold(cell))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The beginning of a table of text."""

    dialect: Dialect
    header: Sequence[str]
    has_header: bool
    rows: Sequence[Sequence[str]]
    skipped_lines: int
    start: int
    first_line: int


def table_of(
    lines: Sequence[bytes], *, start: int, skipped: int, encoding: str, declared: str | None, knows: Knows
) -> Table:
    """The table in some lines, of which the first begins at byte `start`."""
    begin = start + sum(map(len, lines[:skipped]))
    dialect = dialect_of(decoded(lines[skipped : skipped + _SAMPLE_ROWS], encoding), declared=declared)
    cutter = RecordCutter(dialect, encoding=encoding, offset=begin, line=1 + skipped)
    records = list(cutter.feed(Lines(list(lines[skipped : skipped + 4 * _SAMPLE_ROWS]), 0)))
    records += list(cutter.finish())
    records = [record for record in records if any(cell.strip() for cell in record.cells)]
    if not records:
        raise Unreadable("empty_file", "The file has no rows. Export it again, and send it with its rows.")
    place, has_header = _header(records, knows)
    header = records[place]
    before = records[place - 1].end if place else begin
    length = max(len(record.cells) for record in records[place : place + _SAMPLE_ROWS])
    names = list(header.cells) if has_header else [""] * min(length, _most_common_length(records))
    return Table(
        dialect=dialect,
        header=names,
        has_header=has_header,
        rows=[record.cells for record in records[place + has_header :]],
        skipped_lines=header.line - 1,
        start=header.end if has_header else max(before, begin),
        first_line=_line_behind(records, place) if has_header else header.line,
    )


def _line_behind(records: Sequence[Record], place: int) -> int:
    """The line that reading begins on behind a header: records take as many lines as their cells have."""
    header = records[place]
    return header.line + 1 + sum(cell.count("\n") for cell in header.cells)


def _header(records: Sequence[Record], knows: Knows) -> tuple[int, bool]:
    """The place of the header, or of the first row where there is none."""
    usual = _most_common_length(records)
    candidates = records[:_PREAMBLE]
    best, best_known = -1, 0
    for place, record in enumerate(candidates):
        known = knows(record.cells)
        enough = known >= 2 or (known == 1 and len(record.cells) >= max(1, usual - 1))
        if enough and known > best_known and not any(looks_like_data(cell) for cell in record.cells):
            best, best_known = place, known
            if known >= len(record.cells) / 2:
                break
    if best >= 0:
        return best, True
    place = next((place for place, record in enumerate(candidates) if len(record.cells) >= usual), 0)
    if any(looks_like_data(cell) for cell in candidates[place].cells):
        return place, False
    return place, True


def _most_common_length(records: Sequence[Record]) -> int:
    lengths = Counter(len(record.cells) for record in records)
    return max(lengths.items(), key=lambda item: (item[1], item[0]))[0]


def _workbook(rows: list[list[str]], *, mapping: Mapping[str, str] | None, presets: Presets) -> Detected:
    filled = [Record(row, line, line) for line, row in enumerate(rows, 1) if any(cell.strip() for cell in row)][
        :_SAMPLE_ROWS
    ]
    place, has_header = _header(filled, lambda cells: known_headers(cells, presets))
    header = filled[place]
    headers = headers_of(header.cells if has_header else [""] * len(header.cells))
    sample = [record.cells for record in filled[place + has_header :]]
    return Detected(
        format="xlsx",
        compression=None,
        encoding=None,
        delimiter=None,
        has_header=has_header,
        skipped_lines=header.line - 1,
        columns=recognised(headers, sample, has_header=has_header, mapping=mapping, presets=presets),
        start=header.line if has_header else header.line - 1,
        first_line=header.line + has_header,
    )
