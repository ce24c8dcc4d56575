"""Similarity, customers and earlier scores on the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from winnow.cli.similar import told_apart

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clients.conftest import Printed, WinnowServer

Run = Callable[..., "Printed"]

SIMILAR = {
    "score_id": "sco_s",
    "kind": "similarity",
    "domain": "acme.com",
    "model_version": 3,
    "score": 71.25,
    "grade": "C",
    "scored_at": "2026-11-02T09:30:00Z",
    "cause": {"codes": ["model_changed"], "before": 70.0, "difference": 1.25},
}


def test_a_similar_company_is_shown_factor_by_factor(api: WinnowServer, winnow: Run) -> None:
    api.similarity.likeness["acme.com"] = 71.25

    printed = winnow("similar", "acme.com")

    assert printed.code == 0
    assert "acme.com  71.25  C" in printed.out
    assert "above 71.25 % of 4,211 (directory), confidence medium (0.60)" in printed.out
    assert "+66.25" in printed.out
    assert "Stripe, React" in printed.out
    assert "Industry: Fintech, Uses Stripe" in printed.out
    assert "It uses what your customers use." in printed.out
    assert api.received[0].headers.get("Idempotency-Key") is None


def test_what_an_email_address_was_taken_for_is_told(api: WinnowServer, winnow: Run) -> None:
    api.similarity.likeness["acme.com"] = 71.25

    printed = winnow("similar", "ada@acme.com")

    assert "acme.com, by its email" in printed.out


def test_similar_companies_for_programs_are_one_line_of_json_each(api: WinnowServer, winnow: Run) -> None:
    api.similarity.likeness["acme.com"] = 71.25

    printed = winnow("similar", "acme.com", "unknown.com", "--json")

    first, second = printed.lines()
    assert (first["score"], second["reason"]["code"]) == (71.25, "company_unknown")


def test_a_company_of_which_nothing_is_known_is_a_failure_with_its_reason(winnow: Run) -> None:
    printed = winnow("similar", "unknown.com")

    assert printed.code == 1
    assert "no score" in printed.out
    assert "Nothing is known of this company." in printed.out


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("acme.com", "domain"),
        ("https://acme.com/about@us", "domain"),
        ("ada@acme.com", "email"),
        ("https://www.linkedin.com/company/acme", "linkedin_url"),
        ("linkedin.com/company/acme", "linkedin_url"),
        ("Acme", "company_name"),
        ("Acme Inc.", "company_name"),
    ],
)
def test_identifiers_are_told_apart_by_their_looks(text: str, identifier: str) -> None:
    assert told_apart(text) == {identifier: text}


def test_customers_are_put_with_weights_and_waited_for(api: WinnowServer, winnow: Run) -> None:
    printed = winnow("customers", "put", "acme.com=12000", "example.com", "--wait")

    assert printed.code == 0
    assert printed.out == "There are 2 customers. Version 2 of the model knows them.\n"
    assert api.similarity.customers == {"acme.com": 12000.0, "example.com": 1.0}


def test_customers_are_added_listed_and_deleted(winnow: Run) -> None:
    winnow("customers", "put", "acme.com")
    added = winnow("customers", "add", "example.com", "--json")
    listed = winnow("customers", "list")
    deleted = winnow("customers", "delete", "acme.com")
    left = winnow("customers", "list", "--json")

    assert added.lines() == [{"customers": 2, "model_version": 3}]
    assert [line.split()[0] for line in listed.out.splitlines()[3:5]] == ["acme.com", "example.com"]
    assert "There are 1 customers. Version 4 of the model will know them." in deleted.out
    assert [customer["domain"] for customer in left.lines()] == ["example.com"]


def test_customers_are_imported(api: WinnowServer, winnow: Run, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("domain\nacme.com\n")

    printed = winnow("customers", "import", str(file), "--wait")

    assert printed.code == 0
    assert "1 of 1 rows imported" in printed.out
    assert api.received[-1].path == "/v1/similarity"


def test_the_model_is_shown_with_its_weights(api: WinnowServer, winnow: Run) -> None:
    api.similarity.customers["acme.com"] = 1.0

    printed = winnow("customers", "status")

    lines = [line.split() for line in printed.out.splitlines()]
    assert ["tech", "stack", "0.600", "0.250", "0.81", "97%"] in lines
    assert ["funding", "0.400", "0.200", "50%"] in lines
    assert "ready  version 1" in printed.out
    assert "AUC 0.87 on 50 customers left out" in printed.out


def test_a_weight_that_is_no_number_is_used_wrongly(winnow: Run) -> None:
    printed = winnow("customers", "put", "acme.com=much")

    assert printed.code == 2
    assert "acme.com" in printed.err


def test_the_history_of_a_company_is_a_table_with_causes(api: WinnowServer, winnow: Run) -> None:
    api.similarity.scores = {"sco_s": SIMILAR}

    printed = winnow("scores", "list", "--domain", "acme.com")

    row = printed.out.splitlines()[3]
    assert row.split()[:4] == ["sco_s", "acme.com", "71.25", "C"]
    assert "model changed" in row
    assert "+1.25" in row


def test_a_stored_score_is_shown_with_what_reproduces_it(api: WinnowServer, winnow: Run) -> None:
    rule = SIMILAR | {"score_id": "sco_r", "kind": "rule", "rule_id": "sr_icp", "score": 55, "tier": "warm"}
    api.similarity.scores = {"sco_s": SIMILAR, "sco_r": rule}

    similar = winnow("scores", "show", "sco_s")
    ruled = winnow("scores", "show", "sco_r")
    dumped = winnow("scores", "show", "sco_s", "--json")

    assert "acme.com  71.25  C" in similar.out
    assert "by code 1 from snapshot 5a" in similar.out
    assert "acme.com  55  warm" in ruled.out
    assert dumped.lines()[0]["kind"] == "similarity"


@pytest.mark.parametrize(("reproducible", "code", "says"), [(True, 0, "byte for byte"), (False, 1, "otherwise")])
def test_a_score_that_does_not_come_out_again_is_a_failure(
    api: WinnowServer, winnow: Run, reproducible: bool, code: int, says: str
) -> None:
    api.similarity.scores = {"sco_s": SIMILAR | {"reproducible": reproducible}}

    printed = winnow("scores", "verify", "sco_s")

    assert printed.code == code
    assert says in printed.out


def test_what_would_change_a_score_is_shown(api: WinnowServer, winnow: Run) -> None:
    api.similarity.scores = {"sco_s": SIMILAR}

    printed = winnow("scores", "counterfactual", "sco_s")

    assert "71.25  C → 76.5  B" in printed.out
    assert "React, Stripe" in printed.out
    assert "With Stripe it would reach grade B." in printed.out


DIRECTORY = """
import json, sys
print(json.dumps({"rows": 100, "loaded": 100, "rejected": 0}), flush=True)
done = {"rows": 200, "loaded": 199, "rejected": 1, "errors": [{"line": 7, "reason": "Invalid domain format"}]}
broken = "broken.csv" in sys.argv
if broken:
    done["error"] = {"code": "not_utf8", "detail": "The file is not UTF-8."}
