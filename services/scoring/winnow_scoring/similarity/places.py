"""Where a company is: countries by their ISO 3166 names and codes (package pycountry), regions and cities as text."""

from functools import lru_cache
from typing import Final

import pycountry

from winnow_scoring.folding import fold

_ALSO: Final = {
    "uk": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "great britain": "GB",
    "usa": "US",
    "u.s.": "US",
    "u.s.a.": "US",
    "united states of america": "US",
    "uae": "AE",
    "south korea": "KR",
    "korea": "KR",
    "russia": "RU",
    "vietnam": "VN",
    "czech republic": "CZ",
    "turkey": "TR",
    "holland": "NL",
    "ivory coast": "CI",
}
"""What people write that the standard does not know, or knows as something else."""


@lru_cache(maxsize=4_096)
def country(text: str) -> str:
    """The code of a country (ISO 3166-1, two letters), or the folded text where it is none that is known."""
    folded = fold(text)
    if folded in _ALSO:
        return _ALSO[folded]
    try:
        return str(pycountry.countries.lookup(folded).alpha_2)
    except LookupError:
        return folded
