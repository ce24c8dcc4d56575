"""Credentials: what API keys and session tokens look like, and how they are stored.

A credential is a prefix, 24 random bytes in base62 and a CRC-32 of all that in base62, so that a typo is refused
without a look-up. Only its HMAC-SHA256 under the pepper is stored; the random part has 192 bits, so no slow hash is
needed.
"""

import hmac
import os
import re
from enum import StrEnum
from typing import Any
from zlib import crc32

import orjson
from winnow_contracts.event import Environment

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_BYTES = 24
_RANDOM_LENGTH = 33
"""Digits that 24 bytes need in base 62."""
_CHECKSUM_LENGTH = 6
"""Digits that 32 bits need in base 62."""
_SHAPE = re.compile(rf"(?:wk_live_|wk_test_|ws_)[0-9A-Za-z]{{{_RANDOM_LENGTH + _CHECKSUM_LENGTH}}}", re.ASCII)


class Prefix(StrEnum):
    """What a credential is, as its first letters say."""

    LIVE = "wk_live_"
    TEST = "wk_test_"
    SESSION = "ws_"

    @classmethod
    def of(cls, environment: Environment) -> "Prefix":
        """The prefix of API keys of that environment."""
        return cls.LIVE if environment.livemode else cls.TEST


def new_credential(prefix: Prefix) -> str:
    """A credential that nobody has seen before."""
    text = prefix + _base62(int.from_bytes(os.urandom(_RANDOM_BYTES)), _RANDOM_LENGTH)
    return text + _checksum(text)


def is_well_formed(text: str) -> bool:
    """Whether the text can be a credential: shape and checksum are right."""
    return _SHAPE.fullmatch(text) is not None and text[-_CHECKSUM_LENGTH:] == _checksum(text[:-_CHECKSUM_LENGTH])


def hint(credential: str) -> str:
    """What may be shown of a credential, so that its owner recognises it: the prefix and the last four characters."""
    prefix = next(prefix for prefix in Prefix if credential.startswith(prefix))
    return f"{prefix}…{credential[-4:]}"


class Pepper:
    """Keyed hashes (HMAC-SHA256) of what must be found again but never stored. Each purpose has a hash of its own."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise ValueError("the pepper has less than 32 bytes; make one with `openssl rand -base64 32`")
        self._secret = secret

    def credential(self, text: str) -> bytes:
        """Of an API key or session token."""
        return self._hash(b"credential\0", text)

    def email(self, text: str) -> bytes:
        """Of an e-mail address; upper and lower case are the same address."""
        return self._hash(b"email\0", text.strip().casefold())

    def address(self, text: str) -> str:
        """Of a client's network address, short, for the names of counters."""
        return self._hash(b"address\0", text)[:12].hex()

    def fingerprint(self, operation: str, data: Any) -> str:
        """Of what a caller sent with an operation, passwords among it, whatever order its members have."""
        canonical = orjson.dumps(data, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
        return self._hash(b"fingerprint\0", operation + "\0" + canonical.decode()).hex()

    def _hash(self, purpose: bytes, text: str) -> bytes:
        return hmac.digest(self._secret, purpose + text.encode("utf-8", "surrogatepass"), "sha256")


def _checksum(text: str) -> str:
    return _base62(crc32(text.encode()), _CHECKSUM_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
