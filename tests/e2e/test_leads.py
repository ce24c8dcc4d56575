"""A messy file goes in, qualified leads come out, and every row is accounted for."""

import csv
import io
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet
import pytest
from winnow_local.running import RunningStack

from .account import Account
from .leads import begin, csv_of, ended, person, processed, rows_of, upload
from .samples import data_folder

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

SARAH = (
    "Sarah",
    "Miller",
    "sarah@techflow.com",
    "+1 202 555 0199",
    "VP Sales",
    "TechFlow Systems",
    "techflow.com",
    "",
    "US",
)
AGAIN = ("sarah", "MILLER", "Sarah@TechFlow.com", "", "", "TechFlow Systems Inc.", "", "Software", "US")
NOBODY = ("", "", "no address", "", "", "", "", "", "")
HANS = (
    "Hans",
    "Müller",
    "hans@mueller-gmbh.de",
    "030 1234567",
    "Geschäftsführer",
    "Müller GmbH",
    "",
    "Software",
    "Deutschland",
)
OPEN: dict[str, Any] = {"require": []}


@pytest.fixture(scope="module")
def account(stack: RunningStack) -> Account:
    return Account.first(stack)


def sums_up(batch: dict[str, dict[str, int]]) -> bool:
    counts = batch["counts"]
    return counts["rows"] == sum(counts[name] for name in ("qualified", "rejected", "duplicate", "failed"))


