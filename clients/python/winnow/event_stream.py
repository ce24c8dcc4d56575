"""Server-sent events, from bytes that arrive in whatever pieces (WHATWG HTML, 9.2.6)."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass

_MARK = "\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerEvent:
    """An event: its type, its data, and the id of the latest event that had one."""

    type: str
    data: str
    id: str | None


class EventReader:
    """Reads one stream. What is not finished by an empty line is no event."""

    def __init__(self) -> None:
        utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = io.IncrementalNewlineDecoder(utf8, translate=True)
        self._rest = ""
        self._began = False
        self._type = ""
        self._data: list[str] = []
        self._id: str | None = None

    def read(self, piece: bytes, /) -> Iterator[ServerEvent]:
        """The events that end within `piece`."""
        text = self._rest + self._text.decode(piece)
        if text and not self._began:
            text, self._began = text.removeprefix(_MARK), True
        *lines, self._rest = text.split("\n")
        for line in lines:
            if line:
                self._take(line)
                continue
            if self._data:
                yield ServerEvent(type=self._type or "message", data="\n".join(self._data), id=self._id)
            self._type, self._data = "", []

    def _take(self, line: str) -> None:
        """Note a field; a line that begins with a colon is a comment, which keeps a connection alive."""
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "event":
                self._type = value
            case "data":
                self._data.append(value)
            case "id" if "\0" not in value:
                self._id = value