print(json.dumps(done | {"asked": sys.argv[1:]}), flush=True)
sys.exit(broken)
"""


@pytest.fixture
def directory_command(tmp_path: Path) -> str:
    """Stands for `python -m winnow_scoring directory`: progress, a summary, and what was asked."""
    script = tmp_path / "stand_in.py"
    script.write_text(DIRECTORY)
    return f"{sys.executable} {script}"


def test_the_directory_is_loaded_by_the_operator_command(winnow: Run, directory_command: str) -> None:
    shown = winnow("companies", "load-directory", "all.csv", "--command", directory_command)

    assert shown.code == 0
    assert "199 of 200 rows loaded, 1 rejected." in shown.out
    assert "Invalid domain format" in shown.out


def test_format_and_mapping_of_a_directory_go_to_the_operator_command(winnow: Run, directory_command: str) -> None:
    options = ["--format", "ndjson", "--map", "Site=domain", "--command", directory_command]

    printed = winnow("companies", "load-directory", "all.txt", *options, "--json")

    asked = printed.lines()[0]["asked"]
    assert asked == ["load", "all.txt", "--format", "ndjson", "--mapping", '{"Site": "domain"}']


def test_a_directory_that_could_be_read_in_part_is_told_and_is_a_failure(winnow: Run, directory_command: str) -> None:
    printed = winnow("companies", "load-directory", "broken.csv", "--command", directory_command)

    assert printed.code == 1
    assert "199 of 200 rows loaded" in printed.out
    assert "The file is not UTF-8." in printed.err


def test_an_operator_command_that_fails_without_a_word_is_a_failure(winnow: Run) -> None:
    failing = f"{sys.executable} -c exit(4)"

    assert winnow("companies", "load-directory", "all.csv", "--command", failing).code == 1
