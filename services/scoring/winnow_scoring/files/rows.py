"""From a record of a file to a company, or to the reason why it is none. Reasons name attributes, and never a value."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from pydantic import ValidationError
from winnow_common.domains import InvalidDomain, registrable_domain
from winnow_contracts.companies import CUSTOM_PREFIX, CompanyAttributes, without_contacts
from winnow_contracts.company_files import CUSTOM, split_list, unguard

from winnow_scoring.companies import ATTRIBUTES, Kind
from winnow_scoring.files.columns import DOMAIN, DOMAIN_STAND_INS, WEIGHT, Mapped
from winnow_scoring.files.records import Position, Record
from winnow_scoring.profiles import Profile

LARGEST_WEIGHT: Final = 1e15
_MOST_FAULTS: Final = 3
_NUMBER: Final = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_ .-]{0,63}")
_NO: Final = frozenset({"false", "no", "0"})


@dataclass(frozen=True, slots=True)
class Accepted:
    """A row that is a company; the row after it begins at `after`."""

    number: int
    domain: str
    profile: Profile
    after: Position
    weight: float | None = None
    """Of a customer, where it is said."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that is not, and why."""

    number: int
    reason: str
    after: Position


class _Fault(Exception):
    """Why a row is no company."""


def row_of_cells(record: Record) -> Accepted | Rejected:
    """A company out of a record of text cells by attribute, as `CsvReader` gives them, with a weight if it has one."""
    return _row(record, read=_from_cells, weighed=True)


def row_of_object(record: Record, *, mapping: Mapped | None, weighed: bool = False) -> Accepted | Rejected:
    """A company out of a record of JSON: the flat object of PUT and `domain`, or whatever `mapping` makes it.

    A `weighed` one is a customer: it may have a weight, or be a domain and nothing else.
    """
    if weighed and record.bare is not None:
        record = replace(record, values={DOMAIN: record.bare})
        mapping = None
    return _row(record, read=lambda values: _from_object(values, mapping=mapping), weighed=weighed)


def _row(record: Record, *, read: Callable[[Mapping[str, Any]], dict[str, Any]], weighed: bool) -> Accepted | Rejected:
    if record.values is None:
        return Rejected(record.number, record.fault or "not readable", record.after)
    try:
        values = read(record.values)
        domain = _domain(values.pop(DOMAIN, None))
        weight = _weight(values.pop(WEIGHT, None)) if weighed else None
        profile = Profile.of(CompanyAttributes.model_validate(without_contacts(values)))
    except _Fault as fault:
        return Rejected(record.number, str(fault), record.after)
    except ValidationError as error:
        return Rejected(record.number, _reason(error), record.after)
    return Accepted(record.number, domain, profile, record.after, weight)


def _domain(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Fault("domain is missing")
    try:
        return registrable_domain(value)
    except InvalidDomain as error:
        raise _Fault(f"domain is not valid: {error}") from None


def _weight(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LARGEST_WEIGHT:
        raise _Fault(f"weight is not a number above 0 and up to {LARGEST_WEIGHT:.0e}")
    return float(value)


def _from_object(values: Mapping[str, Any], *, mapping: Mapped | None) -> dict[str, Any]:
    if mapping is not None:
        return {target: values[name] for name, target in mapping.items() if name in values}
    named = dict(values)
    for stand_in in DOMAIN_STAND_INS:
        if stand_in in named:
            named.setdefault(DOMAIN, named.pop(stand_in))
    return named


def _from_cells(cells: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(name, cell=cell) for name, cell in cells.items() if cell.strip()}


def _value(name: str, *, cell: str) -> Any:
    if name == CUSTOM:
        return _json_object(cell)
    if name.startswith(CUSTOM_PREFIX):
        return _scalar(cell)
    kind = Kind.NUMBER if name == WEIGHT else ATTRIBUTES.get(name, Kind.TEXT)
    if kind is Kind.NUMBER:
        return _number(name, cell=cell)
    if kind is Kind.KNOWN:
        return cell.strip().casefold() not in _NO
    return split_list(unguard(cell)) if kind is Kind.LIST else unguard(cell)


def _number(name: str, *, cell: str) -> float:
    if not _NUMBER.fullmatch(cell.strip()):
        raise _Fault(f"{name} is not a number written like 1200 or 1200.5")
    return float(cell)


def _scalar(cell: str) -> str | float | bool:
    """A value of the tenant's own: a number or a truth value where it reads like one, else text."""
    text = cell.strip()
    if text in {"true", "false"}:
        return text == "true"
    is_number = _NUMBER.fullmatch(text) and (text == "0" or not re.match(r"-?0[0-9]", text))
    return float(text) if is_number else unguard(cell)


def _json_object(cell: str) -> dict[str, Any]:
    try:
        value = orjson.loads(cell)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise _Fault("custom is not a JSON object")
    return value


def _reason(error: ValidationError) -> str:
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    reasons = [_fault(fault["loc"], kind=fault["type"], message=fault["msg"]) for fault in faults[:_MOST_FAULTS]]
    return "; ".join(dict.fromkeys(reasons))


def _fault(place: tuple[int | str, ...], *, kind: str, message: str) -> str:
    """The name of an attribute is told unless it is none and might be anything."""
    name = ".".join(str(part) for part in place[:2] if isinstance(part, str))
    shown = name if _PLAIN_NAME.fullmatch(name) else "a name"
    if kind == "extra_forbidden":
        return f"{shown} is no attribute; call it custom.<name>, or say in mapping what it is"
    return f"{shown}: {message}" if name else message
