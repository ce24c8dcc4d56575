"""What companies are called: the forms in which two names are one, and the keys by which like ones are found.

"Säätämö, Oy", "SÄÄTÄMÖ" and "Saatamo" are one name: after NFKC and case folding accents, punctuation, a leading "the",
"and" and "&", and the legal form at the end are left out. The list of legal forms is that of the package cleanco; its
own search takes 34 µs a name, this one 3 µs, which counts in files of a million rows; so only its terms are used.

Keys are for finding: what is sought for a name has a key in common with every name that may be the same. How likely it
is the same is for `likeness` to say.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cleanco.clean import get_unique_terms
from cleanco.non_nfkd_map import NON_NFKD_MAP
from rapidfuzz.distance import OSA

from winnow_scoring.folding import composed

_REMEMBERED: Final = 16_384
_MOST_TOKENS: Final = 12
_END: Final = 4
"""Letters that begin or end a name, as a key: of eight letters one slip of the pen leaves one end as it was."""

_TOP_LEVEL: Final = re.compile(r"(?<=\w)\.(com|net|org|io|ai)\b(?!\.\w)")
"""Names that are written as domains: "Amazon.com, Inc."."""
_INITIALS: Final = re.compile(r"\b(?:\w\.){2,}(?:\w\b)?|\b\w(?:/\w)+\b")
"""Letters with dots or slashes between them are one word: S.A., J.P. Morgan, A/S."""
_FORMS_WITHOUT_SPACES: Final = re.compile(r"株式会社|有限会社|合同会社|股份有限公司|有限公司|주식회사|㈜")
_APOSTROPHES: Final = re.compile(r"['`\u2019\u2018\u00b4]")
_AND: Final = re.compile(r"[&+]")
_WORD: Final = re.compile(r"\w+")
_PLAIN: Final = str.maketrans({**NON_NFKD_MAP, "æ": "ae", "œ": "oe"})

_FURTHER_FORMS: Final = (
    "se",
    "ug",
    "mbh",
    "s. à r.l.",
    "aktiengesellschaft",
    "aktiebolag",
    "gesellschaft mit beschränkter haftung",
    "limited liability company",
    "public limited company",
    "sociedad anónima",
    "société anonyme",
    "società per azioni",
)
_FORMS_IN_FRONT: Final = frozenset(_WORD.findall("ooo oao zao pao ооо оао зао пао uab sia pt"))  # noqa: RUF001 - Cyrillic
_EMPTY: Final = frozenset(
    _WORD.findall(
        "america americas asia corporate enterprise enterprises europe global group groupe gruppe holding "
        "holdings industries international lab labs network networks of online services software solutions studio "
        "studios systems tech technologies technology uk us usa ventures world worldwide"
    )
)
"""Words that a company's name is often said without."""
_FREQUENT: Final = _EMPTY | frozenset(
    _WORD.findall(
        "africa american associates bank brands business capital center centre china communications consulting "
        "data design development digital energy engineering european financial finance first foods france general "
        "germany health healthcare home india industrial insurance investment investments italia japan life "
        "management marketing media medical national new partners power products properties real research "
        "resources retail service system trading trust united"
    )
)
"""Words of so many names that slips in the others weigh more, though they tell companies apart."""

_SAME_WORDS: Final = 0.97
_SAME_BUT_EMPTY: Final = 0.75
_SAME_AS_SITE: Final = 0.85
_SLIPS: Final = {1: 0.8, 2: 0.7}
LEAST_LIKENESS: Final = 0.7
"""Below it, two names are those of two companies."""


@dataclass(frozen=True, slots=True)
class CompanyName:
    """A name in its words, without what does not tell companies apart."""

    tokens: tuple[str, ...]

    @property
    def compact(self) -> str:
        """The words as one: "Air BnB" is "Airbnb"."""
        return "".join(self.tokens)

    @property
    def distinctive(self) -> tuple[str, ...]:
        """The words that no name is said without; all of them where there are none such."""
        return tuple(token for token in self.tokens if token not in _EMPTY) or self.tokens


@lru_cache(maxsize=_REMEMBERED)
def company_name(text: str) -> CompanyName:
    """The name in a text, without words where there is none."""
    tokens = [token for token in _words(text)[:_MOST_TOKENS] if token != "and"]  # noqa: S105 - a word
    if len(tokens) > 1 and (tokens[0] == "the" or tokens[0] in _FORMS_IN_FRONT):
        del tokens[0]
    while (size := _form_at_end(tokens)) > 0:
        del tokens[-size:]
    return CompanyName(tuple(tokens))


def site_name(domain: str) -> str:
    """What a domain calls its company: "acme-robotics.co.uk" gives "acmerobotics"."""
    return domain.partition(".")[0].replace("-", "")


