"""The words of the pipeline: what a row of a file may say, and what a lead is once it was read, normalized and judged.

A `RawRow` becomes a `Lead` by the phases normalize and validate; nothing later changes it but survivorship, which fills
what is empty. All of it is personal: it travels in sealed objects and rests in the vault, never on the log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class Field(StrEnum):
    """What a column of a file can be; the names that `mapping` leads to. `custom.<name>` is one too."""

    FULL_NAME = "full_name"
    FIRST_NAME = "first_name"
    MIDDLE_NAME = "middle_name"
    LAST_NAME = "last_name"
    EMAIL = "email"
    PHONE = "phone"
    MOBILE_PHONE = "mobile_phone"
    TITLE = "title"
    LINKEDIN = "linkedin"
    DATE_OF_BIRTH = "date_of_birth"
    NATIONAL_ID = "national_id"
    EXTERNAL_ID = "external_id"
    STREET = "street"
    HOUSE_NUMBER = "house_number"
    CITY = "city"
    REGION = "region"
    POSTCODE = "postcode"
    COUNTRY = "country"
    COMPANY = "company"
    DOMAIN = "domain"
    INDUSTRY = "industry"
    EMPLOYEES = "employees"
    REVENUE = "revenue"
    FOUNDED = "founded"
    TECHNOLOGIES = "technologies"
    FUNDING_STAGE = "funding_stage"
    FUNDING_TOTAL = "funding_total"
    SIGNALS = "signals"
    TAGS = "tags"
    DESCRIPTION = "description"


CUSTOM: Final = "custom."
"""Begins the name of a company's attribute that only the tenant knows."""

RECOGNISED: Final = frozenset(
    {
        Field.FULL_NAME,
        Field.FIRST_NAME,
        Field.LAST_NAME,
        Field.EMAIL,
        Field.PHONE,
        Field.MOBILE_PHONE,
        Field.LINKEDIN,
        Field.COMPANY,
        Field.DOMAIN,
    }
)
"""A file that has none of these is no list of leads."""


class EmailStatus(StrEnum):
    """What is known of an address; unknown is never invalid."""

    VERIFIED_DELIVERABLE = "verified_deliverable"
    RISKY = "risky"
    UNDELIVERABLE = "undeliverable"
    UNKNOWN = "unknown"


class PhoneStatus(StrEnum):
    """What is known of a number, from the numbering plan; `mobile_active` only where a carrier said so."""

    MOBILE_ACTIVE = "mobile_active"
    MOBILE = "mobile"
    LANDLINE = "landline"
    VOIP = "voip"
    TOLL_FREE = "toll_free"
    POSSIBLE = "possible"
    INVALID = "invalid"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """What became of a row: exactly one of these, the first that holds in the order of decision."""

    QUALIFIED = "qualified"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row did not qualify. `detail` says it without quoting a value of the row."""

    code: str
    detail: str
    column: str | None = None
    """The header of the column that is to blame, where one is."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """A record of the file, its cells under the fields that they were mapped to."""

    number: int
    """Of the record, from 1, without header, preamble and blank lines."""
    line: int
    """Of the file that it begins on, from 1; in JSON arrays the number of the item; in workbooks the row."""
    values: Mapping[str, str]
    """By `Field` (or `custom.<name>`), trimmed, without empty ones."""
    source: Mapping[str, str] = field(default_factory=dict)
    """Unmapped columns by their header, as they came."""
    reason: Reason | None = None
    """Why it cannot be read; then `values` may be empty and `source` holds what could be made out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person, normalized. Names as they are written there; None where nothing is said."""

    full_name: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    title_normalized: str | None = None
    """Such as "VP of Sales"."""
    seniority: str | None = None
    """c_level, vp, director, head, manager, senior, staff, junior, intern, owner, partner."""
    function: str | None = None
    """Such as sales, marketing, engineering."""
    email: str | None = None
    """Normalized: domain in lower case, the local part as it is written. Also where it is undeliverable, as given."""
    email_status: EmailStatus = EmailStatus.UNKNOWN
    email_reasons: tuple[str, ...] = ()
    """Stable words: syntax, no_mx, null_mx, no_domain, disposable, role, free, catch_all, typo, quoted_local_part,
    address_literal, mailbox_missing, mailbox_full, no_answer …"""
    email_suggestion: str | None = None
    """What was probably meant, where the domain looks like a slip of the pen."""
    phone: str | None = None
    """E.164 with its extension as `;ext=`; as given where it is no possible number."""
    phone_status: PhoneStatus = PhoneStatus.UNKNOWN
    mobile_phone: str | None = None
    linkedin: str | None = None
    """https://www.linkedin.com/in/<name>."""
    date_of_birth: str | None = None
    """YYYY-MM-DD where it could be read as a date, else as given."""
    national_id: str | None = None
    external_id: str | None = None
    street: str | None = None
    house_number: str | None = None
    city: str | None = None
    region: str | None = None
    postcode: str | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2 where it was recognised, else as given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A company as the row tells of it; nothing of a person."""

    name: str | None = None
    domain: str | None = None
    """Registrable, from website, domain or a business e-mail, in this order; None for free mail."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """Of the row, validated as in `winnow_contracts.companies.CompanyAttributes`, `custom` nested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A row after normalize and validate."""

    number: int
    line: int
    contact: Contact
    account: Account
    source: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    """The row's values as they were read, from which it can be made again."""
    reason: Reason | None = None
    """Of a row that is rejected already."""
    filled: Mapping[str, str] = field(default_factory=dict)
    """Fields of the contact that were empty and came from a duplicate, with that one's public id."""
