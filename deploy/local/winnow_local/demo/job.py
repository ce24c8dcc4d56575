"""The demo's work: load companies, write a rule, score everything, then by likeness to some customers.

What it finds goes into an `Outcome`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from winnow import BatchItem, Company, CompanyIdentifiers, Rule, Score, SimilarityModel, SimilarityScore, Winnow
from winnow.results import ImportStatus

from winnow_local.demo.datasets import Dataset
from winnow_local.demo.rule import RULE, RULE_ID

PAGE = 1_000
SINGLES = 50
CUSTOMERS = 40
KIND = "Fintech"
"""The industry that the demo's customers are of, where the account has none of its own yet."""
COMPARED = 1_000


class Bar(Protocol):
    """A progress bar."""

    def at(self, completed: int, total: int | None = None) -> None:
        """Say how far it is."""

    def advance(self, by: int) -> None:
        """Say that so many more are done."""


class Stage(Protocol):
    """Shows what is going on."""

    def counting(self, description: str, /, *, total: int | None = None) -> AbstractContextManager[Bar]:
        """A bar, for as long as something runs."""

    def done(self, sentence: str, /) -> None:
        """Say that something was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row that did not go in: what it said, and what is wrong with it."""

    name: str
    domain: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A dataset that went in."""

    dataset: Dataset
    status: ImportStatus
    seconds: float

    def rejected(self) -> Iterator[Rejected]:
        """The rows that the import named as rejected; line n of the file is the nth row."""
        reasons = {row.line: row.reason for row in self.status.errors}
        for line, row in enumerate(self.dataset.rows(), 1):
            if line in reasons:
                yield Rejected(name=row["name"], domain=row["domain"], reason=reasons[line])


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How much some companies look like the account's customers."""

    model: SimilarityModel
    scores: Sequence[SimilarityScore]

    @property
    def best(self) -> list[SimilarityScore]:
        """Those with a score, the most like first."""
        scored = [score for score in self.scores if score.score is not None]
        return sorted(scores_by_domain(scored), key=lambda score: -(score.score or 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Everything that the report tells."""

    rule: Rule
    loaded: Sequence[Loaded]
    companies: dict[str, Company]
    items: Sequence[BatchItem]
    batch_seconds: float
    single_seconds: Sequence[float]
    likeness: Likeness

    @property
    def scores(self) -> list[Score]:
        """Every score, the highest first; equal ones by domain, so that two runs print the same."""
        scores = [item for item in self.items if isinstance(item, Score)]
        return sorted(scores, key=lambda score: (-score.score, score.domain))


def run(client: Winnow, datasets: Sequence[Dataset], *, stage: Stage, clock: Callable[[], float]) -> Outcome:
    """Do the whole job. Running it again finds the same companies and the same rule, and changes nothing."""
    loaded = [_load(client, dataset, stage=stage, clock=clock) for dataset in datasets]
    rule = client.rules.put(RULE_ID, RULE, publish=True)
    stage.done(f"Published the rule {rule.name!r} ({rule.id}, version {rule.version})")
    companies = _list(client, imported=sum(one.status.imported for one in loaded), stage=stage)
    items, batch_seconds = _score_all(client, list(companies), stage=stage, clock=clock)
    singles = _score_singly(client, list(companies)[:SINGLES], stage=stage, clock=clock)
    likeness = _compare(client, companies, stage=stage, clock=clock)
    return Outcome(
        rule=rule,
        loaded=loaded,
        companies=companies,
        items=items,
        batch_seconds=batch_seconds,
        single_seconds=singles,
        likeness=likeness,
    )


def _load(client: Winnow, dataset: Dataset, *, stage: Stage, clock: Callable[[], float]) -> Loaded:
    with tempfile.TemporaryDirectory(prefix="winnow-demo-") as folder:
        path = Path(folder) / "companies.ndjson"
        count = dataset.write(path)
        began = clock()
        with stage.counting(f"Importing {dataset.name}", total=count) as bar:
            running = client.companies.import_file(path)
            status = running.wait(progress=lambda status: bar.at(status.imported + status.rejected))
        seconds = clock() - began
    rejected = f", {status.rejected:,} rejected" if status.rejected else ""
    stage.done(f"Imported {status.imported:,} of {status.rows:,} {dataset.name}{rejected} in {seconds:.1f} s")
    return Loaded(dataset=dataset, status=status, seconds=seconds)


def _list(client: Winnow, *, imported: int, stage: Stage) -> dict[str, Company]:
    companies: dict[str, Company] = {}
    with stage.counting("Listing") as bar:
        for company in client.companies.list(page_size=PAGE):
            companies[company.domain] = company
            bar.at(len(companies))
    merged = ": rows of one domain are one company" if len(companies) < imported else ""
    stage.done(f"Listed {len(companies):,} companies{merged}")
    return companies


def _score_all(
    client: Winnow, domains: Sequence[str], *, stage: Stage, clock: Callable[[], float]
) -> tuple[list[BatchItem], float]:
    began = clock()
    with stage.counting("Scoring, 100 a request", total=len(domains)) as bar:
        items = client.score_batch(domains, RULE_ID, progress=lambda items: bar.advance(len(items)))
    seconds = clock() - began
    rate = len(items) / seconds
    stage.done(f"Scored {len(items):,} companies, 100 a request, in {seconds:.1f} s ({rate:,.0f} a second)")
    return items, seconds


def _score_singly(client: Winnow, domains: Sequence[str], *, stage: Stage, clock: Callable[[], float]) -> list[float]:
    """Score some one by one; returns the seconds that each took."""
    seconds: list[float] = []
    with stage.counting("Scoring one by one", total=len(domains)) as bar:
        for domain in domains:
            began = clock()
            client.score(domain, RULE_ID)
            seconds.append(clock() - began)
            bar.advance(1)
    if seconds:
        middle = sorted(seconds)[len(seconds) // 2]
        stage.done(f"Scored {len(seconds)} of them once more, one a request, in {middle * 1000:.0f} ms each (median)")
    return seconds


def _compare(client: Winnow, companies: Mapping[str, Company], *, stage: Stage, clock: Callable[[], float]) -> Likeness:
    """Score companies by how much they look like the customers: the account's own, or some of one industry."""
    customers = {customer.domain for customer in client.customers.list(page_size=PAGE)}
    began = clock()
    if not customers:
        customers = set(_of_one_kind(companies))
        accepted = client.customers.add(sorted(customers))
        model = client.customers.wait(accepted.model_version)
        seconds = clock() - began
        stage.done(f"Called {len(customers)} {KIND} companies our customers; their model was ready in {seconds:.1f} s")
    else:
        model = client.similarity()
        stage.done(f"Found {len(customers):,} customers of yours")
    others = [domain for domain in companies if domain not in customers][:COMPARED]
    began = clock()
    with stage.counting("Comparing, 100 a request", total=len(others)) as bar:
        items = [CompanyIdentifiers(domain=domain) for domain in others]
        scores = client.score_companies(items, progress=lambda scored: bar.advance(len(scored)))
    seconds = clock() - began
    stage.done(f"Compared {len(scores):,} companies to them in {seconds:.1f} s ({len(scores) / seconds:,.0f} a second)")
    return Likeness(model=model, scores=scores)


def _of_one_kind(companies: Mapping[str, Company]) -> list[str]:
    """Companies of one industry, or any where there are none of it."""
    found = [domain for domain, company in companies.items() if company.industry == KIND]
    return (found or list(companies))[:CUSTOMERS]


def scores_by_domain(scores: Iterable[SimilarityScore]) -> list[SimilarityScore]:
    """In the order of domains, so that two runs print the same."""
    return sorted(scores, key=lambda score: score.resolved.domain or "")
