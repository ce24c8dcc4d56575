"""A store of objects: a folder, S3, or memory for unit tests, by one library (obstore).

Nothing here retries for long: when the store is away, `TemporaryError` tells the consumer loop to. What is begun and
not finished leaves nothing behind, but for a process that is killed in an upload: in a folder `remove_tree` takes that
away, on S3 a lifecycle rule `AbortIncompleteMultipartUpload` has to.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

from winnow_common.errors import PermanentError, TemporaryError

PART_BYTES = 5 * 1024 * 1024
"""What S3 takes as the smallest part of an upload; smaller objects are put at once."""
RETRY_DELAY = 2.0
UNDO_TIMEOUT = 5.0


class ObjectMissing(PermanentError):
    """There is no object of this name."""


class Objects:
    """Objects by their names, which are paths. All methods may raise `TemporaryError`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def at(cls, url: str) -> "Objects":
        """The store at `file:///folder`, `s3://bucket/prefix` or `memory:///`; raises `ValueError` in words.

        Credentials and endpoint of S3 come from the usual AWS_ variables.
        """
        try:
            return cls(_open(url))
        except (BaseError, OSError) as error:
            raise ValueError(f"objects cannot be kept at {url}: {_first_line(error)}") from None

    async def put(self, name: str, stream: AsyncIterator[bytes]) -> None:
        """Write an object that is seen when it is whole; what the stream raises is raised.

        Small ones never replace another; larger ones go up in parts, a few of which are in memory at a time.
        """
        head = bytearray()
        async for piece in stream:
            head += piece
            if len(head) > PART_BYTES:
                break
        else:
            await self._finish(name, obstore.put_async(self._store, name, bytes(head), mode="create"))
            return
        stop = asyncio.get_running_loop().create_future()
        parts = _until_stopped(bytes(head), stream, stop)
        upload = obstore.put_async(self._store, name, parts, chunk_size=PART_BYTES, max_concurrency=2)
        await self._finish(name, upload, stop)

    async def size(self, name: str) -> int:
        """How many bytes it has; raises `ObjectMissing`."""
        with _translated(name):
            return (await obstore.head_async(self._store, name))["size"]

    async def get(self, name: str, *, start: int, end: int) -> memoryview:
        """The bytes of a range that lies within the object; raises `ObjectMissing`."""
        with _translated(name):
            return memoryview(await obstore.get_range_async(self._store, name, start=start, end=end))

    async def folders(self, prefix: str) -> list[str]:
        """The names of what stands directly under a prefix and holds objects, in order."""
        with _translated(prefix):
            return sorted((await obstore.list_with_delimiter_async(self._store, prefix))["common_prefixes"])

    async def names(self, prefix: str) -> AsyncIterator[list[str]]:
        """The names of all objects under a prefix, some hundreds at a time."""
        with _translated(prefix):
            async for batch in obstore.list(self._store, prefix, chunk_size=1000):
                yield [found["path"] for found in batch]

    async def delete(self, names: Sequence[str]) -> None:
        """Delete objects; some may be gone already."""
        with _translated("objects"):
            try:
                await obstore.delete_async(self._store, names)
            except FileNotFoundError:  # a folder's store says so, S3 does not; the rest of the list may not be done
                for name in names:
                    with suppress(FileNotFoundError):
                        await obstore.delete_async(self._store, name)

    async def remove_tree(self, prefix: str) -> None:
        """Remove what is left of a prefix in a folder, which uploads that were killed do not show otherwise."""
        if isinstance(self._store, LocalStore) and self._store.prefix is not None:
            await asyncio.to_thread(shutil.rmtree, Path(self._store.prefix) / prefix, ignore_errors=True)

    async def _finish(self, name: str, upload: Awaitable[object], stop: "asyncio.Future[None] | None" = None) -> None:
        """Wait for an upload. When this is cancelled, the upload is made to fail, or undone where it went through.

        An upload in parts is not cancelled itself, since the store would never hear of it and keep the parts: it aborts
        them when its stream raises.
        """
        task = asyncio.ensure_future(upload)
        try:
            with _translated(name):
                await asyncio.shield(task)
        except asyncio.CancelledError:
            if stop is not None:
                stop.set_result(None)
            with suppress(Exception):
                async with asyncio.timeout(UNDO_TIMEOUT):
                    await task
                    await self.delete([name])
            raise


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


def _open(url: str) -> ObjectStore:
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
    raise ValueError(f"objects are kept at file:///… or s3://…, not at {url}")


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """Errors of the store as instructions to whoever called."""
    try:
        yield
    except FileNotFoundError:
        raise ObjectMissing(f"{name} does not exist") from None
    except BaseError as error:
        raise TemporaryError(f"object store: {_first_line(error)}", delay=RETRY_DELAY) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
