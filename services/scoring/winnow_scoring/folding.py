"""How two texts are compared: after NFKC, trimming and case folding."""

from functools import lru_cache
from typing import Final
from unicodedata import normalize

LONGEST_REMEMBERED: Final = 40
"""Industries, countries and technologies are short and few: it is faster to remember than to fold them again."""


def composed(text: str) -> str:
    """`text` in NFKC and trimmed, its case kept: what a regular expression is sought in."""
    return text.strip() if text.isascii() else normalize("NFKC", text).strip()


def fold(text: str) -> str:
    """The form in which texts are equal: "  ﬁnTech " and "FINTECH" both give "fintech"; blank text gives ""."""
    return _remembered(text) if len(text) <= LONGEST_REMEMBERED else composed(text).casefold()


@lru_cache(maxsize=16_384)
def _remembered(text: str) -> str:
    return composed(text).casefold()
