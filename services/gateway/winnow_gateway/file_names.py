"""Names of files: labels that callers give and get back, never paths of anything here. Pure."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

LONGEST: Final = 1_000
"""Characters of a label."""
_LONGEST_STEM: Final = 100
"""Of a file that is sent: file systems take 255 bytes, and every character may be four."""

_LEFT_OUT: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Categories of Unicode: controls, lone surrogates, and what breaks lines."""
_DIRECTIONS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They make `fdp.exe` look like `exe.pdf` (Unicode TR 36, 2.4)."""
_ENDINGS: Final = re.compile(
    r"(?:\.(?:csv|tsv|tab|txt|json|ndjson|jsonl|xlsx|xlsm|xls|parquet|gz|gzip))+$", re.IGNORECASE
)
_NOT_A_NAME: Final = re.compile(r'[<>:"|?*]')
_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9 ._()+-]")


def label(text: str) -> str:
    """The name as it is kept, compared and shown; perhaps empty.

    As it came, folders and all, but composed (NFC, since a Mac sends accents apart and a keyboard does not), without
    controls and marks of direction, and without blanks around it.
    """
    composed = unicodedata.normalize("NFC", text)
    kept = [each for each in composed if unicodedata.category(each) not in _LEFT_OUT and each not in _DIRECTIONS]
    return "".join(kept).strip()


def attachment(name: str, *, ending: str) -> str:
    """Content-Disposition of a file made from an upload: `leads.csv` with `-rejected.csv` gives `leads-rejected.csv`.

    Of folders in the name nothing is left. A name beyond ASCII is written twice, for old readers and for others
    (RFC 6266, appendix D); nothing in it can end the header.
    """
    last = re.split(r"[/\\]", label(name))[-1]
    stem = _NOT_A_NAME.sub("_", _ENDINGS.sub("", last)).strip(" .")[:_LONGEST_STEM].strip(" .") or "leads"
    plain = _NOT_PLAIN.sub("_", unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()).strip(" ._")
    header = f'attachment; filename="{plain or "leads"}{ending}"'
    return header if plain == stem else f"{header}; filename*=UTF-8''{quote(stem + ending, safe='')}"
