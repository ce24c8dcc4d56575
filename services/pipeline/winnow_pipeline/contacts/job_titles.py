"""Job titles: one way to write each, how high it is, and which department it is of.

"VP Sales", "vice president, sales" and "Sales VP" are "VP of Sales"; "Chief Technology Officer" is "CTO". A rank and a
department that are known make the title; anything else keeps its words, in the usual case and without abbreviations.
Pure, and worth caching: lists have few distinct titles.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from winnow_pipeline.contacts.job_words import (
    ACRONYMS,
    CHIEFS,
    DEPARTMENTS,
    NO_RANK,
    RANKS,
    SENIORITIES,
    SMALL,
    SPELLED,
    UPPER,
)
from winnow_pipeline.contacts.texts import without_marks

LONGEST: Final = 200

_SEPARATORS: Final = re.compile(r"\s*(?:[/|;+\u2022\u00b7]|\s[-\u2013\u2014]\s|\bat\b|@)\s*", re.IGNORECASE)
_AND: Final = re.compile(r"\s+(?:and|&|und|et|y|e)\s+", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W_]+(?:[&'\u2019-][^\W_]+)*")
_CHIEF: Final = re.compile(r"chief ((?:\w+ ){0,2}\w+) officer")
_LINKS: Final = re.compile(r"(?:^|[\s,:-])+(?:of|for|de|des|du|der|fur|di|del|the|la|le|d|in|[,:-])(?=[\s,:-]|$)")
_GERMAN: Final = re.compile(r"([a-z]+?)s?(leiter|leiterin|leitung|direktor|direktorin)")
_DOTS: Final = re.compile(
    r"(?<=\b\w)\.(?=\w\b|\s|$)|(?<=\b[a-z]{2})\.(?=\s|$)|(?<=\b[a-z]{3})\.(?=\s|$)|(?<=\b[a-z]{4})\.(?=\s|$)"
)
_ASSISTED: Final = re.compile(r"\b(?:assistant|assistante|aide|advis[eo]r) (?:to|of|de|du|der) .*")
"""Whom somebody assists says nothing of the assistant."""
_VICE_PRESIDENT: Final = re.compile(r"\b(senior |sr\.? |executive |exec\.? )?vice[ -]president\b", re.IGNORECASE)
_VICE: Final = {"": "VP", "senior": "SVP", "sr": "SVP", "sr.": "SVP", "executive": "EVP", "exec": "EVP", "exec.": "EVP"}
_MOST_WORDS: Final = 4
_HIGH: Final = frozenset({"c_level", "vp", "director", "head", "owner", "partner"})
_ALONE: Final = frozenset({"Managing Director", "Managing Partner", "General Partner", "Board Member"})
_OF: Final = frozenset({"of", "for", "de", "des", "du", "der", "fur", "di", "del", "the", "la", "le", "d", "in"})
"""Ranks without a department."""
_PEOPLE: Final = frozenset(
    """
    engineer developer programmer architect designer accountant controller treasurer auditor recruiter buyer nurse
    teacher professor counsel lawyer attorney scientist assistant clerk secretary receptionist customer people chef
    manager art school account executive patient client
    """.split()  # noqa: SIM905 - a list of words
)
"""Words that name somebody who works in a department, or several."""
_ENGLISH: Final = frozenset(
    """
    sales marketing engineering product design finance operations procurement legal research data analytics it hr
    logistics purchasing recruiting communications growth revenue partnerships security infrastructure technology
    accounting support customer-success customer-service customer-support human-resources business-development
    supply-chain data-science public-relations quality-assurance demand-generation product-management
    information-technology information-security customer-experience machine-learning business-intelligence
    people-operations brand content talent compliance manufacturing production audit tax treasury software education
    administration healthcare advertising training
    """.split()  # noqa: SIM905 - a list of words
)
"""Words that name a department in a title as well as its own name does."""


@dataclass(frozen=True, slots=True)
class JobTitle:
    """What a title says."""

    normalized: str
    seniority: str
    function: str | None


def job_title(text: str) -> JobTitle:
    """Read a title that says something."""
    folded = " ".join(_DOTS.sub("", without_marks(text)).split())
    if len(folded) > LONGEST:
        return JobTitle(text, seniority(folded), function(folded))
    found = _ranked(folded)
    if found is not None:
        return found
    for part in _SEPARATORS.split(folded):
        for piece in (part, *_AND.split(part)):
            found = _ranked(piece.strip(" ,"))
            if found is not None and found.seniority in _HIGH:
                return JobTitle(spelled(text), seniority(folded), found.function or function(folded))
    return JobTitle(spelled(text), seniority(folded), function(folded))


def seniority(folded: str) -> str:
    """How high a title is: the highest rank that one of its words names."""
    folded = _ASSISTED.sub("assistant", folded)
    for phrase in NO_RANK:
        folded = folded.replace(phrase, "_")
    chief = _CHIEF.search(folded)
    if chief is not None:
        return "owner" if _seniorities()["owner"] & set(_WORD.findall(folded)) else "c_level"
    bare = folded.replace("vice president", "vp").replace("vice-president", "vp")
    if "managing director" in bare or "geschaftsfuhr" in bare or "directeur general" in bare:
        return "c_level"
    before = _rank_of_words(bare.partition(" of ")[0])
    return before or _rank_of_words(bare) or "staff"


def _rank_of_words(folded: str) -> str | None:
    words = frozenset(_WORD.findall(folded))
    for rank, of_rank in _seniorities().items():
        if words & of_rank:
            return rank
    german = (_GERMAN.fullmatch(word) for word in sorted(words))
    found = next((match[2] for match in german if match is not None), None)
    if found is None:
        return None
    return "director" if found.startswith("dir") else "head"


def function(folded: str) -> str | None:
    """The department of a title: that of its first word that names one, or of its last phrase that does."""
    words = _WORD.findall(folded)
    known = _departments()
    best: str | None = None
    place = 0
    while place < len(words):
        for size in (3, 2, 1):
            phrase = "-".join(words[place : place + size])
            found = known.get(phrase) if place + size <= len(words) else None
            if found is not None:
                if best is None or size > 1:
                    best = found
                place += size - 1
                break
        else:
            german = _GERMAN.fullmatch(words[place])
            if german is not None and best is None:
                best = known.get(german[1]) or known.get(f"{german[1]}s")
        place += 1
    if best is None:
        best = next((ACRONYMS[word] for word in words if ACRONYMS.get(word)), None)
    return best


def spelled(text: str) -> str:
    """The title's own words, in the usual case, abbreviations spelled out, but for vice presidents."""
    words = _VICE_PRESIDENT.sub(lambda match: _VICE[(match[1] or "").lower().strip()], text).split()
    shouted = text.isupper() or text.islower()
    return " ".join(_word(word, first=place == 0, shouted=shouted) for place, word in enumerate(words))


