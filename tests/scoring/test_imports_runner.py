"""Files of companies are taken in whole, once, in turns, whatever happens to those who do it."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from winnow_common.cursors import Cursors
from winnow_common.postgres import Pool
from winnow_common.sealed import SealedStore
from winnow_contracts import imports, profiles
from winnow_contracts.companies import CompanyAttributes
from winnow_contracts.company_files import csv_header, csv_row, ndjson_row
from winnow_contracts.imports import ImportAccepted, ImportAnswer
from winnow_contracts.sealed import SealedReference
from winnow_scoring.handlers.companies import CompanyHandlers
from winnow_scoring.handlers.imports import ImportHandlers
from winnow_scoring.import_runner import ImportRunner, Pace
from winnow_scoring.profiles import Profile

from .conftest import ACME, MASTER_KEY, OTHER, Clock, Serve, Service, body
from .test_imports_reading import DATA, attributes

MakeRunner = Callable[..., ImportRunner]


@pytest.fixture
def objects(tmp_path: Path) -> SealedStore:
    return SealedStore.at(tmp_path.as_uri(), master_key=MASTER_KEY)


@pytest.fixture
def service(serve: Serve, clock: Clock) -> Service:
    cursors = Cursors(MASTER_KEY)
    return serve(
        *ImportHandlers(clock=clock, cursors=cursors).all(), *CompanyHandlers(clock=clock, cursors=cursors).all()
    )


@pytest.fixture
def runner(pool: Pool, objects: SealedStore, clock: Clock) -> MakeRunner:
    """Makes workers, which take five rows at once unless told otherwise."""

    def make(**pace: Any) -> ImportRunner:
        chosen = Pace(**{"chunk": 5, **pace})
        return ImportRunner(
            pool=pool, objects=objects, clock=clock, instance="test", wake_relay=lambda: None, pace=chosen
        )

    return make


async def seal(objects: SealedStore, content: bytes, clock: Clock, *, tenant: UUID = ACME) -> SealedReference:
    async def pieces() -> AsyncIterator[bytes]:
        yield content

    expires = clock() + timedelta(days=1)
    return await objects.write(pieces(), tenant=tenant, expires=expires, maximum=2**28)


async def begin(
    service: Service,
    objects: SealedStore,
    content: bytes,
    content_type: str = "text/csv",
    *,
    tenant: UUID = ACME,
    **data: Any,
) -> str:
    """The id of a new import."""
    reference = await seal(objects, content, service.clock, tenant=tenant)
    asked = {"object": reference.model_dump(mode="json"), "content_type": content_type, **data}
    outcome = await service.ask(imports.IMPORT, asked, tenant=tenant)
    accepted = ImportAccepted.model_validate_json(outcome.body)
    assert (outcome.status, accepted.status) == (202, "queued")
    service.clock.forward(milliseconds=2)
    return accepted.import_id


async def stands(service: Service, import_id: str, *, tenant: UUID = ACME) -> ImportAnswer:
    """Where an import stands."""
    outcome = await service.ask(imports.GET, {"id": import_id}, tenant=tenant)
    return ImportAnswer.model_validate_json(outcome.body)


async def work_off(runner: ImportRunner) -> None:
    async with asyncio.timeout(60):
        while await runner.work_once():
            pass


async def companies(service: Service, *, tenant: UUID = ACME) -> list[dict[str, Any]]:
    answer = body(await service.ask(profiles.LIST, {"limit": 1000}, tenant=tenant))
    assert answer["has_more"] is False
    return list(answer["data"])


def table(count: int, *, name: str = "N") -> bytes:
    return b"domain,name,email\n" + b"".join(b"c%03d.com,%s,a@b.c\n" % (place, name.encode()) for place in range(count))


async def test_rows_go_in_and_wrong_ones_are_reported(
    service: Service, objects: SealedStore, runner: MakeRunner
) -> None:
    content = table(12) + b"nodomain,x,\nlast.com,L,ada@last.com\n"
    import_id = await begin(service, objects, content)
    await work_off(runner())
    answer = await stands(service, import_id)
    assert (answer.status, answer.rows, answer.imported, answer.rejected) == ("completed", 14, 13, 1)
    assert [(error.line, error.reason) for error in answer.errors] == [(14, "domain is not valid: a single label")]
    assert (answer.bytes_read, answer.bytes_total, answer.error) == (len(content), len(content), None)
    found = await companies(service)
    assert [company["domain"] for company in found] == [f"c{place:03}.com" for place in range(12)] + ["last.com"]
    assert (found[-1]["email"], found[-1]["sources"]["name"]["source"]) == (True, "import")


async def test_the_last_row_of_a_company_counts_within_and_across_chunks(
    service: Service, objects: SealedStore, runner: MakeRunner
) -> None:
    rows = [("a.com", "first"), ("b.com", "B"), ("a.com", "second"), ("c.com", "C"), ("d.com", "D"), ("a.com", "third")]
    content = b"domain,name\n" + b"".join(f"{domain},{name}\n".encode() for domain, name in rows)
    import_id = await begin(service, objects, content)
    await work_off(runner())
    first = (await companies(service))[0]
    assert (first["name"], first["version"], (await stands(service, import_id)).imported) == ("third", 2, 6)


@pytest.mark.parametrize(
    ("content", "code", "imported"),
    [
        (b"", "empty_file", 0),
        (b"name\nAcme\n", "domain_column_missing", 0),
        (b"domain\n" + b"".join(b"c%d.com\n" % place for place in range(7)) + b"x" * 1_100_000, "line_too_long", 7),
    ],
)
async def test_a_file_that_cannot_be_read_fails_with_what_could_be(
    service: Service, objects: SealedStore, runner: MakeRunner, content: bytes, code: str, imported: int
) -> None:
    import_id = await begin(service, objects, content)
    await work_off(runner())
    answer = await stands(service, import_id)
    assert answer.error is not None
    assert (answer.status, answer.error.code, answer.imported) == ("failed", code, imported)
    assert len(await companies(service)) == imported


async def test_a_file_that_is_gone_fails_and_holds_nobody_up(
    service: Service, objects: SealedStore, runner: MakeRunner, clock: Clock
) -> None:
    reference = await seal(objects, table(3), clock)
    asked = {"object": reference.model_dump(mode="json"), "content_type": "text/csv"}
    accepted = body(await service.ask(imports.IMPORT, asked))
    await objects.delete(reference, tenant=ACME)
    clock.forward(seconds=1)
    other = await begin(service, objects, table(3))
    await work_off(runner())
    failed = await stands(service, accepted["import_id"])
    assert failed.error is not None
    assert (failed.status, failed.error.code) == ("failed", "file_unavailable")
    assert (await stands(service, other)).status == "completed"


async def test_an_import_that_fails_unforeseen_holds_nobody_up(
    service: Service, objects: SealedStore, runner: MakeRunner, pool: Pool
) -> None:
    broken = await begin(service, objects, table(3))
    await pool.execute("UPDATE company_import SET mapping = '[]', content_type = 'text/csv'")
    other = await begin(service, objects, table(3), tenant=OTHER)
    await work_off(runner())
    failed = await stands(service, broken)
    assert failed.error is not None
    assert (failed.status, failed.error.code) == ("failed", "not_handled")
    assert (await stands(service, other, tenant=OTHER)).status == "completed"


async def test_the_file_is_deleted_when_it_is_done(
    service: Service, objects: SealedStore, runner: MakeRunner, tmp_path: Path
) -> None:
    await begin(service, objects, table(3))
    await begin(service, objects, b"")
    before = [path for path in tmp_path.rglob("*") if path.is_file()]
    await work_off(runner())
    assert len(before) == 2
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_only_the_first_thousand_wrong_rows_are_kept(
    service: Service, objects: SealedStore, runner: MakeRunner
) -> None:
    import_id = await begin(service, objects, b"domain\n" + b"x\n" * 1_203)
    await work_off(runner(chunk=500))
    answer = await stands(service, import_id)
    assert (answer.rejected, len(answer.errors)) == (1_203, 1_000)
    assert [error.line for error in answer.errors] == list(range(2, 1_002))


async def test_what_changes_is_told_and_what_does_not_is_not(
    service: Service, objects: SealedStore, runner: MakeRunner, pool: Pool
) -> None:
    await begin(service, objects, table(7))
    await work_off(runner())
    told = await pool.fetchval("SELECT sum(facts) FROM outbox")
    await begin(service, objects, table(7) + b"new.com,N,\n")
    await work_off(runner())
    assert (told, await pool.fetchval("SELECT sum(facts) FROM outbox")) == (7, 8)
    assert {company["version"] for company in await companies(service)} == {1}


# Turns


async def test_tenants_take_turns(service: Service, objects: SealedStore, runner: MakeRunner, clock: Clock) -> None:
    ours = [await begin(service, objects, table(20)), await begin(service, objects, table(20))]
    theirs = await begin(service, objects, table(20), tenant=OTHER)
    worker = runner(turn=0.0)
    for _ in range(2):
        clock.forward(seconds=1)
        await worker.work_once()
    rows = [(await stands(service, id)).rows for id in ours] + [(await stands(service, theirs, tenant=OTHER)).rows]
    assert rows == [5, 0, 5]


async def test_a_tenants_files_follow_each_other_so_that_the_later_one_wins(
    service: Service, objects: SealedStore, runner: MakeRunner
) -> None:
    await begin(service, objects, table(30, name="first"))
    await begin(service, objects, table(30, name="second"))
    workers = [runner(turn=0.0) for _ in range(3)]
    await asyncio.gather(*(work_off(worker) for worker in workers))
    await work_off(workers[0])
    assert {company["name"] for company in await companies(service)} == {"second"}


async def test_imports_wait_while_too_many_facts_do(
    service: Service, objects: SealedStore, runner: MakeRunner, pool: Pool
) -> None:
    import_id = await begin(service, objects, table(12))
    worker = runner(backlog=4, turn=0.0)
    first, second = await worker.work_once(), await worker.work_once()
    waiting = (await stands(service, import_id)).rows
    await pool.execute("TRUNCATE outbox")
    await worker.work_once()
    assert (first, second, waiting, (await stands(service, import_id)).rows) == (True, False, 5, 10)


# Whatever happens


async def test_workers_that_die_anywhere_leave_exactly_the_right_rows(
    service: Service, objects: SealedStore, runner: MakeRunner, pool: Pool, clock: Clock
) -> None:
    chance = random.Random(7)  # noqa: S311 - times at which workers die, the same in every run
    content = table(400) + b"nodomain,,\n" * 3 + b"".join(b"c%03d.com,again,\n" % place for place in range(0, 400, 7))
    import_id = await begin(service, objects, content)
    deaths = 0
    async with asyncio.timeout(120):
        while (await stands(service, import_id)).status == "running" or not deaths:
            worker = asyncio.create_task(work_off(runner()))
            await asyncio.wait([worker], timeout=chance.uniform(0.001, 0.08))
            deaths += worker.cancel()
            await asyncio.wait([worker])
            clock.forward(seconds=6)
    answer = await stands(service, import_id)
    versions = await pool.fetch("SELECT version, count(*) FROM company GROUP BY version ORDER BY version")
    assert deaths > 3
    assert (answer.status, answer.imported, answer.rejected, len(answer.errors)) == ("completed", 458, 3, 3)
    assert [tuple(row) for row in versions] == [(1, 342), (2, 58)]
    assert await pool.fetchval("SELECT sum(facts) FROM outbox") == 458


async def test_a_worker_that_lost_its_lease_changes_nothing_more(
    service: Service, objects: SealedStore, runner: MakeRunner, pool: Pool, clock: Clock
) -> None:
    import_id = await begin(service, objects, table(30))
    await runner(turn=0.0).work_once()
    await pool.execute("UPDATE company_import SET lease_holder = 'a zombie', leased_until = $1", clock())
    clock.forward(seconds=1)
    await asyncio.gather(*(work_off(runner(turn=0.01)) for _ in range(4)))
    await work_off(runner())
    assert (await stands(service, import_id)).imported == 30
    assert await pool.fetchval("SELECT count(*) FROM company_version") == 30


async def test_a_lease_keeps_others_away_until_it_has_run_out(
    service: Service, objects: SealedStore, runner: MakeRunner, pool: Pool, clock: Clock
) -> None:
    await begin(service, objects, table(30))
    await runner(turn=0.0).work_once()
    await pool.execute(
        "UPDATE company_import SET lease_holder = 'dead', leased_until = $1", clock() + timedelta(seconds=5)
    )
    before = await runner().work_once()
    clock.forward(seconds=6)
    assert (before, await runner().work_once()) == (False, True)


async def test_draining_finishes_the_chunk_and_lets_the_import_go(
    service: Service, objects: SealedStore, runner: MakeRunner, pool: Pool
) -> None:
    import_id = await begin(service, objects, table(5_000))
    worker = runner(chunk=50, turn=60.0)
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(30):
        while (await stands(service, import_id)).rows == 0:
            await asyncio.sleep(0.01)
        await worker.drain()
        await running
    rows = (await stands(service, import_id)).rows
    assert 0 < rows < 5_000
    assert rows == await pool.fetchval("SELECT count(*) FROM company")
    assert await pool.fetchval("SELECT leased_until FROM company_import") is None


# Asking


async def test_the_same_request_begins_one_import(service: Service, objects: SealedStore, pool: Pool) -> None:
    reference = await seal(objects, table(1), service.clock)
    asked = {"object": reference.model_dump(mode="json"), "content_type": "text/csv"}
    id = uuid4()
    first, second = await service.ask(imports.IMPORT, asked, id=id), await service.ask(imports.IMPORT, asked, id=id)
    assert first == second
    assert await pool.fetchval("SELECT count(*) FROM company_import") == 1


@pytest.mark.parametrize(
    ("mapping", "detail"),
    [
        ({"a": "domain", "b": "employes"}, "'employes' is no attribute of a company, domain or custom.<name>."),
        ({"a": "domain", "b": "domain"}, "Several names lead to 'domain'."),
        ({"a": "name"}, "Nothing leads to domain, which every company needs."),
        ({"a": "domain", "b": "custom."}, "'custom.' is no attribute of a company, domain or custom.<name>."),
    ],
)
async def test_a_mapping_that_leads_nowhere_is_refused(
    service: Service, objects: SealedStore, pool: Pool, mapping: dict[str, str], detail: str
) -> None:
    reference = await seal(objects, table(1), service.clock)
    asked = {"object": reference.model_dump(mode="json"), "content_type": "text/csv", "mapping": mapping}
    outcome = await service.ask(imports.IMPORT, asked)
    assert outcome.status == 422
    assert body(outcome)["errors"] == [{"pointer": "?mapping", "detail": detail}]
    assert await pool.fetchval("SELECT count(*) FROM company_import") == 0


async def test_imports_are_listed_newest_first_and_seen_by_their_tenant_alone(
    service: Service, objects: SealedStore
) -> None:
    ids = [await begin(service, objects, table(1)) for _ in range(3)]
    first = body(await service.ask(imports.LIST, {"limit": 2}))
    rest = body(await service.ask(imports.LIST, {"limit": 2, "cursor": first["next_cursor"]}))
    foreign = await service.ask(imports.GET, {"id": ids[0]}, tenant=OTHER)
    unknown = await service.ask(imports.GET, {"id": "imp_1"})
    assert [item["import_id"] for item in first["data"] + rest["data"]] == ids[::-1]
    assert body(await service.ask(imports.LIST, {}, tenant=OTHER))["data"] == []
    assert [(outcome.status, body(outcome)["code"]) for outcome in (foreign, unknown)] == [
        (404, "import_not_found")
    ] * 2


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(given_companies=st.lists(attributes, min_size=1, max_size=6), through_csv=st.booleans())
async def test_importing_an_export_gives_the_same_profiles(
    service: Service,
    objects: SealedStore,
    runner: MakeRunner,
    given_companies: list[CompanyAttributes],
    through_csv: bool,
) -> None:
    ours, theirs = uuid4(), uuid4()
    rows = [{"domain": f"c{place}.com", **company.profile()} for place, company in enumerate(given_companies)]
    await begin(
        service, objects, b"".join(orjson.dumps(row) + b"\n" for row in rows), "application/x-ndjson", tenant=ours
    )
    await work_off(runner())
    exported = await companies(service, tenant=ours)
    if through_csv:
        content, content_type = csv_header() + b"".join(map(csv_row, exported)), "text/csv"
    else:
        content, content_type = b"".join(map(ndjson_row, exported)), "application/x-ndjson"
    await begin(service, objects, content, content_type, tenant=theirs)
    await work_off(runner())
    known = [{name: company[name] for name in company if name not in ABOUT} for company in exported]
    imported = await companies(service, tenant=theirs)
    assert known == [
        {"domain": row["domain"], **Profile.of(company).attributes}
        for row, company in zip(rows, given_companies, strict=True)
    ]
    assert [{name: company[name] for name in company if name not in ABOUT} for company in imported] == known


async def test_naughty_texts_go_in_and_come_out_as_they_are(
    service: Service, objects: SealedStore, runner: MakeRunner
) -> None:
    texts = [text for text in json.loads((DATA / "naughty_strings" / "blns.json").read_text()) if text.strip()]
    rows = [
        {"domain": f"c{place:04}.com", "name": text[:500], "tags": [text[:200]]} for place, text in enumerate(texts)
    ]
    content = csv_header() + b"".join(map(csv_row, rows))
    import_id = await begin(service, objects, content)
    await work_off(runner(chunk=100))
    found = await companies(service)
    assert (await stands(service, import_id)).rejected == 0
    assert [company["name"] for company in found] == [row["name"].strip() for row in rows]
    assert [company["tags"] for company in found] == [[tag.strip() for tag in row["tags"]] for row in rows]


ABOUT = {"version", "sources", "created_at", "updated_at"}
