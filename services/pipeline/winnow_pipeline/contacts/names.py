"""Names of people as they are written: which part is which, in letters of the usual case, without titles.

Full names are split by the package `nameparser`, with its rule for patronymics; a name of two or three plain words
that mean nothing to it is split here, the same way and many times as fast (a property that tests check). Whoever
writes only in capitals, or only in small letters, gets the usual case. One word alone is no first and no last name.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from nameparser import Parser, locales, parser_for

from winnow_pipeline.contacts.texts import said

LONGEST: Final = 200

_PLAIN_WORD: Final = r"[^\W\d_]{2,}(?:['\u2019-][^\W\d_]{2,})*"
_PLAIN: Final = re.compile(rf"(?:{_PLAIN_WORD}|[A-Z]\.)(?: (?:{_PLAIN_WORD}|[A-Z]\.))?(?: {_PLAIN_WORD})|{_PLAIN_WORD}")
_PATRONYMIC: Final = re.compile(r"(?:ich|vna|chna)$", re.IGNORECASE)
_LATIN_END: Final = "\u024f"
_LETTER: Final = re.compile(r"[^\W\d_]")
_WORD: Final = re.compile(r"[^\W\d_]+")
_ADDRESS: Final = re.compile(r"@|://|www\.", re.IGNORECASE)
_TITLE: Final = (
    r"(?:mr|mrs|ms|miss|mx|dr|prof|professor|herr|frau|mme|mlle|monsieur|madame|sir|dame|hon|rev|ing|dipl|doc|sr|sra|srta"
    r"|sig|sigra|dott|dottssa|dhr|mevr|fr|m)"
)
_TITLES: Final = re.compile(
    rf"(?:{_TITLE}\.(?:-ing\.)?\s*|(?:mr|mrs|ms|dr|prof|herr|frau|mme|mlle)\s+)+", re.IGNORECASE
)
_DEGREES: Final = re.compile(
    r"(?:\s*,\s*|\s+)(?:ph\.?\s?d\.?|m\.?b\.?a\.?|m\.?d\.?|b\.?sc\.?|m\.?sc\.?|c\.?p\.?a\.?|esq\.?|p\.?e\.?|pmp|cfa|ll\.?m\.?)"
    r"(?=\s*(?:,|$))",
    re.IGNORECASE,
)
_ROMAN: Final = frozenset({"ii", "iii", "iv"})
_GENERATIONS: Final = frozenset({"jr", "sr", *_ROMAN, "v"})
_PARTICLES: Final = frozenset(
    """
    af al am an auf aus av bin bint d' da dal dalla das de degli dei del della der des di do dos du el ibn la las le los
    ten ter und van vom von y zu zum zur
    """.split()  # noqa: SIM905 - a list of words
)
_MC: Final = re.compile(r"mc[a-z]{3,}")


class Name(NamedTuple):
    """A person's name, in the order of the person's language where that is known."""

    full: str | None = None
    first: str | None = None
    middle: str | None = None
    last: str | None = None


NOBODY: Final = Name()


def split(text: str) -> Name:
    """A full name of one cell."""
    text = _bare(text)
    if not text:
        return NOBODY
    if _PLAIN.fullmatch(text) and (text.isascii() or max(text) <= _LATIN_END):
        found = text.split(" ")
        if not _is_special(found):
            return _of_words(found, shouted=text.isupper() or text.islower())
    return _parsed(text)


def _of_words(words: list[str], *, shouted: bool) -> Name:
    cased = [_cased(word.lower()) if shouted else usual_case(word) for word in words]
    if len(cased) == 1:
        return Name(full=cased[0])
    return Name(" ".join(cased), cased[0], cased[1] if len(cased) == 3 else None, cased[-1])


def first_name(text: str) -> str | None:
    """A cell of a first or middle name."""
    bare = _TITLES.sub("", _bare(text), count=1) if "." in text or " " in text else _bare(text)
    return usual_case(bare) or None


def last_name(text: str) -> str | None:
    """A cell of a last name; degrees after it go, generations stay."""
    bare = _bare(text)
    if " " in bare or "," in bare:
        bare = _DEGREES.sub("", bare).strip(" ,")
    return usual_case(bare, particles=True) or None


def joined(*, full: str | None, first: str | None, middle: str | None, last: str | None) -> Name:
    """A name whose parts have cells of their own; `full` fills what these leave open."""
    if first is None and last is None:
        return split(full) if full else NOBODY
    if full and (first is None or last is None):
        whole = split(full)
        if whole.first and whole.last:
            return Name(whole.full, first or whole.first, middle or whole.middle, last or whole.last)
    parts = [part for part in (first, middle, last) if part]
    return Name(" ".join(parts), first, middle, last)


def usual_case(text: str, *, particles: bool = False) -> str:
    """`text` as names are written, if it is all in capitals or all in small letters; else `text`.

    `particles` says that one may come first, as in a last name.
    """
    if text.isupper():
        if len(text) <= 2 and text.isascii():
            return text
    elif not text.islower():
        return text
    lowered = text.lower()
    if lowered.isascii() and lowered.isalpha() and not lowered.startswith("mc"):
        return text.capitalize() if lowered not in _ROMAN else text.upper()
    several = " " in lowered
    words = lowered.split(" ")
    return " ".join(
        word if word in _PARTICLES and several and (particles or place) and place < len(words) - 1 else _cased(word)
        for place, word in enumerate(words)
    )


def _cased(word: str) -> str:
    if word in _ROMAN:
        return word.upper()
    if word.startswith(("d'", "d\u2019")) and len(word) > 3:
        return word[:2] + _cased(word[2:])
    pieces = _WORD.sub(lambda match: _piece(match[0]), word)
    return pieces[:-1] + "s" if pieces.endswith(("'S", "\u2019S")) else pieces


def _piece(word: str) -> str:
    return f"Mc{word[2:].capitalize()}" if _MC.fullmatch(word) else word.capitalize()


def _bare(text: str) -> str:
    """`text` where it can be a name."""
    if text.isascii() and text.isalpha():
        return text
    if len(text) > LONGEST or _ADDRESS.search(text) or not _LETTER.search(text):
        return ""
    return text.strip(' ,;"*')


def _parsed(text: str) -> Name:
    found = _parser().parse(text)
    first, middle = usual_case(found.given), usual_case(found.middle)
    last = usual_case(found.family, particles=True)
    if text.isupper() or text.islower():
        particles = found.family_particles
        if particles and last.lower().startswith(particles.lower()):
            last = particles.lower() + last[len(particles) :]
    suffix = found.suffix if found.suffix.lower().rstrip(".") in _GENERATIONS else ""
    if not first or not last:
        alone = said(usual_case(_TITLES.sub("", text, count=1).strip(" ,")))
        return Name(full=alone) if alone else NOBODY
    in_order = (last, first, middle) if _is_family_first(text, found.family) else (first, middle, last)
    full = " ".join(part for part in (*in_order, _suffix(suffix)) if part)
    return Name(full, first, middle or None, last)


def _suffix(suffix: str) -> str:
    return suffix.upper() if suffix.lower() in _ROMAN else suffix.capitalize() if suffix.isupper() else suffix


def _is_family_first(text: str, family: str) -> bool:
    """Whether the name was written so in a script where that is the order of names, not of lists."""
    return bool(family) and not family.isascii() and text.startswith(family) and "," not in text and family > "\u2e80"


def _is_special(words: list[str]) -> bool:
    if len(words) == 3 and (_PATRONYMIC.search(words[1]) or _PATRONYMIC.search(words[2])):
        return True
    return not _special().isdisjoint(map(str.lower, words))


@lru_cache(maxsize=1)
def _parser() -> Parser:
    return parser_for(locales.RU)


@lru_cache(maxsize=1)
def _special() -> frozenset[str]:
    """Words that mean something to the parser, those of one letter with and without a dot."""
    lexicon = _parser().lexicon
    lists = (
        lexicon.titles,
        lexicon.given_name_titles,
        lexicon.after_given_titles,
        lexicon.suffix_acronyms,
        lexicon.suffix_words,
        lexicon.particles,
        lexicon.conjunctions,
        lexicon.bound_given_names,
        lexicon.maiden_markers,
        lexicon.honorific_tails,
    )
    found = {word.replace(".", "").lower() for words in lists for word in words} | _PARTICLES | _ROMAN
    return frozenset(found | {f"{word}." for word in found if len(word) == 1})
