"""Accounts, sessions and API keys. Secrets are left out of `repr`."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from winnow.results.parsing import Result


class Account(Result):
    """A new account with its first key, which is shown this once."""

    account_id: str
    api_key: str = Field(repr=False)


class Session(Result):
    """A signed-in session: `token` is used like a key, until `expires_at`."""

    token: str = Field(repr=False)
    account_id: str | None = None
    expires_at: datetime | None = None


class Key(Result):
    """An API key without its secret; `hint` is enough to know it by, `replaced_by` its successor by rotation."""

    id: str
    name: str | None = None
    environment: str | None = None
    scopes: tuple[str, ...] = ()
    hint: str | None = None
    created_at: datetime | None = None
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    replaced_by: str | None = None


class NewKey(Key):
    """A key as it is shown once, when it is made."""

    api_key: str = Field(repr=False)
