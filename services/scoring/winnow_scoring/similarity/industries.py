"""What an industry is called, and where it stands in a taxonomy: sector, group, name (`industries.toml`).

What is written as a path ("B2B -> Payments", "Finance / Banking") is read from its end: the last part that the taxonomy
knows says where the industry stands. A name that the taxonomy does not know has its words alone.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final, NamedTuple

from winnow_scoring.folding import fold
from winnow_scoring.similarity.words import stem

_PATH: Final = re.compile(r"\s*(?:->|>|»|\u203a|/|\||::| - )\s*")
_WORD: Final = re.compile(r"[^\W_]+")
_FILLERS: Final = frozenset({"and", "of", "the", "for", "services", "industry", "general", "other"})


class Industry(NamedTuple):
    """An industry; sector and group are None where the taxonomy does not know it."""

    name: str
    """As it was written, folded."""
    group: str | None
    sector: str | None
    words: frozenset[str]
    """Stems of the words in the name."""


@lru_cache(maxsize=16_384)
def industry_of(text: str) -> Industry:
    """The industry that a text names."""
    name = fold(text)
    words = frozenset([stem(word) for word in _WORD.findall(name) if word not in _FILLERS])
    for part in reversed(_PATH.split(name)):
        place = _place(part.replace("&", "and"))
        if place is not None:
            return Industry(name, *place, words)
    return Industry(name, None, None, words)


def _place(name: str) -> tuple[str, str] | None:
    """Group and sector of a name, or of the longest known name within it."""
    known = _taxonomy()
    if name in known:
        return known[name]
    words = _WORD.findall(name)
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length + 1):
            place = known.get(" ".join(words[start : start + length]))
            if place is not None:
                return place
    return None


@lru_cache(maxsize=1)
def _taxonomy() -> Mapping[str, tuple[str, str]]:
    """Group and sector by name."""
    content = tomllib.loads(files(__package__).joinpath("industries.toml").read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            name: (group, sector)
            for sector, groups in content.items()
            for group, names in groups.items()
            for name in names
        }
    )


def names_by_group() -> dict[str, tuple[str, ...]]:
    """The names of the taxonomy by group."""
    found: dict[str, list[str]] = {}
    for name, (group, _) in _taxonomy().items():
        found.setdefault(group, []).append(name)
    return {group: tuple(names) for group, names in found.items()}
