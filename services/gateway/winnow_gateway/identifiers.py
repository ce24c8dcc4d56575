"""What of a company's identifiers may be published: hosts, names of companies' pages, names; nothing of a person.

An e-mail address becomes the host that it ends in, a LinkedIn page the last part of its address, a URL its host. What
is left over names no company and goes nowhere; only that it was of no use, and why, goes on. Pure.

Whether a host is a company's domain, and whether anybody can have mail there, is for the scoring service to say.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote

from winnow_common.domains import InvalidDomain, registrable_domain
from winnow_contracts.similarity import (
    CompanyIdentifiers,
    IdentifierName,
    Identifiers,
    UnusableBecause,
    UnusableIdentifier,
)

from winnow_gateway import domains

_REMEMBERED: Final = 32_768
_PLAIN: Final = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
"""What nearly everybody sends for a domain: it is published as it is."""
_NOT_OF_A_HOST: Final = re.compile(r"[\x00-,/:-@\[-^`{-\x7f\s]")
_OF_SLUGS_ONLY: Final = re.compile(r"[&'+]")
_PORT: Final = re.compile(r":[0-9]{0,5}$")
_LOCAL_PART: Final = re.compile(r'"(?:[^"\\\r\n]|\\.)+"|[^\s@"<>(),;:\\\[\]]+')

_LINKEDIN: Final = re.compile(
    r"(?:https?:)?(?://)?(?:[^/?#@\\]*@)?(?:[a-z0-9-]+\.)*linkedin\.com\.?(?::[0-9]*)?(?P<path>[/?#\\].*)?",
    re.IGNORECASE | re.DOTALL,
)
_COMPANIES: Final = frozenset({"company", "school", "showcase"})
_PERSONS: Final = frozenset({"in", "pub", "profile", "people", "lead"})

_ADDRESS: Final = re.compile(r"\S@|@\S|@\s+\S+\.\S")
_TOP_LEVEL: Final = re.compile(r"\.[^\W\d_]{2,}\.?(?::[0-9]*)?$")


class _Unusable(Exception):
    """Why a text names no company."""

    def __init__(self, reason: UnusableBecause) -> None:
        super().__init__(reason)
        self.reason = reason


class Named(NamedTuple):
    """The registrable domain that an identifier names, and which one it was."""

    domain: str
    by: IdentifierName


def identifiers(body: CompanyIdentifiers) -> Identifiers:
    """What of the identifiers may be published."""
    if body.domain is not None and _PLAIN.fullmatch(body.domain) and not _has_others(body):
        return Identifiers(domain=body.domain)
    found: dict[str, str] = {}
    unusable: list[UnusableIdentifier] = []
    # A domain is read last, since it gives way to what another field says by its right name.
    for name, read in _READERS:
        text = getattr(body, name)
        if text is None:
            continue
        try:
            field, value = read(_stripped(text))
            if field in found:
                raise _Unusable("not_a_domain")
            found[field] = value
        except _Unusable as error:
            unusable.append(UnusableIdentifier(identifier=name, reason=error.reason))
    return Identifiers(**found, unusable=unusable) if unusable else Identifiers(**found)


def named(company: Identifiers) -> Named | None:
    """The domain that the most exact identifier names, where it is one of those that need no look-up."""
    if company.domain is not None:
        return _named(company.domain, "domain")
    return None if company.email_domain is None else _named(company.email_domain, "email")


def kept_under(body: CompanyIdentifiers) -> Named | None:
    """What the answer is kept under, where nothing but this was sent, and it is a domain or an address at one."""
    if body.linkedin_url is not None or body.company_name is not None:
        return None
    if (body.domain is None) is (body.email is None):
        return None
    if body.domain is not None and _PLAIN.fullmatch(body.domain):
        return _kept_under(body.domain, "domain")
    company = identifiers(body)
    if company.domain is not None:
        return _kept_under(company.domain, "domain")
    return None if company.email_domain is None else _kept_under(company.email_domain, "email")


@lru_cache(maxsize=_REMEMBERED)
def _kept_under(host: str, by: IdentifierName) -> Named | None:
    """A host within a domain is left to the scoring service: some give mail to anybody (alumni.virginia.edu)."""
    found = _named(host, by)
    if found is None:
        return None
    name = host.lower().removeprefix("www.")
    return found if name.count(".") == found.domain.count(".") else None


def _named(host: str, by: IdentifierName) -> Named | None:
    try:
        return Named(registrable_domain(host), by)
    except InvalidDomain:
        return None


def _stripped(text: str) -> str:
    """The text without what nobody can see at its ends; raises for one of nothing else."""
    text = text.strip().strip("\0").strip()
    if not text:
        raise _Unusable("blank")
    return text


def _domain(text: str) -> tuple[str, str]:
    if _is_linkedin_page(text):
        return _linkedin(text)
    host = domains.published(text)
    if host == domains.WITHHELD and not re.search(r"[/?#]", text):
        try:
            return _email(text)
        except _Unusable:
            raise _Unusable("not_a_domain") from None
    if host == domains.WITHHELD or not _may_be_host(_PORT.sub("", host)):
        raise _Unusable("not_a_domain")
    return "domain", host


def _email(text: str) -> tuple[str, str]:
    """The host of an address, bare, of a link (`mailto:`), or in angle brackets after a name."""
    if text.lower().startswith("mailto:"):
        text = text[7:].partition("?")[0]
    elif text.endswith(">"):
        text = text[:-1].rpartition("<")[2]
    local, _, host = text.rpartition("@")
    if not _LOCAL_PART.fullmatch(local) or not _may_be_host(host):
        raise _Unusable("not_an_email_address")
    return "email_domain", host


def _linkedin(text: str) -> tuple[str, str]:
    page = _LINKEDIN.fullmatch(text)
    if page is None:
        raise _Unusable("not_a_linkedin_page")
    path = re.split(r"[?#]", page["path"] or "", maxsplit=1)[0]
    segments = [segment for segment in re.split(r"[/\\]", path) if segment]
    if len(segments) > 1 and segments[0].lower() in _COMPANIES:
        slug = unicodedata.normalize("NFC", unquote(segments[1])).lower()
        if not _may_be_host(_OF_SLUGS_ONLY.sub("", slug)):
            raise _Unusable("not_a_linkedin_page")
        return "linkedin_company", slug
    if any(segment.lower() in _PERSONS for segment in segments[:2]):
        raise _Unusable("personal_page")
    raise _Unusable("not_a_linkedin_page")


def _company_name(text: str) -> tuple[str, str]:
    name = "".join(letter for letter in text if unicodedata.category(letter) != "Cc").strip()
    if not name:
        raise _Unusable("blank")
    plain = domains.plain(name)
    if _ADDRESS.search(plain) or any(map(_leads_on, plain.split())):
        raise _Unusable("personal_data")
    return "company_name", name


_READERS: Final[tuple[tuple[IdentifierName, Callable[[str], tuple[str, str]]], ...]] = (
    ("email", _email),
    ("linkedin_url", _linkedin),
    ("company_name", _company_name),
    ("domain", _domain),
)


def _leads_on(word: str) -> bool:
    """Whether a word is a URL with more than a host, such as a person's page."""
    _, scheme, rest = word.rpartition("://")
    authority, *more = re.split(r"[/?#\\]+", rest, maxsplit=1)
    return any(more) and bool(scheme or _TOP_LEVEL.search(authority))


def _has_others(body: CompanyIdentifiers) -> bool:
    return body.email is not None or body.linkedin_url is not None or body.company_name is not None


def _is_linkedin_page(text: str) -> bool:
    """Whether it is an address on LinkedIn, rather than LinkedIn's own domain."""
    page = _LINKEDIN.fullmatch(text)
    return page is not None and bool((page["path"] or "").strip("/\\"))


def _may_be_host(text: str) -> bool:
    """Whether nothing in it keeps it from being a host, in whatever script; what might hide an `@` does."""
    plain = unicodedata.normalize("NFKC", text)
    return bool(plain.strip(".")) and _NOT_OF_A_HOST.search(plain) is None
