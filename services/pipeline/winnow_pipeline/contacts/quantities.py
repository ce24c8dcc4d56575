"""Numbers as people write them about companies: sizes, amounts of money, years, lists.

None where a text is no such thing; it then stays in the row's source.
"""

import re
from typing import Final

import orjson
from winnow_contracts.companies import LARGEST_NUMBER, MOST_ELEMENTS
from winnow_contracts.company_files import split_list

from winnow_pipeline.contacts.texts import without_marks

LONGEST_ELEMENT: Final = 200

_LONGEST: Final = 80
_NUMBER: Final = re.compile(
    r"(\d[\d.,' \u00a0\u202f\u2019]*)\s*"
    r"(k|thousand|tsd|mille|m|mm|mn|mio|mil|mill|million(?:s|en)?|millones|b|bn|mrd|md|billion(?:s)?|milliard(?:s|en)?|t|tn"
    r"|trillion)?(?![a-z\d])"
)
_TIMES: Final = {
    "k": 10**3, "tho": 10**3, "tsd": 10**3, "m": 10**6, "mm": 10**6, "mn": 10**6, "mio": 10**6, "mil": 10**6,
    "mrd": 10**9, "md": 10**9, "b": 10**9, "bn": 10**9, "bil": 10**9, "t": 10**12, "tn": 10**12, "tri": 10**12,
}  # fmt: skip
_GROUPED: Final = re.compile(r"\d{1,3}(?:([.,' \u00a0\u202f\u2019])\d{3})(?:\1\d{3})*")
_BETWEEN: Final = re.compile(r"[\s$€£¥]*(?:[-~\u2013\u2014]|to|bis|a|and|et|und|\.\.+)[\s$€£¥a-z]*")
_WORDS: Final = (
    r"usd|eur|gbp|chf|us|u\.s\.|about|approx|approximately|ca|circa|environ|etwa|over|more than|up to|less than|under"
    r"|bis zu|plus de|uber|und mehr|and more|or more|and above|employees?|people|persons?|mitarbeiter|staff|salaries?"
    r"|collaborateurs|empleados|dipendenti|fte|headcount|dollars?|euros?|est|estimated|per year|a year|pa|arr|per annum"
    r"|revenue|in revenue"
)
_SIGNS: Final = r"[\s$€£¥+~<>=≥≤.,()/]*"
_AROUND: Final = re.compile(rf"{_SIGNS}(?:(?:{_WORDS}){_SIGNS})*")
_YEAR: Final = re.compile(r"(?<!\d)(1[0-9]{3}|20[0-9]{2}|21[0-9]{2})(?:\.0+)?(?!\d)")
_PLAIN: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?")


def whole(text: str) -> int | None:
    """A count: "1,200", "5000+", "51-200" (the middle, rounded down), "2.5k"."""
    found = amount(text)
    return None if found is None else int(found)


def amount(text: str) -> int | float | None:
    """An amount: "$10M", "1,5 Mio €", "$10M - $50M" (the middle); the currency is not looked at."""
    if len(text) > _LONGEST:
        return None
    if text.isdecimal() and text.isascii():
        return _bounded(int(text))
    folded = without_marks(text)
    numbers = list(_NUMBER.finditer(folded))
    if not 1 <= len(numbers) <= 2:
        return None
    around = _AROUND.fullmatch(folded[: numbers[0].start()]) and _AROUND.fullmatch(folded[numbers[-1].end() :])
    between = len(numbers) == 1 or _BETWEEN.fullmatch(folded[numbers[0].end() : numbers[1].start()])
    return _bounded(_middle(numbers)) if around and between else None


def year(text: str) -> int | None:
    """The year in a text that tells of just one."""
    found = _YEAR.findall(text) if len(text) <= _LONGEST else []
    return int(found[0]) if len(set(found)) == 1 else None


def listed(text: str) -> list[str] | None:
    """The elements of a list, each once: a JSON array, or what stands between `;`, `|`, line ends, else commas."""
    if text.startswith("["):
        try:
            elements = orjson.loads(text)
        except ValueError:
            elements = None
        if isinstance(elements, list):
            return _kept([each for each in elements if isinstance(each, str)])
    if ";" in text:
        return _kept(split_list(text))
    separator = next((each for each in ("|", "\n", ",") if each in text), None)
    return _kept(text.split(separator) if separator else [text])


def custom_value(text: str) -> str | int | float:
    """A number where the text is one in plain decimal notation, else the text."""
    if not _PLAIN.fullmatch(text):
        return text
    number = float(text)
    return int(number) if number.is_integer() else number


def _middle(numbers: list[re.Match[str]]) -> float | None:
    """The number, or what is halfway between two, of which the first may leave the unit to the second."""
    first, last = numbers[0], numbers[-1]
    low, high = _value(first[1], first[2] or last[2]), _value(last[1], last[2])
    if low is not None and high is not None and low > high and first[2] is None:
        low = _value(first[1], None)
    return None if low is None or high is None or low > high else (low + high) / 2


def _kept(elements: list[str]) -> list[str] | None:
    trimmed = (each.strip() for each in elements)
    found = list(dict.fromkeys(each for each in trimmed if 0 < len(each) <= LONGEST_ELEMENT))
    return found[:MOST_ELEMENTS] or None


def _value(digits: str, unit: str | None) -> float | None:
    digits = digits.rstrip(" .,'\u00a0\u202f\u2019")
    if _GROUPED.fullmatch(digits) and not (unit and digits.count(".") == 1):
        plain = re.sub(r"\D", "", digits)
    else:
        plain = re.sub(r"[' \u00a0\u202f\u2019]", "", digits)
        mark = max(plain.rfind("."), plain.rfind(","))
        if mark >= 0:
            whole_part = re.sub(r"[.,]", "", plain[:mark])
            plain = f"{whole_part}.{plain[mark + 1 :]}"
    try:
        return float(plain) * _times(unit)
    except ValueError:
        return None


def _times(unit: str | None) -> int:
    if not unit:
        return 1
    return _TIMES.get(unit) or _TIMES.get("mrd" if unit.startswith("milliard") else unit[:3]) or 1_000


def _bounded(number: float | None) -> int | float | None:
    if number is None or not 0 <= number <= LARGEST_NUMBER:
        return None
    return int(number) if float(number).is_integer() else number
