"""Files that are written from what arrives: beside their place first, and renamed at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import aclosing, closing, contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from winnow.calls import Answer, Call

BytesReceived = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """The body of the answer that `answering` ends with, and where it goes. `progress` hears the bytes so far."""

    answering: Call[Answer]
    path: Path
    progress: BytesReceived | None = None


@contextmanager
def file_beside(path: str | PathLike[str], /) -> Iterator[BinaryIO]:
    """A file that gets the name `path` once the block has ended; if that failed, nothing is left of it.

    What is there and is no regular file (a pipe, `/dev/null`) is written to as it is, since a rename would replace it.
    """
    place = Path(path)
    if place.exists() and not place.is_file():
        with place.open("wb") as file:
            yield file
        return
    partial = place.with_name(place.name + ".part")
    try:
        with partial.open("wb") as file:
            yield file
        partial.replace(place)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def save(stream: Callable[[Call[Answer]], Generator[bytes, None, None]], saving: Saving, /) -> Path:
    """Carry `saving` out over the `stream` of a blocking driver."""
    received = 0
    with file_beside(saving.path) as file, closing(stream(saving.answering)) as pieces:
        for piece in pieces:
            file.write(piece)
            received += len(piece)
            _tell(saving, received)
    return saving.path


async def save_async(stream: Callable[[Call[Answer]], AsyncGenerator[bytes, None]], saving: Saving, /) -> Path:
    """The same over that of an asynchronous one; a slow disk does not hold the event loop."""
    received = 0
    with file_beside(saving.path) as file:
        async with aclosing(stream(saving.answering)) as pieces:
            async for piece in pieces:
                await asyncio.to_thread(file.write, piece)
                received += len(piece)
                _tell(saving, received)
    return saving.path


def _tell(saving: Saving, received: int) -> None:
    if saving.progress is not None:
        saving.progress(received)
