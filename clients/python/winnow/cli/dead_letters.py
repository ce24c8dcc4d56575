"""`winnow dlq`: dead letters, for the operator.

They lie in each service's own database, which no API reaches. So this runs the service's operator
command and shows what it prints: wherever `--command` says, such as
`kubectl exec deploy/scoring -- python -m winnow_scoring dlq`; otherwise here, with the service's own
settings where the environment has them, else on the stack that `make up` runs.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from winnow.cli.tables import plain, table
from winnow.cli.terminal import Json, Terminal, terminal

app = typer.Typer(help="Dead letters, for the operator.", no_args_is_help=True)

Service = Annotated[str, typer.Option("--service", help="Whose dead letters.")]
OperatorCommand = Annotated[
    str | None,
    typer.Option("--command", help="What runs the service's `dlq`, where it is not installed."),
]
Letter = Annotated[str, typer.Argument(help="Id of the dead letter.")]

DEFAULT_SERVICE = "scoring"
LOCAL_STACK = "winnow_local"
SHOWN = ("dead_letter_id", "failed_at", "topic", "type", "replayed_at", "reason")


@app.command("list")
def list_letters(
    context: typer.Context,
    *,
    service: Service = DEFAULT_SERVICE,
    command: OperatorCommand = None,
    json: Json = False,
) -> None:
    """List dead letters with their reasons."""
    here = terminal(context)
    letters = _run(service, command, ["list"])
    if json:
        here.dump_all(letters)
    elif letters:
        _show_table(here, letters)
    else:
        here.say("No dead letters.")


@app.command()
def show(
    context: typer.Context,
    *,
    letter: Letter,
    service: Service = DEFAULT_SERVICE,
    command: OperatorCommand = None,
    json: Json = False,
) -> None:
    """Show one dead letter."""
    _show_each(terminal(context), _run(service, command, ["show", letter]), json=json)


@app.command()
def replay(
    context: typer.Context,
    *,
    letter: Annotated[str | None, typer.Argument(help="Id of the dead letter.")] = None,
    all_letters: Annotated[bool, typer.Option("--all", help="Every one of them.")] = False,
    service: Service = DEFAULT_SERVICE,
    command: OperatorCommand = None,
    json: Json = False,
) -> None:
    """Hand a dead letter, or all of them, to the service again."""
    if (letter is None) == (not all_letters):
        raise typer.BadParameter("Give the id of one dead letter, or --all.")
    wanted = "--all" if letter is None else letter
    _show_each(terminal(context), _run(service, command, ["replay", wanted]), json=json)


def _run(service: str, command: str | None, arguments: Sequence[str]) -> list[dict[str, Any]]:
    """The JSON lines that the operator command prints; its failure ends this command too."""
    words = [*_operator_command(service, command), *arguments]
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE, check=False)
    except OSError as error:
        raise typer.BadParameter(f"{words[0]} cannot be run: {error.strerror}.") from error
    if done.returncode:
        raise typer.Exit(1)
    return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]


def _operator_command(service: str, command: str | None) -> list[str]:
    if command is not None:
        return shlex.split(command)
    module = f"winnow_{service}"
    if not _is_installed(module):
        raise typer.BadParameter(
            f"The service {service!r} is not installed here; say with --command how to run its dlq."
        )
    if f"{module.upper()}_POSTGRES" not in os.environ and _is_installed(LOCAL_STACK):
        return [sys.executable, "-m", LOCAL_STACK, "run", service, "dlq"]
    return [sys.executable, "-m", module, "dlq"]


def _is_installed(module: str) -> bool:
    return module.isidentifier() and importlib.util.find_spec(module) is not None


def _show_table(here: Terminal, letters: Sequence[dict[str, Any]]) -> None:
    made = table(*(name.replace("_", " ").capitalize() for name in SHOWN))
    for letter in letters:
        made.add_row(*(plain(letter.get(name)) for name in SHOWN))
    here.show(made)


def _show_each(here: Terminal, letters: Sequence[dict[str, Any]], *, json: bool) -> None:
    if json:
        here.dump_all(letters)
        return
    for letter in letters:
        here.out.print_json(data=letter)
