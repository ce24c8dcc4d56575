"""A chunk whose rows are normalized, judged and enriched: what the later phases need of them, in columns.

It lies in a sealed object, since the columns that rows are matched by are personal. Rows are named by their place in
the chunk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from winnow_pipeline.leads import EmailStatus, Lead
from winnow_pipeline.matching.fields import MatchField
from winnow_pipeline.phases.raw_rows import dumped


@dataclass(slots=True, kw_only=True)
class Prepared:
    """Columns of equal length, but for `match`, which has the fields that any row has, and `companies`."""

    numbers: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    reasons: list[tuple[str, str, str | None] | None] = field(default_factory=list)
    """Code, detail and column of rows that are rejected already."""
    email_statuses: list[str] = field(default_factory=list)
    phone_statuses: list[str] = field(default_factory=list)
    domains: list[str | None] = field(default_factory=list)
    attributes: list[Mapping[str, Any]] = field(default_factory=list)
    """Of the company, as the row told."""
    contacts: list[Mapping[str, Any]] = field(default_factory=list)
    """What scoring may know of the person: `seniority`, `function`, and `email`, `phone`, `linkedin` as true."""
    hits: list[bool | None] = field(default_factory=list)
    """Whether what is known of the company was at hand."""
    sources: list[int] = field(default_factory=list)
    """That told of the company, the row among them."""
    preferences: list[float] = field(default_factory=list)
    """Which of two rows of one person survives: that of the greater number."""
    match: dict[MatchField, list[str | None]] = field(default_factory=dict)
    companies: dict[str, dict[str, Any]] = field(default_factory=dict)
    """`attributes`, `source` and `observed_at` by domain."""

    def __len__(self) -> int:
        return len(self.numbers)

    def content(self) -> bytes:
        """As bytes."""
        return dumped({name: getattr(self, name) for name in _NAMES})

    @classmethod
    def of(cls, content: bytes) -> "Prepared":
        """From bytes."""
        values = orjson.loads(content)
        values["match"] = {MatchField(name): column for name, column in values["match"].items()}
        return cls(**values)

    def can_be_scored(self, place: int) -> bool:
        """Whether nothing is known yet that keeps the row from qualifying."""
        return self.reasons[place] is None and self.email_statuses[place] != EmailStatus.UNDELIVERABLE

    def replace(self, place: int, lead: Lead, *, sources: int) -> None:
        """Say of a row what its lead says now."""
        self.email_statuses[place] = lead.contact.email_status
        self.phone_statuses[place] = lead.contact.phone_status
        self.domains[place] = lead.account.domain
        self.attributes[place] = lead.account.attributes
        self.contacts[place] = told_of(lead)
        self.sources[place] = sources


def told_of(lead: Lead) -> dict[str, Any]:
    """What scoring may know of the person."""
    contact = lead.contact
    told: dict[str, Any] = {}
    if contact.seniority:
        told["seniority"] = contact.seniority
    if contact.function:
        told["function"] = contact.function
    if contact.email:
        told["email"] = True
    if contact.phone or contact.mobile_phone:
        told["phone"] = True
    if contact.linkedin:
        told["linkedin"] = True
    return told


def match_record(lead: Lead) -> dict[MatchField, str]:
    """What a lead is compared by."""
    contact, account = lead.contact, lead.account
    split = contact.first_name or contact.last_name
    street = " ".join(part for part in (contact.street, contact.house_number) if part)
    values = {
        MatchField.FIRST_NAME: contact.first_name,
        MatchField.LAST_NAME: contact.last_name,
        MatchField.FULL_NAME: None if split else contact.full_name,
        MatchField.EMAIL: contact.email,
        MatchField.PHONE: contact.phone or contact.mobile_phone,
        MatchField.COMPANY: account.name,
        MatchField.DOMAIN: account.domain,
        MatchField.LINKEDIN: contact.linkedin,
        MatchField.DATE_OF_BIRTH: contact.date_of_birth,
        MatchField.NATIONAL_ID: contact.national_id,
        MatchField.STREET: street,
        MatchField.CITY: contact.city,
        MatchField.POSTCODE: contact.postcode,
        MatchField.REGION: contact.region,
    }
    return {name: value for name, value in values.items() if value}


def columns(records: Sequence[Mapping[MatchField, str]]) -> dict[MatchField, list[str | None]]:
    """Records by column, without fields that none has."""
    present = {name for record in records for name in record}
    return {name: [record.get(name) for record in records] for name in MatchField if name in present}


_NAMES = tuple(Prepared.__dataclass_fields__)
