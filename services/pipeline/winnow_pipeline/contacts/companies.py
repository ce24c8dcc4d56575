"""What a row says of a company: its name, its domain, and the attributes that scoring knows it by.

Attributes are what `winnow_contracts.companies.CompanyAttributes` allows, so that nothing later has to check them
again; a value that cannot be read is left out. Nothing of a person gets in: places are those of a person's address in
many lists, so that only the country is taken.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from winnow_common.domains import InvalidDomain, registrable_domain
from winnow_contracts.companies import CUSTOM_NAME, MOST_CUSTOM

from winnow_pipeline.contacts import quantities
from winnow_pipeline.contacts.mail_domains import free_mail, meant
from winnow_pipeline.contacts.texts import cleaned, said
from winnow_pipeline.leads import CUSTOM, Field

LONGEST_NAME: Final = 500
LONGEST_SHORT: Final = 200
LONGEST_DESCRIPTION: Final = 10_000
LONGEST_CUSTOM: Final = 2_000
LARGEST_TOGETHER: Final = 8_000
"""Characters of all attributes up to which a profile stays below its 64 KiB in any script and with any escapes."""

_CUSTOM_NAME: Final = re.compile(CUSTOM_NAME)
_PAGES_OF_MANY: Final = frozenset(
    {
        "linkedin.com", "facebook.com", "twitter.com", "x.com", "instagram.com", "youtube.com", "tiktok.com",
        "xing.com", "crunchbase.com", "google.com", "goo.gl", "bit.ly", "linktr.ee", "wikipedia.org", "yelp.com",
        "pinterest.com",
    }
)  # fmt: skip
_PATH: Final = re.compile(r"[^/]/+[^/\s]")
_SCHEME: Final = re.compile(r"^[a-z]+://", re.IGNORECASE)


def site(text: str) -> str | None:
    """The registrable domain of a company's site; None for free mail, pages within a network of many, and no domain."""
    text = text.rpartition("@")[2] if "@" in text and "://" not in text else text
    try:
        domain = registrable_domain(text)
    except InvalidDomain:
        return None
    if domain in free_mail() or (domain in _PAGES_OF_MANY and _PATH.search(_SCHEME.sub("", text))):
        return None
    return domain if meant(domain) is None else None


def short_text(text: str) -> str | None:
    """An industry or a stage."""
    found = said(text)
    return found if found is not None and len(found) <= LONGEST_SHORT else None


def description(text: str) -> str | None:
    """Text in sentences."""
    found = cleaned(text) if len(text) <= LONGEST_DESCRIPTION else ""
    return found if 0 < len(found) <= LONGEST_DESCRIPTION else None


def _of_cleaned(read: Callable[[str], Any]) -> Callable[[str], Any]:
    def readable(text: str) -> Any:
        found = said(text)
        return read(found) if found is not None else None

    return readable


READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    Field.INDUSTRY: short_text,
    Field.EMPLOYEES: _of_cleaned(quantities.whole),
    Field.REVENUE: _of_cleaned(quantities.amount),
    Field.FOUNDED: _of_cleaned(quantities.year),
    Field.TECHNOLOGIES: quantities.listed,
    Field.FUNDING_STAGE: short_text,
    Field.FUNDING_TOTAL: _of_cleaned(quantities.amount),
    Field.SIGNALS: quantities.listed,
    Field.TAGS: quantities.listed,
    Field.DESCRIPTION: description,
}
"""How the cell of an attribute is read; None where it says nothing that can be read."""


def custom(values: Mapping[str, str]) -> dict[str, str | int | float]:
    """The tenant's own attributes among a row's values, in the order of the row."""
    found: dict[str, str | int | float] = {}
    for field, text in values.items():
        if not field.startswith(CUSTOM) or len(found) >= MOST_CUSTOM or len(text) > LONGEST_CUSTOM:
            continue
        name, value = cleaned(field.removeprefix(CUSTOM)), cleaned(text)
        if value and len(value) <= LONGEST_CUSTOM and _CUSTOM_NAME.fullmatch(name):
            found[name] = quantities.custom_value(value)
    return found


def bounded(attributes: dict[str, Any]) -> dict[str, Any]:
    """`attributes`, without the longest ones where a profile could get larger than it may be."""
    for name in ("custom", "description", "technologies", "signals", "tags"):
        if _size(attributes) <= LARGEST_TOGETHER:
            break
        attributes.pop(name, None)
    return attributes


def _size(attributes: Mapping[str, Any]) -> int:
    size = 0
    for value in attributes.values():
        if isinstance(value, dict):
            size += sum(len(name) + len(str(each)) + 4 for name, each in value.items())
        elif isinstance(value, list):
            size += sum(len(each) + 4 for each in value)
        else:
            size += len(value) if isinstance(value, str) else 16
    return size
