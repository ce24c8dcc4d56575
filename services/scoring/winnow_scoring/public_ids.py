"""Ids of scores and imports: made of the request that they come from, ordered by its time, and shown with a prefix."""

import hashlib
import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

_HEXADECIMAL: Final = re.compile(r"[0-9a-f]{32}")
_LOW_BITS: Final = (1 << 62) - 1
_TIME_BITS: Final = (1 << 48) - 1


class Prefix(StrEnum):
    """What an id is of."""

    SCORE = "sco_"
    IMPORT = "imp_"


def shown(id: UUID, *, prefix: Prefix) -> str:
    """The id as callers see it."""
    return prefix + id.hex


def read_id(text: str, *, prefix: Prefix) -> UUID | None:
    """The id in a text, or None where the text is no id of that kind."""
    digits = text.removeprefix(prefix)
    return UUID(digits) if text.startswith(prefix) and _HEXADECIMAL.fullmatch(digits) else None


def derived_id(request_id: UUID, *, key: str, time: datetime) -> UUID:
    """A UUIDv7 (RFC 9562) of the request's time, whose other bits come from request and key instead of chance.

    However often a request is handled, it makes the same ids.
    """
    digest = hashlib.blake2b(request_id.bytes + key.encode(), digest_size=10).digest()
    noise = int.from_bytes(digest)
    value = (int(time.timestamp() * 1000) & _TIME_BITS) << 80 | 0x7 << 76
    return UUID(int=value | ((noise >> 62) & 0xFFF) << 64 | 0b10 << 62 | noise & _LOW_BITS)


def time_of(id: UUID) -> datetime:
    """When the request that an id is derived from was made, to the millisecond."""
    return datetime.fromtimestamp((id.int >> 80) / 1000, tz=UTC)
