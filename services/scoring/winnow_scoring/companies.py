"""What is known of a company: its attributes, and of which kind each one is.

The attributes arrive as one object of JSON values. `email`, `phone` and `linkedin` are known or not known, never a
value. `custom.<name>` is the tenant's own attribute of any kind. The `contact.` attributes belong to leads: a company
never has them, but a rule may ask for them.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

CUSTOM_PREFIX: Final = "custom."
_CUSTOM: Final = re.compile(r"custom\.[^\x00-\x1f\x7f]{1,64}")


class Kind(StrEnum):
    """What sort of value an attribute holds, which decides the operators that fit it."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    LIST = "list"
    KNOWN = "known"
    CUSTOM = "custom"


ATTRIBUTES: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "name": Kind.TEXT,
        "industry": Kind.TEXT,
        "country": Kind.TEXT,
        "region": Kind.TEXT,
        "city": Kind.TEXT,
        "employees": Kind.NUMBER,
        "revenue": Kind.NUMBER,
        "founded": Kind.NUMBER,
        "technologies": Kind.LIST,
        "funding_stage": Kind.TEXT,
        "funding_total": Kind.NUMBER,
        "last_funding_at": Kind.DATE,
        "signals": Kind.LIST,
        "tags": Kind.LIST,
        "description": Kind.TEXT,
        "status": Kind.TEXT,
        "confidence": Kind.NUMBER,
        "email": Kind.KNOWN,
        "phone": Kind.KNOWN,
        "linkedin": Kind.KNOWN,
        "contact.seniority": Kind.TEXT,
        "contact.function": Kind.TEXT,
        "contact.email_status": Kind.TEXT,
        "contact.phone_status": Kind.TEXT,
        "contact.linkedin": Kind.KNOWN,
    }
)

LOWER_BOUNDS: Final[Mapping[str, int]] = MappingProxyType(
    {"employees": 0, "revenue": 0, "founded": 1, "funding_total": 0, "confidence": 0}
)
UPPER_BOUNDS: Final[Mapping[str, int]] = MappingProxyType({"founded": 9999, "confidence": 1})
WHOLE_NUMBERS: Final = frozenset({"employees", "founded"})


def attribute_kind(attribute: str) -> Kind | None:
    """The kind of the attribute of that name, or None where a company has no such attribute."""
    return Kind.CUSTOM if _CUSTOM.fullmatch(attribute) else ATTRIBUTES.get(attribute)