def test_the_calls_of_the_document_work_with_curl(stack: RunningStack, tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_bytes(csv_of([person(0, tag="curl")]))
    url, key = stack.endpoints.gateway, f"Authorization: Bearer {stack.endpoints.api_key}"

    def curl(*arguments: str) -> bytes:
        return subprocess.run(
            ["curl", "-sSf", "-H", key, *arguments], capture_output=True, check=True, cwd=tmp_path
        ).stdout

    sent = orjson.loads(curl("-F", "file=@leads.csv", f"{url}/api/upload"))
    assert {"filename", "size", "file_path"} <= set(sent)
    begun = orjson.loads(
        curl("-H", "Content-Type: application/json", "-d", '{"filename": "leads.csv"}', f"{url}/api/process")
    )
    batch = ended(Account.first(stack), begun["job_id"])
    listed = orjson.loads(curl(f"{url}/api/batches"))
    table = list(csv.DictReader(io.StringIO(curl(f"{url}/api/download/{begun['job_id']}").decode())))

    assert sent["filename"] == "leads.csv"
    assert listed[0]["batch_id"] == begun["batch_id"]
    assert {"batch_id", "status", "leads_processed", "leads_qualified", "phase3_metrics"} <= set(batch)
    assert set(batch["phase3_metrics"]) == {
        "cache_hit_rate",
        "predictive_matches",
        "multi_source_validated",
        "avg_confidence",
    }
    assert batch["status"] == "completed"
    assert len(table) == batch["leads_qualified"]


def test_every_row_has_a_fate_and_a_reason(account: Account) -> None:
    batch = processed(account, csv_of([SARAH, AGAIN, NOBODY, HANS]), **OPEN)
    rows = rows_of(account, batch["batch_id"])

    assert sums_up(batch)
    assert [row["status"] for row in rows] == ["QUALIFIED", "DUPLICATE", "REJECTED", "QUALIFIED"]
    assert rows[1]["duplicate_of"] == rows[0]["lead_id"]
    assert rows[2]["reason"]["code"] == "undeliverable_email"
    assert rows[0]["contact"]["phone"] == "+12025550199"
    assert rows[0]["contact"]["title_normalized"] == "VP of Sales"
    assert rows[3]["contact"]["phone"] == "+49301234567"
    assert rows[3]["account"]["domain"] == "mueller-gmbh.de"
    assert {reason["code"]: reason["rows"] for reason in batch["reasons"]} == {"undeliverable_email": 1}


def test_a_lead_says_where_everything_comes_from_and_why_it_was_joined(account: Account) -> None:
    batch = processed(account, csv_of([person(1, tag="w"), person(1, tag="w")[:3] + ("",) * 6]), **OPEN)
    rows = rows_of(account, batch["batch_id"])
    survivor = next(row for row in rows if row["status"] == "QUALIFIED")
    duplicate = next(row for row in rows if row["status"] == "DUPLICATE")

    found = account.get(f"/v1/leads/{duplicate['lead_id']}")
    kept = account.get(f"/v1/leads/{survivor['lead_id']}")

    [match] = found["matches"]
    assert match["with_lead"] == survivor["lead_id"]
    assert match["probability"] > 0.85
    assert {"first_name", "last_name", "email"} <= {step["field"] for step in match["steps"]}
    assert kept["duplicates"] == [duplicate["lead_id"]]
    assert {"field": "email", "source": "row", "observed_at": None} in kept["sources"]


def test_who_was_in_an_earlier_batch_is_its_duplicate(account: Account) -> None:
    first = processed(account, csv_of([person(2, tag="e")]), **OPEN)
    second = processed(account, csv_of([person(3, tag="e"), person(2, tag="e")]), **OPEN)

    [earlier] = rows_of(account, first["batch_id"])
    rows = rows_of(account, second["batch_id"])

    assert [row["status"] for row in rows] == ["QUALIFIED", "DUPLICATE"]
    assert rows[1]["duplicate_of"] == earlier["lead_id"]


def test_two_overlapping_batches_leave_one_survivor_per_person(account: Account) -> None:
    people = [person(number, tag="o") for number in range(400)]
    batches = [begin(account, csv_of(people[:300]), **OPEN), begin(account, csv_of(people[100:]), **OPEN)]
    found = [ended(account, batch) for batch in batches]

    survivors = Counter(
        row["contact"]["email"] for batch in batches for row in rows_of(account, batch, status="qualified")
    )

    assert all(sums_up(batch) for batch in found)
    assert set(survivors.values()) == {1}
    assert len(survivors) == 400


def test_a_merge_can_be_undone_and_stays_undone(account: Account) -> None:
    batch = processed(account, csv_of([person(4, tag="u"), person(4, tag="u")]), **OPEN)
    rows = rows_of(account, batch["batch_id"])
    duplicate = next(row for row in rows if row["status"] == "DUPLICATE")

    answer = account.call("POST", f"/v1/leads/{duplicate['lead_id']}/unmerge", json={})
    again = ended(account, batch["batch_id"])

    assert answer.status_code == 202, answer.text
    assert sums_up(again)
    assert again["counts"]["qualified"] == 2
    assert {row["status"] for row in rows_of(account, batch["batch_id"])} == {"QUALIFIED"}
    assert account.call("POST", f"/v1/leads/{duplicate['lead_id']}/unmerge", json={}).status_code == 409


def test_rows_beyond_the_credits_fail_and_can_be_tried_again(account: Account) -> None:
    batch = processed(account, csv_of([person(number, tag="c") for number in range(10)]), max_credits=4, **OPEN)

    assert (batch["counts"]["qualified"], batch["counts"]["failed"], batch["credits"]) == (4, 6, 4)
    assert batch["reasons"] == [{"status": "failed", "code": "max_credits", "rows": 6}]
    account.post(f"/api/batches/{batch['batch_id']}/retry", {})
    again = ended(account, batch["batch_id"])
    assert (again["counts"]["qualified"], again["counts"]["failed"], again["credits"]) == (8, 2, 8)


def test_a_cancelled_batch_accounts_for_every_row_and_is_gone_on_with(account: Account) -> None:
    id = begin(account, csv_of([person(number, tag="k") for number in range(6_000)]), **OPEN)
    answer = account.call("POST", f"/api/batches/{id}/cancel", json={})
    batch = ended(account, id)

    assert answer.status_code == 202, answer.text
    assert (batch["status"], batch["counts"]["rows"]) == ("cancelled", 6_000)
    assert sums_up(batch)
    assert account.call("POST", f"/api/batches/{id}/retry", json={}).status_code == 202
    again = ended(account, id)
    assert (again["status"], again["counts"]["failed"]) == ("completed", 0)
    assert again["counts"]["qualified"] == 6_000


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "html_page"),
        (b"alpha,beta\n1,2\n3,4\n", "no_contact_column"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "encrypted_workbook",
        ),
        (b"%PDF-1.7 nothing", "unknown_format"),
        (b'[{"email": "a@example.com"}, oops', "invalid_json"),
    ],
)
def test_a_file_that_is_no_list_of_leads_fails_with_a_reason(account: Account, content: bytes, code: str) -> None:
    answer = account.call("POST", "/api/upload", files={"file": ("leads", io.BytesIO(content))})
    if answer.status_code != 201:
        assert (answer.status_code, answer.json()["code"], content) == (400, "empty_body", b"")
        return
    begun = account.call("POST", "/api/process", json={"upload_id": answer.json()["upload_id"]})
    batch = ended(account, begun.json()["batch_id"])

    assert (batch["status"], batch["error"]["code"]) == ("failed", code)
    assert (batch["counts"]["rows"], batch["credits"]) == (0, 0)
    assert account.call("GET", f"/api/download/{batch['batch_id']}").status_code == 409


