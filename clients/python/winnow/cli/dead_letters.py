"""`winnow dlq`: dead letters, for the operator (`winnow.cli.operator` says where they are looked for)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from winnow.cli.operator import DEFAULT_SERVICE, OperatorCommand, printed_by
from winnow.cli.tables import plain, table
from winnow.cli.terminal import Json, Terminal, terminal

app = typer.Typer(help="Dead letters, for the operator.", no_args_is_help=True)

Service = Annotated[str, typer.Option("--service", help="Whose dead letters.")]
Letter = Annotated[str, typer.Argument(help="Id of the dead letter.")]

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
    return list(printed_by(service, "dlq", arguments, command=command))


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
