"""Which value of a row is which attribute of a company; in files of customers, `weight` is one too.

Without a mapping, columns are found by the names of the attributes, however they are capitalised; `website` and `url`
stand in for `domain`. With one, it alone decides, and what it does not name is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from winnow_contracts.companies import CUSTOM_PREFIX, CompanyAttributes

from winnow_scoring.files.records import Unreadable

DOMAIN: Final = "domain"
WEIGHT: Final = "weight"
DOMAIN_STAND_INS: Final = ("website", "url")

Mapped = Mapping[str, str]
"""From names in the file to names of attributes, or `domain`, or in files of customers `weight`."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The attribute of each column of a table, None where it has none."""

    attributes: tuple[str | None, ...]

    @property
    def left_out(self) -> list[int]:
        """The numbers of the columns, from 1, that are no attribute."""
        return [number for number, attribute in enumerate(self.attributes, start=1) if attribute is None]


def faults_in_mapping(mapping: Mapped, *, weighed: bool = False) -> list[str]:
    """What is wrong with a mapping, in sentences; `weighed` says that the file is one of customers."""
    targets = list(mapping.values())
    known = "domain, weight or custom.<name>" if weighed else "domain or custom.<name>"
    wrong = [
        f"{target!r} is no attribute of a company, {known}."
        for target in targets
        if not _is_target(target, weighed=weighed)
    ]
    wrong += [f"Several names lead to {target!r}." for target in sorted(set(targets)) if targets.count(target) > 1]
    if DOMAIN not in targets:
        wrong.append("Nothing leads to domain, which every company needs.")
    return wrong


def _is_target(name: str, *, weighed: bool) -> bool:
    """Whether a mapping may lead to this name."""
    if name.startswith(CUSTOM_PREFIX):
        return len(name) > len(CUSTOM_PREFIX)
    return name == DOMAIN or name in CompanyAttributes.model_fields or (weighed and name == WEIGHT)


def find_columns(header: Sequence[str], *, mapping: Mapped | None, weighed: bool = False) -> Columns:
    """The columns of a table by its header.

    Raises `Unreadable` where none gives the domain, or two give one attribute.
    """
    found = _mapped(header, mapping=mapping) if mapping is not None else _named(header, weighed=weighed)
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


def _named(header: Sequence[str], *, weighed: bool) -> list[str | None]:
    found = [_attribute(name, weighed=weighed) for name in header]
    if DOMAIN not in found:
        plain = [_plain(name) for name in header]
        for stand_in in DOMAIN_STAND_INS:
            if stand_in in plain:
                found[plain.index(stand_in)] = DOMAIN
                break
    return found


def _attribute(name: str, *, weighed: bool) -> str | None:
    plain = _plain(name)
    if plain.startswith(CUSTOM_PREFIX):
        return CUSTOM_PREFIX + name.strip()[len(CUSTOM_PREFIX) :]
    underscored = plain.replace(" ", "_").replace("-", "_")
    return underscored if _is_target(underscored, weighed=weighed) else None


def _plain(name: str) -> str:
    return name.strip().casefold()
