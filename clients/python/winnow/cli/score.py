"""`winnow score`: one domain in full, or many in a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from winnow import BatchItem, Score, Winnow
from winnow.cli.documents import read_text
from winnow.cli.progress import counting
from winnow.cli.tables import score_details, scores_table
from winnow.cli.terminal import Json, Terminal, terminal


def score(
    context: typer.Context,
    *,
    domains: Annotated[list[str] | None, typer.Argument(help="Domains to score.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="Rule to score by, otherwise the default one.")] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="Domains, one a line; `-` reads stdin.", allow_dash=True),
    ] = None,
    best: Annotated[int | None, typer.Option("--best", min=1, help="Show only the best so many, best first.")] = None,
    json: Json = False,
) -> None:
    """Score domains: one with its whole breakdown, many with their reasons."""
    here = terminal(context)
    wanted = [*(domains or ()), *(_listed(file) if file else ())]
    if not wanted:
        raise typer.BadParameter("Give a domain, or --file with some.")
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
