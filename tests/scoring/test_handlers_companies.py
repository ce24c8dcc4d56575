"""Companies are put, got, listed and forgotten, each tenant its own."""

from typing import Any

import orjson
import pytest
from winnow_common.cursors import Cursors
from winnow_common.outcome import Outcome
from winnow_common.postgres import Pool
from winnow_contracts import profiles
from winnow_contracts.profiles import CompanyAnswer, CompanyDeleted, CompanyUpdated
from winnow_scoring.handlers.companies import CompanyHandlers

from .conftest import ACME, MASTER_KEY, OTHER, Clock, Serve, Service, body

STRIPE: dict[str, Any] = {
    "name": "Stripe",
    "industry": "Technology",
    "employees": 8000,
    "technologies": ["React", "AWS"],
}


@pytest.fixture
def service(serve: Serve, clock: Clock) -> Service:
    return serve(*CompanyHandlers(clock=clock, cursors=Cursors(MASTER_KEY)).all())


async def put(service: Service, domain: str, attributes: dict[str, Any], **about: Any) -> Outcome:
    return await service.ask(profiles.PUT, {"domain": domain, "attributes": attributes}, **about)


async def test_a_new_company_is_created_with_source_and_date_of_each_attribute(service: Service) -> None:
    outcome = await put(service, "https://www.stripe.com/jobs", STRIPE)
    answer = body(outcome)
    assert outcome.status == 201
    assert answer == {
        "domain": "stripe.com",
        **STRIPE,
        "version": 1,
        "sources": {name: {"source": "api", "observed_at": "2026-11-21T12:00:00Z"} for name in STRIPE},
        "created_at": "2026-11-21T12:00:00Z",
        "updated_at": "2026-11-21T12:00:00Z",
    }
    CompanyAnswer.model_validate(answer)


async def test_a_put_replaces_what_was_said_and_keeps_the_date_of_what_stays(service: Service, clock: Clock) -> None:
    await put(service, "stripe.com", STRIPE)
    clock.forward(days=1)
    outcome = await put(service, "stripe.com", {"name": "Stripe", "employees": 9000})
    answer = body(outcome)
    assert outcome.status == 200
    assert "industry" not in answer
    assert (answer["version"], answer["employees"]) == (2, 9000)
    assert answer["sources"]["name"]["observed_at"] == "2026-11-21T12:00:00Z"
    assert answer["sources"]["employees"]["observed_at"] == "2026-11-22T12:00:00Z"


async def test_a_put_that_changes_nothing_makes_no_version_and_no_fact(service: Service, clock: Clock) -> None:
    await put(service, "stripe.com", STRIPE)
    clock.forward(days=1)
    outcome = await put(service, "stripe.com", STRIPE | {"city": "  ", "tags": []})
    assert (outcome.status, body(outcome)["version"], list(outcome.facts)) == (200, 1, [])


async def test_a_change_is_told_with_its_version_as_sequence(service: Service) -> None:
    await put(service, "stripe.com", {"name": "S"})
    [fact] = (await put(service, "stripe.com", STRIPE)).facts
    told = CompanyUpdated.model_validate_json(fact.data)
    assert (fact.type, fact.key, fact.sequence) == (profiles.UPDATED, "stripe.com", 2)
    assert (told.version, told.attributes.profile()) == (2, STRIPE)


async def test_contacts_are_kept_as_known_or_not_known(service: Service) -> None:
    outcome = await put(service, "stripe.com", {"email": "ada@stripe.com", "phone": True, "linkedin": False})
    assert b"ada@" not in outcome.body + b"".join(fact.data for fact in outcome.facts)
    answer = body(await service.ask(profiles.GET, {"domain": "stripe.com"}))
    assert (answer["email"], answer["phone"], answer["linkedin"]) == (True, True, False)


async def test_a_deleted_company_is_gone_and_its_versions_go_on(service: Service) -> None:
    await put(service, "stripe.com", STRIPE)
    deletion = await service.ask(profiles.DELETE, {"domain": "stripe.com"})
    again = await service.ask(profiles.DELETE, {"domain": "stripe.com"})
    gone = await service.ask(profiles.GET, {"domain": "stripe.com"})
    back = await put(service, "stripe.com", STRIPE)
    [fact] = deletion.facts
    assert (deletion.status, deletion.body) == (204, b"")
    assert (fact.sequence, CompanyDeleted.model_validate_json(fact.data).version) == (2, 2)
    assert (again.status, gone.status) == (404, 404)
    assert (back.status, body(back)["version"]) == (201, 3)


async def test_versions_keep_what_a_profile_was(service: Service, pool: Pool) -> None:
    await put(service, "stripe.com", {"name": "S"})
    await put(service, "stripe.com", {"name": "Stripe"})
    rows = await pool.fetch("SELECT version, attributes FROM company_version ORDER BY version")
    assert [tuple(row) for row in rows] == [(1, '{"name":"S"}'), (2, '{"name":"Stripe"}')]


@pytest.mark.parametrize("type", [profiles.GET, profiles.DELETE])
async def test_malformed_domains_are_400_and_unknown_ones_404(service: Service, type: Any) -> None:
    malformed = await service.ask(type, {"domain": "not a domain"})
    unknown = await service.ask(type, {"domain": "nobody.com"})
    assert (malformed.status, body(malformed)["detail"]) == (400, "Invalid domain format")
    assert (unknown.status, body(unknown)["detail"]) == (404, "Domain not found")


