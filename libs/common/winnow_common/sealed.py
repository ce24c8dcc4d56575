"""Sealed objects: data that is personal, secret or large, encrypted in a store (a folder, S3), deleted at its time.

Content streams in and out in frames (`sealed_format`), so memory stays small whatever the size. Names of objects begin
with the day they expire, so that sweeping needs no database: days gone by are deleted whole. Nothing here retries
for long: when the store is away, `TemporaryError` tells the consumer loop to.

On S3, a process that is killed while it uploads leaves parts that no listing shows: give the bucket a lifecycle rule
`AbortIncompleteMultipartUpload`. In a folder the sweep removes them.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store
from winnow_contracts.sealed import SealedReference

from winnow_common.errors import PermanentError, TemporaryError
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
PART_BYTES = 5 * 1024 * 1024
"""What S3 takes as the smallest part of an upload; smaller objects are put at once."""
FRAMES_PER_READ = 64
RETRY_DELAY = 2.0
UNDO_TIMEOUT = 5.0


class TooLarge(Exception):
    """The stream is longer than was allowed; nothing of it was kept."""

    def __init__(self, maximum: int) -> None:
        super().__init__(f"longer than {maximum:,} bytes")
        self.maximum = maximum


class SealedMissing(PermanentError):
    """There is no such object, or it expired."""


class SealedCorrupt(PermanentError):
    """The object was changed, cut short or moved, belongs to another tenant, or is under another master key."""


class SealedStore:
    """Objects under data keys of their own, wrapped by the master key and bound to their name and tenant."""

    def __init__(self, store: ObjectStore, *, master_key: bytes) -> None:
        self._store = store
        self._master = MasterKey(master_key)

    @classmethod
    def at(cls, url: str, *, master_key: bytes) -> "SealedStore":
        """The store at `file:///folder`, `s3://bucket/prefix` or, for unit tests, `memory:///`.

        Credentials and endpoint of S3 come from the usual AWS_ variables.
        """
        return cls(open_objects(url), master_key=master_key)

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

        with _translated(key):
            await self._put(key, sealed())
        return SealedReference(key=key, size=size, sha256=digest.hexdigest(), expires=expires)

    async def read(self, reference: SealedReference, *, tenant: UUID, offset: int = 0) -> AsyncIterator[bytes]:
        """The content from a byte on, in pieces of at most 64 KiB, each verified before it is given.

        What lies before `offset` is neither fetched nor opened. Raises `SealedMissing`, `SealedCorrupt`,
        `TemporaryError`; a reader that got an error half-way may go on from where it was.
        """
        if not 0 <= offset <= reference.size:
            raise ValueError("the offset lies outside of the content")
        key, count = reference.key, frame_count(reference.size)
        with _translated(key):
            found = await obstore.head_async(self._store, key)
            if found["size"] != sealed_size(reference.size):
                raise SealedCorrupt(f"{key} has another size than its reference says")
            header = await obstore.get_range_async(self._store, key, start=0, end=HEADER_BYTES)
            opener = self._master.open_object(bytes(header), _context(tenant, key))
        first, skip = divmod(offset, FRAME_BYTES)
        for start in range(min(first, count - 1), count, FRAMES_PER_READ):
            with _translated(key):
                batch = await self._fetch(reference, start, min(start + FRAMES_PER_READ, count))
            for number, frame in enumerate(_slices(batch), start):
                with _translated(key):
                    content = opener.open(frame, number=number, last=number == count - 1)
                if number == first and skip:
                    content = content[skip:]
                if content and number >= first:
                    yield content

    async def delete(self, reference: SealedReference, *, tenant: UUID) -> None:
        """Delete an object before its time; one that is gone is no error, another tenant's is `SealedMissing`."""
        if str(tenant) not in reference.key:
            raise SealedMissing(f"{reference.key} is not this tenant's")
        await self._delete([reference.key])

    async def sweep(self, now: datetime) -> int:
        """Delete what has expired, and what uploads that were killed left in a folder; how many objects that were."""
        moment = now.astimezone(UTC)
        today, time = moment.strftime("%Y%m%d"), moment.strftime("%H%M%S")
        deleted = 0
        with _translated(PREFIX):
            days = await obstore.list_with_delimiter_async(self._store, PREFIX)
            for prefix in sorted(days["common_prefixes"]):
                day = prefix.rsplit("/", 1)[-1]
                if day > today:
                    break
                async for batch in obstore.list(self._store, prefix, chunk_size=1000):
                    paths = [found["path"] for found in batch]
                    expired = [path for path in paths if day < today or path.rsplit("/", 1)[-1][:6] <= time]
                    await self._delete(expired)
                    deleted += len(expired)
                if day < today:
                    await self._remove_folder(prefix)
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

    async def check(self) -> None:
        """Raise unless the store answers; for `Operations`."""
        with _translated(PREFIX):
            await obstore.list_with_delimiter_async(self._store, PREFIX)

    async def _put(self, key: str, stream: AsyncIterator[bytes]) -> None:
        """Small objects at once and never over another; larger ones in parts, shown only when all are there."""
        head = bytearray()
        async for piece in stream:
            head += piece
            if len(head) > PART_BYTES:
                break
        else:
            await self._finish(key, obstore.put_async(self._store, key, bytes(head), mode="create"))
            return
        stop = asyncio.get_running_loop().create_future()
        parts = _until_stopped(bytes(head), stream, stop)
        upload = obstore.put_async(self._store, key, parts, chunk_size=PART_BYTES, max_concurrency=2)
        await self._finish(key, upload, stop)

    async def _finish(self, key: str, upload: Awaitable[object], stop: "asyncio.Future[None] | None" = None) -> None:
        """Wait for an upload. When this is cancelled, the upload is made to fail, or undone where it went through.

        An upload in parts is not cancelled itself, since the store would never hear of it and keep the parts: it aborts
        them when its stream raises.
        """
        task = asyncio.ensure_future(upload)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if stop is not None:
                stop.set_result(None)
            with suppress(Exception):
                async with asyncio.timeout(UNDO_TIMEOUT):
                    await task
                    await self._delete([key])
            raise

    async def _fetch(self, reference: SealedReference, first: int, end: int) -> memoryview:
        """The frames of a range, still sealed."""
        start = HEADER_BYTES + first * SEALED_FRAME_BYTES
        stop = min(HEADER_BYTES + end * SEALED_FRAME_BYTES, sealed_size(reference.size))
        return memoryview(await obstore.get_range_async(self._store, reference.key, start=start, end=stop))

    async def _delete(self, paths: list[str]) -> None:
        with _translated(PREFIX):
            try:
                await obstore.delete_async(self._store, paths)
            except FileNotFoundError:  # a folder's store says so, S3 does not; the rest of the list may not be done
                for path in paths:
                    with suppress(FileNotFoundError):
                        await obstore.delete_async(self._store, path)

    async def _remove_folder(self, prefix: str) -> None:
        if isinstance(self._store, LocalStore) and self._store.prefix is not None:
            await asyncio.to_thread(shutil.rmtree, Path(self._store.prefix) / prefix, ignore_errors=True)