def keys(name: CompanyName) -> frozenset[str]:
    """What a company of that name is found by: the name in one word, and where slips are allowed its ends."""
    return frozenset([*_wholes(name), *_ends(name, lengths=0)])


def keys_sought(name: CompanyName) -> frozenset[str]:
    """What to look for to find every company of that name, or of one like it."""
    return frozenset([*_wholes(name), *_ends(name, lengths=_slips_allowed(name))])


def keys_of_company(domain: str, *, name: str | None) -> frozenset[str]:
    """What a company is found by: its name, and its site's."""
    found = keys(company_name(name)) if name else frozenset()
    return found | {f"={site_name(domain)}"}


def likeness(name: CompanyName, other: CompanyName) -> float:
    """How likely two names are one company's, 0 to 1: 1 where they are one name.

    Names of less than eight letters have no slips of the pen: Stripe is not Stride. Of 4.5 million pairs among 2,997
    startups, eight are names of two companies within the slips that are allowed, such as Symphony and Synphony.
    """
    if not name.tokens or not other.tokens:
        return 0.0
    if name.compact == other.compact:
        return 1.0
    if sorted(name.tokens) == sorted(other.tokens):
        return _SAME_WORDS
    if name.tokens == other.distinctive or name.distinctive == other.tokens:
        return _SAME_BUT_EMPTY
    return _SLIPS.get(_slips(name, other), 0.0)


def likeness_to_site(name: CompanyName, domain: str) -> float:
    """How likely a name is that of the company with this site, whatever else it is called."""
    site = site_name(domain)
    if name.compact == site:
        return _SAME_AS_SITE
    return LEAST_LIKENESS if "".join(name.distinctive) == site else 0.0


def _slips(name: CompanyName, other: CompanyName) -> int:
    """Letters that were missed, added, mistaken or swapped, whatever the order of the words; 0 for too many."""
    one, two = _in_order(name), _in_order(other)
    if _digits(one) != _digits(two):
        return 0
    allowed = min(_slips_allowed(name), _slips_allowed(other))
    found = OSA.distance(one, two, score_cutoff=allowed)
    return found if found <= allowed else 0


def _slips_allowed(name: CompanyName) -> int:
    """One slip for eight letters, two for sixteen, in words that few names have: Ruta Health is not Ruth Health."""
    return min(sum(len(token) for token in name.tokens if token not in _FREQUENT) // 8, 2)


def _digits(text: str) -> str:
    """Area 51 is not Area 52."""
    return "".join(character for character in text if character.isdigit())


def _in_order(name: CompanyName) -> str:
    return "".join(sorted(name.tokens))


def _wholes(name: CompanyName) -> Iterator[str]:
    if name.tokens:
        yield from (f"={name.compact}", f"={_in_order(name)}", f"={''.join(name.distinctive)}")


def _ends(name: CompanyName, *, lengths: int) -> Iterator[str]:
    """Beginning and end with the length, and with lengths that differ by so much.

    One slip leaves one of both ends as it was, and seldom do two slips hit both. The length makes them rare: of 300,000
    names made of startups', a hundred or so share an end, where tens of thousands share a word.
    """
    if not _slips_allowed(name):
        return
    text = _in_order(name)
    for length in range(len(text) - lengths, len(text) + lengths + 1):
        yield f"{text[:_END]}-{length}"
        yield f"{length}-{text[-_END:]}"


def _words(text: str) -> list[str]:
    plain = composed(text).casefold()
    if not plain.isascii():
        decomposed = unicodedata.normalize("NFKD", plain)
        plain = "".join(character for character in decomposed if not unicodedata.combining(character))
        plain = plain.translate(_PLAIN).casefold()
    plain = _APOSTROPHES.sub("", _TOP_LEVEL.sub("", _FORMS_WITHOUT_SPACES.sub(" ", plain)))
    plain = _INITIALS.sub(lambda found: re.sub(r"[./]", "", found[0]) + " ", plain)
    return _WORD.findall(_AND.sub(" and ", plain).replace("_", " "))


@lru_cache(maxsize=1)
def _forms() -> frozenset[tuple[str, ...]]:
    """Legal forms in words. Those with a "sp. z o.o." in several spellings differ in their words, too."""
    terms = (*get_unique_terms(), *_FURTHER_FORMS)
    split = (tuple(word for word in _words(term) if word != "and") for term in terms)
    return frozenset(words for words in split if words)


def _form_at_end(tokens: list[str]) -> int:
    """How many words at the end are a legal form; at least one word is left to be the name."""
    for size in range(min(4, len(tokens) - 1), 0, -1):
        if tuple(tokens[-size:]) in _forms():
            return size
    return 0