def test_a_preview_shows_what_was_detected(account: Account) -> None:
    id = upload(account, csv_of([SARAH, HANS]))

    found = account.get(f"/api/uploads/{id}/preview")

    assert (found["format"], found["delimiter"], found["has_header"]) == ("csv", ",", True)
    assert {column["header"]: column["field"] for column in found["columns"]}["Job Title"] == "title"
    assert found["rows"][1]["values"]["first_name"] == "Hans"


def test_results_come_in_every_format_and_formulas_are_none(account: Account) -> None:
    dangerous = ("=2+5", "+cmd|calc", "danger@formula.com", "+49 30 7654321", "@SUM(A1)", "-x", "", "", "")
    content = csv_of([dangerous]).replace(b"\n", b",Notes\n", 1).replace(b'""\n', b'"","=HYPERLINK(1)"\n', 1)
    batch = processed(account, content, **OPEN)
    path = f"/api/download/{batch['batch_id']}?status=all"

    text = account.call("GET", f"{path}&format=csv").text
    [row] = csv.DictReader(io.StringIO(text))
    [as_json] = account.call("GET", f"{path}&format=json").json()
    table = pyarrow.parquet.read_table(io.BytesIO(account.call("GET", f"{path}&format=parquet").content))

    assert row["contact.phone"] == "+49307654321"
    assert row["source.Notes"] == "'=HYPERLINK(1)"
    assert not any(cell.startswith(("=", "@", "-")) for cell in row.values())
    assert as_json["source"] == {"Notes": "=HYPERLINK(1)"}
    assert table.column("contact.email").to_pylist() == ["danger@formula.com"]


def test_naughty_strings_break_nothing_in_any_field(account: Account) -> None:
    naughty = orjson.loads((data_folder() / "naughty_strings" / "blns.json").read_bytes())
    fields: tuple[str, ...] = (
        "First Name",
        "Last Name",
        "Email",
        "Phone",
        "Job Title",
        "Company",
        "Website",
        "LinkedIn",
        "Industry",
    )
    fields += ("City", "Street", "Postcode", "State", "Country", "Date of Birth", "Employees", "Revenue", "Notes")
    people = [dict.fromkeys(fields, text) for text in naughty if text.strip()]
    people += [
        dict(zip(fields, person(number, tag="n"), strict=False)) | {"Notes": t} for number, t in enumerate(naughty)
    ]
    people += [{"Email": f"p{number}@example.com", field: "\x00=1"} for number, field in enumerate(fields)]

    batch = processed(account, orjson.dumps(people), name="naughty.json", **OPEN)
    path = f"/api/download/{batch['batch_id']}?status=all"
    written = list(csv.reader(io.StringIO(account.call("GET", f"{path}&format=csv").text, newline="")))

    assert batch["status"] == "completed"
    assert sums_up(batch)
    assert len(rows_of(account, batch["batch_id"])) == batch["counts"]["rows"] == len(people) == len(written) - 1
    assert batch["counts"]["qualified"] >= len(naughty)
    assert not any(cell.startswith(("=", "@", "\t", "\r")) for row in written for cell in row)


