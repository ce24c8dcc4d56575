"""Cells as text that every store can hold.

NUL and lone surrogates, which PostgreSQL refuses, go; runs of white space become one space; what is invisible and only
steers how text is displayed goes; the rest is in NFC. Cleaning twice is cleaning once.
"""

import re
import unicodedata
from typing import Final

LONGEST: Final = 1_000
"""Characters of a value of a contact. What is longer is no name, title or number, and stays in the row's source."""

_INVISIBLE: Final = re.compile("[\x00\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SPACES: Final = re.compile(r"[\s\x01-\x1f\x7f-\x9f]+")
_NOTHING: Final = re.compile(r"[\s\W_]*")
_PLACEHOLDERS: Final = frozenset(
    {
        "n/a", "n.a.", "n.a", "#n/a", "#na", "na/na", "null", "(null)", "none", "(none)", "nil", "nan", "undefined",
        "unknown", "(unknown)", "not available", "not provided", "not applicable", "not specified", "(blank)", "tbd",
        "inconnu", "unbekannt", "keine angabe", "k.a.", "k. a.", "desconocido", "sconosciuto", "onbekend", "без имени",
        "#ref!", "#value!", "#name?", "[object object]",
    }
)  # fmt: skip


def cleaned(text: str) -> str:
    """`text` trimmed, with single spaces, composed, and without what cannot be stored or seen."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip(" ")
    text = _INVISIBLE.sub(lambda match: " " if match[0] in "\u2028\u2029" else "", text)
    return _SPACES.sub(" ", unicodedata.normalize("NFC", _SURROGATE.sub("\ufffd", text))).strip(" ")


def storable(text: str) -> str:
    """`text` as it came, without NUL and with lone surrogates replaced."""
    if text.isascii():
        return text.replace("\0", "")
    return _SURROGATE.sub("\ufffd", text.replace("\0", ""))


def said(text: str | None) -> str | None:
    """The cleaned text, or None where it says nothing: a dash, "n/a", and what is longer than a value can be."""
    if text is None or len(text) > LONGEST:
        return None
    text = cleaned(text)
    if len(text) < 4 and _NOTHING.fullmatch(text):
        return None
    return None if text.lower() in _PLACEHOLDERS else text


def without_marks(text: str) -> str:
    """`text` in lower case and without accents, for tables of words: "Gérant" gives "gerant"."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(mark for mark in decomposed if not unicodedata.combining(mark)))
