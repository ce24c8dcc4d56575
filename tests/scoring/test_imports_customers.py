"""Files of customers: domains or whole companies, with weights, taken in like files of companies."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from winnow_common.cursors import Cursors
from winnow_common.postgres import Pool
from winnow_common.sealed import SealedStore
from winnow_contracts import customers, imports, profiles
from winnow_contracts.imports import ImportAccepted, ImportAnswer
from winnow_contracts.topic import MessageType
from winnow_scoring.handlers.companies import CompanyHandlers
from winnow_scoring.handlers.customers import CustomerHandlers
from winnow_scoring.handlers.imports import ImportHandlers
from winnow_scoring.import_runner import ImportRunner, Pace

from .conftest import ACME, MASTER_KEY, Clock, Serve, Service, body

Begin = Callable[..., Any]


@pytest.fixture
def objects(tmp_path: Path) -> SealedStore:
    return SealedStore.at(tmp_path.as_uri(), master_key=MASTER_KEY)


@pytest.fixture
def service(serve: Serve, clock: Clock) -> Service:
    cursors = Cursors(MASTER_KEY)
    return serve(
        *ImportHandlers(clock=clock, cursors=cursors).all(),
        *CustomerHandlers(clock=clock, cursors=cursors).all(),
        *CompanyHandlers(clock=clock, cursors=cursors).all(),
    )


@pytest.fixture
def take_in(service: Service, objects: SealedStore, pool: Pool, clock: Clock) -> Begin:
    """Takes in a file, and says where its import stands then."""

    async def run(
        content: bytes,
        content_type: str = "text/csv",
        *,
        type: MessageType = customers.IMPORT,
        chunk: int = 5,
        **data: Any,
    ) -> ImportAnswer:
        async def pieces() -> AsyncIterator[bytes]:
            yield content

        sealed = await objects.write(pieces(), tenant=ACME, expires=clock() + timedelta(days=1), maximum=2**28)
        asked = {"object": sealed.model_dump(mode="json"), "content_type": content_type, **data}
        accepted = ImportAccepted.model_validate_json((await service.ask(type, asked)).body)
        clock.forward(milliseconds=2)
        runner = ImportRunner(
            pool=pool,
            objects=objects,
            clock=clock,
            instance="test",
            wake_relay=lambda: None,
            pace=Pace(chunk=chunk, backlog=10**9),
        )
        while await runner.work_once():
            pass
        return ImportAnswer.model_validate_json((await service.ask(imports.GET, {"id": accepted.import_id})).body)

    return run


async def weights(service: Service) -> dict[str, float]:
    answer = body(await service.ask(customers.LIST, {"limit": 1000}))
    return {one["domain"]: one["weight"] for one in answer["data"]}


async def told(pool: Pool) -> list[tuple[str, str]]:
    """Type and key of every fact that is to leave, in order."""
    rows = await pool.fetch("SELECT packed FROM outbox ORDER BY id")
    return [(fact[1], fact[4]) for row in rows for fact in orjson.loads(row["packed"])["facts"]]


async def test_bare_domains_become_customers_and_are_asked_for(service: Service, take_in: Begin, pool: Pool) -> None:
    answer = await take_in(b"website\nhttps://www.a.com\nb.com\nnodomain\na.com\n")
    assert (answer.status, answer.kind, answer.imported, answer.rejected) == ("completed", "customers", 3, 1)
    assert await weights(service) == {"a.com": 1.0, "b.com": 1.0}
    assert sorted(await told(pool)) == [("enrichment.requested", "a.com"), ("enrichment.requested", "b.com")]
    assert answer.model_version == 1


async def test_whole_rows_become_companies_too(service: Service, take_in: Begin, pool: Pool) -> None:
    await take_in(b"domain,name,industry,Weight\na.com,A,Fintech,2.5\nb.com,,,7\n")
    company = body(await service.ask(profiles.GET, {"domain": "a.com"}))
    assert (company["name"], company["sources"]["name"]["source"]) == ("A", "import")
    assert (await service.ask(profiles.GET, {"domain": "b.com"})).status == 404
    assert await weights(service) == {"a.com": 2.5, "b.com": 7.0}
    assert sorted(await told(pool)) == [("company.updated", "a.com"), ("enrichment.requested", "b.com")]


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b'["a.com", {"domain": "b.com", "weight": 3, "name": "B"}, "nodomain", 5]', "application/json"),
        (b'"a.com"\n{"domain": "b.com", "weight": 3, "name": "B"}\n"nodomain"\n5\n', "application/x-ndjson"),
    ],
)
async def test_json_may_mix_domains_and_companies(
    service: Service, take_in: Begin, content: bytes, content_type: str
) -> None:
    answer = await take_in(content, content_type)
    assert await weights(service) == {"a.com": 1.0, "b.com": 3.0}
    assert [error.reason for error in answer.errors] == ["domain is not valid: a single label", "not a JSON object"]


async def test_a_weight_that_is_none_costs_its_row(service: Service, take_in: Begin) -> None:
    content = b"domain,weight\na.com,0\nb.com,-1\nc.com,much\nd.com,1e16\ne.com,\nf.com,1e3\n"
    answer = await take_in(content)
    assert await weights(service) == {"e.com": 1.0, "f.com": 1000.0}
    assert [error.line for error in answer.errors] == [2, 3, 4, 5]
    assert all("weight is not a number" in error.reason for error in answer.errors)
    rows = [
        {"domain": "g.com", "weight": "5"},
        {"domain": "h.com", "weight": True},
        {"domain": "i.com", "weight": None},
    ]
    assert (await take_in(orjson.dumps(rows), "application/json")).rejected == 2


async def test_a_row_without_attributes_or_weight_leaves_both_as_they_are(service: Service, take_in: Begin) -> None:
    await service.ask(profiles.PUT, {"domain": "a.com", "attributes": {"name": "Kept"}})
    await service.ask(customers.PUT, {"customers": [{"domain": "a.com", "weight": 9}]})
    answer = await take_in(b"domain,name,weight\na.com,,\n")
    assert body(await service.ask(profiles.GET, {"domain": "a.com"}))["name"] == "Kept"
    assert (await weights(service), answer.model_version) == ({"a.com": 9.0}, 1)


async def test_within_a_chunk_what_is_said_last_counts(service: Service, take_in: Begin) -> None:
    await take_in(b"domain,name,weight\na.com,First,2\na.com,Second,\na.com,,3\n")
    assert body(await service.ask(profiles.GET, {"domain": "a.com"}))["name"] == "Second"
    assert await weights(service) == {"a.com": 3.0}


async def test_a_mapping_may_lead_to_weight_in_files_of_customers_alone(service: Service, take_in: Begin) -> None:
    mapping = {"Site": "domain", "ARR": "weight"}
    await take_in(b"Site,ARR,Note\na.com,48000,x\n", mapping=mapping)
    reference = {
        "key": f"sealed/20261128/{uuid4()}/120000-{uuid4().hex}",
        "size": 1,
        "sha256": "0" * 64,
        "expires": "2026-11-28T12:00:00Z",
    }
    asked = {"object": reference, "content_type": "text/csv", "mapping": mapping}
    refused = await service.ask(imports.IMPORT, asked)
    assert await weights(service) == {"a.com": 48000.0}
    assert (refused.status, body(refused)["errors"][0]["pointer"]) == (422, "?mapping")


async def test_files_of_companies_know_no_weight_and_no_bare_domains(service: Service, take_in: Begin) -> None:
    await take_in(b"domain,weight\na.com,5\n", type=imports.IMPORT)
    answer = await take_in(b'["b.com", {"domain": "c.com", "weight": 2}]', "application/json", type=imports.IMPORT)
    listed = body(await service.ask(imports.LIST, {}))["data"]
    assert [error.reason for error in answer.errors] == [
        "not a JSON object",
        "weight is no attribute; call it custom.<name>, or say in mapping what it is",
    ]
    assert (await weights(service), answer.kind, answer.model_version) == ({}, "companies", None)
    assert [(item["kind"], item["model_version"]) for item in listed] == [("companies", None)] * 2


async def test_a_file_of_companies_that_changes_customers_makes_a_new_version(service: Service, take_in: Begin) -> None:
    await service.ask(customers.PUT, {"customers": [{"domain": "a.com"}]})
    content = b"domain,name\na.com,A\nb.com,B\n"
    await take_in(content, type=imports.IMPORT)
    await take_in(content, type=imports.IMPORT)
    answer = body(await service.ask(customers.ADD, {"customers": [{"domain": "a.com"}]}))
    assert answer == {"customers": 1, "model_version": 2}


async def test_customers_whose_profiles_change_make_a_new_version_once_a_chunk(
    service: Service, take_in: Begin
) -> None:
    first = await take_in(b"domain,name\n" + b"".join(b"c%d.com,A\n" % place for place in range(12)))
    second = await take_in(b"domain,name\n" + b"".join(b"c%d.com,A\n" % place for place in range(12)))
    third = await take_in(b"domain,name\nc1.com,B\n")
    assert [answer.model_version for answer in (first, second, third)] == [3, 3, 4]


async def test_a_hundred_thousand_customers_go_in_at_once(service: Service, take_in: Begin, pool: Pool) -> None:
    count = 100_000
    answer = await take_in(b"domain\n" + b"".join(b"c%06d.com\n" % place for place in range(count)), chunk=1_000)
    assert (answer.imported, answer.model_version) == (count, 100)
    assert await pool.fetchval("SELECT count(*) FROM customer") == count
    assert await pool.fetchval("SELECT sum(facts) FROM outbox") == count
