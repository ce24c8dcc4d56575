"""Dates of birth as people write them, in ISO 8601.

Where day and month could be either way round, the country of the row decides; without one a date between slashes is
left as it is. Years of two digits are left, too: nothing says which century they are of.
"""

import re
from datetime import date
from typing import Final

from winnow_pipeline.contacts.texts import without_marks

_ISO: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ][\d:.+\-Z ]*)?")
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NUMBERS: Final = re.compile(r"(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4})(?: [\d:]+(?: ?[AP]M)?)?", re.IGNORECASE)
_DAY_FIRST: Final = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er|\.)?[\s-](?:de |of )?([^\W\d_]{3,10})\.?,?[\s-](?:de )?(\d{4})"
)
_MONTH_FIRST: Final = re.compile(r"([^\W\d_]{3,10})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")
_MONTH_COMES_FIRST: Final = frozenset({"US", "PH", "PR", "GU", "VI", "AS", "MP", "FM", "PW", "MH"})
_EARLIEST: Final = 1850
_MONTHS: Final = (
    ("january", "januar", "janvier", "enero", "gennaio", "janeiro", "januari", "jan"),
    ("february", "februar", "fevrier", "febrero", "febbraio", "fevereiro", "februari", "feb", "fev"),
    ("march", "marz", "maerz", "mars", "marzo", "marco", "maart", "mar", "mrz"),
    ("april", "avril", "abril", "aprile", "apr", "avr", "abr"),
    ("may", "mai", "mayo", "maggio", "maio", "mei"),
    ("june", "juni", "juin", "junio", "giugno", "junho", "jun"),
    ("july", "juli", "juillet", "julio", "luglio", "julho", "jul"),
    ("august", "aout", "agosto", "augustus", "aug", "ago"),
    ("september", "septembre", "septiembre", "settembre", "setembro", "sep", "sept"),
    ("october", "oktober", "octobre", "octubre", "ottobre", "outubro", "oct", "okt"),
    ("november", "novembre", "noviembre", "novembro", "nov"),
    ("december", "dezember", "decembre", "diciembre", "dicembre", "dezembro", "dec", "dez", "dic"),
)
_MONTH_OF: Final = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}


def date_of_birth(text: str, *, country: str | None) -> str:
    """YYYY-MM-DD where `text` can be read as a date, else `text`; `country` is a code of two letters."""
    if not text.isascii() and any(letter.isdecimal() and not letter.isascii() for letter in text):
        return text
    if match := _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
        return _date(match[1], match[2], match[3]) or text
    if match := _NUMBERS.fullmatch(text):
        return _of_numbers(match, country=country) or text
    folded = without_marks(text)
    if match := _DAY_FIRST.fullmatch(folded):
        return _date(match[3], _MONTH_OF.get(match[2], 0), match[1]) or text
    if match := _MONTH_FIRST.fullmatch(folded):
        return _date(match[3], _MONTH_OF.get(match[1], 0), match[2]) or text
    return text


def _of_numbers(match: re.Match[str], *, country: str | None) -> str | None:
    first, second, year = int(match[1]), int(match[3]), match[4]
    month_first = _date(year, first, second)
    day_first = _date(year, second, first)
    if month_first is None or day_first is None or month_first == day_first:
        return month_first or day_first
    if country is not None:
        return month_first if country in _MONTH_COMES_FIRST else day_first
    return day_first if match[2] == "." else None


def _date(year: int | str, month: int | str, day: int | str) -> str | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found.isoformat() if found.year >= _EARLIEST else None
