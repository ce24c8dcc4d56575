"""Which column of a file is what: by the caller's mapping, by its header, or by what stands in it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from winnow_pipeline.files.failures import Unreadable
from winnow_pipeline.files.limits import MOST_COLUMNS
from winnow_pipeline.files.presets import Presets, fold
from winnow_pipeline.leads import RECOGNISED, Field

_ROWS: Final = 200
_SHARE: Final = 0.6
_EMAIL: Final = re.compile(r"(?:mailto:)?[^@\s,;]+@[^@\s,;]+\.[^@\s,;]{2,}")
_LINKEDIN: Final = re.compile(r"(?:https?://)?(?:[a-z]{2,3}\.)?linkedin\.com/(?:in|pub|sales)/\S+", re.IGNORECASE)
_DOMAIN: Final = re.compile(r"(?:https?://)?(?:www\.)?(?:[a-z0-9-]+\.)+[a-z]{2,24}(?:[/?#]\S*)?", re.IGNORECASE)
_PHONE: Final = re.compile(
    r"\+[\d\s().\-/]{7,20}|(?=(?:\D*\d){9})\(?\d{2,5}\)?[ .\-/][\d\s.\-/]{5,14}(?:\s*(?:x|ext\.?)\s*\d+)?",
    re.IGNORECASE,
)
_NAME: Final = re.compile(r"[^\W\d_][^\W\d_'\u2019.-]*(?:[ -][^\W\d_][^\W\d_'\u2019.-]*){1,3}")
_BY_CONTENT: Final = (
    (Field.EMAIL, _EMAIL),
    (Field.LINKEDIN, _LINKEDIN),
    (Field.DOMAIN, _DOMAIN),
    (Field.PHONE, _PHONE),
)
_OF_A_PERSON: Final = frozenset(
    {Field.FIRST_NAME, Field.LAST_NAME, Field.EMAIL, Field.PHONE, Field.MOBILE_PHONE, Field.LINKEDIN, Field.TITLE}
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file."""

    header: str
    field: str | None
    """What it is taken for; None where it goes into `source`."""
    by: str | None
    """mapping, preset:<vendor>, dictionary, content."""


def headers_of(cells: Sequence[str]) -> list[str]:
    """Headers that are there once each; missing ones are numbered. Raises `Unreadable` where there are too many."""
    if len(cells) > MOST_COLUMNS:
        raise Unreadable("too_many_columns", f"The file has more than {MOST_COLUMNS:,} columns. Leave some out.")
    taken: dict[str, int] = {}
    headers: list[str] = []
    for place, cell in enumerate(cells, 1):
        name = " ".join(cell.split())[:200] or f"column_{place}"
        taken[name] = taken.get(name, 0) + 1
        header = name if taken[name] == 1 else f"{name}_{taken[name]}"
        while header in taken and taken[name] > 1 and header != name:
            taken[name] += 1
            header = f"{name}_{taken[name]}"
        taken.setdefault(header, 1)
        headers.append(header)
    return headers


def looks_like_data(cell: str) -> bool:
    """Whether a cell is no header: an address, a number, a date."""
    text = cell.strip()
    return bool(text) and (
        bool(_EMAIL.fullmatch(text) or _LINKEDIN.fullmatch(text) or _PHONE.fullmatch(text))
        or text.replace(".", "").replace(",", "").replace("-", "").replace("/", "").isdecimal()
    )


def recognised(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    has_header: bool,
    mapping: Mapping[str, str] | None,
    presets: Presets,
) -> tuple[Column, ...]:
    """What each column is. Raises `Unreadable` where none is of a contact, or the mapping names what is not there."""
    found: list[Column] = [Column(header, None, None) for header in headers]
    left_out = _map(found, headers, mapping or {})
    if has_header:
        _by_header(found, left_out, presets)
    _by_content(found, left_out, rows, names=not has_header)
    _names_of_companies(found)
    if RECOGNISED.isdisjoint(column.field for column in found):
        raise Unreadable(
            "no_contact_column",
            "No column was recognised as a name, e-mail address, phone number, LinkedIn profile, company or domain. "
            "Say with mapping which column is what, or add a row of headers.",
        )
    return tuple(found)


def _map(found: list[Column], headers: Sequence[str], mapping: Mapping[str, str]) -> set[int]:
    """Columns that the caller names; the places of those that are to be left as they are."""
    places = {header: place for place, header in enumerate(headers)}
    folded = {fold(header): place for place, header in reversed(list(enumerate(headers)))}
    left_out: set[int] = set()
    unknown = 0
    for name, field in mapping.items():
        place = places.get(name, folded.get(fold(name)))
        if place is None:
            unknown += 1
        elif field:
            found[place] = Column(headers[place], field, "mapping")
        else:
            left_out.add(place)
            found[place] = Column(headers[place], None, "mapping")
    if unknown:
        raise Unreadable(
            "unknown_column",
            f"The mapping names {unknown} columns that the file does not have. Its preview shows those it has.",
        )
    return left_out


def _by_header(found: list[Column], left_out: set[int], presets: Presets) -> None:
    taken = {column.field for column in found if column.field}
    vendor = presets.vendor_of([column.header for column in found])
    for place, column in enumerate(found):
        known = None if column.field or place in left_out else presets.field_of(column.header, vendor=vendor)
        if known is None:
            continue
        field, by = known
        if not field:
            left_out.add(place)
        elif field not in taken:
            taken.add(field)
            found[place] = Column(column.header, field, by)
        elif field == Field.PHONE and Field.MOBILE_PHONE not in taken:
            taken.add(Field.MOBILE_PHONE)
            found[place] = Column(column.header, Field.MOBILE_PHONE, by)


def _by_content(found: list[Column], left_out: set[int], rows: Sequence[Sequence[str]], *, names: bool) -> None:
    taken = {column.field for column in found if column.field}
    patterns = [*_BY_CONTENT, *([(Field.FULL_NAME, _NAME)] if names else [])]
    for field, pattern in patterns:
        if field in taken:
            continue
        for place, column in enumerate(found):
            if column.field is None and place not in left_out and _share(rows, place, pattern) >= _SHARE:
                taken.add(field)
                found[place] = Column(column.header, field, "content")
                break


def _share(rows: Sequence[Sequence[str]], place: int, pattern: re.Pattern[str]) -> float:
    cells = [row[place].strip() for row in rows[:_ROWS] if place < len(row) and row[place].strip()]
    return sum(bool(pattern.fullmatch(cell[:320])) for cell in cells) / len(cells) if cells else 0.0


def _names_of_companies(found: list[Column]) -> None:
    """A bare "name" in a list that says nothing of persons is a company's."""
    fields = {column.field for column in found}
    if Field.COMPANY in fields or fields & _OF_A_PERSON:
        return
    for place, column in enumerate(found):
        if column.field == Field.FULL_NAME and column.by == "dictionary" and fold(column.header) == "name":
            found[place] = Column(column.header, Field.COMPANY, "dictionary")
