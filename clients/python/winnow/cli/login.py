"""`winnow login` and `winnow signup`: from an e-mail address or a key to a remembered key."""

from __future__ import annotations

import socket
from typing import Annotated

import typer

from winnow import PermissionDenied, Winnow
from winnow.cli.terminal import Terminal, terminal
from winnow.configuration import Configuration, configuration_path, write_configuration

Url = Annotated[str | None, typer.Option("--url", help="Address of the server.")]
Email = Annotated[str | None, typer.Option("--email", help="Asked for where it is not given.")]


def login(
    context: typer.Context,
    *,
    url: Url = None,
    email: Email = None,
    api_key: Annotated[
        str | None, typer.Option("--api-key", help="Remember this key; `-` reads it from stdin.")
    ] = None,
    key_name: Annotated[str | None, typer.Option("--key-name", help="Name of the key that is made.")] = None,
) -> None:
    """Remember a key for this machine: an existing one, or a new one for your e-mail address."""
    here = terminal(context)
    if api_key is not None:
        key = typer.get_text_stream("stdin").readline().strip() if api_key == "-" else api_key
        with here.client(url=url, api_key=key) as client:
            _check(client)
            _remember(here, url=client.url, api_key=key)
        return
    email = email or typer.prompt("E-mail")
    password = typer.prompt("Password", hide_input=True)
    with here.client(url=url) as client:
        session = client.sessions.create(email, password=password)
        address = client.url
    with here.client(url=address, api_key=session.token) as client:
        made = client.keys.create(key_name or f"winnow on {socket.gethostname()}")
        client.sessions.end()
    _remember(here, url=address, api_key=made.api_key)


def sign_up(
    context: typer.Context,
    *,
    url: Url = None,
    email: Email = None,
    company: Annotated[str | None, typer.Option("--company", help="Your company's name.")] = None,
    invitation: Annotated[
        str | None, typer.Option("--invitation", help="The code, where sign-up is by invitation.")
    ] = None,
) -> None:
    """Open an account, and remember its first key for this machine."""
    here = terminal(context)
    email = email or typer.prompt("E-mail")
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    with here.client(url=url) as client:
        account = client.accounts.create(email, password=password, company=company, invitation=invitation)
        _remember(here, url=client.url, api_key=account.api_key)


def _check(client: Winnow) -> None:
    """Ask something small, so that a wrong key is refused before it is remembered."""
    try:
        next(client.rules.list(), None)
    except PermissionDenied:
        return


def _remember(here: Terminal, *, url: str, api_key: str) -> None:
    path = configuration_path()
    write_configuration(path, Configuration(url=url, api_key=api_key))
    here.say(f"Logged in to {url}. The key is in {path}.")
