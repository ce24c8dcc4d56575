"""`winnow privacy`: what is stored of a person, and erasing it.

Who it is about is read from a prompt or from stdin, never from an argument, which every process of the machine could
read.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from winnow.cli.tables import plain, table
from winnow.cli.terminal import Json, terminal

app = typer.Typer(help="What is stored of a person.", no_args_is_help=True)


class By(StrEnum):
    """What a person is named by."""

    EMAIL = "email"
    PHONE = "phone"
    LINKEDIN = "linkedin"
    LEAD_ID = "lead_id"


NamedBy = Annotated[
    By, typer.Option("--by", help="What you name the person by; its value is asked for, or read from stdin.")
]


@app.command()
def erase(
    context: typer.Context,
    *,
    by: NamedBy = By.EMAIL,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    json: Json = False,
) -> None:
    """Erase a person for good, and keep them from being imported again."""
    here = terminal(context)
    subject = {by.value: _asked(by)}
    if not yes and not typer.confirm("Erase everything that is stored of this person?", err=True):
        raise typer.Exit(1)
    with here.client() as client:
        receipt = client.privacy.erase(**subject)
    if json:
        here.dump(receipt.document)
        return
    made = table("Store", "Done", "Records", right=("Records",))
    for store in receipt.stores:
        made.add_row(plain(store.store), plain(store.action), str(store.records))
    here.show(made)
    here.note(f"Receipt {receipt.receipt_id}. Keep it with --json: it is signed.")


@app.command()
def export(context: typer.Context, *, by: NamedBy = By.EMAIL) -> None:
    """Print everything that is stored of a person, as JSON."""
    here = terminal(context)
    with here.client() as client:
        here.dump(client.privacy.export(**{by.value: _asked(by)}).document)


def _asked(by: By) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(by.value, err=True))
    return sys.stdin.readline().strip()
