"""Rows of a file become leads: every value in one form, and what can be known of it without asking anybody.

Pure computing, in chunks of about a thousand rows. Lists repeat themselves (titles, companies, countries, domains), so
that a distinct value is read once: `Caches` belongs to one process and one thread, is kept over chunks, and is bounded.
What differs in nearly every row (addresses, numbers) is read by fast paths and not remembered.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final, TypeVar

import idna

from winnow_pipeline.contacts import addresses, companies, countries, dates, names, phones, profiles
from winnow_pipeline.contacts.addresses import Address
from winnow_pipeline.contacts.job_titles import job_title
from winnow_pipeline.contacts.mail_domains import mail_domain
from winnow_pipeline.contacts.names import Name
from winnow_pipeline.contacts.phones import Phone
from winnow_pipeline.contacts.texts import said, storable
from winnow_pipeline.leads import CUSTOM, Account, Contact, EmailStatus, Field, Lead, PhoneStatus, RawRow, Reason

NO_CONTACT: Final = Reason(
    "no_contact", "The row names no person, address, telephone number, profile, company or domain."
)

_DISTINCT: Final = 1 << 16
_NO_PHONE: Final = Phone("", PhoneStatus.UNKNOWN)

T = TypeVar("T")


class Caches:
    """What the distinct values of former rows were read as; each kind is bounded, and forgets what is used least."""

    def __init__(self, *, distinct: int = _DISTINCT) -> None:
        def remembered(read: Callable[..., T]) -> Callable[..., T]:
            return lru_cache(distinct)(read)

        self.said = remembered(said)
        self.first_name = remembered(_of_said(names.first_name))
        self.last_name = remembered(_of_said(names.last_name))
        self.title = remembered(job_title)
        self.country = remembered(countries.country)
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
    values, source = _held(row.values), _held(row.source)
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
    contact = _contact(values, address, caches)
    account = _account(values, address, caches)
    return Lead(
        number=row.number,
        line=row.line,
        contact=contact,
        account=account,
        source=source,
        values=values,
        reason=None if _says_anything(contact, account) else NO_CONTACT,
    )


def _held(texts: Mapping[str, str]) -> Mapping[str, str]:
    """`texts` as every store can hold them; the same mapping where they are so already, as nearly always."""
    together = "".join(chain(texts, texts.values()))
    if together.isascii() and "\0" not in together:
        return texts
    if storable(together) == together:
        return texts
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


def _address(values: Mapping[str, str], caches: Caches) -> Address | None:
    text = values.get(Field.EMAIL)
    return addresses.read(text, caches.mail_domain) if text is not None and said(text) is not None else None


def _contact(values: Mapping[str, str], address: Address | None, caches: Caches) -> Contact:
    get = values.get
    nation = caches.said(get(Field.COUNTRY))
    code = caches.country(nation) if nation is not None else None
    name = _name(values, caches)
    title = caches.said(get(Field.TITLE))
    job = caches.title(title) if title is not None else None
    phone = _phone(get(Field.PHONE), code)
    mobile = _phone(get(Field.MOBILE_PHONE), code)
    profile, born = said(get(Field.LINKEDIN)), said(get(Field.DATE_OF_BIRTH))
    return Contact(
        full_name=name.full,
        first_name=name.first,
        middle_name=name.middle,
        last_name=name.last,
        title=title,
        title_normalized=job.normalized if job is not None else None,
        seniority=job.seniority if job is not None else None,
        function=job.function if job is not None else None,
        email=address.text if address is not None else None,
        email_status=_status(address),
        email_reasons=address.reasons if address is not None else (),
        email_suggestion=address.suggestion if address is not None else None,
        phone=phone.text or None,
        phone_status=phone.status,
        mobile_phone=mobile.text or None,
        linkedin=profiles.linkedin(profile) if profile is not None else None,
        date_of_birth=dates.date_of_birth(born, country=code) if born is not None else None,
        national_id=said(get(Field.NATIONAL_ID)),
        external_id=said(get(Field.EXTERNAL_ID)),
        street=said(get(Field.STREET)),
        house_number=said(get(Field.HOUSE_NUMBER)),
        city=caches.said(get(Field.CITY)),
        region=caches.said(get(Field.REGION)),
        postcode=said(get(Field.POSTCODE)),
        country=code or nation,
    )


def _status(address: Address | None) -> EmailStatus:
    return EmailStatus.UNKNOWN if address is None or address.is_sound else EmailStatus.UNDELIVERABLE


def _name(values: Mapping[str, str], caches: Caches) -> Name:
    first, last = values.get(Field.FIRST_NAME), values.get(Field.LAST_NAME)
    middle, full = values.get(Field.MIDDLE_NAME), said(values.get(Field.FULL_NAME))
    return names.joined(
        full=full,
        first=caches.first_name(first) if first is not None else None,
        middle=caches.first_name(middle) if middle is not None else None,
        last=caches.last_name(last) if last is not None else None,
    )


def _phone(text: str | None, country: str | None) -> Phone:
    found = said(text)
    return phones.read(found, region=country) if found is not None else _NO_PHONE


def _account(values: Mapping[str, str], address: Address | None, caches: Caches) -> Account:
    name, written = caches.said(values.get(Field.COMPANY)), values.get(Field.DOMAIN)
    domain = caches.site(written) if written is not None else None
    if domain is None and address is not None:
        domain = address.site
    return Account(
        name=name if name is None or len(name) <= companies.LONGEST_NAME else None,
        domain=domain,
        attributes=_attributes(values, caches),
    )


def _attributes(values: Mapping[str, str], caches: Caches) -> dict[str, Any]:
    """What the row says of the company; large ones are bounded together."""
    attributes: dict[str, Any] = {}
    large = own = False
    for field, text in values.items():
        read = caches.attributes.get(field)
        if read is not None:
            found = read(text)
            if found is not None:
                attributes[str(field)] = found
                large = large or len(text) > companies.LONGEST_SHORT
        elif field.startswith(CUSTOM):
            own = True
    if own and (custom := companies.custom(values)):
        attributes["custom"] = custom
    nation = caches.said(values.get(Field.COUNTRY))
    code = caches.country(nation) if nation is not None else None
    if code is not None:
        attributes["country"] = code
    return companies.bounded(attributes) if large or own else attributes
