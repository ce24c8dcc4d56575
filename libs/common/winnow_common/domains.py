"""From what people write for a company's site to the registrable domain that names the company.

The public suffix list, with its private section, comes with the package `publicsuffixlist`; names outside ASCII go
through UTS 46 and IDNA 2008. Nothing is looked up on the network.
"""

import re
from functools import lru_cache
from typing import Final

import idna
from publicsuffixlist import PublicSuffixList

LONGEST_TEXT: Final = 2_048
LONGEST_HOST: Final = 253
REMEMBERED: Final = 32_768

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|//")
_PORT: Final = re.compile(r"[0-9]{0,5}")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_TOP_LEVEL: Final = re.compile(r"[a-z]+|xn--[a-z0-9-]+")


class InvalidDomain(ValueError):
    """The text names no registrable domain; the message says why, without repeating it."""


@lru_cache(maxsize=1)
def public_suffixes() -> PublicSuffixList:
    """The bundled list, read once; it takes some ten milliseconds, so services ask for it before they are ready."""
    return PublicSuffixList(accept_unknown=True, accept_encoded_idn=True)


@lru_cache(maxsize=REMEMBERED)
def registrable_domain(text: str) -> str:
    """The registrable domain of a host name or URL, in lower case and ASCII.

    "https://www.x.co.uk/path" gives "x.co.uk": a user name, port, path and trailing dot are left out. Raises
    InvalidDomain for everything that names no company's site: e-mail addresses, IP addresses, single labels, public
    suffixes themselves, and what is not a host name at all.
    """
    if len(text) > LONGEST_TEXT:
        raise InvalidDomain(f"longer than {LONGEST_TEXT} characters")
    host = _ascii_host(_host(text.strip(" \t\r\n")))
    domain = public_suffixes().privatesuffix(host)
    if domain is None:
        raise InvalidDomain("a public suffix, under which others register their domains")
    return domain


def _host(text: str) -> str:
    """The host of a URL, or of what stands before a path where no scheme is given."""
    scheme = _SCHEME.match(text)
    authority = re.split(r"[/?#\\]", text[scheme.end() if scheme else 0 :], maxsplit=1)[0]
    _, at, address = authority.rpartition("@")
    if at and not scheme:
        raise InvalidDomain("an e-mail address, not a domain")
    if address.startswith("["):
        raise InvalidDomain("an IP address")
    host, _, port = address.partition(":")
    if not _PORT.fullmatch(port) or int(port or 0) > 65_535:
        raise InvalidDomain("not a host name with a port of 0 to 65535")
    return host


def _ascii_host(host: str) -> str:
    """`host` as labels of ASCII in lower case; checks the form of every label."""
    if not host.isascii():
        host = _mapped(host)
    host = host.lower().removesuffix(".")
    if not host:
        raise InvalidDomain("empty")
    labels = [_ascii_label(label) for label in host.split(".")]
    if len(labels) == 1:
        raise InvalidDomain("a single label")
    if not _TOP_LEVEL.fullmatch(labels[-1]):
        raise InvalidDomain("an IP address or a number, since the last label is not of letters")
    joined = ".".join(labels)
    if len(joined) > LONGEST_HOST:
        raise InvalidDomain(f"longer than {LONGEST_HOST} characters")
    return joined


def _mapped(host: str) -> str:
    """`host` after the mapping of UTS 46, which folds case and width and turns the other full stops into dots."""
    try:
        return idna.uts46_remap(host, std3_rules=True, transitional=False)
    except UnicodeError:
        raise InvalidDomain("characters that no domain has") from None


def _ascii_label(label: str) -> str:
    if label.isascii() and not label.startswith("xn--"):
        if not _LABEL.fullmatch(label):
            raise InvalidDomain("a label that is not 1 to 63 letters, digits and inner hyphens")
        return label
    try:
        return idna.alabel(idna.ulabel(label)).decode("ascii")
    except UnicodeError:
        raise InvalidDomain("an internationalised label that IDNA does not allow") from None
