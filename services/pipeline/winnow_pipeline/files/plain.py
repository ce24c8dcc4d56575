"""The bytes of a file as they are read: unpacked, and in an encoding whose lines end with single bytes.

Offsets count plain bytes. Where a file is neither packed nor recoded they are offsets of the file itself, and reading
goes on right there; else it begins anew and leaves out what was read before, at the speed of unpacking.
"""

import codecs
import zlib
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Final

from winnow_pipeline.files.failures import Unreadable
from winnow_pipeline.files.limits import MOST_UNPACKED, PACKED_RATIO, PIECE, RATIO_COUNTS_FROM
from winnow_pipeline.files.source import Source

GZIP: Final = b"\x1f\x8b"
_GZIP_WINDOW: Final = 31
"""The largest window (15), and 16 for the header and trailer of gzip."""


class PlainBytes:
    """Reads one file. `recoded_from` names an encoding that is turned into UTF-8 on the way."""

    def __init__(self, source: Source, *, compression: str | None = None, recoded_from: str | None = None) -> None:
        self._source = source
        self._compression = compression
        self._recoded_from = recoded_from
        self.taken = 0
        """Bytes of the file, as it was sent, that have been read up to now."""

    async def read(self, offset: int = 0) -> AsyncGenerator[bytes, None]:
        """Plain bytes from an offset on; raises `Unreadable`."""
        if self._compression is None and self._recoded_from is None:
            pieces = self._sent(offset)
        else:
            pieces = self._without(offset)
        async with aclosing(pieces) as plain:
            async for piece in plain:
                yield piece

    async def _without(self, offset: int) -> AsyncGenerator[bytes, None]:
        async with aclosing(self._recoded()) as pieces:
            async for piece in pieces:
                if len(piece) > offset:
                    yield piece[offset:]
                offset = max(0, offset - len(piece))

    async def _recoded(self) -> AsyncGenerator[bytes, None]:
        async with aclosing(self._unpacked()) as pieces:
            if self._recoded_from is None:
                async for piece in pieces:
                    yield piece
                return
            decoder = codecs.getincrementaldecoder(self._recoded_from)("replace")
            async for piece in pieces:
                if text := decoder.decode(piece):
                    yield text.encode()
            if text := decoder.decode(b"", final=True):
                yield text.encode()

    async def _unpacked(self) -> AsyncGenerator[bytes, None]:
        async with aclosing(self._sent(0)) as pieces:
            if self._compression is None:
                async for piece in pieces:
                    yield piece
                return
            unpacking = Unpacking()
            async for piece in pieces:
                for part in unpacking.feed(piece):
                    yield part
            unpacking.finish()

    async def _sent(self, offset: int) -> AsyncGenerator[bytes, None]:
        self.taken = offset
        pieces = self._source.read(offset)
        try:
            async for piece in pieces:
                self.taken += len(piece)
                yield piece
        finally:
            await pieces.aclose()


class Unpacking:
    """Unpacks gzip, several members too, a piece at a time."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        self._packed = 0
        self._unpacked = 0
        self._between = True
        """Whether a member has just ended or none has begun."""
        self._over = False
        """Whether what follows the last member is none."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The plain bytes that are known with this piece, in pieces as small."""
        self._packed += len(data)
        held_back = False
        while (data or held_back) and not self._over:
            try:
                plain = self._member.decompress(data, PIECE)
            except zlib.error as error:
                if self._between and self._unpacked:
                    self._over = True  # like gzip itself, which leaves out what follows the last member
                    return
                raise Unreadable(
                    "damaged_archive", "The gzip file is damaged. Pack it again, or send it unpacked."
                ) from error
            data = self._member.unconsumed_tail
            held_back = len(plain) == PIECE and not self._member.eof
            self._between = False
            self._count(len(plain))
            if plain:
                yield plain
            if self._member.eof:
                data = self._member.unused_data.lstrip(b"\x00")
                self._member, self._between = zlib.decompressobj(_GZIP_WINDOW), True

    def finish(self) -> None:
        """Raises `Unreadable` where the file ended too early."""
        if not self._between:
            raise Unreadable("truncated_file", "The gzip file ends too early. Send it again.")

    def _count(self, size: int) -> None:
        self._unpacked += size
        bulging = self._unpacked > RATIO_COUNTS_FROM and self._unpacked > PACKED_RATIO * self._packed
        if bulging or self._unpacked > MOST_UNPACKED:
            raise bomb()


def bomb() -> Unreadable:
    """What a file is called that unpacks to far more than it says."""
    return Unreadable(
        "compression_bomb",
        f"The file unpacks to more than {PACKED_RATIO} times its size, or to more than {MOST_UNPACKED >> 30} GiB. "
        "Send it unpacked, or in parts.",
    )
