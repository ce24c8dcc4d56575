"""Ids: derived from their cause wherever there is one, ordered by time where there is none."""

import time
from datetime import date
from hashlib import sha1
from random import getrandbits
from uuid import UUID, uuid5

REQUEST_NAMESPACE = UUID("8f2f6f3e-5a86-5d0b-9d0e-3c1f0c7f9a51")
"""Namespace of request ids; changing it makes every idempotency key new."""


def uuid7(now_ms: int | None = None) -> UUID:
    """A version 7 UUID (RFC 9562, 5.7): 48 bits of milliseconds, then 74 random ones, so that later rows sort later.

    It is no secret: whoever has seen many may guess the next.
    """
    milliseconds = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    noise = getrandbits(80)
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76 | ((noise >> 62) & 0xFFF) << 64
    value |= 0b10 << 62 | (noise & ((1 << 62) - 1))
    return UUID(int=value)


def event_id(cause: UUID, type: str, key: str) -> UUID:
    """The id of what a cause led to: the same however often the cause is delivered.

    `key` is the business key that tells several events of one type and cause apart.
    """
    # As `uuid.uuid5`, in half the time: several are made for every message.
    digest = sha1(cause.bytes + f"{type}\x1f{key}".encode(), usedforsecurity=False).digest()
    return UUID(int=int.from_bytes(digest[:16]) & _RANDOM_BITS | _VERSION_5)


_RANDOM_BITS = (1 << 128) - 1 & ~(0xF000 << 64 | 0xC000 << 48)
_VERSION_5 = 0x5000 << 64 | 0x8000 << 48


def request_id(
    *,
    tenant: UUID | None,
    environment: str,
    method: str,
    path: str,
    idempotency_key: str,
    day: date,
) -> UUID:
    """The id of a request that carries an Idempotency-Key, the same for every repetition on one UTC day."""
    parts = (str(tenant or "public"), environment, method, path, idempotency_key, day.isoformat())
    return uuid5(REQUEST_NAMESPACE, "\x1f".join(parts))
