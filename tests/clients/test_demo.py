"""The demo: what it makes of its data, and that it does the whole job against a server."""

from __future__ import annotations

import csv
import io
import itertools
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console
from winnow_contracts.companies import CompanyAttributes
from winnow_contracts.rules import RuleDefinition
from winnow_local.demo import fortune, job, report, sample_companies, startups
from winnow_local.demo.datasets import Dataset, find_datasets
from winnow_local.demo.rule import RULE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from winnow import Winnow

    from tests.clients.conftest import WinnowServer

COMPANY = {
    "id": "7",
    "name": "Acme",
    "website": "https://www.acme.com",
    "one_liner": "Anvils",
    "batch": "Winter 2020",
    "status": "Active",
    "stage": "Growth",
    "team_size": "120",
    "isHiring": "True",
    "all_locations": "Remote; New York, NY, USA; London, England, United Kingdom",
    "industry": "B2B",
    "tags": "SaaS; Anvils",
}
POSTINGS = [
    {"company_id": "7", "skills": "Python; React"},
    {"company_id": "7", "skills": "React; TypeScript"},
    {"company_id": "8", "skills": "Go"},
    {"company_id": "7", "skills": ""},
]
SOME = partial(sample_companies.generate, count=60)
LARGE = {
    "company": "Acme",
    "rank": "3",
    "revenue": "524.1",
    "num. of employees": "2200",
    "sector": "Technology",
    "city": "Boise",
    "state": "ID",
    "newcomer": "no",
    "ceo_founder": "yes",
    "profitable": "yes",
    "Website": "https://www.acme.com",
    "Ticker": "ACM",
}


@dataclass
class Told:
    """A stage that remembers what it was told."""

    sentences: list[str] = field(default_factory=list)
    at_last: int = 0

    @contextmanager
    def counting(self, description: str, /, *, total: int | None = None) -> Iterator[Told]:
        yield self

    def at(self, completed: int, total: int | None = None) -> None:
        self.at_last = completed

    def advance(self, by: int) -> None:
        self.at_last += by

    def done(self, sentence: str, /) -> None:
        self.sentences.append(sentence)


def write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one company of each kind."""
    write_csv(tmp_path / startups.FOLDER / "companies.csv", [COMPANY])
    write_csv(tmp_path / startups.FOLDER / "job_postings.csv", POSTINGS)
    write_csv(tmp_path / fortune.FILE, [LARGE])
    return tmp_path


def test_a_start_up_has_the_skills_of_its_postings_and_its_first_place(data: Path) -> None:
    (row,) = startups.read(data / startups.FOLDER)

    assert row == {
        "domain": "https://www.acme.com",
        "name": "Acme",
        "description": "Anvils",
        "industry": "B2B",
        "employees": 120,
        "funding_stage": "Growth",
        "status": "Active",
        "technologies": ["Python", "React", "TypeScript"],
        "signals": ["hiring"],
        "tags": ["SaaS", "Anvils"],
        "custom": {"batch": "Winter 2020"},
        "city": "New York",
        "region": "NY",
        "country": "United States",
    }


def test_the_revenue_of_a_large_company_is_in_whole_units(data: Path) -> None:
    (row,) = fortune.read(data / fortune.FILE)

    assert row["revenue"] == 524_100_000
    assert row["signals"] == ["profitable", "led by a founder"]
    assert row["status"] == "Public"


def test_the_real_companies_are_used_where_they_are(data: Path) -> None:
    sentence, datasets = find_datasets({"WINNOW_DATA": str(data)})

    assert str(data) in sentence
    assert [dataset.name for dataset in datasets] == ["start-ups", "large companies"]


def test_companies_are_invented_where_there_are_none_and_that_is_said(tmp_path: Path) -> None:
    sentence, (dataset,) = find_datasets({"WINNOW_DATA": str(tmp_path)})

    assert "invented" in sentence
    assert len(list(dataset.rows())) == sample_companies.COUNT


def test_invented_companies_are_the_same_every_time_and_no_two_alike() -> None:
    rows = list(sample_companies.generate())

    assert rows == list(sample_companies.generate())
    assert len({row["name"] for row in rows}) == len(rows)


def test_every_row_is_what_the_api_takes(data: Path) -> None:
    rows: list[dict[str, Any]] = [
        *startups.read(data / startups.FOLDER),
        *fortune.read(data / fortune.FILE),
        *sample_companies.generate(count=100),
    ]

    for row in rows:
        attributes = {name: value for name, value in row.items() if name != "domain"}
        assert CompanyAttributes.model_validate(attributes).name == row["name"]


def test_the_rule_is_what_the_api_takes() -> None:
    assert RuleDefinition.model_validate(RULE).name == "Growing software companies"


def test_the_whole_job_is_done_and_told(api: WinnowServer, client: Winnow) -> None:
    stage = Told()
    dataset = Dataset(name="companies", rows=partial(sample_companies.generate, count=600))
    clock = itertools.count(0.0, 0.5)

    outcome = job.run(client, [dataset], stage=stage, clock=lambda: next(clock))

    assert len(outcome.scores) == len(api.companies) == 598
    assert len(api.sent("POST", "/v1/scoring/batch")) == 6
    assert len(api.sent("POST", "/v1/scoring")) == job.SINGLES
    assert [sentence.split()[0] for sentence in stage.sentences] == [
        "Imported",
        "Published",
        "Listed",
        "Scored",
        "Scored",
        "Called",
        "Compared",
    ]
    assert "598 of 600 companies, 2 rejected" in stage.sentences[0]
    assert len(outcome.likeness.scores) == 598 - job.CUSTOMERS


def test_customers_that_are_there_already_are_left_alone(api: WinnowServer, client: Winnow) -> None:
    client.customers.put(["birch.example"])
    stage = Told()

    job.run(client, [Dataset(name="companies", rows=SOME)], stage=stage, clock=itertools.count(0.0, 0.5).__next__)

    assert [customer.domain for customer in client.customers.list()] == ["birch.example"]
    assert stage.sentences[-2] == "Found 1 customers of yours"


def test_the_report_fits_a_terminal_of_100_columns(api: WinnowServer, client: Winnow) -> None:
    dataset = Dataset(name="companies", rows=partial(sample_companies.generate, count=600))
    domains = [row["domain"] for row in dataset.rows()]
    api.similarity.likeness = dict.fromkeys(domains, 50.0)
    outcome = job.run(client, [dataset], stage=Told(), clock=itertools.count(0.0, 0.5).__next__)
    console = Console(file=io.StringIO(), width=100, record=True)

    report.show(outcome, console=console)
    console.print(report.next_steps(url="http://127.0.0.1:8080", best="acme.com"))

    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 100
    assert "The best 15 of 598 companies" in text
    assert "+30 Uses Stripe" in text
    assert f"The {report.LIKEST} of 558 that look most like our customers" in text
    assert "Invalid domain format" in text
    assert "winnow score acme.com" in text
