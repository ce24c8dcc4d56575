"""Accounts and sessions in PostgreSQL."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from winnow_common.postgres import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as it is stored."""

    tenant: UUID
    email_hash: bytes
    email_sealed: bytes
    company_sealed: bytes | None
    password_hash: str
    plan: str
    created_at: datetime


class Login(NamedTuple):
    """What a person logs in with, and to which account."""

    tenant: UUID
    password_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A log-in of a person."""

    tenant: UUID
    id: UUID
    token_hash: bytes
    created_at: datetime
    expires_at: datetime


async def insert_account(connection: Connection, account: Account) -> bool:
    """Add an account; False where there is one of that e-mail address already."""
    inserted = await connection.fetchval(
        "INSERT INTO account (tenant_id, email_hash, email_sealed, company_sealed, password_hash, plan, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (email_hash) DO NOTHING RETURNING tenant_id",
        account.tenant,
        account.email_hash,
        account.email_sealed,
        account.company_sealed,
        account.password_hash,
        account.plan,
        account.created_at,
    )
    return inserted is not None


async def find_login(connection: Connection, email_hash: bytes) -> Login | None:
    """The log-in of an e-mail address."""
    row = await connection.fetchrow("SELECT tenant_id, password_hash FROM account WHERE email_hash = $1", email_hash)
    return None if row is None else Login(row["tenant_id"], row["password_hash"])


async def lock_account(connection: Connection, tenant: UUID) -> str:
    """The name of the account's plan; until the transaction ends nobody else changes its keys."""
    plan: str = await connection.fetchval("SELECT plan FROM account WHERE tenant_id = $1 FOR UPDATE", tenant)
    return plan


async def insert_session(connection: Connection, session: Session) -> None:
    """Add a session, and forget the tenant's ended ones."""
    await connection.execute(
        "DELETE FROM session WHERE tenant_id = $1 AND expires_at <= $2", session.tenant, session.created_at
    )
    await connection.execute(
        "INSERT INTO session (tenant_id, session_id, token_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        session.tenant,
        session.id,
        session.token_hash,
        session.created_at,
        session.expires_at,
    )


async def delete_session(connection: Connection, *, tenant: UUID, id: UUID) -> bool:
    """End a session; False where there is none."""
    deleted = await connection.fetchval(
        "DELETE FROM session WHERE tenant_id = $1 AND session_id = $2 RETURNING session_id", tenant, id
    )
    return deleted is not None
