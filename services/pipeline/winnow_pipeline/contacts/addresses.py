"""E-mail addresses as people write them, read as the package `email-validator` reads them, many times as fast.

The verdict on syntax is that of `validate_email(address, check_deliverability=False)`, with this policy for what it can
be told to allow: a quoted local part and an address literal may be delivered, but hardly ever are a person's, so they
are risky, not undeliverable. So are comments and the white space of RFC 5322 around the parts ("jane@x.com (work)",
"jane @x.com"): the address is read without them. "mailto:" and a display name before angle brackets are taken off, as
are space and invisible characters around an address. Nothing else is repaired: what was probably meant is a suggestion.

Plain ASCII addresses are read here; all others by the library. That both agree is a property that tests check.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from email_validator import EmailNotValidError, ValidatedEmail, validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES

from winnow_pipeline.contacts.mail_domains import MailDomain, meant, plain_domain
from winnow_pipeline.contacts.texts import cleaned
from winnow_pipeline.matching.texts import ROLES as MATCHED_ROLES

LONGEST: Final = 254
"""Octets of an address (RFC 5321, 4.5.3.1.3, less the angle brackets)."""

DomainFacts = Callable[[str], MailDomain]

_PLAIN: Final = re.compile(r"[A-Za-z0-9_!#$%&'*+\-/=?^`{|}~]+(?:\.[A-Za-z0-9_!#$%&'*+\-/=?^`{|}~]+)*")
_LOWERED: Final = frozenset(CASE_INSENSITIVE_MAILBOX_NAMES)
_MAILTO: Final = re.compile(r"mailto:", re.IGNORECASE)
_NAMED: Final = re.compile(r"[^<>@]*<([^<>\s]+@[^<>\s]+)>[;,\s]*|\"[^\"]*\"\s*<([^<>\s]+@[^<>\s]+)>[;,\s]*")
_SPACE: Final = r"(?:(?:[ \t]*\r\n)?[ \t]+)"
_SPACES_AROUND: Final = re.compile(rf"^{_SPACE}|{_SPACE}$")
_QUOTED_PAIR: Final = re.compile(r"\\[\x20-\x7e]")
_INNER_COMMENT: Final = re.compile(r"\((?:[^()\\\x00-\x08\x0a-\x1f\x7f]|\r\n[ \t])*\)")
_MARK_AT_DOT: Final = re.compile("\ue000(?=\\.)|(?<=\\.)\ue000")
_MARK: Final = "\ue000"
"""Stands where a comment was; of private use, so that no address has it."""
_AROUND: Final = " \t\r\n\u00a0\u200b\u200e\u200f\u2060\ufeff"
_AT: Final = re.compile(r"\[at\]|\(at\)", re.IGNORECASE)
_DOTS: Final = re.compile(r"\.{2,}")
_TAIL: Final = " .,;:>)]}'\"<([{"
_ROLES: Final = MATCHED_ROLES | frozenset(
    """
    accueil achats administracion amministrazione bestellung bewerbung comptabilite compta contactez customercare
    customersupport dataprotection datenschutz donotreply einkauf facturation geral hosting infos infomail it-support
    kundenservice mailerdaemon marketing personal praxis presse rechnung redaktion rh secretariat secretaria segreteria
    serviceclient soporte stage studio subscribe suporte technik ufficio unsubscribe verwaltung zentrale
    """.split()  # noqa: SIM905 - a list of words
)
_WITHOUT_SEPARATORS: Final = str.maketrans("", "", "._-")


class Syntax(NamedTuple):
    """An address that can be one."""

    local: str
    domain: str
    """In letters, in lower case; a literal in brackets."""
    ascii_domain: str | None
    """None for a literal."""
    reasons: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Normalized."""
        return f"{self.local}@{self.domain}"


class Address(NamedTuple):
    """What a cell says, and what is known of it before anybody is asked."""

    text: str
    """Normalized, or as given where it can be no address."""
    is_sound: bool
    """Whether it can be one."""
    reasons: tuple[str, ...] = ()
    suggestion: str | None = None
    site: str | None = None
    """The registrable domain of the company whose address it is."""


