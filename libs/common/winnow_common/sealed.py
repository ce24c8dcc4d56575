"""Sealed objects: data that is personal, secret or large, encrypted in a store of objects and deleted at its time.

Content streams in and out in frames (`sealed_format`), so memory stays small whatever the size. Names of objects begin
with the day they expire, so that sweeping needs no database: days gone by are deleted whole.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

from winnow_contracts.sealed import SealedReference

from winnow_common.errors import PermanentError
from winnow_common.objects import ObjectMissing, Objects
from winnow_common.sealed_format import (
    FRAME_BYTES,
    HEADER_BYTES,
    SEALED_FRAME_BYTES,
    MasterKey,
    NotOpened,
    frame_count,
    sealed_size,
)

PREFIX = "sealed"
FRAMES_PER_READ = 64


class TooLarge(Exception):
    """The stream is longer than was allowed; nothing of it was kept."""

    def __init__(self, maximum: int) -> None:
        super().__init__(f"longer than {maximum:,} bytes")
        self.maximum = maximum


class SealedCorrupt(PermanentError):
    """The object was changed, cut short or moved, belongs to another tenant, or is under another master key."""


class SealedStore:
    """Objects under data keys of their own, wrapped by the master key and bound to their name and tenant.

    Methods that reach the store may raise `TemporaryError`.
    """

    def __init__(self, objects: Objects, *, master_key: bytes) -> None:
        self._objects = objects
        self._master = MasterKey(master_key)

    @classmethod
    def at(cls, url: str, *, master_key: bytes) -> "SealedStore":
        """The store at `file:///folder`, `s3://bucket/prefix` or, for unit tests, `memory:///` (see `Objects.at`)."""
        return cls(Objects.at(url), master_key=master_key)

    async def write(
        self, chunks: AsyncIterator[bytes], *, tenant: UUID, expires: datetime, maximum: int
    ) -> SealedReference:
        """Seal a stream of at most `maximum` bytes.

        When the stream raises, or is longer (`TooLarge`), or this is cancelled, nothing stays behind.
        """
        key = _new_key(tenant, expires)
        digest = self._master.digest(tenant)
        header, sealer = self._master.new_object(_context(tenant, key))
        size = 0

        async def sealed() -> AsyncIterator[bytes]:
            nonlocal size
            yield header
            async for chunk in chunks:
                size += len(chunk)
                if size > maximum:
                    raise TooLarge(maximum)
                digest.update(chunk)
                for frame in sealer.update(chunk):
                    yield frame
            yield sealer.finish()

        await self._objects.put(key, sealed())
        return SealedReference(key=key, size=size, sha256=digest.hexdigest(), expires=expires)

    async def read(self, reference: SealedReference, *, tenant: UUID, offset: int = 0) -> AsyncIterator[bytes]:
        """The content from a byte on, in pieces of at most 64 KiB, each verified before it is given.

        What lies before `offset` is neither fetched nor opened. Raises `ObjectMissing`, `SealedCorrupt`; a reader that
        got an error half-way may go on from where it was.
        """
        if not 0 <= offset <= reference.size:
            raise ValueError("the offset lies outside of the content")
        key, count = reference.key, frame_count(reference.size)
        if await self._objects.size(key) != sealed_size(reference.size):
            raise SealedCorrupt(f"{key} has another size than its reference says")
        header = await self._objects.get(key, start=0, end=HEADER_BYTES)
        first, skip = divmod(offset, FRAME_BYTES)
        try:
            opener = self._master.open_object(bytes(header), _context(tenant, key))
            for start in range(min(first, count - 1), count, FRAMES_PER_READ):
                batch = await self._fetch(reference, start, min(start + FRAMES_PER_READ, count))
                for number, frame in enumerate(_slices(batch), start):
                    content = opener.open(frame, number=number, last=number == count - 1)
                    if number == first and skip:
                        content = content[skip:]
                    if content and number >= first:
                        yield content
        except NotOpened as error:
            raise SealedCorrupt(f"{key}: {error}") from None

    async def delete(self, reference: SealedReference, *, tenant: UUID) -> None:
        """Delete an object before its time; one that is gone is no error, another tenant's is `ObjectMissing`."""
        if reference.key.split("/")[2] != str(tenant):
            raise ObjectMissing(f"{reference.key} is not this tenant's")
        await self._objects.delete([reference.key])

    async def sweep(self, now: datetime) -> int:
        """Delete what has expired, and what uploads that were killed left in a folder; how many objects that were."""
        moment = now.astimezone(UTC)
        today, time = moment.strftime("%Y%m%d"), moment.strftime("%H%M%S")
        deleted = 0
        for folder in await self._objects.folders(PREFIX):
            day = folder.rsplit("/", 1)[-1]
            if day > today:
                break
            async for names in self._objects.names(folder):
                expired = [name for name in names if day < today or name.rsplit("/", 1)[-1][:6] <= time]
                await self._objects.delete(expired)
                deleted += len(expired)
            if day < today:
                await self._objects.remove_tree(folder)
        return deleted

    def seal(self, data: bytes, *, context: str) -> bytes:
        """Seal a small value for a column; it opens under the same context only (say table, column and row)."""
        return self._master.seal(data, context.encode())

    def unseal(self, sealed: bytes, *, context: str) -> bytes:
        """The value again; raises `SealedCorrupt`."""
        try:
            return self._master.open(sealed, context.encode())
        except NotOpened as error:
            raise SealedCorrupt(f"{context}: {error}") from None

    def digest(self, data: bytes, *, tenant: UUID) -> str:
        """HMAC-SHA-256 under a key of the tenant, as in references: tells equal values, and nothing else."""
        digest = self._master.digest(tenant)
        digest.update(data)
        return digest.hexdigest()

    async def check(self) -> None:
        """Raise unless the store answers; for `Operations`."""
        await self._objects.folders(PREFIX)

    async def _fetch(self, reference: SealedReference, first: int, end: int) -> memoryview:
        """The frames of a range, still sealed."""
        start = HEADER_BYTES + first * SEALED_FRAME_BYTES
        stop = min(HEADER_BYTES + end * SEALED_FRAME_BYTES, sealed_size(reference.size))
        return await self._objects.get(reference.key, start=start, end=stop)


def _new_key(tenant: UUID, expires: datetime) -> str:
    moment = expires.astimezone(UTC)
    return f"{PREFIX}/{moment:%Y%m%d}/{tenant}/{moment:%H%M%S}-{uuid4().hex}"


def _context(tenant: UUID, key: str) -> bytes:
    return tenant.bytes + key.encode()


def _slices(batch: memoryview) -> Iterator[memoryview]:
    for start in range(0, len(batch), SEALED_FRAME_BYTES):
        yield batch[start : start + SEALED_FRAME_BYTES]
