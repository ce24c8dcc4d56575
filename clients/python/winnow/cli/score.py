"""`winnow score`: by rules one domain in full, or many in a table; by similarity the rows of a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from winnow import BatchItem, Score, Winnow
from winnow.cli.documents import read_text
from winnow.cli.importing import read_mapping
from winnow.cli.progress import counting
from winnow.cli.prospects.command import Run, score_file, summary_text
from winnow.cli.tables import score_details, scores_table
from winnow.cli.terminal import Json, Terminal, terminal
from winnow.groups.similarity import BATCH

Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="The scored file; otherwise NAME.scored.csv beside the CSV file.")
]
Mapping = Annotated[
    list[str] | None,
    typer.Option("--map", help='A header of the CSV file and what it is: --map "Company Site=domain"'),
]
Concurrency = Annotated[int, typer.Option("--concurrency", min=1, max=64, help="Requests under way at a time.")]
Rows = Annotated[int, typer.Option("--rows", min=1, max=BATCH, help="Rows of the CSV file to a request.")]
KeepOrder = Annotated[bool, typer.Option("--keep-order", help="Leave the rows as they came, not the best first.")]
Restart = Annotated[bool, typer.Option("--restart", help="Drop what an earlier run got, and begin anew.")]


def score(
    context: typer.Context,
    *,
    domains: Annotated[
        list[str] | None, typer.Argument(help="Domains to score by a rule, or a CSV file to score by similarity.")
    ] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="Rule to score by, otherwise the default one.")] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="Domains, one a line; `-` reads stdin.", allow_dash=True),
    ] = None,
    best: Annotated[int | None, typer.Option("--best", min=1, help="Show only the best so many, best first.")] = None,
    output: Output = None,
    mapping: Mapping = None,
    concurrency: Concurrency = 8,
    rows: Rows = 50,
    keep_order: KeepOrder = False,
    restart: Restart = False,
    json: Json = False,
) -> None:
    """Score domains by a rule, or each row of a CSV file by how much it looks like your customers.

    `winnow score acme.com` shows one domain with its whole breakdown, several with their reasons.

    `winnow score prospects.csv -o scored.csv` takes domains, e-mail addresses, LinkedIn pages and company names by
    their headers, and writes the rows with their scores, the best first. A run that ended early goes on where it
    stopped when it is run again.
    """
    here = terminal(context)
    prospects = _prospects(domains or ())
    if prospects is not None:
        if rule is not None or file is not None or best is not None:
            raise typer.BadParameter("--rule, --file and --best are for domains; a CSV file is scored by similarity.")
        run = Run(
            input=prospects,
            output=output or prospects.with_name(f"{prospects.stem}.scored.csv"),
            mapping=read_mapping(mapping or ()),
            rows=rows,
            concurrency=concurrency,
            keep_order=keep_order,
            restart=restart,
        )
        _score_prospects(here, run, json=json)
        return
    if output is not None or mapping or keep_order or restart:
        raise typer.BadParameter("--output, --map, --keep-order and --restart are for a CSV file.")
    wanted = [*(domains or ()), *(_listed(file) if file else ())]
    if not wanted:
        raise typer.BadParameter("Give a domain, or --file with some, or a CSV file.")
    _score_domains(here, wanted, rule=rule, best=best, json=json)


def _score_domains(here: Terminal, wanted: Sequence[str], *, rule: str | None, best: int | None, json: bool) -> None:
    with here.client() as client:
        if len(wanted) == 1:
            _show_one(here, client.score(wanted[0], rule), json=json)
            return
        items = _score_all(here, client, wanted, rule=rule)
    shown = items if best is None else best_first(items)[:best]
    if json:
        here.dump_all(shown)
    else:
        here.show(scores_table(shown))
    _tell_unscored(here, items)


def best_first(items: Sequence[BatchItem], /) -> list[Score]:
    """The scores among `items`, the highest first, equal ones as they came."""
    scores = [item for item in items if isinstance(item, Score)]
    return sorted(scores, key=lambda item: -item.score)


def _prospects(arguments: Sequence[str]) -> Path | None:
    """The file among the arguments, which are domains otherwise: one that exists, or is called like a CSV file."""
    files = [argument for argument in arguments if argument.lower().endswith(".csv") or _is_file(argument)]
    if files and len(arguments) > 1:
        raise typer.BadParameter("Give one CSV file, or domains alone.")
    return Path(files[0]) if files else None


def _is_file(argument: str) -> bool:
    try:
        return Path(argument).is_file()
    except (OSError, ValueError):
        # What is too long for the name of a file, or has characters that none has, may be a domain still.
        return False


def _score_prospects(here: Terminal, run: Run, *, json: bool) -> None:
    """Score a file; that no row has a score is a failure."""
    summary = score_file(here, run)
    if json:
        here.dump(summary)
    else:
        here.show(summary_text(summary))
    if summary.scored == 0:
        raise typer.Exit(1)


def _listed(file: Path) -> list[str]:
    """The lines of a file; empty ones and comments are none."""
    lines = (line.strip() for line in read_text(file).splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _show_one(here: Terminal, score: Score, *, json: bool) -> None:
    if json:
        here.dump(score)
    else:
        here.show(score_details(score))


def _score_all(here: Terminal, client: Winnow, domains: Sequence[str], *, rule: str | None) -> list[BatchItem]:
    with counting(here.err, "Scoring", total=len(domains)) as bar:
        return client.score_batch(domains, rule, progress=lambda items: bar.advance(len(items)))


def _tell_unscored(here: Terminal, items: Sequence[BatchItem]) -> None:
    """Say how many have no score; that none has one is a failure."""
    unscored = sum(not isinstance(item, Score) for item in items)
    if unscored:
        here.note(f"{unscored:,} of {len(items):,} have no score.")
    if unscored == len(items):
        raise typer.Exit(1)
