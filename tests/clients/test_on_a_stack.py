"""The client, the command line and the demo against everything as it runs."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner
from winnow import AsyncWinnow, Conflict, NotFound, Score, Winnow
from winnow.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from winnow_local.running import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


@pytest.fixture
def account(stack: RunningStack) -> Iterator[Winnow]:
    """A client of the first account."""
    with Winnow(url=stack.endpoints.gateway, api_key=stack.endpoints.api_key) as client:
        yield client


def run(stack: RunningStack, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    home = {"WINNOW_HOME": str(stack.home.folder), "COLUMNS": "100"}
    return subprocess.run(
        [sys.executable, "-m", *command],
        env={**os.environ, **home, **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_the_demo_does_the_whole_job_on_the_stack_that_runs(stack: RunningStack, tmp_path: Path) -> None:
    done = run(stack, "winnow_local", "demo", WINNOW_DATA=str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert "so these are invented" in done.stdout
    assert "Imported 1,495 of 1,500 companies, 5 rejected" in done.stdout
    assert "The best 15 of" in done.stdout
    assert "domain is not valid" in done.stdout
    assert "Listed 1,495 companies" in done.stdout


def test_dead_letters_are_listed_on_the_stack_that_runs(stack: RunningStack) -> None:
    done = run(stack, "winnow", "dlq", "list", "--json")

    assert (done.returncode, done.stdout) == (0, "")


def test_somebody_new_signs_up_and_scores_a_company(stack: RunningStack) -> None:
    typed = "ada@example.com\n" + "correct horse battery\n" * 2
    runner = CliRunner()

    signed_up = runner.invoke(app, ["signup", "--url", stack.endpoints.gateway], input=typed)
    put = runner.invoke(app, ["companies", "put", "acme.com", "employees=120", "technologies=Stripe"])
    scored = runner.invoke(app, ["score", "acme.com", "--json"])

    assert signed_up.exit_code == put.exit_code == scored.exit_code == 0, signed_up.output
    score = json.loads(scored.stdout)
    assert score["score"] == sum(line["points"] for line in score["breakdown"])


def test_an_import_can_be_exported_and_imported_again(account: Winnow, tmp_path: Path) -> None:
    first, second = tmp_path / "first.ndjson", tmp_path / "second.ndjson"
    rows = [{"domain": f"company{number}.example", "employees": number} for number in range(300)]
    first.write_text("\n".join(map(json.dumps, [*rows, {"domain": "http://"}])))

    imported = account.companies.import_file(first).wait()
    second.write_bytes(b"".join(account.companies.export(format="ndjson")))
    again = account.companies.import_file(second).wait()

    assert (imported.imported, imported.rejected, imported.errors[0].line) == (300, 1, 301)
    assert again.rejected == 0
    assert account.companies.get("company7.example").employees == 7


def test_a_rule_goes_through_its_versions(account: Winnow) -> None:
    conditions = [{"attribute": "employees", "operator": ">=", "value": 1, "points": 10}]
    account.companies.put("acme.com", employees=5)

    made = account.rules.put("sr_client", {"name": "First", "conditions": conditions}, publish=True)
    account.rules.put("sr_client", {"name": "Second", "conditions": conditions}, publish=True)
    back = account.rules.rollback("sr_client")
    versions = [version.status for version in account.rules.versions("sr_client")]
    score = account.score("acme.com", "sr_client")
    account.rules.delete("sr_client")

    assert (made.version, back.version, versions) == (1, 1, ["superseded", "published"])
    assert (score.rule_name, score.score) == ("First", 10)
    with pytest.raises(NotFound):
        account.score("acme.com", "sr_client")


async def test_calls_with_one_idempotency_key_are_one_score(stack: RunningStack) -> None:
    async with AsyncWinnow(url=stack.endpoints.gateway, api_key=stack.endpoints.api_key) as client:
        await client.companies.put("acme.com", employees=5)
        scores = await asyncio.gather(*[client.score("acme.com", idempotency_key="once") for _ in range(5)])
        stored = await client.requests.get(str(scores[0].request_id))
        verification = await client.scores.verify(str(scores[0].score_id))

    assert len({score.score_id for score in scores}) == 1
    assert Score.model_validate(stored.body) == scores[0]
    assert verification.identical


def test_a_secret_is_not_told_twice(account: Winnow) -> None:
    key = account.keys.create("laptop", scopes=["score"], idempotency_key="laptop")

    with pytest.raises(Conflict) as raised:
        account.keys.create("laptop", scopes=["score"], idempotency_key="laptop")

    assert key.api_key not in str(raised.value)
    account.keys.revoke(key.id)
