"""`winnow requests`: the answers of requests that timed out."""

from __future__ import annotations

from typing import Annotated

import typer

from winnow.cli.terminal import Json, as_json, terminal

app = typer.Typer(help="Answers of requests that timed out.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Answers of requests that timed out."""


@app.command()
def show(
    context: typer.Context,
    *,
    request_id: Annotated[str, typer.Argument(help="The id that the error named.")],
    json: Json = False,
) -> None:
    """Show what a request was answered, if it has been by now."""
    here = terminal(context)
    with here.client() as client:
        answer = client.requests.get(request_id)
    if json:
        here.dump(answer)
    else:
        here.say(f"Answered with status {answer.status}:")
        here.out.print_json(as_json(answer.body))
