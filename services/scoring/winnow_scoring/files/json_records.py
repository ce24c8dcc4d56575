"""Companies as JSON: one object a line (NDJSON), or one array of objects.

Items of an array are cut out by their brackets and parsed one by one, so that the byte at which to go on is known
(event-based parsers do not tell it) and one malformed item costs that item alone.
"""

import re
from collections.abc import Iterator
from typing import Final

import orjson

from winnow_scoring.files.records import BYTE_ORDER_MARK, LARGEST_RECORD, Position, Record, Unreadable, without_mark

_WHITESPACE: Final = b" \t\r\n"
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{},]', re.DOTALL)
"""A whole string, a bracket, a comma; a lone quote where the string goes on beyond what is there."""


class LineReader:
    """Reads NDJSON; lines of nothing but white space are none."""

    def __init__(self, position: Position) -> None:
        self._offset = position.offset
        self._number = position.number
        self._rest = b""
        self._overlong = False
        self._at_start = position.offset == 0

    def feed(self, data: bytes) -> Iterator[Record]:
        """See `RecordReader`."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            yield from self._line(line, length=len(line) + 1)
        if len(self._rest) > LARGEST_RECORD:
            self._offset += len(self._rest)
            self._rest, self._overlong = b"", True

    def finish(self) -> Iterator[Record]:
        """See `RecordReader`."""
        yield from self._line(self._rest, length=len(self._rest))

    def _line(self, line: bytes, *, length: int) -> Iterator[Record]:
        number = self._number
        self._offset += length
        self._number += 1
        if self._at_start:
            line, self._at_start = without_mark(line), False
        after = Position(self._offset, self._number)
        if self._overlong:
            self._overlong = False
            yield Record(number, None, f"longer than {LARGEST_RECORD} bytes", after)
        elif line.strip(_WHITESPACE):
            yield _record(line, number=number, after=after)


class ArrayReader:
    """Reads one array of objects; records are numbered by their place in it."""

    def __init__(self, position: Position) -> None:
        self._offset = position.offset
        self._number = position.number
        self._buffer = b""
        self._scanned = 0
        self._depth = 0 if position.offset == 0 else 1
        self._at_start = position.offset == 0
        self._closed = False

    def feed(self, data: bytes) -> Iterator[Record]:
        """See `RecordReader`."""
        self._buffer += data
        if self._at_start and not self._open(last=False):
            return
        if not self._closed:
            yield from self._items()
        if self._closed:
            self._refuse_rest()
        elif len(self._buffer) > LARGEST_RECORD:
            raise Unreadable(
                "malformed_json", f"Item {self._number} is longer than {LARGEST_RECORD} bytes, or is never closed."
            )

    def finish(self) -> Iterator[Record]:
        """See `RecordReader`."""
        if self._at_start and not self._open(last=True):
            raise Unreadable("malformed_json", "The file is empty. Send one array of objects.")
        yield from self._items()
        if not self._closed:
            raise Unreadable("malformed_json", f"The file ends before its array does, in item {self._number}.")
        self._refuse_rest()

    def _open(self, *, last: bool) -> bool:
        """Find the bracket that begins the array; false while there is nothing but white space and parts of a mark."""
        if len(self._buffer) < len(BYTE_ORDER_MARK) and not last:
            return False
        text = without_mark(self._buffer).lstrip(_WHITESPACE)
        if not text:
            self._drop(len(self._buffer))
            return False
        if text[:1] != b"[":
            raise Unreadable(
                "malformed_json",
                "The file is no JSON array. Send one array of objects, or NDJSON as application/x-ndjson.",
            )
        self._drop(len(self._buffer) - len(text) + 1)
        self._depth, self._at_start = 1, False
        return True

    def _items(self) -> Iterator[Record]:
        """Cut out the items that are complete; what is left in the buffer begins with the next one."""
        start = 0
        buffer = self._buffer
        for token in _TOKEN.finditer(buffer, self._scanned):
            place = token.start()
            symbol = buffer[place]
            if symbol == 0x22:
                if token.end() - place == 1:
                    self._scanned = place
                    break
            elif symbol in b"[{":
                self._depth += 1
            elif symbol in b"]}" and self._depth > 1:
                self._depth -= 1
            elif self._depth == 1 and symbol in b",]":
                self._closed = symbol == 0x5D
                yield from self._item(buffer[start:place], end=place + (not self._closed))
                start = token.end()
                if self._closed:
                    break
            self._scanned = token.end()
        self._drop(start)

    def _item(self, text: bytes, *, end: int) -> Iterator[Record]:
        """The closing bracket belongs to no item, so that going on after the last one finds it."""
        number = self._number
        if self._closed and not text.strip(_WHITESPACE):
            return
        self._number += 1
        yield _record(text, number=number, after=Position(self._offset + end, self._number))

    def _drop(self, count: int) -> None:
        self._buffer = self._buffer[count:]
        self._offset += count
        self._scanned = max(0, self._scanned - count)

    def _refuse_rest(self) -> None:
        if self._buffer.strip(_WHITESPACE):
            raise Unreadable("malformed_json", "Something follows the array. Send one array and nothing else.")
        self._buffer = b""


def _record(text: bytes, *, number: int, after: Position) -> Record:
    try:
        values = orjson.loads(text)
    except orjson.JSONDecodeError:
        return Record(number, None, "not valid JSON" if _is_utf_8(text) else "not UTF-8", after)
    if not isinstance(values, dict):
        bare = values if isinstance(values, str) else None
        return Record(number, None, "not a JSON object", after, bare)
    return Record(number, values, None, after)


def _is_utf_8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
