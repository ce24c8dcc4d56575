"""Small things that are sealed: texts that travel in messages, and objects that are read and written whole."""

import base64
import binascii
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

from winnow_contracts.sealed import SealedReference, SealedText

from winnow_common.sealed import SealedCorrupt, SealedStore

LARGEST_WHOLE = 256 * 1024 * 1024
"""Bytes of an object that is held in memory."""


def seal_text(store: SealedStore, text: str, *, tenant: UUID) -> SealedText:
    """A short text as it may stand on the log."""
    plain = text.encode("utf-8", "replace")
    sealed = store.seal(plain, context=_context(tenant))
    return SealedText(
        sealed=base64.urlsafe_b64encode(sealed).rstrip(b"=").decode(), digest=store.digest(plain, tenant=tenant)
    )


def open_text(store: SealedStore, text: SealedText, *, tenant: UUID) -> str:
    """The text again; raises `SealedCorrupt`, also for another tenant's."""
    try:
        sealed = base64.urlsafe_b64decode(text.sealed + "=" * (-len(text.sealed) % 4))
    except (ValueError, binascii.Error):
        raise SealedCorrupt("a sealed text that is not base64url") from None
    return store.unseal(sealed, context=_context(tenant)).decode("utf-8", "replace")


async def write_whole(store: SealedStore, data: bytes, *, tenant: UUID, expires: datetime) -> SealedReference:
    """Seal an object that is in memory. May raise `TemporaryError`."""

    async def pieces() -> AsyncIterator[bytes]:
        yield data

    return await store.write(pieces(), tenant=tenant, expires=expires, maximum=LARGEST_WHOLE)


async def read_whole(store: SealedStore, reference: SealedReference, *, tenant: UUID) -> bytes:
    """The content of an object. Raises `ObjectMissing`, `SealedCorrupt`, `TemporaryError`."""
    return b"".join([piece async for piece in store.read(reference, tenant=tenant)])


def _context(tenant: UUID) -> str:
    return f"text/{tenant}"
