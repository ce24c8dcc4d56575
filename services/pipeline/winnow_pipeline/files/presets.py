"""How exports of vendors name their columns: presets that are shipped, those that an operator adds, and a dictionary.

A preset is a table in a TOML file: headers to fields. The one that knows most of a file's headers, and at least three,
is taken; then the dictionary, which knows headers in a dozen languages.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from winnow_pipeline.files.mapping import check_mapping

_SHIPPED: Final = Path(__file__).with_name("presets.toml")
_DICTIONARY: Final = Path(__file__).with_name("headers.toml")
_FEWEST: Final = 3
_NOT_A_WORD: Final = re.compile(r"[^\w]+|_")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Presets:
    """Headers in the form of comparison, to fields."""

    vendors: Mapping[str, Mapping[str, str]]
    dictionary: Mapping[str, str]

    def vendor_of(self, headers: Sequence[str]) -> str | None:
        """Whose export has these headers, most of all."""
        folded = {fold(header) for header in headers}
        known = {vendor: len(folded & columns.keys()) for vendor, columns in self.vendors.items()}
        best = max(known, key=lambda vendor: known[vendor], default=None)
        return best if best is not None and known[best] >= _FEWEST else None

    def field_of(self, header: str, *, vendor: str | None) -> tuple[str, str] | None:
        """The field of a header, and how it is known."""
        name = fold(header)
        if vendor is not None and (field := self.vendors[vendor].get(name)) is not None:
            return field, f"preset:{vendor}"
        field = self.dictionary.get(name)
        return None if field is None else (field, "dictionary")

    def knows(self, line: str) -> int:
        """How many cells of a line are headers."""
        cells = re.split(r"[,;\t|]", line)
        return sum(fold(cell.strip(" \"'")) in self.dictionary for cell in cells)


@lru_cache(maxsize=8)
def load_presets(extra: Path | None) -> Presets:
    """Those that are shipped, and those in the `*.toml` of a folder. Raises `ValueError` for what is no preset."""
    vendors: dict[str, dict[str, str]] = {}
    for path in [_SHIPPED, *(sorted(extra.glob("*.toml")) if extra is not None else [])]:
        for vendor, columns in _read(path).items():
            check_mapping(columns)
            vendors[vendor] = {fold(header): field for header, field in columns.items()}
    dictionary = {fold(header): field for field, headers in _read(_DICTIONARY)["headers"].items() for header in headers}
    return Presets(vendors, dictionary)


@lru_cache(maxsize=65_536)
def fold(header: str) -> str:
    """A header without case, accents and punctuation: "First Name", "first_name" and "firstName" are one."""
    text = unicodedata.normalize("NFKD", _CAMEL.sub(" ", header)).casefold()
    text = "".join(character for character in text if not unicodedata.combining(character))
    return " ".join(_NOT_A_WORD.sub(" ", text).split())


def _read(path: Path) -> dict[str, dict[str, str]]:
    try:
        content: dict[str, dict[str, str]] = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} is no file of presets: {error}") from error
    return content
