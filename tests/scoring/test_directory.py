"""The operator loads companies for all tenants, and whoever keeps a copy of the directory is told of each."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from winnow_common import outbox
from winnow_common.cursors import Cursors
from winnow_common.log import Message
from winnow_common.postgres import Pool, transaction
from winnow_contracts import customers, directory, enrichment, profiles
from winnow_scoring import directory_command
from winnow_scoring.handlers.companies import CompanyHandlers
from winnow_scoring.handlers.customers import CustomerHandlers
from winnow_scoring.handlers.enrichment import EnrichmentResults
from winnow_scoring.settings import Settings
from winnow_scoring.store import directory as store

from .conftest import MASTER_KEY, OTHER, Clock, Serve, Service, body

ROWS = b"""domain,name,employees,technologies,email
stripe.com,Stripe,8000,React;AWS,a@b.c
nodomain,X,1,,
acme.com,Acme,5,,
"""


@pytest.fixture
def service(serve: Serve, clock: Clock) -> Service:
    cursors = Cursors(MASTER_KEY)
    return serve(
        *EnrichmentResults(clock=clock).all(),
        *CustomerHandlers(clock=clock, cursors=cursors).all(),
        *CompanyHandlers(clock=clock, cursors=cursors).all(),
    )


class Operator:
    """Runs `directory` as the command line does, and reads what it prints."""

    def __init__(self, url: str, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
        self._settings = Settings.model_validate(
            {"postgres": url, "kafka": "", "objects": "memory:///", "master_key": MASTER_KEY}
        )
        self._clock = clock
        self._capsys = capsys

    async def __call__(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Exit status and the last line; from a thread, since the command has an event loop of its own."""
        status = await asyncio.to_thread(directory_command.run, arguments, self._settings, clock=self._clock)
        said = self._capsys.readouterr()
        return status, json.loads(said.out.splitlines()[-1]) if said.out else {"error": said.err}


@pytest.fixture
def operator(pool: Pool, scoring_database: str, clock: Clock, capsys: pytest.CaptureFixture[str]) -> Operator:
    return Operator(scoring_database, clock, capsys)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "directory.csv"
    path.write_bytes(ROWS)
    return path


async def told(pool: Pool) -> list[tuple[str, dict[str, Any]]]:
    """Type and data of every fact that was published, in order."""
    return [(dict(message.headers)["ce_type"].decode(), json.loads(message.value)) for message in await messages(pool)]


async def messages(pool: Pool) -> list[Message]:
    """Everything that was published, in order."""
    rows = await pool.fetch("SELECT id, packed FROM outbox ORDER BY id")
    return [message for row in rows for message in outbox.unpack(row["packed"], row=row["id"])]


async def until_somebody_waits(pool: Pool) -> None:
    """Until a statement waits for a lock."""
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with asyncio.timeout(20):
        while not await pool.fetchval(blocked):
            await asyncio.sleep(0.01)


@pytest.fixture
async def loaded(operator: Operator, file: Path) -> None:
    """The file, in the directory."""
    await operator("load", str(file))


async def test_a_file_is_loaded_and_wrong_rows_are_reported(operator: Operator, file: Path) -> None:
    status, summary = await operator("load", str(file))
    _, count = await operator("count")
    assert (status, summary["rows"], summary["loaded"], summary["rejected"]) == (0, 3, 2, 1)
    assert summary["errors"] == [{"line": 3, "reason": "domain is not valid: a single label"}]
    assert count == {"companies": 2}


async def test_a_mapping_and_a_format_are_taken(operator: Operator, tmp_path: Path) -> None:
    path = tmp_path / "rows"
    path.write_text('{"Site": "a.com", "Sector": "Retail", "x": 1}\n{"Site": "b.com"}\n')
    mapping = json.dumps({"Site": "domain", "Sector": "industry"})
    status, summary = await operator("load", str(path), "--format", "ndjson", "--mapping", mapping)
    assert (status, summary["loaded"]) == (0, 2)


@pytest.mark.parametrize("mapping", ["[]", "{", '{"a": 1}', '{"a": "name"}', '{"a": "domain", "b": "nothing"}'])
async def test_a_mapping_that_leads_nowhere_is_refused(operator: Operator, file: Path, mapping: str) -> None:
    with pytest.raises(SystemExit):
        await operator("load", str(file), "--mapping", mapping)