def open_objects(url: str) -> ObjectStore:
    """The store at a URL; raises `ValueError` with what is wrong with it."""
    try:
        if url.startswith("s3://"):
            return S3Store.from_url(
                url,
                client_options={
                    "allow_http": os.environ.get("AWS_ALLOW_HTTP") == "true",
                    "connect_timeout": timedelta(seconds=5),
                    "timeout": timedelta(seconds=60),
                },
                retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
            )
        if url.startswith("file:///"):
            return LocalStore.from_url(url, automatic_cleanup=True, mkdir=True)
        if url.startswith("memory:"):
            return MemoryStore()
    except (BaseError, OSError) as error:
        raise ValueError(f"objects cannot be kept at {url}: {_first_line(error)}") from None
    raise ValueError(f"objects are kept at file:///… or s3://…, not at {url}")


async def _until_stopped(
    head: bytes, stream: AsyncIterator[bytes], stop: "asyncio.Future[None]"
) -> AsyncIterator[bytes]:
    """The head and the stream; raises as soon as `stop` is done, even where the stream has nothing to give."""
    yield head
    while True:
        piece = asyncio.ensure_future(anext(stream, None))
        await asyncio.wait((piece, stop), return_when=asyncio.FIRST_COMPLETED)
        if stop.done():
            piece.cancel()
            raise asyncio.CancelledError
        content = piece.result()
        if content is None:
            return
        yield content


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """Errors of the store as instructions to whoever called."""
    try:
        yield
    except NotOpened as error:
        raise SealedCorrupt(f"{key}: {error}") from None
    except FileNotFoundError:
        raise SealedMissing(f"{key} does not exist") from None
    except BaseError as error:
        raise TemporaryError(f"object store: {_first_line(error)}", delay=RETRY_DELAY) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _new_key(tenant: UUID, expires: datetime) -> str:
    moment = expires.astimezone(UTC)
    return f"{PREFIX}/{moment:%Y%m%d}/{tenant}/{moment:%H%M%S}-{uuid4().hex}"


def _context(tenant: UUID, key: str) -> bytes:
    return tenant.bytes + key.encode()


def _slices(batch: memoryview) -> Iterator[memoryview]:
    for start in range(0, len(batch), SEALED_FRAME_BYTES):
        yield batch[start : start + SEALED_FRAME_BYTES]
