"""Sealed objects: data that is personal, secret or large, encrypted in a store and deleted at its time."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

from winnow_contracts.sealed import SealedReference

from winnow_common.errors import PermanentError


class TooLarge(Exception):
    """The stream is longer than was allowed; nothing of it was kept."""


class SealedMissing(PermanentError):
    """There is no such object (any more)."""


class SealedCorrupt(PermanentError):
    """The object was changed, cut short, put in another's place, belongs to another tenant, or is under another master key."""


class SealedStore:
    """Objects under data keys of their own, wrapped by the master key."""

    def __init__(self, url: str, *, master_key: bytes) -> None:
        """`url`: `file:///folder`, `s3://bucket/prefix`, or `memory:///` for tests."""
        self._url = url

    async def write(
        self, chunks: AsyncIterator[bytes], *, tenant: UUID, expires: datetime, maximum: int
    ) -> SealedReference:
        """Seal a stream of at most `maximum` bytes; when it breaks or is longer (`TooLarge`), nothing stays behind."""
        raise NotImplementedError

    def read(self, reference: SealedReference, *, tenant: UUID, offset: int = 0) -> AsyncIterator[bytes]:
        """The content from a byte on, verified; what is before `offset` is neither fetched nor decrypted."""
        raise NotImplementedError

    async def delete(self, reference: SealedReference, *, tenant: UUID) -> None:
        """Delete an object; one that is gone is no error."""
        raise NotImplementedError

    async def sweep(self, now: datetime) -> int:
        """Delete what has expired; how many objects that were."""
        raise NotImplementedError

    def seal(self, data: bytes, *, context: str) -> bytes:
        """Seal a small value for a column; it opens under the same context only (say table, column and row)."""
        raise NotImplementedError

    def unseal(self, sealed: bytes, *, context: str) -> bytes:
        """The value again; raises `SealedCorrupt`."""
        raise NotImplementedError
