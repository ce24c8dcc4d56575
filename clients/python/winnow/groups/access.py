"""Accounts, sessions and API keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from winnow.binding import D, Group, Listing, call, listing
from winnow.calls import Call, command, get, segment
from winnow.results import Account, Key, NewKey, Session, parse


class Accounts(Group[D]):
    """Sign-up; needs no key."""

    @call
    def create(
        self, email: str, *, password: str, company: str | None = None, invitation: str | None = None
    ) -> Call[Account]:
        """Open an account; its first API key is in the answer, and nowhere else."""
        body = {"email": email, "password": password, "company": company, "invitation": invitation}
        request = command("POST", "/v1/accounts", json=_given(body), authenticated=False)
        return parse(Account, (yield from self._perform(request)))


class Sessions(Group[D]):
    """Signing in, which needs no key, and out."""

    @call
    def create(self, email: str, *, password: str) -> Call[Session]:
        """Sign in. The session's token may manage keys, so it stands in for one."""
        body = {"email": email, "password": password}
        request = command("POST", "/v1/sessions", json=body, authenticated=False)
        return parse(Session, (yield from self._perform(request)))

    @call
    def end(self) -> Call[None]:
        """Sign out: end the session whose token is in use."""
        yield from self._perform(command("DELETE", "/v1/sessions/current"))


class Keys(Group[D]):
    """API keys. A secret is shown once, when its key is made."""

    @listing
    def list(self) -> Listing[Key]:
        """Every key of the account, without secrets."""
        return Listing(get("/v1/keys"), Key)

    @call
    def create(
        self,
        name: str,
        *,
        scopes: Sequence[str] | None = None,
        environment: str | None = None,
        expires_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Call[NewKey]:
        """Make a key. Without `scopes` it may do what the key in use may.

        Where the answer was lost on its way, the try after it raises `Conflict`: a secret is not told twice.
        """
        ends = expires_at.isoformat() if expires_at else None
        body = _given({"name": name, "scopes": scopes, "environment": environment, "expires_at": ends})
        request = command("POST", "/v1/keys", json=body, idempotency_key=idempotency_key)
        return parse(NewKey, (yield from self._perform(request)))

    @call
    def revoke(self, key_id: str, /) -> Call[None]:
        """End a key now. Servers may remember it for up to five seconds."""
        yield from self._perform(command("DELETE", f"/v1/keys/{segment(key_id)}"))

    @call
    def rotate(
        self,
        key_id: str,
        /,
        *,
        overlap_seconds: int | None = None,
        idempotency_key: str | None = None,
    ) -> Call[NewKey]:
        """Make a successor; the old key goes on working for the overlap."""
        request = command(
            "POST",
            f"/v1/keys/{segment(key_id)}/rotate",
            json=_given({"overlap_seconds": overlap_seconds}),
            idempotency_key=idempotency_key,
        )
        return parse(NewKey, (yield from self._perform(request)))


def _given(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields that have a value: absent means "as the server does by default"."""
    return {name: value for name, value in fields.items() if value is not None}
