"""Rows become leads: everything that can be said of a row without asking anybody. Pure.

Distinct values are read once for each process (`functools.lru_cache` in the modules for names, titles, domains …), since
lists repeat themselves: titles, countries, companies and mail domains hundreds of times.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Final

from winnow_pipeline.contacts.companies import attributes_of, domain_of
from winnow_pipeline.contacts.emails import address_of, is_free
from winnow_pipeline.contacts.names import name_of, part_of
from winnow_pipeline.contacts.phones import Phone, phone_of
from winnow_pipeline.contacts.places import country_of
from winnow_pipeline.contacts.texts import said
from winnow_pipeline.contacts.titles import title_of
from winnow_pipeline.leads import RECOGNISED, Account, Contact, EmailStatus, Field, Lead, PhoneStatus, RawRow, Reason

NOTHING: Final = Reason("no_contact", "The row has no name, address, phone number, profile or company.")
_PLAIN: Final = (
    Field.NATIONAL_ID,
    Field.EXTERNAL_ID,
    Field.STREET,
    Field.HOUSE_NUMBER,
    Field.CITY,
    Field.REGION,
    Field.POSTCODE,
)
_LINKEDIN: Final = re.compile(
    r"(?:https?://)?(?:[a-z]{2,3}\.)?linkedin\.com/(?:mwlite/)?(?:in|pub)/(?P<name>[^/?#\s]+)", re.IGNORECASE
)
_DATE: Final = re.compile(r"(\d{1,4})[./\- ](\d{1,2})[./\- ](\d{1,4})")
_COMPACT_DATE: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")


@dataclass(slots=True)
class Caches:
    """Of one process: what was found out about numbers, by text and country."""

    phones: dict[tuple[str, str | None], Phone] = field(default_factory=dict)
    most: int = 100_000

    def phone(self, text: str, region: str | None) -> Phone:
        """A number, read once."""
        key = text, region
        found = self.phones.get(key)
        if found is None:
            if len(self.phones) >= self.most:
                self.phones.clear()
            found = self.phones[key] = phone_of(text, region=region)
        return found


def normalized(rows: Sequence[RawRow], caches: Caches) -> list[Lead]:
    """Leads of rows; those that could not be read, or say nothing, have their reason."""
    return [_lead(row, caches) for row in rows]


def mail_domains(leads: Sequence[Lead]) -> set[str]:
    """Domains, in ASCII, of which it has to be asked whether they take mail."""
    found: set[str] = set()
    for lead in leads:
        if lead.contact.email and lead.contact.email_status is not EmailStatus.UNDELIVERABLE:
            domain = ascii_domain(lead.contact.email.rpartition("@")[2])
            if domain is not None:
                found.add(domain)
    return found


@lru_cache(maxsize=65_536)
def ascii_domain(domain: str) -> str | None:
    """A mail domain as the DNS has it; None for an address literal."""
    if domain.isascii():
        return None if domain.startswith("[") else domain
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return None


def _lead(row: RawRow, caches: Caches) -> Lead:
    if row.reason is not None:
        return Lead(
            number=row.number,
            line=row.line,
            contact=Contact(),
            account=Account(),
            source=row.source,
            values=row.values,
            reason=row.reason,
        )
    values = {name: text for name, value in row.values.items() if (text := said(value)) is not None}
    contact = _contact(values, caches)
    account = _account(values, row.values, contact)
    empty = RECOGNISED.isdisjoint(values)
    return Lead(
        number=row.number,
        line=row.line,
        contact=contact,
        account=account,
        source=row.source,
        values=row.values,
        reason=NOTHING if empty else None,
    )


def _contact(values: Mapping[str, str], caches: Caches) -> Contact:
    found: dict[str, Any] = {name.value: values[name] for name in _PLAIN if name in values}
    _add_name(found, values)
    if Field.TITLE in values:
        title = title_of(values[Field.TITLE])
        found |= {
            "title": values[Field.TITLE],
            "title_normalized": title.normalized,
            "seniority": title.seniority,
            "function": title.function,
        }
    if Field.EMAIL in values:
        address = address_of(values[Field.EMAIL])
        found |= {
            "email": address.email,
            "email_status": address.status,
            "email_reasons": address.reasons,
            "email_suggestion": address.suggestion,
        }
    if Field.COUNTRY in values:
        found["country"] = country_of(values[Field.COUNTRY]) or values[Field.COUNTRY]
    _add_phones(found, values, caches)
    if Field.LINKEDIN in values and (profile := linkedin_of(values[Field.LINKEDIN])) is not None:
        found["linkedin"] = profile
    if Field.DATE_OF_BIRTH in values:
        found["date_of_birth"] = date_of(values[Field.DATE_OF_BIRTH])
    return Contact(**found)


def _add_name(found: dict[str, Any], values: Mapping[str, str]) -> None:
    first, middle, last = (
        part_of(values[name]) if name in values else None
        for name in (Field.FIRST_NAME, Field.MIDDLE_NAME, Field.LAST_NAME)
    )
    full = None
    if Field.FULL_NAME in values:
        name = name_of(values[Field.FULL_NAME])
        full = name.full
        if first is None and last is None:
            first, middle, last = name.first, middle or name.middle, name.last
    joined = " ".join(part for part in (first, middle, last) if part)
    for name_of_part, part in (("first_name", first), ("middle_name", middle), ("last_name", last)):
        if part is not None:
            found[name_of_part] = part
    if full or joined:
        found["full_name"] = full or joined


def _add_phones(found: dict[str, Any], values: Mapping[str, str], caches: Caches) -> None:
    country = found.get("country")
    region = country if country is not None and len(country) == 2 else None
    numbers = [
        caches.phone(values[name], region) if name in values else None for name in (Field.PHONE, Field.MOBILE_PHONE)
    ]
    phone, mobile = numbers
    if phone is None and mobile is not None:
        phone = mobile
    if phone is not None:
        found["phone"] = phone.text
        found["phone_status"] = phone.status
    if mobile is not None and mobile.status is not PhoneStatus.INVALID:
        found["mobile_phone"] = mobile.text


def _account(values: Mapping[str, str], raw: Mapping[str, str], contact: Contact) -> Account:
    domain = domain_of(values[Field.DOMAIN]) if Field.DOMAIN in values else None
    if domain is None and contact.email and "syntax" not in contact.email_reasons:
        host = contact.email.rpartition("@")[2]
        domain = None if is_free(host) or "disposable" in contact.email_reasons else domain_of(host)
    name = values.get(Field.COMPANY)
    attributes = attributes_of(raw)
    if name is not None and len(name) <= 500:
        attributes = {"name": name, **attributes}
    return Account(name=name, domain=domain, attributes=attributes)


@lru_cache(maxsize=16_384)
def linkedin_of(text: str) -> str | None:
    """The address of a person's profile; None where the text is none."""
    found = _LINKEDIN.search(text)
    return None if found is None else f"https://www.linkedin.com/in/{found['name'].lower()}"


@lru_cache(maxsize=65_536)
def date_of(text: str) -> str:
    """A date as YYYY-MM-DD; as given where it cannot be told which day it is."""
    found = _COMPACT_DATE.fullmatch(text) or _DATE.match(text)
    if found is None:
        return text
    one, two, three = (int(part) for part in found.groups())
    if len(found[1]) == 4:
        year, month, day = one, two, three
    elif len(found[3]) == 4:
        year, month, day = three, two, one
        if one > 12 >= two or "." in text or one == two:
            pass
        elif two > 12 >= one:
            month, day = one, two
        else:
            return text
    else:
        return text
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return text
