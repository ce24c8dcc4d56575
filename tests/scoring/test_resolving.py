"""Identifiers name one company: the most exact one decides, names are compared to companies that are known."""

from typing import Any
from uuid import UUID

import pytest
from winnow_common.cursors import Cursors
from winnow_common.postgres import Pool
from winnow_contracts import profiles
from winnow_contracts.companies import CompanyAttributes
from winnow_contracts.similarity import CERTAINTY, Identifiers
from winnow_scoring.handlers.companies import CompanyHandlers
from winnow_scoring.profiles import Profile
from winnow_scoring.resolving import NameCandidate, Resolution, keys_to_look_up, resolve
from winnow_scoring.store import directory
from winnow_scoring.store.names import candidates_for

from .conftest import ACME, MASTER_KEY, OTHER, Clock, Serve, Service


def known(*companies: str, own: bool = False) -> list[NameCandidate]:
    """Companies that are known, as `domain=Name`, or as a domain alone."""
    pairs = (company.partition("=") for company in companies)
    return [NameCandidate(domain, name or None, own=own) for domain, _, name in pairs]


def resolved(*companies: NameCandidate, **identifiers: Any) -> Resolution:
    return resolve(Identifiers.model_validate(identifiers), named=companies)


# Domains and e-mail


@pytest.mark.parametrize(
    ("identifiers", "matched_on", "confidence"),
    [
        ({"domain": "https://www.acme.com/about"}, "domain", 1.0),
        ({"domain": "acme.com", "email_domain": "acme.com"}, "domain", 1.0),
        ({"email_domain": "mail.acme.com"}, "email", 0.95),
        ({"domain": "nodomain", "email_domain": "acme.com"}, "email", 0.95),
    ],
)
def test_a_domain_names_its_company_whatever_is_known_of_it(
    identifiers: dict[str, str], matched_on: str, confidence: float
) -> None:
    found = resolved(**identifiers)
    assert (found.domain, found.matched_on, found.confidence) == ("acme.com", matched_on, confidence)


def test_what_cannot_be_used_is_told_with_its_reason() -> None:
    found = resolved(
        domain="gmail.com",
        email_domain="gmx.de",
        company_name="!!!",
        unusable=[{"identifier": "linkedin_url", "reason": "personal_page"}],
    )
    assert (found.domain, found.matched_on, found.confidence) == (None, None, 0.0)
    assert found.unusable == (
        ("linkedin_url", "personal_page"),
        ("domain", "free_mail"),
        ("email", "free_mail"),
        ("company_name", "blank"),
    )


@pytest.mark.parametrize(
    ("identifiers", "reason"),
    [
        ({"domain": "localhost"}, ("domain", "not_a_domain")),
        ({"domain": "co.uk"}, ("domain", "not_a_domain")),
        ({"email_domain": "[10.0.0.1]"}, ("email", "not_an_email_address")),
        ({"email_domain": "GoogleMail.com"}, ("email", "free_mail")),
        ({"email_domain": "austin.rr.com"}, ("email", "free_mail")),
        ({"linkedin_company": "--"}, ("linkedin_url", "not_a_linkedin_page")),
        ({"company_name": " "}, ("company_name", "blank")),
    ],
)
def test_each_identifier_has_its_own_reasons(identifiers: dict[str, str], reason: tuple[str, str]) -> None:
    assert resolved(**identifiers).unusable == (reason,)


def test_a_company_that_the_list_of_free_mail_has_wrongly_is_one() -> None:
    assert resolved(domain="easypost.com").domain == "easypost.com"


def test_less_exact_identifiers_that_name_another_company_are_told() -> None:
    found = resolved(
        *known("acme.com=Acme", "stripe.com=Stripe"),
        domain="acme.com",
        email_domain="stripe.com",
        linkedin_company="acme",
        company_name="Stripe, Inc.",
    )
    assert (found.domain, found.disagreement) == ("acme.com", ("email", "company_name"))


def test_a_name_that_nobody_known_has_contradicts_nothing() -> None:
    assert resolved(domain="acme.com", company_name="Road Runner Ltd").disagreement == ()
    assert resolved(*known("other.io=Acme"), domain="acme.com", company_name="Acme").disagreement == ()


# Names and pages


@pytest.mark.parametrize("name", ["Acme Inc.", "ACME, Inc", "acme", "The Acme Company"])
def test_a_name_is_matched_however_it_is_written(name: str) -> None:
    found = resolved(*known("acme.io=Acme Incorporated", "other.com=Acme Foods"), company_name=name)
    assert (found.domain, found.matched_on, found.confidence) == ("acme.io", "company_name", CERTAINTY["company_name"])
    assert found.candidates == ()


def test_a_slip_of_the_pen_is_less_sure_and_a_short_one_is_another_name() -> None:
    slip = resolved(*known("salesforce.com=Salesforce"), company_name="Salesforse")
    assert (slip.domain, slip.confidence) == ("salesforce.com", 0.72)
    assert resolved(*known("stride.com=Stride"), company_name="Stripe").domain is None


def test_a_name_that_several_have_says_so() -> None:
    named = known("acme.com=Acme", "acme.io=Acme Inc", "acmegroup.com=Acme Group", *(f"acme.{n}" for n in "abcdefgh"))
    found = resolved(*named, company_name="Acme")
    assert (found.domain, found.confidence, found.candidates) == ("acme.com", 0.5, ("acme.io",))
    several = resolved(*known(*(f"acme{place}.com=Acme" for place in range(9))), company_name="Acme")
    assert len(several.candidates) == 5


def test_of_equals_the_tenants_own_company_comes_first() -> None:
    named = [*known("acme.com=Acme"), *known("the-acme-company.org=Acme", own=True)]
    found = resolved(*named, company_name="Acme")
    assert (found.domain, found.candidates) == ("the-acme-company.org", ("acme.com",))


