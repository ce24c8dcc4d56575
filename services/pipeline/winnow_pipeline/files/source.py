"""Where the bytes of an upload come from."""

from collections.abc import AsyncGenerator
from typing import Protocol

from winnow_pipeline.files.limits import PIECE


class Source(Protocol):
    """The bytes of an upload; may be read several times, from any byte."""

    @property
    def size(self) -> int:
        """Bytes in all."""

    def read(self, offset: int = 0) -> AsyncGenerator[bytes, None]:
        """The bytes from `offset` on, in pieces of at most 64 KiB; nothing behind the end."""


class MemorySource:
    """Bytes that are there already."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    @property
    def size(self) -> int:
        """Bytes in all."""
        return len(self._content)

    async def read(self, offset: int = 0) -> AsyncGenerator[bytes, None]:
        """See `Source`."""
        for start in range(offset, len(self._content), PIECE):
            yield self._content[start : start + PIECE]
