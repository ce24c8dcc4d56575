"""Countries by their ISO 3166-1 codes, and by their names in the languages that lead lists are written in.

Names and their translations come with the package `pycountry`; the index is made when it is first asked for, in some
tens of milliseconds.
"""

import gettext
import re
from functools import lru_cache
from pathlib import Path
from typing import Final

import pycountry

from winnow_pipeline.contacts.texts import without_marks

_LANGUAGES: Final = (
    "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "nb_NO", "nn", "fi", "cs", "sk", "hu", "ro", "tr", "el", "ru",
    "uk", "bg", "hr", "sl", "lt", "lv", "et", "ja", "zh_CN", "zh_TW", "ko", "ar", "he", "fa", "hi", "th", "vi", "id",
)  # fmt: skip
_ALSO: Final = {
    "uk": "GB", "u.k.": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB",
    "great britain": "GB", "britain": "GB", "grossbritannien": "GB", "grande-bretagne": "GB", "angleterre": "GB",
    "gran bretana": "GB", "usa": "US", "u.s.": "US", "u.s.a.": "US", "us of a": "US", "america": "US",
    "united states of america": "US", "the united states": "US", "etats-unis d'amerique": "US", "eeuu": "US",
    "ee.uu.": "US", "ee. uu.": "US", "estados unidos de america": "US", "uae": "AE", "u.a.e.": "AE", "emirates": "AE",
    "south korea": "KR", "korea": "KR", "republic of korea": "KR", "north korea": "KP", "russia": "RU",
    "vietnam": "VN", "czech republic": "CZ", "tschechische republik": "CZ", "turkey": "TR", "holland": "NL",
    "the netherlands": "NL", "ivory coast": "CI", "bolivia": "BO", "iran": "IR", "syria": "SY", "laos": "LA",
    "moldova": "MD", "tanzania": "TZ", "venezuela": "VE", "brunei": "BN", "taiwan": "TW", "macau": "MO",
    "hongkong": "HK", "palestine": "PS", "kosovo": "XK", "cape verde": "CV", "swaziland": "SZ", "macedonia": "MK",
    "burma": "MM", "vatican": "VA", "brd": "DE", "el": "GR",
}  # fmt: skip
"""What people write that the standard does not know, or knows as something else."""
_FLAG: Final = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_FIRST_FLAG: Final = 0x1F1E6


def country(text: str) -> str | None:
    """The code of two letters; None where the text names no country that is known."""
    if _FLAG.fullmatch(text):
        text = "".join(chr(ord(letter) - _FIRST_FLAG + ord("A")) for letter in text)
    known = _index()
    folded = without_marks(text)
    return known.get(folded) or known.get(folded.strip(" .").removeprefix("the "))


@lru_cache(maxsize=1)
def _index() -> dict[str, str]:
    """Codes by folded code or name; what the standard says in English comes before what a language says."""
    found: dict[str, str] = {}
    for entry in pycountry.countries:
        for attribute in ("alpha_2", "alpha_3", "name", "common_name", "official_name"):
            name = getattr(entry, attribute, None)
            if name:
                found[without_marks(name)] = entry.alpha_2
    found |= _ALSO
    folder = Path(pycountry.LOCALES_DIR)
    for language in _LANGUAGES:
        path = folder / language / "LC_MESSAGES" / "iso3166-1.mo"
        if not path.exists():
            continue
        with path.open("rb") as file:
            translated = gettext.GNUTranslations(file)
        for entry in pycountry.countries:
            for name in {entry.name, getattr(entry, "common_name", entry.name)}:
                found.setdefault(without_marks(translated.gettext(name)), entry.alpha_2)
    return found
