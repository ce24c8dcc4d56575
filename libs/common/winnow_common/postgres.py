"""PostgreSQL: a pool, transactions that end, migrations, and which errors mean "try again".

Only this module and `*.store` import asyncpg. A service connects with a role of its own whose search_path is its schema,
so SQL never names one.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import asyncpg
from asyncpg import exceptions as sql
from asyncpg.pool import PoolConnectionProxy

Record: TypeAlias = asyncpg.Record
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

Transient: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    sql.PostgresConnectionError,
    sql.OperatorInterventionError,
    sql.InsufficientResourcesError,
    sql.TransactionRollbackError,
    sql.LockNotAvailableError,
    sql.ObjectInUseError,
    sql.IdleInTransactionSessionTimeoutError,
    sql.ReadOnlySQLTransactionError,
)
"""Exceptions that say nothing against the statement: the same one may succeed later."""

LOCK_TIMEOUT = "5s"
IDLE_IN_TRANSACTION_TIMEOUT = "10s"
COMMAND_TIMEOUT = 30.0
CLOSE_TIMEOUT = 5.0


class MigrationFailed(Exception):
    """dbmate could not bring the schema up to date; the message is what it said."""


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed later: the connection was lost, a lock was not granted, the server is restarting."""
    return isinstance(error, Transient)


@asynccontextmanager
async def open_pool(url: str, *, size: int, name: str) -> AsyncIterator[Pool]:
    """A pool of at most `size` connections, which `name` shows in pg_stat_activity.

    Connections are made when they are needed, so a service starts while PostgreSQL is away and recovers when it is back.
    """
    pool = asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        command_timeout=COMMAND_TIMEOUT,
        timeout=5.0,
        server_settings={
            "application_name": name,
            "lock_timeout": LOCK_TIMEOUT,
            "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_TIMEOUT,
            "timezone": "UTC",
        },
    )
    async with pool:
        yield pool


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """A connection in a transaction: committed at the end, undone by any exception, cancellation included."""
    async with pool.acquire() as connection, connection.transaction():
        yield connection


def migrate(url: str, *folders: Path) -> None:
    """Apply the numbered SQL files of all folders that were not applied yet, in order of their names.

    Several processes may do this at once: one works, the others wait. Raises `MigrationFailed`.
    """
    command = [str(Path(sys.executable).with_name("dbmate")), "--wait", "--no-dump-schema", "--migration-lock"]
    for folder in folders:
        command += ["--migrations-dir", str(folder)]
    result = subprocess.run(
        [*command, "migrate"],
        env={"PGSSLMODE": "prefer", **os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise MigrationFailed(result.stderr.strip() or result.stdout.strip())


async def ping(pool: Pool) -> None:
    """Raise unless the database answers within two seconds; a check for `Operations`."""
    async with asyncio.timeout(2.0):
        await pool.execute("SELECT 1")
