"""From what a company says of itself to the terms that it is compared by.

Words of tags, description and name are folded, stripped of their commonest endings and of words that say nothing; each
tag is a term of its own besides. The endings are the first step of Porter's algorithm (1980), coarsened: measured on
`bench/quality`, stems are worth two points of precision over whole words, and word pairs nothing.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from winnow_scoring.folding import fold

NAME_SHARE: Final = 0.5
"""How much a word counts that only the name has: names hint at what a company does, and less surely than it says."""

TAG_PREFIX: Final = "tag:"

MOST_WORDS: Final = 200
"""Of a description; more is no description but a document, and would be compared to nothing else."""

_WORD: Final = re.compile(r"[^\W_]{2,30}")
_ENDINGS: Final = ("ings", "ing", "ers", "ies", "ied", "es", "ed", "er", "ly", "s")
_SHORTEST_STEM: Final = 3

_STOP_WORDS: Final = frozenset(
    """
    a about all also an and any are as at be been being best better but by can do does each every first for from get
    had has have help helping helps how if in into is it its just let lets like made make makes making many may more
    most much my new no not of off on one only or other our out over own per so some such than that the their them then
    there these they this those through to up us use used uses using very via was we were what when where which while
    who whose why will with within without would you your build building builds built business businesses companies
    company modern next people platform simple software solution solutions world
    """.split()  # noqa: SIM905 - a list of words reads best as words
)


def terms_of(attributes: Mapping[str, Any]) -> dict[str, float]:
    """Terms with their strength, 0 to 1; empty where there are neither tags nor a description."""
    tags = [folded for tag in attributes.get("tags") or () if (folded := fold(tag))]
    description = attributes.get("description") or ""
    if not tags and not description:
        return {}
    found = dict.fromkeys(_stems(attributes.get("name") or ""), NAME_SHARE)
    found |= dict.fromkeys(_stems(description), 1.0)
    for tag in tags:
        found |= dict.fromkeys(_stems(tag), 1.0)
        found[TAG_PREFIX + tag] = 1.0
    return found


def _stems(text: str) -> list[str]:
    words = _WORD.findall(fold(text))[:MOST_WORDS]
    return [stem(word) for word in words if word not in _STOP_WORDS]


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The word without its ending: "payments", "payment" and "paying" come close, and need not be words."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            word = word[: -len(ending)]
            break
    if len(word) > _SHORTEST_STEM and word[-1] in "ey":
        word = word[:-1] + ("i" if word[-1] == "y" else "")
    return word


def surfaces(attributes: Mapping[str, Any]) -> dict[str, str]:
    """The terms of a company as people read them: tags as they were written, words of its description, of its name."""
    found: dict[str, str] = {}
    tagged: set[str] = set()
    for tag in attributes.get("tags") or ():
        folded = fold(tag)
        if folded:
            found[TAG_PREFIX + folded] = tag
            tagged.update(_stems(tag))
    for word in _WORD.findall(fold(attributes.get("description") or ""))[:MOST_WORDS]:
        if word not in _STOP_WORDS and (term := stem(word)) not in tagged:
            found.setdefault(term, word)
    if found:
        for word in _WORD.findall(fold(attributes.get("name") or "")):
            if word not in _STOP_WORDS:
                found.setdefault(stem(word), word)
    return found