def test_naughty_strings_as_names_and_ids_are_labels_or_refused(account: Account) -> None:
    naughty = orjson.loads((data_folder() / "naughty_strings" / "blns.json").read_bytes())
    content = csv_of([person(7, tag="n")])
    sent = upload(account, content)
    answers = []
    for text in naughty:
        about = {"params": {"filename": text}, "data": content, "headers": {"Content-Type": "text/csv"}}
        answers.append(account.call("POST", "/api/upload", **about))
        bodies = ({"filename": text}, {"upload_id": text}, {"upload_id": sent, "rule_id": text})
        answers += [account.call("POST", "/api/process", json=body) for body in bodies]
        answers.append(account.call("POST", f"/api/uploads/{sent}/preview", json={"mapping": {text: "email"}}))
        answers.append(account.call("POST", "/v1/privacy/export", json={"email": text}))
        answers.append(account.call("GET", "/v1/leads", params={"batch_id": text, "cursor": text}))

    assert {answer.status_code for answer in answers} <= {200, 201, 202, 404, 422}


def test_another_tenant_sees_nothing_of_it(account: Account, stack: RunningStack) -> None:
    batch = processed(account, csv_of([person(5, tag="f")]), **OPEN)
    [row] = rows_of(account, batch["batch_id"])
    other = Account.new(stack)

    calls = [
        other.call("GET", f"/api/batches/{batch['batch_id']}"),
        other.call("GET", f"/api/download/{batch['batch_id']}"),
        other.call("POST", f"/api/batches/{batch['batch_id']}/cancel", json={}),
        other.call("POST", f"/api/batches/{batch['batch_id']}/retry", json={}),
        other.call("POST", "/api/process", json={"upload_id": batch["upload_id"]}),
        other.call("GET", f"/api/uploads/{batch['upload_id']}/preview"),
        other.call("GET", f"/v1/leads/{row['lead_id']}"),
        other.call("POST", f"/v1/leads/{row['lead_id']}/unmerge", json={}),
    ]

    assert {answer.status_code for answer in calls} == {404}


def files() -> list[Path]:
    folders = ("csv_spectrum/csvs", "csv_frictionless")
    found = (path for folder in folders for path in (data_folder() / folder).rglob("*"))
    return sorted(path for path in found if path.is_file())


def test_every_file_of_the_collections_adds_up_or_is_refused_with_a_reason(account: Account) -> None:
    begun = {}
    for path in files():
        answer = account.call("POST", "/api/upload", files={"file": (path.name, path.read_bytes())})
        if answer.status_code == 201:
            begun[path] = account.post("/api/process", {"upload_id": answer.json()["upload_id"]} | OPEN)["batch_id"]
        else:
            assert answer.json()["code"] == "empty_body"
    found = {path: ended(account, batch) for path, batch in begun.items()}

    assert len(found) > 150
    assert [path.name for path, batch in found.items() if not sums_up(batch)] == []
    assert all(batch["status"] == "completed" or batch["error"]["code"] for batch in found.values())
    assert sum(batch["status"] == "completed" for batch in found.values()) > 50


def test_the_command_line_sends_a_file_and_writes_what_qualified(stack: RunningStack, tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_bytes(csv_of([person(6, tag="cli"), person(6, tag="cli"), NOBODY]))
    environment = {
        **os.environ,
        "WINNOW_URL": stack.endpoints.gateway,
        "WINNOW_API_KEY": stack.endpoints.api_key,
        "HOME": str(tmp_path),
    }
    arguments = ["upload", "leads.csv", "--wait", "-o", "qualified.csv", "--require", "[]"]

    done = subprocess.run(
        [sys.executable, "-m", "winnow", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=environment,
    )
    rows = list(csv.DictReader((tmp_path / "qualified.csv").read_text().splitlines()))

    assert done.returncode == 0, done.stderr
    assert [row["contact.email"] for row in rows] == [person(6, tag="cli")[2]]
    assert [line for line in done.stderr.splitlines() if line.startswith("dedup: 3 rows")]
    assert "undeliverable_email" in done.stdout
    assert "completed" in done.stdout
