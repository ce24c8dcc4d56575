"""A run from file to file: what to ask still, asking it, and what is told of it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
from pydantic import BaseModel
from rich.text import Text

from winnow import AsyncWinnow, RateLimited
from winnow.cli.progress import Bar, counting
from winnow.cli.prospects.columns import LONGEST
from winnow.cli.prospects.gate import Gate
from winnow.cli.prospects.journal import Journal, journal_path, open_journal
from winnow.cli.prospects.outcome import Outcome
from winnow.cli.prospects.reading import Prospect, ProspectFile, read_prospects
from winnow.cli.prospects.scoring import Scoring
from winnow.cli.prospects.writing import write_output
from winnow.cli.similarity_tables import grade_text
from winnow.cli.terminal import Terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What was asked for on the command line."""

    input: Path
    output: Path
    mapping: Mapping[str, str]
    rows: int
    """To a request."""
    concurrency: int
    keep_order: bool
    restart: bool


class Summary(BaseModel):
    """How a run ended. `resumed` rows were known from an earlier one."""

    input: str
    output: str
    rows: int
    scored: int
    unscored: int
    resumed: int
    grades: dict[str, int]


def score_file(here: Terminal, run: Run, /) -> Summary:
    """Score every row of the input and write the output. What is known so far outlives whatever ends this early."""
    file = read_prospects(run.input, run.mapping)
    _check_output(run)
    outcomes = {one.row: unasked for one in file.prospects if (unasked := _without_asking(one)) is not None}
    client = here.async_client()
    depends_on = _depends_on(file, client)
    with open_journal(journal_path(run.output), depends_on=depends_on, restart=run.restart) as journal:
        resumed = len(journal.done)
        pending = [one for one in file.prospects if one.row not in outcomes and one.row not in journal.done]
        if resumed:
            here.note(f"{resumed:,} rows are known from an earlier run; {len(pending):,} are left.")
        with counting(here.err, "Scoring", total=len(file.prospects)) as bar:
            bar.advance(len(file.prospects) - len(pending))
            _score_pending(here, run, client, pending, journal=journal, bar=bar)
        outcomes |= journal.done
        write_output(run.output, file, outcomes, keep_order=run.keep_order)
        journal.remove()
    return _summary(run, file.prospects, outcomes, resumed=resumed)


def summary_text(summary: Summary, /) -> Text:
    """How a run ended, in a sentence or two."""
    text = Text(f"{summary.scored:,} of {summary.rows:,} rows have a score")
    for number, (grade, count) in enumerate(summary.grades.items()):
        text = Text.assemble(text, ": " if number == 0 else ", ", grade_text(grade), f" {count:,}")
    return Text.assemble(text, f". Written to {summary.output}.")


def _score_pending(
    here: Terminal, run: Run, client: AsyncWinnow, pending: Sequence[Prospect], *, journal: Journal, bar: Bar
) -> None:
    def keep(outcomes: Mapping[int, Outcome]) -> None:
        journal.add(outcomes)
        bar.advance(len(outcomes))

    async def score() -> None:
        gate = Gate(on_close=lambda error, seconds: _tell_limit(here, error, seconds))
        async with client:
            scoring = Scoring(client, run=journal.run, gate=gate, keep=keep)
            await scoring.all(pending, rows=run.rows, concurrency=run.concurrency)

    try:
        asyncio.run(score())
    except BaseException:
        done = len(journal.done)
        if done:
            here.note(f"{done:,} rows are done and kept in {journal.path}. Run the same command again to go on.")
        raise


def _without_asking(prospect: Prospect) -> Outcome | None:
    """What can be said of a row that need not be sent, as it would only be refused."""
    if not prospect.identifiers:
        return Outcome(error="The row names no company.")
    for identifier, text in prospect.identifiers.items():
        if len(str(text)) > LONGEST:
            return Outcome(error=f"The {identifier} is longer than {LONGEST:,} characters.")
    return None


def _check_output(run: Run) -> None:
    """Refuse an output that could not be written at the end, before anything is paid for."""
    if run.output.exists() and (not run.output.is_file() or run.output.samefile(run.input)):
        raise typer.BadParameter(f"{run.output} cannot be the output; name another file with --output.")
    if not run.output.parent.is_dir():
        raise typer.BadParameter(f"There is no folder {run.output.parent}.")


def _depends_on(file: ProspectFile, client: AsyncWinnow) -> str:
    """A hash of all that the answers depend on: the rows, what is read of them, the server and the account's key."""
    connection = client.driver.connection
    # A key has 24 random bytes, so that nobody guesses it from this hash.
    parts = [file.sha256, sorted(file.columns.positions.items()), connection.url, connection.api_key]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _summary(run: Run, prospects: Sequence[Prospect], outcomes: Mapping[int, Outcome], *, resumed: int) -> Summary:
    scored = [outcomes[one.row] for one in prospects if outcomes[one.row].score is not None]
    grades = Counter(outcome.grade for outcome in scored if outcome.grade is not None)
    return Summary(
        input=str(run.input),
        output=str(run.output),
        rows=len(prospects),
        scored=len(scored),
        unscored=len(prospects) - len(scored),
        resumed=resumed,
        grades=dict(sorted(grades.items())),
    )


def _tell_limit(here: Terminal, error: RateLimited, seconds: float) -> None:
    policies = f" ({', '.join(error.violated_policies)})" if error.violated_policies else ""
    here.note(f"{error.detail}{policies}. Going on in {seconds:.0f} s.")
