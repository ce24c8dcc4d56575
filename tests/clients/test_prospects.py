"""`winnow score prospects.csv`: what is written, what is asked for, and what outlives a run that ended early."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clients.conftest import Printed, WinnowServer

KEY = "wk_test_0123456789"

Run = Callable[..., "Printed"]


@pytest.fixture
def prospects(tmp_path: Path) -> Path:
    return tmp_path / "prospects.csv"


@pytest.fixture
def scored(tmp_path: Path) -> Path:
    return tmp_path / "scored.csv"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "scored.csv.partial.jsonl"


def rows_of(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def numbered(count: int) -> str:
    return "domain\n" + "".join(f"company{number}.com\n" for number in range(count))


def know_numbered(api: WinnowServer, count: int) -> None:
    api.similarity.likeness = {f"company{number}.com": float(number % 97) for number in range(count)}


def asked(api: WinnowServer) -> list[list[dict[str, str]]]:
    return [request.json()["items"] for request in api.sent("POST", "/v1/score/batch")]


def test_rows_are_written_with_their_scores_the_best_first_and_those_without_one_last(
    api: WinnowServer, winnow: Run, prospects: Path, scored: Path, journal: Path
) -> None:
    prospects.write_text("Owner,Website\nAda,low.com\nBob,unknown.com\nCyd,high.com\n")
    api.similarity.likeness = {"low.com": 12.5, "high.com": 91.25}

    printed = winnow("score", str(prospects), "-o", str(scored))

    assert printed.code == 0
    assert "2 of 3 rows have a score: A 1, C 1." in printed.out
    best, low, unknown = rows_of(scored)
    assert best == {
        "Owner": "Cyd",
        "Website": "high.com",
        "score": "91.25",
        "percentile": "91.25",
        "grade": "A",
        "confidence": "medium",
        "explanation": "It uses what your customers use.",
        "similar_customers": "ledgerly.com",
        "resolved_domain": "high.com",
        "matched_on": "domain",
        "missing": "funding_stage",
        "error": "",
    }
    assert (low["Owner"], low["score"]) == ("Ada", "12.5")
    assert (unknown["Owner"], unknown["score"], unknown["error"]) == ("Bob", "", "Nothing is known of this company.")
    assert not journal.exists()


def test_the_order_is_kept_on_demand(api: WinnowServer, winnow: Run, prospects: Path, scored: Path) -> None:
    prospects.write_text("domain\nlow.com\nhigh.com\n")
    api.similarity.likeness = {"low.com": 12.5, "high.com": 91.25}

    winnow("score", str(prospects), "-o", str(scored), "--keep-order")

    assert [row["domain"] for row in rows_of(scored)] == ["low.com", "high.com"]


def test_a_summary_for_programs_is_one_object(api: WinnowServer, winnow: Run, prospects: Path) -> None:
    prospects.write_text("domain\nhigh.com\nunknown.com\n")
    api.similarity.likeness = {"high.com": 91.25}

    printed = winnow("score", str(prospects), "--json")

    output = prospects.with_name("prospects.scored.csv")
    assert printed.lines() == [
        {
            "input": str(prospects),
            "output": str(output),
            "rows": 2,
            "scored": 1,
            "unscored": 1,
            "resumed": 0,
            "grades": {"A": 1},
        }
    ]
    assert output.exists()


def test_a_file_without_any_score_is_a_failure_that_is_written(winnow: Run, prospects: Path, scored: Path) -> None:
    prospects.write_text("domain\nunknown.com\n")

    printed = winnow("score", str(prospects), "-o", str(scored))

    assert printed.code == 1
    assert len(rows_of(scored)) == 1


def test_whatever_a_row_has_is_sent_and_rows_that_name_no_company_are_not(
    api: WinnowServer, winnow: Run, prospects: Path, scored: Path
) -> None:
    prospects.write_text(
        "Company Name,E-Mail,LinkedIn,URL,Note\n"
        "Acme,,,,first\n"
        ",ada@beta.com,,,second\n"
        "\n"
        ",,https://linkedin.com/company/gamma,,third\n"
        "Delta,,,delta.com,fourth\n"
        ",,,,fifth\n"
        ",,,,\n"
    )
    api.similarity.likeness = {f"{name}.com": 50.0 for name in ("acme", "beta", "gamma", "delta")}

    winnow("score", str(prospects), "-o", str(scored))

    assert asked(api) == [
        [
            {"company_name": "Acme"},
            {"email": "ada@beta.com"},
            {"linkedin_url": "https://linkedin.com/company/gamma"},
            {"domain": "delta.com", "company_name": "Delta"},
        ]
    ]
    written = rows_of(scored)
    assert [row["Note"] for row in written] == ["first", "second", "third", "fourth", "fifth"]
    assert written[-1]["error"] == "The row names no company."


def test_a_header_of_ones_own_is_mapped(api: WinnowServer, winnow: Run, prospects: Path, scored: Path) -> None:
    prospects.write_text("domain,Their Site\nours.com,theirs.com\n")
    api.similarity.likeness = {"theirs.com": 50.0}

    winnow("score", str(prospects), "-o", str(scored), "--map", "their site=domain")

    assert asked(api) == [[{"domain": "theirs.com"}]]


def test_a_name_beside_an_email_address_is_taken_for_a_persons_and_stays_here(
    api: WinnowServer, winnow: Run, prospects: Path, scored: Path
) -> None:
    prospects.write_text("name,email\nAda Lovelace,ada@acme.com\n")

    winnow("score", str(prospects), "-o", str(scored))

    assert asked(api) == [[{"email": "ada@acme.com"}]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_is_read_and_written_as_it_came(
    api: WinnowServer, winnow: Run, prospects: Path, scored: Path, delimiter: str, encoding: str
) -> None:
    lines = [["Note, or so", "domain", "City"], ["a;b,c", "acme.com", "Köln"]]
    text = "".join(delimiter.join(f'"{cell}"' for cell in line) + "\r\n" for line in lines)
    prospects.write_bytes(text.encode(encoding))
    api.similarity.likeness = {"acme.com": 50.0}

    winnow("score", str(prospects), "-o", str(scored))

    row = rows_of(scored, delimiter)[0]
    assert (row["Note, or so"], row["City"], row["score"]) == ("a;b,c", "Köln", "50")
    assert scored.read_bytes().startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")


def test_what_a_spreadsheet_would_run_is_neutralised_once(
    api: WinnowServer, winnow: Run, prospects: Path, scored: Path
) -> None:
    prospects.write_text('domain,=Note,Balance\nacme.com,"=HYPERLINK(""x"")",-5.2\nbeta.com,\'@SUM(A1),+49 30\n')
    api.similarity.likeness = {"acme.com": 50.0, "beta.com": 40.0}

    winnow("score", str(prospects), "-o", str(scored))

    first, second = rows_of(scored)
    assert (first["'=Note"], first["Balance"]) == ('\'=HYPERLINK("x")', "-5.2")
    assert (second["'=Note"], second["Balance"]) == ("'@SUM(A1)", "'+49 30")


def test_columns_that_the_file_has_already_are_kept_beside_the_new_ones(
    api: WinnowServer, winnow: Run, prospects: Path, scored: Path
) -> None:
    prospects.write_text("domain,Score\nacme.com,mine\n")
    api.similarity.likeness = {"acme.com": 50.0}

    winnow("score", str(prospects), "-o", str(scored))

    row = rows_of(scored)[0]
    assert (row["Score"], row["winnow_score"], row["grade"]) == ("mine", "50", "C")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"domain\n", "has no rows"),
        (b"first,last\nAda,Lovelace\n", "None of the columns (first, last) names a company"),
        (b"domain\nk\xf6ln.de\n", "is not UTF-8 (byte 8)"),
        (b"domain,note\nacme.com,a,b\n", "line 2: 3 cells are under 2 headers"),
        (b'domain\n"acme.com\n', "this is not CSV"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason_before_anything_is_asked(
    api: WinnowServer, winnow: Run, prospects: Path, content: bytes, says: str
) -> None:
    prospects.write_bytes(content)

    printed = winnow("score", str(prospects))

    assert printed.code == 2
    assert says in " ".join(printed.err.replace("│", " ").split())
    assert api.received == []
    assert list(prospects.parent.iterdir()) == [prospects]


@pytest.mark.parametrize(
    "arguments",
    [
        ["/nowhere/prospects.csv"],
        ["PROSPECTS", "acme.com"],
        ["PROSPECTS", "--rule", "sr_icp"],
        ["PROSPECTS", "--best", "3"],
        ["PROSPECTS", "--map", "Nothing=domain"],
        ["PROSPECTS", "--map", "domain=industry"],
        ["PROSPECTS", "--rows", "101"],
        ["PROSPECTS", "-o", "PROSPECTS"],
        ["PROSPECTS", "-o", "/nowhere/scored.csv"],
        ["acme.com", "-o", "scored.csv"],
    ],
)
def test_options_that_do_not_fit_are_refused(
    api: WinnowServer, winnow: Run, prospects: Path, arguments: list[str]
) -> None:
    prospects.write_text("domain\nacme.com\n")

    printed = winnow("score", *(argument.replace("PROSPECTS", str(prospects)) for argument in arguments))

    assert printed.code == 2
    assert api.received == []
    assert prospects.read_text() == "domain\nacme.com\n"


def test_no_more_requests_are_under_way_than_were_asked_for(
    api: WinnowServer, winnow: Run, prospects: Path, scored: Path
) -> None:
    prospects.write_text(numbered(200))
    know_numbered(api, 200)
    api.similarity.seconds_to_answer = 0.05

    winnow("score", str(prospects), "-o", str(scored), "--concurrency", "3", "--rows", "10")

    assert api.similarity.most_under_way == 3
    assert [len(items) for items in asked(api)] == [10] * 20
    assert {row["domain"] for row in rows_of(scored)} == set(api.similarity.likeness)


def test_a_limit_by_the_minute_is_waited_for_and_every_row_has_its_own_score(
    api: WinnowServer, winnow: Run, prospects: Path, scored: Path, failing: type
) -> None:
    prospects.write_text(numbered(40))
    know_numbered(api, 40)
    api.fail(failing(status=429, headers={"Retry-After": "1"}, extra={"violated_policies": ["minute"]}))
    began = time.monotonic()

    printed = winnow("score", str(prospects), "-o", str(scored), "--rows", "10", "--concurrency", "1")

    assert printed.code == 0
    assert time.monotonic() - began >= 1.0
    assert "(minute). Going on in 1 s." in printed.err
    assert {row["domain"]: float(row["score"]) for row in rows_of(scored)} == api.similarity.likeness


def test_a_limit_by_the_month_ends_the_run_and_the_next_one_goes_on_where_it_stopped(
    api: WinnowServer, winnow: Run, prospects: Path, scored: Path, journal: Path, failing: type
) -> None:
    prospects.write_text(numbered(50))
    know_numbered(api, 50)
    command = ["score", str(prospects), "-o", str(scored), "--rows", "10", "--concurrency", "1", "--json"]
    month = failing(status=429, headers={"Retry-After": "86400"}, extra={"violated_policies": ["month"]})
    api.fail_after(2, month)

    stopped = winnow(*command)
    kept = journal.read_text().splitlines()
    rows_then = api.similarity.scored_rows
    finished = winnow(*command)

    assert stopped.code == 1
    assert stopped.out == ""
    assert "20 rows are done and kept in" in stopped.err
    assert "24 h" in stopped.err
    assert len(kept) == 21
    assert rows_then == 20
    assert (finished.code, finished.lines()[0]["resumed"], finished.lines()[0]["scored"]) == (0, 20, 50)
    assert api.similarity.scored_rows == 50
    assert not journal.exists()
    assert {row["domain"]: float(row["score"]) for row in rows_of(scored)} == api.similarity.likeness


def test_a_server_that_goes_away_ends_the_run_and_keeps_what_is_known(
    api: WinnowServer, winnow: Run, prospects: Path, scored: Path, journal: Path, failing: type
) -> None:
    prospects.write_text(numbered(30))
    know_numbered(api, 30)
    api.fail_after(1, failing(status=401, code="invalid_api_key"))

    printed = winnow("score", str(prospects), "-o", str(scored), "--rows", "10", "--concurrency", "1")

    assert printed.code == 1
    assert "winnow login" in printed.err
    assert len(journal.read_text().splitlines()) == 11
    assert not scored.exists()


def test_a_killed_run_goes_on_and_asks_again_for_nothing_that_was_kept(
    api: WinnowServer, winnow: Run, prospects: Path, scored: Path, journal: Path
) -> None:
    prospects.write_text(numbered(400))
    know_numbered(api, 400)
    api.similarity.seconds_to_answer = 0.2
    arguments = ["score", str(prospects), "-o", str(scored), "--rows", "10", "--concurrency", "2"]
    environment = {**os.environ, "WINNOW_URL": api.url, "WINNOW_API_KEY": KEY}
    with subprocess.Popen([sys.executable, "-m", "winnow", *arguments], env=environment) as process:
        _wait_until(lambda: journal.exists() and journal.stat().st_size > 10_000)
        process.send_signal(signal.SIGKILL)
    with journal.open("ab") as file:
        file.write(b'{"row": 399, "outc')
    kept = {json.loads(line)["row"] for line in journal.read_text().splitlines()[1:-1]}
    api.similarity.seconds_to_answer = 0.0
    before = len(api.received)

    printed = winnow(*arguments, "--json")

    again = [item["domain"] for request in api.received[before:] for item in request.json()["items"]]
    assert 0 < len(kept) < 400
    assert printed.lines()[0]["resumed"] == len(kept)
    assert sorted(again) == sorted(f"company{number}.com" for number in range(400) if number + 1 not in kept)
    assert {row["domain"]: float(row["score"]) for row in rows_of(scored)} == api.similarity.likeness


def test_requests_whose_answers_were_lost_to_a_kill_are_repeated_under_their_keys(
    api: WinnowServer, winnow: Run, prospects: Path, scored: Path, journal: Path, failing: type
) -> None:
    prospects.write_text(numbered(20))
    know_numbered(api, 20)
    command = ["score", str(prospects), "-o", str(scored), "--rows", "10", "--concurrency", "1"]
    api.fail_after(1, failing(status=500))

    winnow(*command)
    winnow(*command)
    winnow(*command)

    keys = [request.headers["Idempotency-Key"] for request in api.sent("POST", "/v1/score/batch")]
    first, failed, repeated, *anew = keys
    assert failed == repeated
    assert len({first, failed, *anew}) == 4


def test_ctrl_c_keeps_what_is_known(
    api: WinnowServer, winnow: Run, prospects: Path, scored: Path, journal: Path
) -> None:
    prospects.write_text(numbered(100))
    know_numbered(api, 100)
    api.similarity.seconds_to_answer = 0.2
    command = [sys.executable, "-m", "winnow", "score", str(prospects), "-o", str(scored), "--rows", "10"]
    environment = {**os.environ, "WINNOW_URL": api.url, "WINNOW_API_KEY": KEY}
    with subprocess.Popen(
        [*command, "--concurrency", "1"], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        _wait_until(lambda: journal.exists() and journal.stat().st_size > 2_000)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        err = process.stderr.read()

    assert process.returncode == 130
    assert "rows are done and kept in" in err
    assert "Traceback" not in err
    assert not scored.exists()


def test_the_journal_says_nothing_that_the_rows_said(
    api: WinnowServer, winnow: Run, prospects: Path, scored: Path, journal: Path, failing: type
) -> None:
    prospects.write_text(
        "Contact,email,linkedin,note\n"
        "Ada Lovelace,ada.lovelace@acme.com,https://linkedin.com/in/ada-lovelace,Secret-1\n"
        "Bob,bob@gmail.com,,Secret-2\n"
        "Cyd,cyd@other.com,,Secret-3\n"
    )
    api.similarity.likeness = {"acme.com": 50.0}
    api.fail_after(2, failing(status=500))

    winnow("score", str(prospects), "-o", str(scored), "--rows", "1", "--concurrency", "1")

    text = journal.read_text().casefold()
    assert len(text.splitlines()) == 3
    assert '"resolved_domain":"acme.com"' in text
    assert not [word for word in ("@", "lovelace", "bob", "secret", KEY) if word in text]
    assert journal.stat().st_mode & 0o077 == 0


def test_the_journal_of_another_run_is_not_dropped_unless_that_is_said(
    api: WinnowServer, winnow: Run, prospects: Path, scored: Path, journal: Path, failing: type
) -> None:
    prospects.write_text(numbered(20))
    know_numbered(api, 20)
    command = ["score", str(prospects), "-o", str(scored), "--rows", "10", "--concurrency", "1"]
    api.fail_after(1, failing(status=500))
    winnow(*command)
    prospects.write_text(numbered(19))

    refused = winnow(*command)
    kept = journal.exists()
    anew = winnow(*command, "--restart", "--json")

    assert refused.code == 2
    assert "--restart" in refused.err
    assert kept
    assert (anew.lines()[0]["resumed"], anew.lines()[0]["scored"]) == (0, 19)


def test_a_row_that_spoils_its_request_is_found_and_the_others_are_scored(
    api: WinnowServer, winnow: Run, prospects: Path, scored: Path
) -> None:
    prospects.write_text(numbered(20))
    know_numbered(api, 20)
    api.similarity.refused = {"company7.com"}

    printed = winnow("score", str(prospects), "-o", str(scored), "--json")

    assert printed.lines()[0]["scored"] == 19
    last = rows_of(scored)[-1]
    assert (last["domain"], last["error"]) == ("company7.com", "This names no company.")


def test_a_cell_that_is_too_long_for_an_identifier_is_not_sent(
    api: WinnowServer, winnow: Run, prospects: Path, scored: Path
) -> None:
    prospects.write_text(f"domain\nacme.com\n{'a' * 3000}.com\n")
    api.similarity.likeness = {"acme.com": 50.0}

    winnow("score", str(prospects), "-o", str(scored))

    assert asked(api) == [[{"domain": "acme.com"}]]
    assert rows_of(scored)[1]["error"] == "The domain is longer than 2,048 characters."


@pytest.mark.parametrize("reason", ["no_customers", "model_building"])
def test_without_a_model_nothing_is_written_as_if_it_were_a_result(
    api: WinnowServer, winnow: Run, prospects: Path, scored: Path, reason: str
) -> None:
    prospects.write_text(numbered(20))
    api.similarity.no_model_because = reason

    printed = winnow("score", str(prospects), "-o", str(scored))

    assert printed.code == 1
    assert "There is no model yet." in printed.err
    assert not scored.exists()


def test_an_answer_that_is_lost_is_asked_for_again_under_its_key(
    api: WinnowServer, winnow: Run, prospects: Path, scored: Path
) -> None:
    prospects.write_text(numbered(10))
    know_numbered(api, 10)
    api.lose_answers(1)

    printed = winnow("score", str(prospects), "-o", str(scored))

    assert printed.code == 0
    assert len(api.sent("POST", "/v1/score/batch")) == 2
    assert api.similarity.scored_rows == 10


def _wait_until(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
