"""Makes accounts and keys in PostgreSQL: for sign-up, for key management, and for the operator's first account."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from winnow_common.identifiers import uuid7
from winnow_common.postgres import Connection
from winnow_contracts.event import Environment

from winnow_gateway.credentials import Pepper, Prefix, hint, new_credential
from winnow_gateway.scopes import ALL_SCOPES, Scope
from winnow_gateway.store import accounts, keys
from winnow_gateway.store.accounts import Account
from winnow_gateway.store.keys import StoredKey


class Seal(Protocol):
    """Encrypts small values; `winnow_common.sealed.SealedStore` does."""

    def seal(self, data: bytes, *, context: str) -> bytes:
        """The value, readable only by whoever holds the master key and names the same context."""


@dataclass(frozen=True, slots=True)
class Registration:
    """Makes accounts and keys, in transactions of the caller."""

    pepper: Pepper
    seal: Seal

    async def account(
        self,
        connection: Connection,
        *,
        email: str,
        company: str | None,
        password_hash: str,
        plan: str,
        now: datetime,
    ) -> UUID | None:
        """The tenant of a new account; None where the e-mail address has one already."""
        tenant = uuid7()
        account = Account(
            tenant=tenant,
            email_hash=self.pepper.email(email),
            email_sealed=self.seal.seal(email.encode(), context=f"account.email/{tenant}"),
            company_sealed=None
            if company is None
            else self.seal.seal(company.encode(), context=f"account.company/{tenant}"),
            password_hash=password_hash,
            plan=plan,
            created_at=now,
        )
        return tenant if await accounts.insert_account(connection, account) else None

    async def key(
        self,
        connection: Connection,
        *,
        tenant: UUID,
        name: str,
        now: datetime,
        environment: Environment = Environment.PRODUCTION,
        scopes: Iterable[Scope] = ALL_SCOPES,
        expires_at: datetime | None = None,
    ) -> tuple[StoredKey, str]:
        """A new key and its secret, which nobody can read again."""
        secret = new_credential(Prefix.of(environment))
        key = StoredKey(
            id=uuid7(),
            hint=hint(secret),
            name=name,
            environment=environment,
            scopes=frozenset(scopes),
            created_at=now,
            expires_at=expires_at,
        )
        await keys.insert_key(connection, key, tenant=tenant, key_hash=self.pepper.credential(secret))
        return key, secret
