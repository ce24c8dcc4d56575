"""Rows of a file become leads: every value in one form, and what can be known of it without asking anybody.

Pure computing, in chunks of about a thousand rows. Lists repeat themselves (titles, companies, countries, domains), so
that a distinct value is read once: `Caches` belongs to one process and one thread, is kept over chunks, and is bounded.
What differs in nearly every row (addresses, numbers) is read by fast paths and not remembered.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final, NamedTuple, TypeVar

import idna

from winnow_pipeline.contacts import addresses, companies, countries, dates, names, phones, profiles
from winnow_pipeline.contacts.addresses import Address
from winnow_pipeline.contacts.job_titles import job_title
from winnow_pipeline.contacts.mail_domains import mail_domain
from winnow_pipeline.contacts.names import Name
from winnow_pipeline.contacts.texts import said, storable
from winnow_pipeline.leads import CUSTOM, Account, Contact, EmailStatus, Field, Lead, RawRow, Reason

NO_CONTACT: Final = Reason(
    "no_contact", "The row names no person, address, telephone number, profile, company or domain."
)

_DISTINCT: Final = 1 << 16

# Plain strings are found in a mapping several times as fast as members of an enumeration.
EMAIL: Final = Field.EMAIL.value
PHONE: Final = Field.PHONE.value
MOBILE_PHONE: Final = Field.MOBILE_PHONE.value
FULL_NAME: Final = Field.FULL_NAME.value
FIRST_NAME: Final = Field.FIRST_NAME.value
MIDDLE_NAME: Final = Field.MIDDLE_NAME.value
LAST_NAME: Final = Field.LAST_NAME.value
TITLE: Final = Field.TITLE.value
LINKEDIN: Final = Field.LINKEDIN.value
DATE_OF_BIRTH: Final = Field.DATE_OF_BIRTH.value
COUNTRY: Final = Field.COUNTRY.value
COMPANY: Final = Field.COMPANY.value
DOMAIN: Final = Field.DOMAIN.value
REPEATED: Final = (Field.CITY.value, Field.REGION.value)
AS_GIVEN: Final = tuple(
    field.value for field in (Field.NATIONAL_ID, Field.EXTERNAL_ID, Field.STREET, Field.HOUSE_NUMBER, Field.POSTCODE)
)
"""Fields of a contact that are only cleaned."""

T = TypeVar("T")


class Country(NamedTuple):
    """A country that a row names."""

    code: str | None
    """Of two letters, where it was recognised."""
    given: str | None


NOWHERE: Final = Country(None, None)


class Caches:
    """What the distinct values of former rows were read as; each kind is bounded, and forgets what is used least."""

    def __init__(self, *, distinct: int = _DISTINCT) -> None:
        def remembered(read: Callable[..., T]) -> Callable[..., T]:
            return lru_cache(distinct)(read)

        self.said = remembered(said)
        self.first_name = remembered(_of_said(names.first_name))
        self.last_name = remembered(_of_said(names.last_name))
        self.title = remembered(job_title)
        self.country = remembered(_country)
        self.site = remembered(companies.site)
        self.mail_domain = remembered(mail_domain)
        self.attributes = {str(field): remembered(read) for field, read in companies.READERS.items()}


def normalized(rows: Sequence[RawRow], caches: Caches) -> list[Lead]:
    """The rows as leads, in their order.

    A row that could not be read stays what it is, with its reason; one that says nothing of a person or a company gets
    the reason `no_contact`. Addresses that can be none are undeliverable already; all others are unknown until judged.
    """
    return [_lead(row, caches) for row in rows]


def mail_domains(leads: Sequence[Lead]) -> set[str]:
    """The domains, as DNS knows them, that have to be asked whether they take mail."""
    sound = (lead.contact for lead in leads if lead.contact.email_status is not EmailStatus.UNDELIVERABLE)
    found = {asked_domain(contact.email) for contact in sound if contact.email is not None}
    return {domain for domain in found if domain is not None}


def asked_domain(email: str) -> str | None:
    """The domain, as DNS knows it, that takes the mail of a sound address; None for an address literal."""
    domain = email.rpartition("@")[2]
    if domain.isascii():
        return domain if domain[:1] != "[" else None
    return _encoded(domain)


@lru_cache(4_096)
def _encoded(domain: str) -> str:
    return idna.encode(domain).decode("ascii")


def _of_said(read: Callable[[str], str | None]) -> Callable[[str], str | None]:
    def readable(text: str) -> str | None:
        found = said(text)
        return read(found) if found is not None else None

    return readable


def _lead(row: RawRow, caches: Caches) -> Lead:
    values, source = row.values, row.source
    if not _can_be_held(values, source):
        values, source = _held(values), _held(source)
    if row.reason is not None:
        contact, account, reason = Contact(), Account(), row.reason
        return Lead(
            number=row.number,
            line=row.line,
            contact=contact,
            account=account,
            source=source,
            values=values,
            reason=reason,
        )
    address = _address(values, caches)
    country = caches.country(values[COUNTRY]) if COUNTRY in values else NOWHERE
    found: dict[str, Any] = {"country": country.code or country.given}
    _put_person(found, values, country.code, caches)
    _put_reached(found, values, address, country.code)
    _put_cleaned(found, values, caches)
    contact = Contact(**found)
    account = _account(values, address, country.code, caches)
    return Lead(
        number=row.number,
        line=row.line,
        contact=contact,
        account=account,
        source=source,
        values=values,
        reason=None if _says_anything(contact, account) else NO_CONTACT,
    )


def _can_be_held(values: Mapping[str, str], source: Mapping[str, str]) -> bool:
    """Whether every store can hold the row as it came, as is so nearly always."""
    together = "".join(chain(values, values.values(), source, source.values()))
    return (together.isascii() and "\0" not in together) or storable(together) == together


def _held(texts: Mapping[str, str]) -> Mapping[str, str]:
    return {storable(name): storable(text) for name, text in texts.items()}


def _says_anything(contact: Contact, account: Account) -> bool:
    return bool(
        contact.full_name
        or contact.email
        or contact.phone
        or contact.mobile_phone
        or contact.linkedin
        or account.name
        or account.domain
    )


def _country(text: str) -> Country:
    found = said(text)
    return Country(countries.country(found), found) if found is not None else NOWHERE


def _address(values: Mapping[str, str], caches: Caches) -> Address | None:
    text = values.get(EMAIL)
    return addresses.read(text, caches.mail_domain) if text is not None and said(text) is not None else None


def _put_person(found: dict[str, Any], values: Mapping[str, str], country: str | None, caches: Caches) -> None:
    """Who it is."""
    name = _name(values, caches)
    found["full_name"], found["first_name"], found["middle_name"], found["last_name"] = name
    if (title := caches.said(values.get(TITLE))) is not None:
        job = caches.title(title)
        found["title"], found["title_normalized"] = title, job.normalized
        found["seniority"], found["function"] = job.seniority, job.function
    if (born := said(values.get(DATE_OF_BIRTH))) is not None:
        found["date_of_birth"] = dates.date_of_birth(born, country=country)


def _put_reached(
    found: dict[str, Any], values: Mapping[str, str], address: Address | None, country: str | None
) -> None:
    """Where the person is to be reached."""
    if address is not None:
        found["email"] = address.text
        found["email_status"] = EmailStatus.UNKNOWN if address.is_sound else EmailStatus.UNDELIVERABLE
        found["email_reasons"] = address.reasons
        found["email_suggestion"] = address.suggestion
    if (text := said(values.get(PHONE))) is not None:
        found["phone"], found["phone_status"] = phones.read(text, region=country)
    if (text := said(values.get(MOBILE_PHONE))) is not None:
        found["mobile_phone"] = phones.read(text, region=country).text
    if (text := said(values.get(LINKEDIN))) is not None:
        found["linkedin"] = profiles.linkedin(text)


def _put_cleaned(found: dict[str, Any], values: Mapping[str, str], caches: Caches) -> None:
    """What is kept as it is written."""
    for field in AS_GIVEN:
        if field in values:
            found[field] = said(values[field])
    for field in REPEATED:
        if field in values:
            found[field] = caches.said(values[field])


def _name(values: Mapping[str, str], caches: Caches) -> Name:
    first, last = values.get(FIRST_NAME), values.get(LAST_NAME)
    middle, full = values.get(MIDDLE_NAME), said(values.get(FULL_NAME))
    return names.joined(
        full=full,
        first=caches.first_name(first) if first is not None else None,
        middle=caches.first_name(middle) if middle is not None else None,
        last=caches.last_name(last) if last is not None else None,
    )


def _account(values: Mapping[str, str], address: Address | None, country: str | None, caches: Caches) -> Account:
    name, written = caches.said(values.get(COMPANY)), values.get(DOMAIN)
    domain = caches.site(written) if written is not None else None
    if domain is None and address is not None:
        domain = address.site
    return Account(
        name=name if name is None or len(name) <= companies.LONGEST_NAME else None,
        domain=domain,
        attributes=_attributes(values, country, caches),
    )


def _attributes(values: Mapping[str, str], country: str | None, caches: Caches) -> dict[str, Any]:
    """What the row says of the company; large ones are bounded together."""
    attributes: dict[str, Any] = {}
    large = own = False
    for field, text in values.items():
        read = caches.attributes.get(field)
        if read is not None:
            found = read(text)
            if found is not None:
                attributes[field] = found.copy() if isinstance(found, list) else found
                large = large or len(text) > companies.LONGEST_SHORT
        elif field[:1] == "c" and field.startswith(CUSTOM):
            own = True
    if own and (custom := companies.custom(values)):
        attributes["custom"] = custom
    if country is not None:
        attributes["country"] = country
    return companies.bounded(attributes) if large or own else attributes