async def test_a_malformed_domain_is_not_put(service: Service, pool: Pool) -> None:
    outcome = await put(service, "localhost", STRIPE)
    assert (outcome.status, body(outcome)["code"]) == (400, "invalid_domain")
    assert await pool.fetchval("SELECT count(*) FROM company") == 0


async def test_tenants_do_not_see_each_other(service: Service) -> None:
    await put(service, "stripe.com", STRIPE)
    found = await service.ask(profiles.GET, {"domain": "stripe.com"}, tenant=OTHER)
    listed = await service.ask(profiles.LIST, {}, tenant=OTHER)
    deleted = await service.ask(profiles.DELETE, {"domain": "stripe.com"}, tenant=OTHER)
    assert (found.status, body(listed)["data"], deleted.status) == (404, [], 404)


# Lists


async def test_a_list_goes_through_all_companies_by_domain(service: Service) -> None:
    for number in range(7):
        await put(service, f"c{number}.com", {"employees": number})
    seen: list[str] = []
    cursor = None
    while True:
        answer = body(await service.ask(profiles.LIST, {"limit": 3, "cursor": cursor}))
        seen += [company["domain"] for company in answer["data"]]
        cursor = answer["next_cursor"]
        assert answer["has_more"] is (cursor is not None)
        if cursor is None:
            break
    assert seen == [f"c{number}.com" for number in range(7)]


@pytest.mark.parametrize(
    ("filters", "domains"),
    [
        ({"industry": "technology"}, ["a.com", "b.com"]),
        ({"industry": "  TECHNOLOGY "}, ["a.com", "b.com"]),
        ({"country": "us"}, ["a.com", "c.com"]),
        ({"tag": "saas"}, ["a.com"]),
        ({"technology": "stripe"}, ["b.com", "c.com"]),
        ({"tag": "stripe"}, []),
        ({"industry": "Technology", "technology": "Stripe"}, ["b.com"]),
        ({"min_employees": 10}, ["b.com", "c.com"]),
        ({"min_employees": 10, "max_employees": 50}, ["b.com"]),
        ({"q": "ALPH"}, ["a.com"]),
        ({"q": "b.c"}, ["b.com"]),
        ({"q": "%"}, []),
    ],
)
async def test_filters_leave_what_passes_all_of_them(
    service: Service, filters: dict[str, Any], domains: list[str]
) -> None:
    await put(
        service, "a.com", {"name": "Alpha", "industry": "Technology", "country": "US", "tags": ["SaaS"], "employees": 5}
    )
    await put(service, "b.com", {"industry": "technology", "technologies": ["Stripe"], "employees": 50})
    await put(service, "c.com", {"industry": "Retail", "country": "us", "technologies": ["stripe"], "employees": 500})
    await put(service, "d.com", {"industry": "Technology", "tags": ["SaaS"], "employees": 20})
    await service.ask(profiles.DELETE, {"domain": "d.com"})
    answer = body(await service.ask(profiles.LIST, {"filters": filters}))
    assert [company["domain"] for company in answer["data"]] == domains


async def test_a_page_is_bounded_by_bytes_and_the_list_by_nothing(service: Service) -> None:
    for number in range(12):
        await put(
            service, f"c{number:02}.com", {f"custom.{name}": name * 1900 for name in "abcdefghijklmnopqrstuvwxyz"}
        )
    seen: list[str] = []
    cursor: str | None = None
    sizes: list[int] = []
    while not sizes or cursor is not None:
        outcome = await service.ask(profiles.LIST, {"limit": 1000, "cursor": cursor})
        seen += [company["domain"] for company in body(outcome)["data"]]
        cursor = body(outcome)["next_cursor"]
        sizes.append(len(outcome.body))
    assert seen == [f"c{number:02}.com" for number in range(12)]
    assert 1 < len(sizes) < 12
    assert max(sizes) < 512 * 1024


async def test_a_cursor_of_another_list_tenant_or_invention_is_refused(service: Service) -> None:
    for number in range(3):
        await put(service, f"c{number}.com", {})
        await put(service, f"c{number}.com", {}, tenant=OTHER)
    cursor = body(await service.ask(profiles.LIST, {"limit": 1}))["next_cursor"]
    refused = [
        await service.ask(profiles.LIST, {"limit": 1, "cursor": cursor}, tenant=OTHER),
        await service.ask(profiles.LIST, {"limit": 1, "cursor": cursor, "filters": {"q": "c"}}),
        await service.ask(profiles.LIST, {"cursor": "é"}),
        await service.ask(profiles.LIST, {"cursor": ""}),
        await service.ask(profiles.LIST, {"cursor": cursor[:-2] + "AA"}),
    ]
    assert [outcome.status for outcome in refused] == [422] * 5
    assert body(refused[0])["errors"][0]["pointer"] == "?cursor"
    assert (await service.ask(profiles.LIST, {"limit": 1, "cursor": cursor})).status == 200


async def test_facts_are_the_same_however_often_their_message_is_handled(service: Service, pool: Pool) -> None:
    first = await put(service, "stripe.com", STRIPE, id=ACME)
    await pool.execute("TRUNCATE company, company_version")
    second = await put(service, "stripe.com", STRIPE, id=ACME)
    assert first.facts == second.facts
    assert orjson.loads(first.facts[0].data)["domain"] == "stripe.com"