def _word(word: str, *, first: bool, shouted: bool) -> str:
    core = word.strip(",.;()")
    low = without_marks(core)
    if low in SPELLED and "." not in core:
        return word.rstrip(".").replace(core, SPELLED[low])
    if low in UPPER:
        return word.replace(core, core.upper())
    if low in SMALL and not first:
        return word.lower()
    if not shouted:
        return word[:1].upper() + word[1:] if first else word
    return _WORD.sub(lambda match: "-".join(part.capitalize() for part in match[0].split("-")), word.lower())


def _ranked(folded: str) -> JobTitle | None:
    """A title that is a rank with or without a department, and nothing else."""
    chief = _CHIEF.fullmatch(folded)
    if chief is not None and chief[1] in CHIEFS:
        short, department = CHIEFS[chief[1]]
        return JobTitle(short, "c_level", department)
    if folded in ACRONYMS:
        return JobTitle("CEO" if folded == "pdg" else folded.upper(), "c_level", ACRONYMS[folded])
    words = _WORD.findall(folded)
    for size in range(min(_MOST_WORDS, len(words)), 0, -1):
        for start in (0, len(words) - size):
            rank = RANKS.get(" ".join(words[start : start + size]))
            if rank is None:
                continue
            rest = [*words[:start], *words[start + size :]]
            return _titled(rank, rest)
    german = _GERMAN.fullmatch(folded)
    if german is not None:
        department = _departments().get(german[1]) or _departments().get(f"{german[1]}s")
        if department is not None:
            return JobTitle(f"Head of {DEPARTMENTS[department][0]}", "head", department)
    return None


def _titled(rank: tuple[str, str], rest: list[str]) -> JobTitle | None:
    """`rank` over the department that the other words name; None where they say more than that."""
    short, height = rank
    words = [word for word in rest if word not in _OF]
    if not words:
        return JobTitle(short, height, "management" if short in _ALONE else None)
    department = _departments().get("-".join(words))
    if department is None or "-".join(words) in _PEOPLE:
        return None
    name = _written(words, department)
    if short in _ALONE or short == "General Manager":
        return None
    title = f"{name} Manager" if short == "Manager" else f"{short} of {name}"
    return JobTitle(title, height, department)


def _written(words: list[str], department: str) -> str:
    """The department by its own English word, where that is one, else by its name."""
    phrase = "-".join(words)
    if phrase in _ENGLISH:
        return " ".join(word.upper() if word in UPPER else word.capitalize() for word in words)
    return DEPARTMENTS[department][0]


@lru_cache(maxsize=1)
def _seniorities() -> dict[str, frozenset[str]]:
    return {rank: frozenset(words.split()) for rank, words in SENIORITIES.items()}


@lru_cache(maxsize=1)
def _departments() -> dict[str, str]:
    return {word: department for department, (_, words) in DEPARTMENTS.items() for word in words.split()}
