"""`winnow keys`: API keys of the account."""

from __future__ import annotations

from typing import Annotated

import typer

from winnow import NewKey
from winnow.cli.tables import keys_table
from winnow.cli.terminal import Json, Terminal, terminal

app = typer.Typer(help="API keys of the account.", no_args_is_help=True)

KeyId = Annotated[str, typer.Argument(help="Id of the key, `key_…`.")]


@app.command("list")
def list_keys(context: typer.Context, *, json: Json = False) -> None:
    """List the keys, without their secrets."""
    here = terminal(context)
    with here.client() as client:
        if json:
            here.dump_all(client.keys.list())
        else:
            here.show(keys_table(client.keys.list()))


@app.command()
def create(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[list[str] | None, typer.Option("--scope", help="What it may do; give it several times.")] = None,
    environment: Annotated[
        str | None, typer.Option("--environment", help="production, staging or development.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a key. Its secret is shown this once."""
    here = terminal(context)
    with here.client() as client:
        _show(here, client.keys.create(name, scopes=scope, environment=environment), json=json)


@app.command()
def rotate(
    context: typer.Context,
    *,
    key: KeyId,
    overlap: Annotated[int | None, typer.Option("--overlap", help="Seconds that the old key goes on working.")] = None,
    json: Json = False,
) -> None:
    """Make a successor of a key; both work for the overlap."""
    here = terminal(context)
    with here.client() as client:
        _show(here, client.keys.rotate(key, overlap_seconds=overlap), json=json)


@app.command()
def revoke(context: typer.Context, *, key: KeyId) -> None:
    """End a key now."""
    here = terminal(context)
    with here.client() as client:
        client.keys.revoke(key)
    here.note(f"{key} is revoked; servers may accept it for five more seconds.")


def _show(here: Terminal, key: NewKey, *, json: bool) -> None:
    if json:
        here.dump(key)
        return
    here.say(key.api_key)
    here.note(f"This is {key.id}. Keep the secret now: it is not shown again.")
