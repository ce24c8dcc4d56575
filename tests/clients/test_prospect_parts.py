"""The parts that a run over a file is made of, where a whole run shows them badly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import typer
from winnow import InvalidRequest, RateLimited
from winnow.cli.prospects import cells
from winnow.cli.prospects.columns import columns_of, recognised
from winnow.cli.prospects.gate import LONGEST_WAIT, MOST_REFUSALS, Gate
from winnow.cli.prospects.journal import open_journal
from winnow.cli.prospects.outcome import Outcome, refused
from winnow_contracts import company_files

if TYPE_CHECKING:
    from pathlib import Path


def limit(seconds: float | None) -> RateLimited:
    return RateLimited("Rate limit exceeded", status=429, code="rate_limit_exceeded", retry_after=seconds)


class Clock:
    """Time that passes while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'=x", "''=x", "'x", "x", "", "a=b", " =x"])
def test_cells_are_guarded_as_exports_guard_them(text: str) -> None:
    assert cells.guard(text) == company_files.guard(text)
    assert cells.unguard(text) == company_files.unguard(text)
    assert cells.unguard(cells.guard(text)) == text


@pytest.mark.parametrize(("value", "cell"), [("-5", "-5"), ("-5,25", "-5,25"), ("-5-3", "'-5-3"), (-5.25, "-5.25")])
def test_numbers_are_no_formulas(value: str | float, cell: str) -> None:
    assert cells.written(value) == cell


def test_columns_are_recognised_however_they_are_spelled() -> None:
    found = recognised(["E-Mail", " LINKEDIN url", "company-name", "Website", "other"])

    assert found.positions == {"email": (0,), "linkedin_url": (1,), "company_name": (2,), "domain": (3,)}


def test_of_several_columns_the_first_that_is_not_blank_counts() -> None:
    found = columns_of(["url", "domain"], {})

    assert found.identifiers(["https://acme.com/x", " "]) == {"domain": "https://acme.com/x"}
    assert found.identifiers(["https://acme.com/x", "beta.com"]) == {"domain": "beta.com"}


def test_a_name_is_a_companys_where_there_are_no_persons() -> None:
    assert recognised(["name", "city"]).positions == {"company_name": (0,)}
    assert recognised(["name", "company"]).positions == {"company_name": (1,)}
    assert recognised(["name", "email"]).positions == {"email": (1,)}


def test_a_column_that_is_mapped_is_nothing_else_any_more() -> None:
    found = columns_of(["company", "site"], {"company": "domain"})

    assert found.positions == {"domain": (0,)}


async def test_the_gate_holds_all_back_for_as_long_as_the_longest_limit_asks() -> None:
    clock = Clock()
    told: list[float] = []
    gate = Gate(clock=clock, sleep=clock.sleep, on_close=lambda error, seconds: told.append(seconds))

    gate.close(limit(10))
    gate.close(limit(12))
    await gate.passed()

    assert clock.now == pytest.approx(1012)
    assert told == [10]


def test_a_limit_that_lasts_longer_than_anyone_waits_is_raised() -> None:
    with pytest.raises(RateLimited):
        Gate().close(limit(LONGEST_WAIT + 1))


async def test_waiting_is_given_up_when_nothing_goes_through() -> None:
    clock = Clock()
    gate = Gate(clock=clock, sleep=clock.sleep)
    for _ in range(MOST_REFUSALS):
        gate.close(limit(1))
        await gate.passed()

    with pytest.raises(RateLimited):
        gate.close(limit(1))


async def test_an_answer_makes_the_gate_patient_again() -> None:
    clock = Clock()
    gate = Gate(clock=clock, sleep=clock.sleep)
    for _ in range(MOST_REFUSALS * 3):
        gate.close(limit(None))
        await gate.passed()
        gate.answered()

    assert clock.now > 1000 + MOST_REFUSALS * 3


def test_a_journal_gives_back_what_was_whole(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with open_journal(path, depends_on="a", restart=False) as journal:
        journal.add({1: Outcome(score=5.5, similar_customers=("acme.com",)), 2: Outcome(error="no")})
        run = journal.run
    with path.open("ab") as file:
        file.write(b'{"row":3,"outcome":{}}')

    with open_journal(path, depends_on="a", restart=False) as journal:
        assert journal.run == run
        assert journal.done == {1: Outcome(score=5.5, similar_customers=("acme.com",)), 2: Outcome(error="no")}
        journal.add({4: Outcome()})

    with open_journal(path, depends_on="a", restart=False) as journal:
        assert sorted(journal.done) == [1, 2, 4]


@pytest.mark.parametrize("content", [b"", b'{"depends', b"nonsense\n", b'{"depends_on":"b","run":"r"}\n'])
def test_a_journal_that_holds_nothing_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal"
    path.write_bytes(content)

    with open_journal(path, depends_on="a", restart=False) as journal:
        journal.add({1: Outcome()})

    with open_journal(path, depends_on="a", restart=False) as journal:
        assert sorted(journal.done) == [1]


def test_a_journal_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with open_journal(path, depends_on="b", restart=False) as journal:
        journal.add({1: Outcome()})

    with pytest.raises(typer.BadParameter, match="--restart"):
        open_journal(path, depends_on="a", restart=False)


def test_a_refusal_that_repeats_what_a_row_said_is_kept_as_its_code() -> None:
    error = InvalidRequest("Ada@acme.com is odd", status=422, code="invalid_request")

    assert refused(error, {"email": "ada@acme.com"}).error == "invalid_request"
    assert refused(error, {"domain": "beta.com"}).error == "Ada@acme.com is odd"
