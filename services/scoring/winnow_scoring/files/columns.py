"""Which value of a row is which attribute of a company.

Without a mapping, columns are found by the names of the attributes, however they are capitalised; `website` and `url`
stand in for `domain`. With one, it alone decides, and what it does not name is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from winnow_contracts.companies import CUSTOM_PREFIX, CompanyAttributes

from winnow_scoring.files.records import Unreadable

DOMAIN: Final = "domain"
DOMAIN_STAND_INS: Final = ("website", "url")

Mapped = Mapping[str, str]
"""From names in the file to names of attributes, or `domain`."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The attribute of each column of a table, None where it has none."""

    attributes: tuple[str | None, ...]

    @property
    def left_out(self) -> list[int]:
        """The numbers of the columns, from 1, that are no attribute."""
        return [number for number, attribute in enumerate(self.attributes, start=1) if attribute is None]


def is_target(name: str) -> bool:
    """Whether a mapping may lead to this name."""
    if name.startswith(CUSTOM_PREFIX):
        return len(name) > len(CUSTOM_PREFIX)
    return name == DOMAIN or name in CompanyAttributes.model_fields


def find_columns(header: Sequence[str], *, mapping: Mapped | None) -> Columns:
    """The columns of a table by its header.

    Raises `Unreadable` where none gives the domain, or two give one attribute.
    """
    found = _mapped(header, mapping=mapping) if mapping is not None else _named(header)
    if DOMAIN not in found:
        raise Unreadable(
            "domain_column_missing",
            "No column is called domain, website or url. Name one so, or say in mapping which it is.",
        )
    for number, attribute in enumerate(found, start=1):
        if attribute is not None and attribute in found[: number - 1]:
            first = found.index(attribute) + 1
            raise Unreadable(
                "duplicate_column", f"Columns {first} and {number} both give {attribute}. Keep one of them."
            )
    return Columns(tuple(found))


def _mapped(header: Sequence[str], *, mapping: Mapped) -> list[str | None]:
    wanted = {_plain(name): attribute for name, attribute in mapping.items()}
    names = [_plain(name) for name in header]
    for name in mapping:
        if _plain(name) not in names:
            raise Unreadable("mapped_column_missing", f"The file has no column {name!r}, which mapping names.")
    return [wanted.get(name) for name in names]


def _named(header: Sequence[str]) -> list[str | None]:
    found = [_attribute(name) for name in header]
    if DOMAIN not in found:
        plain = [_plain(name) for name in header]
        for stand_in in DOMAIN_STAND_INS:
            if stand_in in plain:
                found[plain.index(stand_in)] = DOMAIN
                break
    return found


def _attribute(name: str) -> str | None:
    plain = _plain(name)
    if plain.startswith(CUSTOM_PREFIX):
        return CUSTOM_PREFIX + name.strip()[len(CUSTOM_PREFIX) :]
    underscored = plain.replace(" ", "_").replace("-", "_")
    return underscored if is_target(underscored) else None


def _plain(name: str) -> str:
    return name.strip().casefold()
