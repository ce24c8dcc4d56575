"""Customers are put, added, taken away and listed; what changes about them counts, and what is unknown is asked for."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from winnow_common.cursors import Cursors
from winnow_common.outcome import Outcome
from winnow_common.postgres import Pool
from winnow_contracts import customers, enrichment, profiles
from winnow_contracts.customers import CustomerAnswer, CustomersAccepted
from winnow_contracts.enrichment import EnrichmentRequested
from winnow_scoring.handlers.companies import CompanyHandlers
from winnow_scoring.handlers.customers import CustomerHandlers

from .conftest import ACME, MASTER_KEY, OTHER, Clock, Serve, Service, body


@pytest.fixture
def service(serve: Serve, clock: Clock) -> Service:
    cursors = Cursors(MASTER_KEY)
    return serve(
        *CustomerHandlers(clock=clock, cursors=cursors).all(), *CompanyHandlers(clock=clock, cursors=cursors).all()
    )


async def put(service: Service, *domains: str, tenant: UUID = ACME, **about: Any) -> Outcome:
    return await service.ask(customers.PUT, {"customers": [{"domain": domain} for domain in domains]}, tenant=tenant)


async def add(service: Service, *entries: dict[str, Any]) -> Outcome:
    return await service.ask(customers.ADD, {"customers": list(entries)})


async def listed(service: Service, *, tenant: UUID = ACME, **page: Any) -> list[dict[str, Any]]:
    answer = body(await service.ask(customers.LIST, page, tenant=tenant))
    return [CustomerAnswer.model_validate(item).model_dump() for item in answer["data"]]


def standing(outcome: Outcome) -> tuple[int, int]:
    """How many customers there are, and the version that will know them."""
    assert outcome.status == 202, outcome.body
    accepted = CustomersAccepted.model_validate_json(outcome.body)
    return accepted.customers, accepted.model_version


def asked_for(outcome: Outcome) -> list[str]:
    assert {fact.type for fact in outcome.facts} <= {enrichment.REQUESTED}
    return [EnrichmentRequested.model_validate_json(fact.data).domain for fact in outcome.facts]


async def test_a_put_makes_these_all_customers_there_are(service: Service) -> None:
    first = await put(service, "https://www.a.com/about", "b.com")
    second = await put(service, "c.com", "b.com", "d.com")
    assert (standing(first), standing(second)) == ((2, 1), (3, 2))
    assert [customer["domain"] for customer in await listed(service)] == ["b.com", "c.com", "d.com"]


async def test_an_empty_list_says_that_there_are_none(service: Service) -> None:
    await put(service, "a.com")
    assert standing(await put(service)) == (0, 2)
    assert await listed(service) == []


async def test_what_changes_nothing_is_no_new_version(service: Service) -> None:
    await put(service, "a.com", "b.com")
    again = await put(service, "b.com", "a.com")
    added = await add(service, {"domain": "a.com"}, {"domain": "b.com", "weight": 1})
    assert (standing(again), standing(added)) == ((2, 1), (2, 1))


async def test_a_tenant_that_says_it_has_none_leaves_no_trace(service: Service, pool: Pool) -> None:
    assert standing(await put(service)) == (0, 0)
    assert await pool.fetchval("SELECT count(*) FROM similarity") == 0


async def test_added_customers_stay_beside_the_others_and_a_new_weight_is_a_change(service: Service) -> None:
    await put(service, "a.com")
    added = await add(service, {"domain": "b.com", "weight": 2.5})
    weighed = await add(service, {"domain": "b.com", "weight": 3})
    assert (standing(added), standing(weighed)) == ((2, 2), (2, 3))
    assert [(one["domain"], one["weight"]) for one in await listed(service)] == [("a.com", 1.0), ("b.com", 3.0)]


async def test_of_several_weights_of_one_domain_the_last_counts(service: Service) -> None:
    outcome = await add(service, {"domain": "a.com", "weight": 5}, {"domain": "www.a.com", "weight": 7})
    assert standing(outcome) == (1, 1)
    assert [one["weight"] for one in await listed(service)] == [7.0]


async def test_every_entry_without_a_domain_is_named_and_nothing_is_changed(service: Service, pool: Pool) -> None:
    outcome = await put(service, "a.com", "nodomain", "b.com", "ada@b.com")
    answer = body(outcome)
    assert (outcome.status, answer["code"]) == (422, "invalid_request")
    assert [error["pointer"] for error in answer["errors"]] == ["/customers/1/domain", "/customers/3/domain"]
    assert b"ada@" not in outcome.body
    assert await pool.fetchval("SELECT count(*) FROM customer") == 0


async def test_a_customer_is_taken_away_and_its_company_stays(service: Service) -> None:
    await service.ask(profiles.PUT, {"domain": "a.com", "attributes": {"name": "A"}})
    await put(service, "a.com", "b.com")
    gone = await service.ask(customers.DELETE, {"domain": "www.a.com"})
    again = await service.ask(customers.DELETE, {"domain": "a.com"})
    malformed = await service.ask(customers.DELETE, {"domain": "a"})
    assert standing(gone) == (1, 2)
    assert (again.status, body(again)["code"]) == (404, "customer_not_found")
    assert (malformed.status, body(malformed)["code"]) == (400, "invalid_domain")
    assert (await service.ask(profiles.GET, {"domain": "a.com"})).status == 200


async def test_a_list_goes_through_all_customers_by_domain(service: Service) -> None:
    await put(service, *(f"c{place}.com" for place in range(7)))
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        answer = body(await service.ask(customers.LIST, {"limit": 3, "cursor": cursor}))
        seen += [one["domain"] for one in answer["data"]]
        cursor = answer["next_cursor"]
    assert (seen, cursor) == ([f"c{place}.com" for place in range(7)], None)


async def test_tenants_do_not_see_each_other(service: Service) -> None:
    await put(service, "a.com")
    assert await listed(service, tenant=OTHER) == []
    assert (await service.ask(customers.DELETE, {"domain": "a.com"}, tenant=OTHER)).status == 404
    assert standing(await put(service, "b.com", tenant=OTHER)) == (1, 1)


# Profiles


async def test_customers_of_whom_nothing_is_known_are_asked_for_once_a_day(service: Service, clock: Clock) -> None:
    await service.ask(profiles.PUT, {"domain": "known.com", "attributes": {"industry": "Fintech"}})
    first = await put(service, "known.com", "new.com")
    second = await put(service, "known.com", "new.com", "newer.com")
    clock.forward(hours=25)
    third = await add(service, {"domain": "new.com"})
    assert [asked_for(outcome) for outcome in (first, second, third)] == [["new.com"], ["newer.com"], ["new.com"]]
    [fact] = first.facts
    assert (fact.key, EnrichmentRequested.model_validate_json(fact.data).reason) == ("new.com", "customer")


async def test_a_customer_of_whom_only_the_name_is_known_is_asked_for(service: Service) -> None:
    await service.ask(profiles.PUT, {"domain": "named.com", "attributes": {"name": "Named"}})
    assert asked_for(await put(service, "named.com")) == ["named.com"]


async def test_a_company_that_was_only_asked_for_is_not_there(service: Service) -> None:
    await put(service, "new.com")
    got = await service.ask(profiles.GET, {"domain": "new.com"})
    deleted = await service.ask(profiles.DELETE, {"domain": "new.com"})
    created = await service.ask(profiles.PUT, {"domain": "new.com", "attributes": {"name": "N"}})
    assert (got.status, deleted.status) == (404, 404)
    assert (created.status, body(created)["version"]) == (201, 1)


async def test_a_list_says_what_is_known(service: Service, pool: Pool, clock: Clock) -> None:
    await service.ask(profiles.PUT, {"domain": "own.com", "attributes": {"name": "Own"}})
    await put(service, "own.com", "sought.com", "vain.com")
    await pool.execute("UPDATE company SET enriched_at = sought_at WHERE domain = 'vain.com'")
    assert [(one["domain"], one["name"], one["profile"]) for one in await listed(service)] == [
        ("own.com", "Own", "known"),
        ("sought.com", None, "looked for"),
        ("vain.com", None, "unknown"),
    ]


async def test_a_customers_profile_counts_as_a_change_and_a_strangers_does_not(service: Service) -> None:
    await put(service, "a.com")
    await service.ask(profiles.PUT, {"domain": "stranger.com", "attributes": {"name": "S"}})
    await service.ask(profiles.PUT, {"domain": "a.com", "attributes": {"name": "A"}})
    await service.ask(profiles.PUT, {"domain": "a.com", "attributes": {"name": "A"}})
    changed = standing(await add(service, {"domain": "a.com"}))
    await service.ask(profiles.DELETE, {"domain": "a.com"})
    await service.ask(profiles.DELETE, {"domain": "stranger.com"})
    deleted = standing(await add(service, {"domain": "a.com"}))
    assert (changed, deleted) == ((1, 2), (1, 3))


async def test_whatever_happens_at_once_every_change_of_a_customer_is_counted(service: Service, pool: Pool) -> None:
    async def change(place: int) -> None:
        await add(service, {"domain": f"c{place % 5}.com", "weight": 1 + place})
        await service.ask(profiles.PUT, {"domain": f"c{place % 5}.com", "attributes": {"employees": place}})

    await put(service, "first.com")
    before = await pool.fetchval("SELECT revision FROM similarity")
    await asyncio.gather(*(change(place) for place in range(20)))
    assert await pool.fetchval("SELECT revision FROM similarity") == before + 40
