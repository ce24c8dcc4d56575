"""A company as rules see it: its attributes at one moment, read at most once in each form that a rule needs.

A reading is named "<form> <attribute>" ("text industry", "number custom.seats") and is None where the attribute is
missing: null, absent, blank text, or a list of nothing but blanks. A value that is there but not of the form asked for
is no missing one: it reads as something that equals nothing (NaN, an empty text or collection). Only a tenant's own
attributes can be so.

Readings are made on demand and kept, so that folding a long description is paid for by rules that look at it, and
once.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from math import nan
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeVar

import orjson

from winnow_scoring.folding import composed, fold

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

Reading = TypeVar("Reading")


class Readings(dict[str, Any]):
    """Every reading of one company by its name, made when it is first asked for."""

    __slots__ = ("_attributes",)

    def __init__(self, attributes: Mapping[str, Any]) -> None:
        super().__init__()
        self._attributes = attributes

    def __missing__(self, name: str) -> Any:
        reader, attribute = _reader(name)
        value = attribute_value(self._attributes, attribute) if "." in attribute else self._attributes.get(attribute)
        reading = self[name] = None if value is None else reader(value)
        return reading


class Snapshot(NamedTuple):
    """The attributes of one company at one moment, and their readings.

    A tuple rather than a frozen dataclass: one is made for every company that is scored, and a tuple is made faster.
    """

    attributes: Mapping[str, Any]
    readings: Readings

    def canonical(self) -> bytes:
        """The attributes as canonical JSON: what is known only, keys sorted, no spaces, UTF-8."""
        known = {name: value for name, value in self.attributes.items() if value is not None}
        return orjson.dumps(known, option=orjson.OPT_SORT_KEYS)

    def input_hash(self) -> str:
        """SHA-256 of the canonical JSON, in hexadecimal."""
        return hashlib.sha256(self.canonical()).hexdigest()


def prepare(attributes: Mapping[str, Any]) -> Snapshot:
    """A snapshot of what `CompanyAttributes.profile` gives; the mapping must not be changed afterwards."""
    return Snapshot(attributes, Readings(attributes))


@lru_cache(maxsize=4_096)
def _reader(name: str) -> tuple[Callable[[Any], Any], str]:
    """The function and the attribute of a reading."""
    form, _, attribute = name.partition(" ")
    return READERS[form], attribute


def attribute_value(attributes: Mapping[str, Any], attribute: str) -> Any:
    """The raw value of an attribute; `custom.<name>` and `contact.<name>` are in the objects `custom` and `contact`."""
    value = attributes.get(attribute)
    if value is None and "." in attribute:
        parent, _, name = attribute.partition(".")
        children = attributes.get(parent)
        return children.get(name) if isinstance(children, Mapping) else None
    return value


def is_missing(value: Any) -> bool:
    """Whether a raw value says nothing: null, blank text, an empty list or one of blanks."""
    if value is None:
        return True
    if isinstance(value, str):
        return not composed(value)
    if isinstance(value, (list, tuple)):
        return all(is_missing(element) for element in value)
    return False


def _unfit(value: Any, reading: Reading) -> Reading | None:
    """What a value that is not of the form asked for reads as: still missing where it says nothing."""
    return None if is_missing(value) else reading


def _as_text(value: Any) -> str | None:
    return (fold(value) or None) if isinstance(value, str) else _unfit(value, "")


def _as_elements(value: Any) -> frozenset[str] | None:
    if not isinstance(value, (list, tuple)):
        return _unfit(value, frozenset())
    folded = frozenset([fold(element) for element in value if isinstance(element, str)])
    return folded if folded and "" not in folded else _unfit(value, folded.difference(("",)))


def _as_terms(value: Any) -> frozenset[str] | None:
    if not isinstance(value, str):
        return _as_elements(value)
    folded = fold(value)
    return frozenset((folded,)) if folded else None


def _as_content(value: Any) -> str | frozenset[str] | None:
    return (fold(value) or None) if isinstance(value, str) else _as_elements(value)


def _as_prose(value: Any) -> tuple[str, ...] | None:
    texts = value if isinstance(value, (list, tuple)) else (value,)
    return _unfit(value, tuple([composed(text) for text in texts if isinstance(text, str) and not is_missing(text)]))


def _as_number(value: Any) -> int | float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else _unfit(value, nan)


def _as_flag(value: Any) -> bool | float | None:
    return value if isinstance(value, bool) else _unfit(value, nan)


def _as_known(value: Any) -> bool | None:
    return value if isinstance(value, bool) else _unfit(value, reading=True)


def _as_date(value: Any) -> int | float | None:
    ordinal = ordinal_of(value) if isinstance(value, str) else None
    return _unfit(value, nan) if ordinal is None else ordinal


def ordinal_of(text: str) -> int | None:
    """The proleptic ordinal of an ISO date, or of the UTC day of an ISO date and time; None where `text` is neither."""
    text = text.strip()
    if not _DATE.match(text):
        return None
    try:
        if len(text) == len("2026-01-31"):
            return date.fromisoformat(text).toordinal()
        moment = datetime.fromisoformat(text)
        return (moment.astimezone(UTC) if moment.tzinfo else moment).toordinal()
    except (ValueError, OverflowError):
        return None


READERS: Final[Mapping[str, Callable[[Any], Any]]] = MappingProxyType(
    {
        "text": _as_text,
        "elements": _as_elements,
        "terms": _as_terms,
        "content": _as_content,
        "prose": _as_prose,
        "number": _as_number,
        "flag": _as_flag,
        "known": _as_known,
        "date": _as_date,
    }
)
