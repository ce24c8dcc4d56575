"""`winnow scores`: scores that were given earlier, by rules and by similarity."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from winnow.cli.similarity_tables import (
    counterfactual_details,
    stored_details,
    summaries_table,
    verification_line,
)
from winnow.cli.terminal import Json, terminal

app = typer.Typer(help="Scores that were given earlier.", no_args_is_help=True)

ScoreId = Annotated[str, typer.Argument(help="Id of the score.")]


@app.command("list")
def list_scores(
    context: typer.Context,
    *,
    domain: Annotated[
        str | None, typer.Option("--domain", help="Of this company, each with why it differs from the one before.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 50,
    json: Json = False,
) -> None:
    """List scores, the newest first."""
    here = terminal(context)
    with here.client() as client:
        scores = islice(client.scores.list(domain=domain), limit)
        if json:
            here.dump_all(scores)
        else:
            here.show(summaries_table(scores))


@app.command()
def show(context: typer.Context, *, score_id: ScoreId, json: Json = False) -> None:
    """Show a score with its whole explanation."""
    here = terminal(context)
    with here.client() as client:
        score = client.scores.get(score_id)
    if json:
        here.dump(score)
    else:
        here.show(stored_details(score))


@app.command()
def verify(context: typer.Context, *, score_id: ScoreId, json: Json = False) -> None:
    """Have a score computed again; code 1 where it came out otherwise."""
    here = terminal(context)
    with here.client() as client:
        verification = client.scores.verify(score_id)
    if json:
        here.dump(verification)
    else:
        here.show(verification_line(verification))
    if not verification.identical:
        raise typer.Exit(1)


@app.command()
def counterfactual(context: typer.Context, *, score_id: ScoreId, json: Json = False) -> None:
    """Show the smallest change that would take a score to the next tier or grade."""
    here = terminal(context)
    with here.client() as client:
        found = client.scores.counterfactual(score_id)
    if json:
        here.dump(found)
    else:
        here.show(counterfactual_details(found))
