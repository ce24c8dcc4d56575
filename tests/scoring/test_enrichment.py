"""What others know of a company is kept beside what the tenant says, and told."""

from typing import Any

import pytest
from winnow_common.cursors import Cursors
from winnow_common.outcome import Outcome
from winnow_common.postgres import Pool
from winnow_contracts import customers, enrichment, profiles
from winnow_contracts.profiles import CompanyEnriched
from winnow_scoring.handlers.companies import CompanyHandlers
from winnow_scoring.handlers.customers import CustomerHandlers
from winnow_scoring.handlers.enrichment import EnrichmentResults
from winnow_scoring.profiles import effective

from .conftest import MASTER_KEY, Clock, Serve, Service, body


@pytest.fixture
def service(serve: Serve, clock: Clock) -> Service:
    cursors = Cursors(MASTER_KEY)
    return serve(
        *EnrichmentResults(clock=clock).all(),
        *CustomerHandlers(clock=clock, cursors=cursors).all(),
        *CompanyHandlers(clock=clock, cursors=cursors).all(),
    )


async def arrives(service: Service, attributes: dict[str, Any] | None, **about: Any) -> Outcome:
    """What became of a result for a.com; None for one that found nothing."""
    told = {"domain": "a.com", "found": attributes is not None, "source": "directory", "attributes": attributes or {}}
    return await service.ask(enrichment.COMPLETED, told | about)


async def profile_of_customer(service: Service) -> str:
    return str(body(await service.ask(customers.LIST, {}))["data"][0]["profile"])


async def test_what_arrives_is_kept_and_told_and_is_none_of_the_tenants_companies(service: Service, pool: Pool) -> None:
    [fact] = (await arrives(service, {"name": "A", "employees": 5, "invented": 1, "email": "ada@a.com"})).facts
    told = CompanyEnriched.model_validate_json(fact.data)
    assert (fact.type, fact.key, fact.sequence) == (profiles.ENRICHED, "a.com", 1)
    assert (told.version, told.source) == (1, "directory")
    assert told.attributes.profile() == {"name": "A", "employees": 5, "email": True}
    assert (await service.ask(profiles.GET, {"domain": "a.com"})).status == 404
    assert body(await service.ask(profiles.LIST, {}))["data"] == []
    assert await pool.fetchval("SELECT count(*) FROM company_version") == 0


async def test_the_same_again_is_no_new_version_and_only_seen_later(service: Service, clock: Clock, pool: Pool) -> None:
    await arrives(service, {"name": "A"})
    clock.forward(days=2)
    again = await arrives(service, {"name": "A"})
    row = await pool.fetchrow("SELECT version, enriched_at, sought_at FROM company")
    assert row is not None
    assert (list(again.facts), tuple(row)) == ([], (1, clock(), clock()))


async def test_what_is_older_than_what_is_known_changes_nothing(service: Service, pool: Pool) -> None:
    await arrives(service, {"name": "New"}, observed_at="2026-11-20T00:00:00Z")
    older = await arrives(service, {"name": "Old"}, observed_at="2026-11-01T00:00:00Z")
    assert list(older.facts) == []
    assert await pool.fetchval("SELECT enriched FROM company") == '{"name":"New"}'


async def test_both_kinds_of_changes_count_one_version_up(service: Service, pool: Pool) -> None:
    own = [await service.ask(profiles.PUT, {"domain": "a.com", "attributes": {"name": "Own"}})]
    [enriched] = (await arrives(service, {"name": "Theirs", "employees": 7})).facts
    own.append(await service.ask(profiles.PUT, {"domain": "a.com", "attributes": {"name": "Owned"}}))
    versions = await pool.fetch("SELECT version, attributes FROM company_version ORDER BY version")
    assert [body(outcome)["version"] for outcome in own] == [1, 3]
    assert enriched.sequence == 2
    assert [tuple(row) for row in versions] == [(1, '{"name":"Own"}'), (2, '{"name":"Own"}'), (3, '{"name":"Owned"}')]


async def test_what_others_say_survives_what_the_tenant_does(service: Service, pool: Pool) -> None:
    await arrives(service, {"name": "Theirs"})
    created = await service.ask(profiles.PUT, {"domain": "a.com", "attributes": {"city": "Berlin"}})
    again = await service.ask(profiles.PUT, {"domain": "a.com", "attributes": {"city": "Berlin"}})
    deleted = await service.ask(profiles.DELETE, {"domain": "a.com"})
    back = await service.ask(profiles.PUT, {"domain": "a.com", "attributes": {"city": "Bonn"}})
    assert [outcome.status for outcome in (created, again, deleted, back)] == [201, 200, 204, 201]
    assert [body(outcome)["version"] for outcome in (created, again, back)] == [2, 2, 4]
    assert await pool.fetchval("SELECT enriched FROM company") == '{"name":"Theirs"}'


async def test_the_tenants_dates_are_of_what_the_tenant_said(service: Service, clock: Clock) -> None:
    await arrives(service, {"name": "Theirs"})
    clock.forward(days=1)
    await service.ask(profiles.PUT, {"domain": "a.com", "attributes": {"city": "Berlin"}})
    clock.forward(days=1)
    await arrives(service, {"name": "Theirs too"})
    answer = body(await service.ask(profiles.GET, {"domain": "a.com"}))
    assert (answer["created_at"], answer["updated_at"]) == ("2026-11-22T12:00:00Z", "2026-11-22T12:00:00Z")


@pytest.mark.parametrize("attributes", [None, {}, {"name": "  "}])
async def test_nothing_found_is_noted_and_not_asked_for_again_soon(
    service: Service, attributes: dict[str, Any] | None
) -> None:
    await service.ask(customers.PUT, {"customers": [{"domain": "a.com"}]})
    before = await profile_of_customer(service)
    outcome = await arrives(service, attributes)
    after = await profile_of_customer(service)
    again = await service.ask(customers.ADD, {"customers": [{"domain": "a.com"}]})
    assert (before, after) == ("looked for", "unknown")
    assert (list(outcome.facts), list(again.facts), body(again)["model_version"]) == ([], [], 1)


async def test_a_profile_that_was_known_stays_when_nothing_is_found_later(service: Service, pool: Pool) -> None:
    await arrives(service, {"name": "A"})
    await arrives(service, None)
    assert await pool.fetchval("SELECT enriched FROM company") == '{"name":"A"}'


async def test_a_customers_profile_that_arrives_makes_a_new_version_of_the_model(service: Service) -> None:
    await service.ask(customers.PUT, {"customers": [{"domain": "a.com"}]})
    await arrives(service, {"name": "A"})
    await arrives(service, {"name": "B"}, domain="b.com")
    answer = body(await service.ask(customers.ADD, {"customers": [{"domain": "a.com"}]}))
    [customer] = body(await service.ask(customers.LIST, {}))["data"]
    assert answer == {"customers": 1, "model_version": 2}
    assert (customer["name"], customer["profile"]) == ("A", "known")


def test_own_values_come_before_others_attribute_by_attribute() -> None:
    own = {"name": "Own", "tags": ["a"], "custom": {"seats": 1}}
    others = {"name": "Theirs", "tags": ["b", "c"], "employees": 5, "custom": {"plan": "x"}}
    assert effective(own, others) == {"name": "Own", "tags": ["a"], "employees": 5, "custom": {"seats": 1}}
    assert effective({}, {"name": "T", "custom": {"a": 1}}) == {"name": "T"}
    assert effective(own, None) == own
