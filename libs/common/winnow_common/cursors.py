"""Cursors: where a list goes on, opaque to callers and signed, so that a made-up one is refused and not interpreted."""

import base64
import binascii
import hashlib
import hmac
from typing import Final
from uuid import UUID

from winnow_common.errors import Problem, Violation

_SIGNATURE_BYTES: Final = 16
_PURPOSE: Final = b"winnow scoring cursors"


class Cursors:
    """Makes and reads cursors; each is good for one list of one tenant."""

    def __init__(self, master_key: bytes) -> None:
        self._key = hmac.digest(master_key, _PURPOSE, hashlib.sha256)

    def make(self, position: str, *, tenant: UUID, of: str) -> str:
        """A cursor to `position`; `of` names the list with its filters."""
        plain = position.encode()
        return base64.urlsafe_b64encode(self._signature(plain, tenant=tenant, of=of) + plain).rstrip(b"=").decode()

    def read(self, cursor: str | None, *, tenant: UUID, of: str) -> str | None:
        """The position, or None for the beginning. Raises `Problem` for what this list never gave."""
        if cursor is None:
            return None
        try:
            signed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            raise invalid_cursor() from None
        signature, plain = signed[:_SIGNATURE_BYTES], signed[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(plain, tenant=tenant, of=of)):
            raise invalid_cursor()
        return plain.decode()

    def _signature(self, plain: bytes, *, tenant: UUID, of: str) -> bytes:
        scope = hashlib.sha256(of.encode()).digest()
        return hmac.digest(self._key, tenant.bytes + scope + plain, hashlib.sha256)[:_SIGNATURE_BYTES]


def invalid_cursor() -> Problem:
    """The cursor is of another list, or was made up."""
    detail = "Not a cursor of this list. Send next_cursor of the page before with the same filters, or none."
    summary = "The request is not valid; see errors."
    return Problem(422, "invalid_request", summary, errors=(Violation("?cursor", detail),))