async def test_a_file_that_cannot_be_read_says_why_and_keeps_what_could_be(operator: Operator, tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text('[{"domain": "a.com"}, {"domain": "b.com"}')
    status, summary = await operator("load", str(path))
    unnamed = tmp_path / "rows"
    unnamed.write_text("domain\na.com\n")
    unknown_status, unknown = await operator("load", str(unnamed))
    assert (status, summary["loaded"], summary["error"]["code"]) == (1, 1, "malformed_json")
    assert (unknown_status, unknown["error"]["code"]) == (1, "unknown_format")


async def test_a_file_that_is_not_there_is_an_error(operator: Operator, tmp_path: Path) -> None:
    status, said = await operator("load", str(tmp_path / "nowhere.csv"))
    assert (status, "No such file" in said["error"]) == (1, True)


async def test_loading_again_replaces_profiles_and_dates(
    operator: Operator, file: Path, clock: Clock, pool: Pool
) -> None:
    await operator("load", str(file))
    file.write_bytes(ROWS.replace(b"8000", b"9000"))
    clock.forward(days=1)
    await operator("load", str(file))
    rows = await pool.fetch("SELECT attributes::json ->> 'employees' AS employees, loaded_at FROM directory_company")
    assert sorted((row["employees"], row["loaded_at"]) for row in rows) == [("5", clock()), ("9000", clock())]


async def test_clearing_needs_a_yes(operator: Operator, file: Path) -> None:
    await operator("load", str(file))
    with pytest.raises(SystemExit):
        await operator("clear")
    cleared = await operator("clear", "--yes")
    assert (cleared, await operator("count")) == ((0, {"companies": 0}), (0, {"companies": 0}))


# What others are told


async def test_every_company_that_is_loaded_is_told_of(loaded: None, pool: Pool, clock: Clock) -> None:
    facts = {data["domain"]: (type, data) for type, data in await told(pool)}

    assert set(facts) == {"stripe.com", "acme.com"}
    assert {type for type, _ in facts.values()} == {directory.LISTED.name}
    assert facts["stripe.com"][1]["attributes"] == {
        "name": "Stripe",
        "employees": 8000,
        "technologies": ["React", "AWS"],
        "email": True,
    }


async def test_everything_is_told_once_more_and_so_is_the_end(operator: Operator, loaded: None, pool: Pool) -> None:
    before = await told(pool)
    status, said = await operator("publish")
    again = (await told(pool))[len(before) :]
    await operator("clear", "--yes")

    assert (status, said) == (0, {"published": 2})
    assert sorted(map(repr, again)) == sorted(map(repr, before))
    assert (await told(pool))[-1][0] == directory.CLEARED.name


async def test_what_is_told_once_more_is_no_repetition_to_whoever_lost_it(
    operator: Operator, loaded: None, pool: Pool
) -> None:
    await operator("publish")
    await operator("publish")

    ids = [dict(message.headers)["ce_id"] for message in await messages(pool)]
    assert len(set(ids)) == len(ids) == 6


@pytest.mark.parametrize("command", [("clear", "--yes"), ("load",)], ids=lambda command: command[0])
async def test_what_waits_for_another_command_is_dated_behind_it(
    operator: Operator, file: Path, pool: Pool, clock: Clock, command: tuple[str, ...]
) -> None:
    arguments = (*command, str(file)) if command == ("load",) else command
    async with transaction(pool) as connection:
        await store.lock(connection)
        waiting = asyncio.create_task(operator(*arguments))
        await until_somebody_waits(pool)
        clock.forward(minutes=1)
    await waiting

    dates = {data.get("cleared_at") or data["loaded_at"] for _, data in await told(pool)}
    assert dates == {"2026-11-21T12:01:00Z"}


async def test_a_log_that_takes_nothing_does_not_keep_the_operator_waiting(
    operator: Operator, file: Path, pool: Pool
) -> None:
    await pool.execute("INSERT INTO outbox (shard, facts, packed) VALUES (0, 20000, '')")

    assert (await operator("load", str(file)))[1]["loaded"] == 2


async def test_a_customer_that_the_directory_knows_is_known_and_no_company_of_any_tenants(
    service: Service,
) -> None:
    asked = await service.ask(customers.PUT, {"customers": [{"domain": "stripe.com"}, {"domain": "nobody.com"}]})
    for question in asked.facts:
        domain = json.loads(question.data)["domain"]
        known = {"found": True, "source": "directory", "attributes": {"name": "Stripe"}}
        answer = {"domain": domain, "found": False} | (known if domain == "stripe.com" else {})
        await service.ask(enrichment.COMPLETED, answer)
    listed = body(await service.ask(customers.LIST, {}))["data"]
    assert [(one["domain"], one["name"], one["profile"]) for one in listed] == [
        ("nobody.com", None, "unknown"),
        ("stripe.com", "Stripe", "known"),
    ]
    assert body(await service.ask(profiles.LIST, {}))["data"] == []
    assert body(await service.ask(profiles.LIST, {}, tenant=OTHER))["data"] == []
