"""What a file is cut into, whatever its format, and where to go on after an interruption.

A reader is fed the bytes of a file in pieces of any size and gives records as they become complete. It holds one
record and one piece at most. Every record knows where the next one begins, so that a file can be read on from there
by another process.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

LARGEST_RECORD: Final = 1024 * 1024
"""Bytes; beyond it a quote or a bracket that is never closed is more likely than a company."""

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Position:
    """Where the next record begins: bytes before it, and its number (lines from 1; items of an array from 1)."""

    offset: int = 0
    number: int = 1


@dataclass(frozen=True, slots=True)
class Record:
    """One row as it was found: its values by name, or what is wrong with it."""

    number: int
    """The line it begins on, or the number of the item; both from 1."""
    values: Mapping[str, Any] | None
    fault: str | None
    after: Position
    bare: str | None = None
    """A text alone where values were expected: in files of customers a domain, in others a fault."""


class Unreadable(Exception):
    """The rest of the file cannot be read at all. `detail` names no value of the file."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class RecordReader(Protocol):
    """Cuts the bytes of one file into records."""

    def feed(self, data: bytes) -> Iterator[Record]:
        """The records that are complete with these bytes. Must be exhausted. Raises `Unreadable`."""

    def finish(self) -> Iterator[Record]:
        """What is left when there are no more bytes. Raises `Unreadable`."""


def without_mark(start: bytes) -> bytes:
    """The first bytes of a file without a byte order mark; raises `Unreadable` where the mark is not that of UTF-8."""
    if start.startswith(_UTF_16_MARKS):
        raise Unreadable("unsupported_encoding", "The file is UTF-16. Save it as UTF-8.")
    return start.removeprefix(BYTE_ORDER_MARK)
