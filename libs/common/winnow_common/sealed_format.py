"""How sealed bytes look: pure functions over bytes, without a store.

A sealed object is a header and frames:

    header   magic "WNO1" · id of the master key (4) · nonce (12) · wrapped data key (32 + 16)
    frame i  AES-256-GCM under the data key of 64 KiB of content (the last frame: of what is left, perhaps nothing)

Frames are the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption and its
Nonce-Reuse Misuse-Resistance" (CRYPTO 2015): a frame's nonce is its number (11 bytes, big-endian) and one byte that is
1 for the last frame, so frames can be opened alone but not reordered, repeated, dropped or cut off. The data key is
random and used for one object, hence the nonce needs no random part. The header binds the data key to a context (tenant
and name of the object), so that an object does not open under another name or for another tenant.

Random nonces under one wrapping key: 2^32 objects and as many values before a new master key is due (NIST SP 800-38D,
8.3).
"""

import hmac
import os
from collections.abc import Iterator
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FRAME_BYTES = 64 * 1024
"""Content per frame."""
TAG_BYTES = 16
SEALED_FRAME_BYTES = FRAME_BYTES + TAG_BYTES

_OBJECT_MAGIC = b"WNO1"
_VALUE_MAGIC = b"WNV1"
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12
_DATA_KEY_BYTES = 32
_PREFIX_BYTES = len(_OBJECT_MAGIC) + _KEY_ID_BYTES + _NONCE_BYTES
HEADER_BYTES = _PREFIX_BYTES + _DATA_KEY_BYTES + TAG_BYTES


class NotOpened(ValueError):
    """These bytes are not what was sealed, or not in this place, or not under this master key."""


def frame_count(size: int) -> int:
    """How many frames hold so many bytes of content; empty content has one."""
    return max(1, -(-size // FRAME_BYTES))


def sealed_size(size: int) -> int:
    """How large the object of so many bytes of content is."""
    return HEADER_BYTES + size + TAG_BYTES * frame_count(size)


class MasterKey:
    """32 secret bytes, used only to derive a key for each purpose (HKDF, RFC 5869)."""

    def __init__(self, key: bytes) -> None:
        if len(key) != _DATA_KEY_BYTES:
            raise ValueError("a master key has 32 bytes")
        self._objects = AESGCM(_derive(key, b"wrap data keys of objects"))
        self._values = AESGCM(_derive(key, b"seal values"))
        self._digests = _derive(key, b"digest content")
        self._id = _derive(key, b"name the master key")[:_KEY_ID_BYTES]

    def new_object(self, context: bytes) -> tuple[bytes, "FrameSealer"]:
        """The header of a new object under a fresh data key, and what seals its frames."""
        data_key = os.urandom(_DATA_KEY_BYTES)
        return self._seal(self._objects, _OBJECT_MAGIC, data_key, context), FrameSealer(data_key)

    def open_object(self, header: bytes, context: bytes) -> "FrameOpener":
        """What opens the frames of the object with this header; raises `NotOpened`."""
        return FrameOpener(self._open(self._objects, _OBJECT_MAGIC, header, context))

    def seal(self, value: bytes, context: bytes) -> bytes:
        """A small value, sealed for one context."""
        return self._seal(self._values, _VALUE_MAGIC, value, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """A small value again; raises `NotOpened`."""
        return self._open(self._values, _VALUE_MAGIC, sealed, context)

    def digest(self, tenant: UUID) -> "hmac.HMAC":
        """A running HMAC-SHA-256 under a key of the tenant, which tells nobody else what the content is."""
        return hmac.new(hmac.digest(self._digests, tenant.bytes, sha256), digestmod=sha256)

    def _seal(self, cipher: AESGCM, magic: bytes, secret: bytes, context: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return magic + self._id + nonce + cipher.encrypt(nonce, secret, context)

    def _open(self, cipher: AESGCM, magic: bytes, sealed: bytes, context: bytes) -> bytes:
        if len(sealed) < _PREFIX_BYTES + TAG_BYTES or not sealed.startswith(magic):
            raise NotOpened("not sealed by Winnow, or cut short")
        if sealed[len(magic) : len(magic) + _KEY_ID_BYTES] != self._id:
            raise NotOpened("sealed under another master key")
        nonce = sealed[_PREFIX_BYTES - _NONCE_BYTES : _PREFIX_BYTES]
        try:
            return cipher.decrypt(nonce, sealed[_PREFIX_BYTES:], context)
        except InvalidTag:
            raise NotOpened("changed, or in a place that is not its own") from None


class FrameSealer:
    """Turns a stream of content into frames; holds at most one of them."""

    def __init__(self, data_key: bytes) -> None:
        self._cipher = AESGCM(data_key)
        self._number = 0
        self._pending = bytearray()

    def update(self, content: bytes) -> Iterator[bytes]:
        """The frames that are complete for certain: a full one is held back until it is known not to be the last."""
        self._pending += content
        start = 0
        with memoryview(self._pending) as pending:
            while len(pending) - start > FRAME_BYTES:
                yield self._frame(pending[start : start + FRAME_BYTES], last=False)
                start += FRAME_BYTES
        del self._pending[:start]

    def finish(self) -> bytes:
        """The last frame."""
        return self._frame(self._pending, last=True)

    def _frame(self, content: "bytearray | memoryview", *, last: bool) -> bytes:
        sealed = self._cipher.encrypt(_frame_nonce(self._number, last=last), content, None)
        self._number += 1
        return sealed


class FrameOpener:
    """Opens frames of one object, in any order."""

    def __init__(self, data_key: bytes) -> None:
        self._cipher = AESGCM(data_key)

    def open(self, frame: "bytes | memoryview", *, number: int, last: bool) -> bytes:
        """The content of a frame; raises `NotOpened`."""
        try:
            return self._cipher.decrypt(_frame_nonce(number, last=last), frame, None)
        except InvalidTag:
            raise NotOpened(f"frame {number} was changed or moved") from None


def _frame_nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + (b"\x01" if last else b"\x00")


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"winnow " + purpose).derive(key)
