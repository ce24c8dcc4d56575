"""The command line: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner
from winnow.cli.app import app
from winnow.configuration import configuration_path

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clients.conftest import Printed, WinnowServer

KEY = "wk_test_0123456789"


Run = Callable[..., "Printed"]


def know(api: WinnowServer, *domains: str) -> None:
    api.companies |= {domain: {"domain": domain} for domain in domains}


def test_one_score_is_shown_in_full(api: WinnowServer, winnow: Run) -> None:
    know(api, "acme.com")

    printed = winnow("score", "acme.com")

    assert printed.code == 0
    assert "acme.com  55  warm" in printed.out
    assert "ICP Score (sr_icp, version 3)" in printed.out
    assert "+30" in printed.out
    assert "Country is US" in printed.out
    assert "unknown" in printed.out


def test_many_scores_are_a_table_with_reasons_and_faults(api: WinnowServer, winnow: Run, tmp_path: Path) -> None:
    know(api, "acme.com", "example.com")
    file = tmp_path / "domains.txt"
    file.write_text("# ours\n\nexample.com\nunknown.com\n")

    printed = winnow("score", "acme.com", "--file", str(file))

    assert printed.code == 0
    assert [line.split()[0] for line in printed.out.splitlines()[3:6]] == ["acme.com", "example.com", "unknown.com"]
    assert "+30 Uses Stripe, +25 Industry is Technology, 1 unknown" in printed.out
    assert "Domain not found" in printed.out
    assert "1 of 3 have no score." in printed.err


def test_scores_for_programs_are_one_line_of_json_each(api: WinnowServer, winnow: Run) -> None:
    know(api, "acme.com")

    printed = winnow("score", "acme.com", "unknown.com", "--json")

    first, second = printed.lines()
    assert (first["score"], first["tier"]) == (55, "warm")
    assert second["error"]["code"] == "domain_not_found"


def test_the_best_come_first(api: WinnowServer, winnow: Run) -> None:
    know(api, "acme.com", "example.com")

    printed = winnow("score", "acme.com", "unknown.com", "example.com", "--best", "1", "--json")

    assert [line["domain"] for line in printed.lines()] == ["acme.com"]


def test_scoring_nothing_that_is_known_is_a_failure(winnow: Run) -> None:
    assert winnow("score", "unknown.com", "other.com").code == 1


def test_an_error_of_the_api_is_told_in_words_with_its_request(winnow: Run) -> None:
    printed = winnow("score", "unknown.com")

    assert printed.code == 1
    assert printed.out == ""
    assert "Error: Domain not found (404 domain_not_found)" in printed.err
    assert "0190-req" in printed.err


def test_faults_of_a_rule_are_told_with_their_places(winnow: Run, tmp_path: Path) -> None:
    file = tmp_path / "rule.json"
    file.write_text('{"name": "empty"}')

    printed = winnow("rules", "create", str(file))

    assert printed.code == 1
    assert "/conditions: at least one condition" in printed.err


def test_a_wrong_key_is_told_with_the_way_out(winnow: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_API_KEY", "wk_live_wrong")

    printed = winnow("rules", "list")

    assert printed.code == 1
    assert "winnow login" in printed.err
    assert "wk_live_wrong" not in printed.err + printed.out


def test_a_limit_is_told_with_its_end(api: WinnowServer, winnow: Run, failing: type) -> None:
    api.fail(failing(status=429, headers={"Retry-After": "86400"}, code="rate_limited"))

    printed = winnow("score", "acme.com")

    assert printed.code == 1
    assert "24 h" in printed.err


def test_a_retry_is_told_on_stderr(api: WinnowServer, winnow: Run, failing: type) -> None:
    know(api, "acme.com")
    api.fail(failing(status=503))

    printed = winnow("score", "acme.com", "--json")

    assert printed.code == 0
    assert "Trying again in" in printed.err
    assert len(printed.lines()) == 1


def test_nobody_listening_has_a_code_of_its_own(winnow: Run, unused_tcp_port: int) -> None:
    printed = winnow("--url", f"http://127.0.0.1:{unused_tcp_port}", "score", "acme.com")

    assert printed.code == 3
    assert "Cannot reach http://127.0.0.1" in printed.err
    assert "make up" in printed.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["score"],
        ["score", "--file", "/nowhere/domains.txt"],
        ["companies", "put", "acme.com", "employees"],
        ["companies", "put", "acme.com", "employees=many"],
        ["companies", "put", "acme.com", "employes=5"],
        ["companies", "import", "/nowhere/companies.csv"],
        ["companies", "get", ".."],
        ["rules", "create", "/nowhere/rule.json"],
        ["dlq", "replay"],
        ["dlq", "list", "--service", "nothing"],
        ["nonsense"],
    ],
)
def test_a_command_used_wrongly_has_code_2_and_prints_no_result(winnow: Run, arguments: list[str]) -> None:
    printed = winnow(*arguments)

    assert printed.code == 2
    assert printed.out == ""
    assert printed.err


def test_attributes_are_read_by_their_kind(api: WinnowServer, winnow: Run) -> None:
    printed = winnow(
        "companies", "put", "acme.com", "name=Acme = Co", "employees=120", "technologies=Stripe; React", "email=true",
        "custom.plan=gold", "custom.seats=5", "--json",
    )  # fmt: skip

    assert printed.code == 0
    assert api.received[0].json() == {
        "name": "Acme = Co",
        "employees": 120,
        "technologies": ["Stripe", "React"],
        "email": True,
        "custom": {"plan": "gold", "seats": 5},
    }


def test_a_company_is_shown_with_where_each_value_is_from(api: WinnowServer, winnow: Run) -> None:
    said = {"source": "import", "observed_at": "2026-11-02T09:30:00Z"}
    api.companies["acme.com"] = {
        "domain": "acme.com",
        "employees": 120,
        "technologies": ["Stripe", "React"],
        "email": True,
        "custom": {"plan": "gold"},
        "sources": {"employees": said, "custom": said},
    }

    printed = winnow("companies", "get", "acme.com")

    lines = [line.split("  ") for line in printed.out.splitlines()]
    rows = [[part.strip() for part in line if part.strip()] for line in lines]
    assert ["employees", "120", "import", "2026-11-02 09:30"] in rows
    assert ["technologies", "Stripe, React"] in rows
    assert ["email", "known"] in rows
    assert ["custom.plan", "gold", "import", "2026-11-02 09:30"] in rows


def test_an_id_is_never_shortened(api: WinnowServer, winnow: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("winnow.cli.terminal.PIPED_WIDTH", 60)
    api.keys["key_1"] = {"id": "key_" + "0" * 32, "name": "A key with a long name", "scopes": ["companies:read"] * 5}

    printed = winnow("keys", "list")

    assert "key_" + "0" * 32 in printed.out


def test_what_a_company_says_of_itself_cannot_paint_or_command_the_terminal(api: WinnowServer, winnow: Run) -> None:
    api.companies["acme.com"] = {"domain": "acme.com", "name": "[red]Acme[/red]\x1b]0;owned\x07"}

    printed = winnow("companies", "list")

    assert "[red]Acme[/red]" in printed.out
    assert "\x1b" not in printed.out
    assert "\x07" not in printed.out


def test_a_csv_is_imported_with_headers_of_its_own(api: WinnowServer, winnow: Run, tmp_path: Path) -> None:
    file = tmp_path / "companies.csv"
    file.write_text("Website,Size=\nacme.com,3\nhttp://,4\n")

    printed = winnow("companies", "import", str(file), "--map", "Website=domain", "--map", "Size==employees")

    assert printed.code == 0
    assert "1 of 2 rows imported, 1 rejected." in printed.out
    assert "Invalid domain format" in printed.out
    assert api.companies["acme.com"] == {"domain": "acme.com", "employees": "3"}
    assert json.loads(api.received[0].query["mapping"]) == {"Website": "domain", "Size=": "employees"}


def test_an_import_for_programs_is_one_object(winnow: Run, tmp_path: Path) -> None:
    file = tmp_path / "rows.txt"
    file.write_text('{"domain": "acme.com"}\n')

    printed = winnow("companies", "import", str(file), "--format", "ndjson", "--json")

    assert printed.lines()[0]["imported"] == 1


def test_an_export_goes_to_stdout_or_to_a_file(api: WinnowServer, winnow: Run, tmp_path: Path) -> None:
    know(api, "acme.com", "example.com")
    file = tmp_path / "all.csv"

    shown = winnow("companies", "export")
    written = winnow("companies", "export", "--format", "csv", "--output", str(file))

    assert [line["domain"] for line in shown.lines()] == ["acme.com", "example.com"]
    assert written.out == ""
    assert file.read_text() == "domain\nacme.com\nexample.com\n"
    assert list(tmp_path.glob("*.part")) == []


def test_rules_are_saved_shown_and_linted(winnow: Run, tmp_path: Path) -> None:
    file = tmp_path / "rule.json"
    file.write_text('{"name": "ICP", "conditions": [{"attribute": "email", "operator": "has", "points": 10}]}')

    saved = winnow("rules", "create", str(file), "--publish")
    listed = winnow("rules", "list", "--json")
    linted = winnow("rules", "lint", "sr_new")
    shown = winnow("rules", "show", "sr_new")

    assert "sr_new  ICP  version 1, published" in saved.out
    assert [rule["published_version"] for rule in listed.lines()] == [1]
    assert "hot is out of reach" in linted.out
    assert json.loads(shown.out.split("\n", 1)[1])["name"] == "ICP"


def test_the_answer_of_an_earlier_request_is_shown_with_its_status(api: WinnowServer, winnow: Run) -> None:
    api.answers["0190-req"] = (404, {"code": "domain_not_found"})

    shown = winnow("requests", "show", "0190-req")
    dumped = winnow("requests", "show", "0190-req", "--json")

    assert "status 404" in shown.out
    assert "domain_not_found" in shown.out
    assert dumped.lines()[0]["status"] == 404


def test_a_new_key_is_printed_alone(winnow: Run) -> None:
    printed = winnow("keys", "create", "laptop", "--scope", "score")

    assert printed.out == KEY + "\n"
    assert "not shown again" in printed.err


def test_logging_in_makes_a_key_and_remembers_it_for_its_owner_alone(api: WinnowServer) -> None:
    typed = "ada@example.com\ncorrect horse battery staple\n"

    result = CliRunner().invoke(app, ["login", "--url", api.url], input=typed)

    path = configuration_path()
    assert result.exit_code == 0, result.output
    assert json.loads(path.read_text()) == {"url": api.url, "api_key": KEY}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KEY not in result.output
    assert "correct horse" not in result.output
    assert api.sent("POST", "/v1/keys")[0].headers["Authorization"] == "Bearer session"
    assert api.sent("DELETE", "/v1/sessions/current")[0].headers["Authorization"] == "Bearer session"


def test_what_was_remembered_is_used(api: WinnowServer, winnow: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    know(api, "acme.com")
    login = winnow("login", "--api-key", KEY)
    monkeypatch.delenv("WINNOW_URL")
    monkeypatch.delenv("WINNOW_API_KEY")

    printed = winnow("score", "acme.com")

    assert (login.code, printed.code) == (0, 0)


def test_a_wrong_key_is_not_remembered(winnow: Run) -> None:
    printed = winnow("login", "--api-key", "wk_live_wrong")

    assert printed.code == 1
    assert not configuration_path().exists()


OPERATOR = """
import json, sys
letter = {"dead_letter_id": "d1", "topic": "scoring.requests.v1", "type": "scoring.score", "reason": "poison"}
print(json.dumps(letter | {"asked": sys.argv[1:]}))
"""


@pytest.fixture
def operator_command(tmp_path: Path) -> str:
    """Stands for `python -m winnow_scoring dlq`: one dead letter, and what was asked."""
    script = tmp_path / "stand_in.py"
    script.write_text(OPERATOR)
    return f"{sys.executable} {script}"


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        (["list"], ["list"]),
        (["show", "d1"], ["show", "d1"]),
        (["replay", "d1"], ["replay", "d1"]),
        (["replay", "--all"], ["replay", "--all"]),
    ],
)
def test_dead_letters_are_asked_of_the_operator_command(
    winnow: Run, operator_command: str, arguments: list[str], asked: list[str]
) -> None:
    printed = winnow("dlq", *arguments, "--command", operator_command, "--json")

    assert printed.code == 0
    assert printed.lines()[0]["asked"] == asked


def test_dead_letters_are_a_table_for_people(winnow: Run, operator_command: str) -> None:
    printed = winnow("dlq", "list", "--command", operator_command)

    assert "poison" in printed.out
    assert "scoring.requests.v1" in printed.out


def test_a_failing_operator_command_fails_the_command(winnow: Run) -> None:
    assert winnow("dlq", "list", "--command", f"{sys.executable} -c exit(4)").code == 1


def test_ctrl_c_ends_quietly(api: WinnowServer, failing: type) -> None:
    api.fail(failing(status=429, headers={"Retry-After": "60"}))
    environment = {**os.environ, "WINNOW_URL": api.url, "WINNOW_API_KEY": KEY}
    command = [sys.executable, "-m", "winnow", "score", "acme.com"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        waiting = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()

    assert "Trying again" in waiting
    assert process.returncode == 130
    assert "Traceback" not in rest


def test_a_reader_that_goes_away_is_no_traceback(api: WinnowServer) -> None:
    know(api, *[f"company{number}.com" for number in range(300)])
    environment = {**os.environ, "WINNOW_URL": api.url, "WINNOW_API_KEY": KEY}
    command = [sys.executable, "-m", "winnow", "companies", "list", "--limit", "300", "--json"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()

    assert err == ""
