"""Files that are sent from disk, piece by piece, and may be sent again after a failure."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from winnow.errors import UnusableArgument

CHUNK = 256 * 1024

CONTENT_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
}

UPLOAD_TYPES = CONTENT_TYPES | {
    ".tsv": "text/tab-separated-values",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".gz": "application/gzip",
}
"""Of files of leads, which the server reads by what they hold: the name says as much as is known here."""

UNKNOWN_TYPE = "application/octet-stream"

BytesSent = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBody:
    """A request body that is a file. `progress` hears (bytes sent, bytes in all).

    Each attempt opens the file again and reads it from the beginning, so memory stays at one piece.
    Raises `UnusableArgument` where the file became shorter; what was added to it meanwhile is left out.
    """

    path: Path
    size: int
    content_type: str
    progress: BytesSent | None = None

    def pieces(self) -> Iterator[bytes]:
        sent = 0
        with self.path.open("rb") as file:
            while sent < self.size:
                piece = file.read(min(CHUNK, self.size - sent))
                if not piece:
                    raise UnusableArgument(f"{self.path} became shorter while it was sent.")
                yield piece
                sent += len(piece)
                self._tell(sent)

    async def pieces_async(self) -> AsyncIterator[bytes]:
        """The same pieces, read in a thread so that a slow disk does not hold the event loop."""
        pieces = self.pieces()
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece

    def _tell(self, sent: int) -> None:
        if self.progress is not None:
            self.progress(sent, self.size)


def upload_body(path: str | PathLike[str], /, *, progress: BytesSent | None = None) -> FileBody:
    """The file at `path` as a body, whatever its format. Raises `OSError` where it cannot be read."""
    kind = UPLOAD_TYPES.get(Path(path).suffix.lower(), UNKNOWN_TYPE)
    return file_body(path, content_type=kind, progress=progress)


def label(path: str | PathLike[str], /) -> str:
    """The name of the file at `path` as text, with what is no text of it replaced."""
    return os.fsencode(Path(path).name).decode("utf-8", "replace")


def file_body(
    path: str | PathLike[str],
    /,
    *,
    content_type: str | None = None,
    progress: BytesSent | None = None,
) -> FileBody:
    """The file at `path` as a body; its type is told from the name unless it is given.

    Raises `OSError` where the file cannot be read and `UnusableArgument` for an unknown type.
    """
    file = Path(path)
    size = file.stat().st_size
    kind = content_type or CONTENT_TYPES.get(file.suffix.lower())
    if kind is None:
        known = ", ".join(CONTENT_TYPES)
        raise UnusableArgument(f"The format of {file.name} cannot be told from its name (known: {known}); name it.")
    return FileBody(path=file, size=size, content_type=kind, progress=progress)
