"""Bytes to lines, of which none is held that is longer than a record may be."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from winnow_pipeline.files.limits import LARGEST_RECORD

_LINE_END: Final = re.compile(rb"\n|\r(?!\Z)\n?")
"""A carriage return at the end may be half of a line end."""


class Lines(NamedTuple):
    """Lines with their ends, and behind them perhaps one that was too long to be held."""

    lines: list[bytes]
    overlong: int
    """Bytes of it; 0 where there is none."""


class LineCutter:
    """Cuts the bytes of a file, fed in pieces of any size, at line feeds; `universal` ones at carriage returns, too.

    What is given depends on the bytes alone, not on the pieces.
    """

    def __init__(self, *, universal: bool) -> None:
        self._universal = universal
        self._rest: list[bytes] = []
        self._size = 0
        self._skipped = 0
        self._held = b""

    def feed(self, data: bytes) -> Iterator[Lines]:
        """The lines that are complete with these bytes."""
        data = self._held + data
        self._held = b""
        if self._skipped:
            end = self._end_of_line(data)
            if end is None:
                self._skipped += len(data) - len(self._held)
                return
            yield Lines([], self._skipped + end)
            self._skipped, data = 0, data[end:]
        yield from self._cut(data)

    def finish(self) -> Iterator[Lines]:
        """What is left when there are no more bytes."""
        rest = b"".join([*self._rest, self._held])
        if self._skipped:
            yield Lines([], self._skipped + len(rest))
        elif rest:
            yield from _apart(self._split(rest))

    def _cut(self, data: bytes) -> Iterator[Lines]:
        ended = b"\n" in data or (self._universal and (b"\r" in data or b"\r" in b"".join(self._rest[-1:])[-1:]))
        if data:
            self._size += len(data)
            self._rest.append(data)
        if ended:
            lines = self._split(b"".join(self._rest))
            rest = b"" if lines and lines[-1].endswith(b"\n") else lines.pop() if lines else b""
            self._rest, self._size = [rest], len(rest)
            yield from _apart(lines)
        if self._size > LARGEST_RECORD:
            rest = b"".join(self._rest)
            if self._universal and rest.endswith(b"\r"):
                rest, self._held = rest[:-1], b"\r"
            self._skipped, self._rest, self._size = len(rest), [], 0

    def _split(self, data: bytes) -> list[bytes]:
        if self._universal:
            return data.splitlines(keepends=True)
        lines = [line + b"\n" for line in data.split(b"\n")]
        last = lines.pop()[:-1]
        return [*lines, last] if last else lines

    def _end_of_line(self, data: bytes) -> int | None:
        """Where the line ends that is being skipped; a carriage return that may be half of its end is held back."""
        if not self._universal:
            place = data.find(b"\n")
            return None if place < 0 else place + 1
        found = _LINE_END.search(data)
        if found is not None:
            return found.end()
        self._held = b"\r" if data.endswith(b"\r") else b""
        return None


def _apart(lines: list[bytes]) -> Iterator[Lines]:
    """Lines in groups that each end before one that is too long."""
    if sum(map(len, lines)) <= LARGEST_RECORD:
        yield Lines(lines, 0)
        return
    start = 0
    for place, line in enumerate(lines):
        if len(line) > LARGEST_RECORD:
            yield Lines(lines[start:place], len(line))
            start = place + 1
    yield Lines(lines[start:], 0)
