"""Ids of uploads, batches and leads: made of what they come from, ordered by its time, and shown with a prefix."""

import hashlib
import re
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

_HEXADECIMAL: Final = re.compile(r"[0-9a-f]{32}")
_TIME_BITS: Final = (1 << 48) - 1
_ROW_BITS: Final = 32
MOST_ROWS: Final = 2**31 - 1
"""Of one file."""


class Prefix(StrEnum):
    """What an id is of."""

    UPLOAD = "upl_"
    BATCH = "batch_"
    LEAD = "lead_"
    RECEIPT = "ers_"


def shown(id: UUID, *, prefix: Prefix) -> str:
    """The id as callers see it."""
    return prefix + id.hex


def read_id(text: str, *, prefix: Prefix) -> UUID | None:
    """The id in a text, or None where the text is no id of that kind."""
    digits = text.removeprefix(prefix)
    return UUID(digits) if text.startswith(prefix) and _HEXADECIMAL.fullmatch(digits) else None


def derived_id(request_id: UUID, *, key: str, time: datetime) -> UUID:
    """A UUIDv7 (RFC 9562) of the request's time, whose other bits come from request and key instead of chance."""
    noise = int.from_bytes(hashlib.blake2b(request_id.bytes + key.encode(), digest_size=10).digest())
    return _version_7(int(time.timestamp() * 1000), (noise >> 62) & 0xFFF, noise & ((1 << 62) - 1))


def lead_id(batch_id: UUID, row: int) -> UUID:
    """The id of a batch's row: its time is the batch's, and it grows with the row, so a batch is a range of ids.

    30 bits come from the batch, 32 are the number of the row.
    """
    noise = int.from_bytes(hashlib.blake2b(batch_id.bytes, digest_size=6).digest())
    high, low = noise & 0xFFF, (noise >> 12) & ((1 << 30) - 1)
    return _version_7(batch_id.int >> 80, high, low << _ROW_BITS | row)


def leads_of(batch_id: UUID, *, first: int = 0, last: int = 2**_ROW_BITS - 1) -> tuple[UUID, UUID]:
    """The least and the greatest id that rows `first` to `last` of a batch can have."""
    return lead_id(batch_id, first), lead_id(batch_id, last)


def row_of(lead: UUID) -> int:
    """The number of the row that a lead's id was made of."""
    return lead.int & ((1 << _ROW_BITS) - 1)


def _version_7(milliseconds: int, high: int, low: int) -> UUID:
    value = (milliseconds & _TIME_BITS) << 80 | 0x7 << 76
    return UUID(int=value | high << 64 | 0b10 << 62 | low)
