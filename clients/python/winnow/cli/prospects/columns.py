"""Which columns of a file name a company, by their headers or by what the caller says of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeGuard, get_args

from winnow.cli.prospects.cells import unguard
from winnow.groups.similarity import CompanyIdentifiers

Identifier = Literal["domain", "email", "linkedin_url", "company_name"]

IDENTIFIERS: tuple[Identifier, ...] = get_args(Identifier)

HEADERS: Mapping[Identifier, tuple[str, ...]] = {
    "domain": ("domain", "website", "url"),
    "email": ("email", "e_mail"),
    "linkedin_url": ("linkedin_url", "linkedin"),
    "company_name": ("company_name", "company"),
}
"""Of several columns for one identifier a row's first that is not blank counts, in this order."""

AMBIGUOUS_NAME = "name"
"""A company's name, unless there are e-mail addresses: beside those it is mostly a person's, which stays here."""

LONGEST = 2048
"""Characters of an identifier; the API takes no more."""


class UnusableColumns(Exception):
    """The columns do not say which companies are meant; the message says what would."""


@dataclass(frozen=True, slots=True)
class Columns:
    """For each identifier the positions of the columns that may hold it."""

    positions: Mapping[Identifier, tuple[int, ...]]

    def identifiers(self, cells: Sequence[str], /) -> CompanyIdentifiers:
        """What a row says of its company; empty where it says nothing."""
        found: CompanyIdentifiers = {}
        for identifier, positions in self.positions.items():
            texts = (unguard(cells[position].strip()).strip() for position in positions)
            text = next(filter(None, texts), None)
            if text is not None:
                found[identifier] = text
        return found


def recognised(headers: Sequence[str], /) -> Columns:
    """The columns that are known by their headers, however those are cased and spaced."""
    names = [_folded(header) for header in headers]
    positions = {identifier: _places(names, HEADERS[identifier]) for identifier in IDENTIFIERS}
    if not positions["email"] and not positions["company_name"]:
        positions["company_name"] = _places(names, (AMBIGUOUS_NAME,))
    return Columns({identifier: places for identifier, places in positions.items() if places})


def columns_of(headers: Sequence[str], mapping: Mapping[str, str], /) -> Columns:
    """The recognised columns, replaced by those of `mapping` (header to identifier) where it has some.

    Raises `UnusableColumns` where the mapping does not fit or nothing names a company.
    """
    names = [_folded(header) for header in headers]
    mapped: dict[Identifier, tuple[int, ...]] = {}
    for header, identifier in mapping.items():
        if not _is_identifier(identifier):
            raise UnusableColumns(f"{identifier!r} names no company. There are {', '.join(IDENTIFIERS)}.")
        places = _places(names, (_folded(header),))
        if not places:
            raise UnusableColumns(f"There is no column {header!r}. There are {', '.join(headers)}.")
        mapped[identifier] = mapped.get(identifier, ()) + places
    taken = {place for places in mapped.values() for place in places}
    positions = {
        identifier: tuple(place for place in places if place not in taken)
        for identifier, places in recognised(headers).positions.items()
    }
    found = {identifier: places for identifier, places in (positions | mapped).items() if places}
    if not found:
        raise UnusableColumns(
            f"None of the columns ({', '.join(headers)}) names a company. Name one: "
            '--map "Header=domain", or email, linkedin_url, company_name.'
        )
    return Columns(found)


def _places(names: Sequence[str], wanted: Sequence[str]) -> tuple[int, ...]:
    return tuple(place for name in wanted for place, candidate in enumerate(names) if candidate == name)


def _folded(header: str) -> str:
    return re.sub(r"[\s_-]+", "_", unguard(header).strip().casefold())


def _is_identifier(text: str) -> TypeGuard[Identifier]:
    return text in IDENTIFIERS