def read(text: str, about: DomainFacts) -> Address:
    """Read a cell that says something; `about` tells of domains in ASCII, and is asked once for each address."""
    syntax = _syntax_of(text)
    if syntax is None:
        return Address(text=cleaned(text), is_sound=False, reasons=("syntax",), suggestion=_repaired(text))
    reasons = syntax.reasons
    domain = about(syntax.ascii_domain) if syntax.ascii_domain is not None else None
    if is_role(syntax.local):
        reasons = (*reasons, "role")
    if domain is None:
        return Address(text=syntax.text, is_sound=True, reasons=reasons)
    suggestion = f"{syntax.local}@{domain.suggestion}" if domain.suggestion else None
    return Address(
        text=syntax.text,
        is_sound=True,
        reasons=(*reasons, *domain.reasons),
        suggestion=suggestion,
        site=domain.site,
    )


def is_role(local: str) -> bool:
    """Whether a local part is of a company, not of a person."""
    name = local.partition("+")[0].lower()
    return name in _ROLES or (not name.isalnum() and name.translate(_WITHOUT_SEPARATORS) in _ROLES)


def syntax(text: str) -> Syntax | None:
    """The address that `text` is, with nothing around it; None where it can be none."""
    local, at, domain = text.partition("@")
    if at and len(text) <= LONGEST and _PLAIN.fullmatch(local) and (plain := plain_domain(domain)) is not None:
        lowered = local.lower()
        return Syntax(lowered if lowered in _LOWERED else local, plain, plain)
    return _by_library(text)


def _by_library(text: str) -> Syntax | None:
    if len(text) > 4 * LONGEST:
        return None
    try:
        found = validate_email(text, check_deliverability=False, allow_quoted_local=True, allow_domain_literal=True)
    except EmailNotValidError:
        return None
    literal = found.domain.startswith("[")
    marks = (("quoted_local_part", _is_quoted(found)), ("address_literal", literal))
    return Syntax(
        local=found.local_part,
        domain=found.domain,
        ascii_domain=None if literal else found.ascii_domain,
        reasons=tuple(mark for mark, holds in marks if holds),
    )


def _is_quoted(found: ValidatedEmail) -> bool:
    return found.original.startswith('"')


def exact(text: str) -> Syntax | None:
    """The address that `text` is, with comments and white space at the ends of its parts, but nothing else."""
    return syntax(text) or _without_comments(text)


def _syntax_of(text: str) -> Syntax | None:
    """The address in a cell, which may have something around it."""
    found = syntax(text)
    if found is not None:
        return found
    bare = text.strip(_AROUND)
    if match := _MAILTO.match(bare):
        bare = bare[match.end() :].partition("?")[0]
    elif match := _NAMED.fullmatch(bare):
        bare = match[1] or match[2]
    return exact(bare)


def _without_comments(text: str) -> Syntax | None:
    """The address in a text with comments, or white space at the ends of its parts (RFC 5322, 3.2.2 and 3.4.1)."""
    if len(text) > LONGEST or _MARK in text or not ("(" in text or " " in text or "\t" in text):
        return None
    bare = _commentless(text)
    local, at, domain = bare.rpartition("@")
    found = syntax(f"{_trimmed(local)}@{_trimmed(domain)}") if at else None
    if found is None:
        return None
    reasons = ("comment", *found.reasons)
    return Syntax(local=found.local, domain=found.domain, ascii_domain=found.ascii_domain, reasons=reasons)


def _commentless(text: str) -> str:
    """`text` with a mark for each comment; comments may be within comments."""
    if '"' in text:
        return text
    text = _QUOTED_PAIR.sub("", text) if "(" in text else text
    while (shorter := _INNER_COMMENT.sub(_MARK, text)) != text:
        text = shorter
    return _MARK_AT_DOT.sub("", text)


def _trimmed(part: str) -> str:
    """A part without comments and white space before and after it."""
    while (bare := _SPACES_AROUND.sub("", part.strip(_MARK))) != part:
        part = bare
    return part


def _repaired(text: str) -> str | None:
    """What was probably meant by a text that is no address."""
    bare = cleaned(text)[: 2 * LONGEST].strip(_TAIL).replace(" ", "")
    bare = _AT.sub("@", bare)
    local, at, domain = bare.rpartition("@")
    if not at or not local or not domain:
        return None
    domain = _DOTS.sub(".", domain.replace(",", ".")).strip(".")
    better = f"{local.replace(',', '.').strip('.')}@{meant(domain) or domain}"
    found = syntax(better)
    return found.text if found is not None and found.text != text and not found.reasons else None
