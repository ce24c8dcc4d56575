"""The command tree, and what an error becomes: words on stderr with a way out, and an exit code.

0: done. 1: the API refused or failed. 2: the command was used wrongly. 3: no server answered.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from winnow import (
    APIError,
    AuthenticationFailed,
    ConfigurationError,
    PermissionDenied,
    RateLimited,
    TimedOut,
    Unreachable,
    UnusableArgument,
    WinnowError,
)
from winnow.cli import (
    batches,
    companies,
    customers,
    dead_letters,
    keys,
    leads,
    login,
    privacy,
    requests,
    rules,
    score,
    scores,
    similar,
)
from winnow.cli.terminal import Terminal
from winnow.connection import client_version

app = typer.Typer(
    name="winnow",
    help="Score companies by rules and by similarity, and manage what the scores are made of.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("login")(login.login)
app.command("signup")(login.sign_up)
app.add_typer(keys.app, name="keys")
app.add_typer(companies.app, name="companies")
app.add_typer(rules.app, name="rules")
app.command("score")(score.score)
app.command("similar")(similar.similar)
app.add_typer(customers.app, name="customers")
app.command("upload")(batches.upload)
app.add_typer(batches.app, name="batches")
app.add_typer(leads.app, name="leads")
app.add_typer(privacy.app, name="privacy")
app.add_typer(scores.app, name="scores")
app.add_typer(requests.app, name="requests")
app.add_typer(dead_letters.app, name="dlq")

Url = Annotated[
    str | None,
    typer.Option("--url", help="The server; otherwise WINNOW_URL, or where you logged in."),
]


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"winnow {client_version()}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
]


@app.callback()
def prepare(context: typer.Context, *, url: Url = None, _version: Version = False) -> None:
    """Score companies by rules and by similarity, and manage what the scores are made of."""
    context.obj = Terminal(url=url)


def main() -> None:
    """Run the command line and exit."""
    try:
        app()
    except WinnowError as error:
        sys.exit(_report(error))
    except OSError as error:
        Terminal().err.print(f"Error: {error}", style="red", markup=False)
        sys.exit(1)


def _report(error: WinnowError) -> int:
    """Say what went wrong and what to do about it; returns the exit code."""
    console = Terminal().err
    console.print(f"Error: {error}", style="red", markup=False)
    if isinstance(error, APIError):
        for fault in error.errors:
            console.print(f"  {fault}", markup=False)
    hint = _way_out(error)
    if hint:
        console.print(hint, markup=False)
    if isinstance(error, APIError) and error.request_id:
        console.print(f"Request {error.request_id}", style="dim", markup=False)
    match error:
        case Unreachable():
            return 3
        case ConfigurationError() | UnusableArgument():
            return 2
        case _:
            return 1


def _way_out(error: WinnowError) -> str | None:
    match error:
        case AuthenticationFailed():
            return "Run `winnow login`, or check WINNOW_API_KEY."
        case PermissionDenied():
            return "Make a key that may: `winnow keys create NAME --scope …`."
        case RateLimited(retry_after=float(seconds)):
            return f"The limit is over in {_duration(seconds)}; a larger plan has a higher one."
        case TimedOut(request_id=str(request_id)):
            return f"It may still finish: `winnow requests show {request_id}`."
        case Unreachable():
            return "Is the server running? `make up` starts one; `--url` names another."
        case _:
            return None


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"
