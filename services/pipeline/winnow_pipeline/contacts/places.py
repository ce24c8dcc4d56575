"""Countries: ISO 3166-1 alpha-2, from codes and from names in several languages."""

from functools import lru_cache
from typing import Final

import pycountry

from winnow_pipeline.contacts.texts import without_marks

_NAMES: Final = {
    "usa": "US", "u.s.a.": "US", "u.s.": "US", "united states of america": "US", "america": "US", "the united states": "US",
    "uk": "GB", "u.k.": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB",
    "northern ireland": "GB", "deutschland": "DE", "allemagne": "DE", "alemania": "DE", "germania": "DE", "duitsland": "DE",
    "niemcy": "DE", "tyskland": "DE", "osterreich": "AT", "oesterreich": "AT", "autriche": "AT", "schweiz": "CH",
    "suisse": "CH", "svizzera": "CH", "suiza": "CH", "frankreich": "FR", "francia": "FR", "frankrijk": "FR",
    "espana": "ES", "spanien": "ES", "espagne": "ES", "spagna": "ES", "italia": "IT", "italien": "IT", "italie": "IT",
    "nederland": "NL", "holland": "NL", "the netherlands": "NL", "niederlande": "NL", "pays-bas": "NL", "paises bajos": "NL",
    "belgie": "BE", "belgique": "BE", "belgien": "BE", "polska": "PL", "polen": "PL", "pologne": "PL", "portugal": "PT",
    "brasil": "BR", "brasilien": "BR", "bresil": "BR", "mexiko": "MX", "mexique": "MX", "sverige": "SE", "schweden": "SE",
    "norge": "NO", "norwegen": "NO", "danmark": "DK", "danemark": "DK", "suomi": "FI", "finnland": "FI", "ireland": "IE",
    "irland": "IE", "eire": "IE", "turkey": "TR", "turkei": "TR", "turkiye": "TR", "russia": "RU", "russland": "RU",
    "россия": "RU", "czech republic": "CZ", "tschechien": "CZ", "cesko": "CZ", "ungarn": "HU", "magyarorszag": "HU",
    "griechenland": "GR", "hellas": "GR", "china": "CN", "中国": "CN", "japan": "JP", "日本": "JP", "korea": "KR",
    "south korea": "KR", "republic of korea": "KR", "vietnam": "VN", "taiwan": "TW", "iran": "IR", "uae": "AE",
    "emirates": "AE", "hong kong": "HK", "ivory coast": "CI", "macedonia": "MK", "bolivia": "BO", "venezuela": "VE",
    "tanzania": "TZ", "moldova": "MD", "syria": "SY", "laos": "LA", "brunei": "BN", "palestine": "PS",
}  # fmt: skip


@lru_cache(maxsize=8_192)
def country_of(text: str) -> str | None:
    """The country's code; None where the text names none."""
    plain = without_marks(text).strip()
    known = _NAMES.get(plain)
    if known is not None:
        return known
    try:
        found = pycountry.countries.lookup(plain)
    except LookupError:
        return None
    return str(found.alpha_2)