def test_a_company_that_is_known_twice_is_one() -> None:
    named = [*known("acme.com=Acme"), *known("acme.com=Acme Inc.", own=True)]
    found = resolved(*named, company_name="Acme")
    assert (found.domain, found.confidence, found.candidates) == ("acme.com", 0.9, ())


@pytest.mark.parametrize(
    ("slug", "confidence"), [("acme-robotics", 0.8), ("acmerobotics", 0.8), ("acme-robotics-inc", 0.8)]
)
def test_a_linkedin_page_is_called_like_the_company_or_its_site(slug: str, confidence: float) -> None:
    found = resolved(*known("acme-robotics.com=AR Holding", "acme.com=Acme"), linkedin_company=slug)
    assert (found.domain, found.matched_on, found.confidence) == ("acme-robotics.com", "linkedin_url", confidence)


def test_a_page_that_is_not_known_leaves_it_to_the_name() -> None:
    found = resolved(*known("acme.com=Acme"), linkedin_company="x7f3k2", company_name="Acme")
    assert (found.domain, found.matched_on, found.unusable) == ("acme.com", "company_name", ())


def test_nobody_who_is_known_is_nobody() -> None:
    assert resolved(company_name="Acme") == Resolution(None, None, 0.0)


# Looking up


@pytest.mark.parametrize(
    ("identifiers", "looks"),
    [
        ({"domain": "acme.com"}, False),
        ({"email_domain": "acme.com"}, False),
        ({"domain": "acme.com", "company_name": "Acme, Inc.", "linkedin_company": "acme"}, False),
        ({"domain": "acme.com", "company_name": "Road Runner"}, True),
        ({"domain": "gmail.com", "company_name": "Acme"}, True),
        ({"linkedin_company": "acme"}, True),
    ],
)
def test_names_are_looked_up_only_where_the_domain_does_not_explain_them(
    identifiers: dict[str, str], looks: bool
) -> None:
    assert bool(keys_to_look_up(Identifiers.model_validate(identifiers))) is looks


@pytest.fixture
def service(serve: Serve, clock: Clock) -> Service:
    return serve(*CompanyHandlers(clock=clock, cursors=Cursors(MASTER_KEY)).all())


async def put(service: Service, domain: str, name: str, *, tenant: UUID = ACME) -> None:
    await service.ask(profiles.PUT, {"domain": domain, "attributes": {"name": name}}, tenant=tenant)


async def load(pool: Pool, clock: Clock, **names: str) -> None:
    """Put companies with these names and domains like them into the directory."""
    companies = {f"{key}.com": Profile.of(CompanyAttributes(name=name)) for key, name in names.items()}
    async with pool.acquire() as connection:
        await directory.write(connection, companies=companies, now=clock())


async def found(pool: Pool, *asked: tuple[UUID, dict[str, str]]) -> list[Resolution]:
    """What comes of these requests, looked up together."""
    requests = [(tenant, Identifiers.model_validate(identifiers)) for tenant, identifiers in asked]
    async with pool.acquire() as connection:
        named = await candidates_for(connection, requests)
    return [resolve(request, named=names) for (_, request), names in zip(requests, named, strict=True)]


async def test_names_are_found_among_the_tenants_companies_and_in_the_directory(
    service: Service, pool: Pool, clock: Clock
) -> None:
    await put(service, "ours.com", "Nordwind Papier GmbH")
    await put(service, "theirs.com", "Their Own Secret", tenant=OTHER)
    await load(pool, clock, stripe="Stripe", salesforce="Salesforce, Inc.")
    answers = await found(
        pool,
        (ACME, {"company_name": "Nordwind Papier"}),
        (OTHER, {"company_name": "Nordwind Papier"}),
        (ACME, {"company_name": "Their Own Secret"}),
        (OTHER, {"company_name": "Salesforse"}),
        (ACME, {"domain": "acme.com", "company_name": "Stripe"}),
        (ACME, {"linkedin_company": "stripe"}),
        (ACME, {"domain": "acme.com"}),
    )
    assert [answer.domain for answer in answers] == [
        "ours.com",
        None,
        None,
        "salesforce.com",
        "acme.com",
        "stripe.com",
        "acme.com",
    ]
    assert answers[4].disagreement == ("company_name",)


async def test_a_company_without_a_name_is_found_by_its_site(service: Service, pool: Pool) -> None:
    await service.ask(profiles.PUT, {"domain": "acme-robotics.com", "attributes": {"employees": 5}})
    [answer] = await found(pool, (ACME, {"company_name": "Acme Robotics"}))
    assert (answer.domain, answer.confidence) == ("acme-robotics.com", 0.765)


async def test_a_deleted_or_renamed_company_is_not_found_by_its_old_name(service: Service, pool: Pool) -> None:
    await put(service, "one.com", "First Name")
    await put(service, "one.com", "Second Name")
    await put(service, "two.com", "Third Name")
    await service.ask(profiles.DELETE, {"domain": "two.com"})
    names = ("First Name", "Second Name", "Third Name")
    answers = await found(pool, *((ACME, {"company_name": name}) for name in names))
    assert [answer.domain for answer in answers] == [None, "one.com", None]


async def test_the_right_one_is_found_among_many_that_share_a_word(pool: Pool, clock: Clock) -> None:
    await load(pool, clock, **{f"panther{place}": f"Panther Works {place}" for place in range(300)}, zz="Panther Zeta")
    [answer] = await found(pool, (ACME, {"company_name": "Panther Zeta Ltd"}))
    assert (answer.domain, answer.confidence) == ("zz.com", 0.9)
