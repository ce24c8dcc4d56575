"""Ids as callers see them: a prefix that says what it is, and the UUID without hyphens."""

import re
from enum import StrEnum
from typing import Final
from uuid import UUID

_HEXADECIMAL: Final = re.compile(r"[0-9a-f]{32}")


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
