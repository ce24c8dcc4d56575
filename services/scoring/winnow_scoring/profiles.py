"""A company's profile as it is kept: only what is known, in one canonical text, with what lists are filtered by.

Two profiles are the same if their texts are. The text, and not PostgreSQL's jsonb, is what scores are reproduced
from: jsonb writes numbers its own way and cannot hold every string.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson
from winnow_contracts.companies import CompanyAttributes, without_contacts

from winnow_scoring.folding import fold
from winnow_scoring.names import keys_of_company
from winnow_scoring.snapshots import is_missing

_REMEMBERED_TERMS: Final = 16_384
"""The same industries, countries and technologies come again and again in a file."""

FILTERED_TEXTS: Final = ("industry", "country")
FILTERED_LISTS: Final = {"tags": "tag", "technologies": "technology"}


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a company, and the same as canonical JSON."""

    attributes: Mapping[str, Any]
    text: str = field(repr=False)

    @classmethod
    def of(cls, attributes: CompanyAttributes) -> "Profile":
        """Text is trimmed; what says nothing is left out; contacts are known or not known."""
        known = _known(without_contacts(attributes.profile()))
        return cls(known, orjson.dumps(known, option=orjson.OPT_SORT_KEYS).decode())

    def search_text(self, domain: str) -> str:
        """What a search is made in: the name and the domain."""
        return f"{fold(self.attributes.get('name', ''))} {domain}".replace("\0", "")

    def terms(self, tenant: UUID, *, domain: str) -> list[int]:
        """What the company can be found by, as numbers: what lists are filtered by, and its names; see `term`."""
        filtered = {term(tenant, name=name, value=value) for name, value in self._filtered()}
        named = name_terms(tenant, keys=keys_of_company(domain, name=self.attributes.get("name")))
        return sorted(filtered.union(named))

    def _filtered(self) -> Iterator[tuple[str, str]]:
        for name in FILTERED_TEXTS:
            if name in self.attributes:
                yield name, self.attributes[name]
        for name, singular in FILTERED_LISTS.items():
            for element in self.attributes.get(name, ()):
                yield singular, element


@lru_cache(maxsize=_REMEMBERED_TERMS)
def term(tenant: UUID, *, name: str, value: str) -> int:
    """A value of a filtered attribute as a signed number of 64 bits, equal for values that are equal to a rule.

    The tenant is part of it, since an index over lists cannot begin with a column of its own. That one of a tenant's
    million values is taken for another has a chance of 1 to 10^7; a list would then show a company too many.
    """
    return _term(tenant, f"{name}\x1f{fold(value)}")


def _term(tenant: UUID, text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, key=tenant.bytes).digest(), signed=True)


def name_terms(tenant: UUID, *, keys: Collection[str]) -> list[int]:
    """Keys of names (`winnow_scoring.names`) as terms; for the directory the tenant is `store.directory.EVERYBODY`."""
    return [_term(tenant, f"name\x1f{key}") for key in keys]


def effective(own: Mapping[str, Any], enriched: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """What is known of a company by both: the tenant's own value of an attribute, else what others say.

    Attribute by attribute, whole values: lists are not joined, since the tenant may have left something out on purpose.
    Source and date do not matter: who puts a value means it, however old it is. `custom` is the tenant's alone.
    """
    if not enriched:
        return own
    return {name: value for name, value in enriched.items() if name != "custom"} | dict(own)


def provenance(
    new: Mapping[str, Any],
    *,
    old: Mapping[str, Any],
    known: Mapping[str, Any],
    source: str,
    now: datetime,
) -> dict[str, Any]:
    """Source and date of every attribute of `new`: those in `known` where `old` has the same value, else these."""
    said = {"source": source, "observed_at": now.isoformat().replace("+00:00", "Z")}
    return {name: known[name] if name in known and old.get(name) == value else said for name, value in new.items()}


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    trimmed = ((name, _trimmed(value)) for name, value in values.items() if not is_missing(value))
    return {name: value for name, value in trimmed if value != {}}


def _trimmed(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return [element.strip() for element in value if not is_missing(element)]
    return _known(value) if isinstance(value, dict) else value
