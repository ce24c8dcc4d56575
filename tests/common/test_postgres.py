"""The pool, transactions, migrations and the verdict on errors, against a real server."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from asyncpg import InterfaceError, UniqueViolationError
from winnow_common.postgres import (
    Connection,
    MigrationFailed,
    Pool,
    Transient,
    Write,
    is_duplicate,
    is_transient,
    migrate,
    open_pool,
    ping,
    transaction,
    write_together,
)

Databases = Any  # of the root conftest, which cannot be imported
Servers = Any


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database, size=4, name="test pool") as pool:
        await pool.execute("CREATE TABLE note (id int PRIMARY KEY, word text)")
        yield pool


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder of migrations from `name=sql`."""

    def make(name: str, **files: str) -> Path:
        place = tmp_path / name
        place.mkdir()
        for file, statements in files.items():
            (place / f"{file.removeprefix('_')}.sql").write_text(f"-- migrate:up\n{statements}\n-- migrate:down\n")
        return place

    return make


async def notes(pool: Pool) -> list[int]:
    return [row["id"] for row in await pool.fetch("SELECT id FROM note ORDER BY id")]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await condition():
            await asyncio.sleep(0)


async def has_begun(pool: Pool, statement: str) -> None:
    """Return when a session runs that statement."""
    query = "SELECT count(*) > 0 FROM pg_stat_activity WHERE state = 'active' AND query LIKE $1 || '%'"
    await until(lambda: pool.fetchval(query, statement))


async def is_gone(pool: Pool, backend: int) -> None:
    """Return when the server has no such session any more."""
    await until(lambda: pool.fetchval("SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $1", backend))


async def is_closed(connection: Connection) -> None:
    """Return when the driver has noticed the end of a connection."""

    async def closed() -> bool:
        try:
            return connection.is_closed()
        except InterfaceError:  # the pool noticed it first
            return True

    await until(closed)


async def versions(pool: Pool) -> list[str]:
    """The migrations that were applied."""
    return [row["version"] for row in await pool.fetch("SELECT version FROM schema_migrations ORDER BY version")]


async def error_of(work: Awaitable[Any]) -> BaseException:
    """What the work raises."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 - which one is what tests judge
        return error
    raise AssertionError("nothing was raised")


class TestPool:
    @pytest.mark.parametrize(
        ("setting", "value"),
        [
            ("lock_timeout", "5s"),
            ("idle_in_transaction_session_timeout", "10s"),
            ("transaction_timeout", "30s"),
            ("timezone", "UTC"),
            ("application_name", "test pool"),
            ("jit", "off"),
        ],
    )
    async def test_sessions_are_set_up(self, pool: Pool, setting: str, value: str) -> None:
        assert await pool.fetchval(f"SHOW {setting}") == value

    async def test_a_pool_opens_while_the_server_is_away_and_works_when_it_is_back(
        self, servers: Servers, database: str
    ) -> None:
        await servers.postgres.stop()
        async with open_pool(database, size=1, name="early") as pool:
            assert is_transient(await error_of(ping(pool)))
            await servers.postgres.start()
            await ping(pool)

    async def test_a_statement_that_timed_out_leaves_the_connection_usable(self, database: str) -> None:
        async with open_pool(database, size=1, name="one") as pool:
            error = await error_of(pool.execute("SELECT pg_sleep(60)", timeout=0.05))
            assert is_transient(error)
            assert await pool.fetchval("SELECT 1") == 1

    async def test_closing_does_not_wait_for_ever_for_a_connection_that_is_in_use(
        self, database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("winnow_common.postgres.CLOSE_TIMEOUT", 0.05)
        async with open_pool(database, size=1, name="held") as pool:
            connection = await pool.acquire()
            backend = await connection.fetchval("SELECT pg_backend_pid()")
        async with open_pool(database, size=1, name="observer") as observer:
            await is_gone(observer, backend)


class TestTransaction:
    async def test_what_a_block_did_is_there_afterwards(self, pool: Pool) -> None:
        async with transaction(pool) as connection:
            await connection.execute("INSERT INTO note VALUES (1)")
        assert await notes(pool) == [1]

    async def test_a_block_that_raises_leaves_nothing(self, pool: Pool) -> None:
        async def fail() -> None:
            async with transaction(pool) as connection:
                await connection.execute("INSERT INTO note VALUES (1)")
                raise KeyError

        with pytest.raises(KeyError):
            await fail()
        assert await notes(pool) == []

    async def test_a_block_that_is_cancelled_in_a_statement_leaves_nothing(self, database: str, pool: Pool) -> None:
        async with open_pool(database, size=1, name="one") as one:

            async def insert() -> None:
                async with transaction(one) as connection:
                    await connection.execute("INSERT INTO note VALUES (1)")
                    await connection.execute("SELECT pg_sleep(60)")

            task = asyncio.create_task(insert())
            await has_begun(pool, "SELECT pg_sleep(60)")
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

            async with transaction(one) as connection:
                await connection.execute("INSERT INTO note VALUES (2)")
        assert await notes(pool) == [2]

    async def test_a_cancellation_during_the_commit_waits_for_it(self, pool: Pool) -> None:
        await pool.execute(
            """
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON note DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION slow()
            """
        )

        async def insert() -> None:
            async with transaction(pool) as connection:
                await connection.execute("INSERT INTO note VALUES (1)")

        task = asyncio.create_task(insert())
        await has_begun(pool, "COMMIT")
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await notes(pool) == [1]

    async def test_a_connection_that_is_lost_in_a_block_is_reported_as_that(self, pool: Pool) -> None:
        error = await error_of(lose_connection_in_block(pool))
        assert is_transient(error)
        assert await notes(pool) == []

    async def test_a_transaction_that_cannot_be_ended_costs_its_connection(
        self, pool: Pool, database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("winnow_common.postgres.COMMAND_TIMEOUT", 0.1)
        async with open_pool(database, size=1, name="one") as one:
            backend = await one.fetchval("SELECT pg_backend_pid()")

            async def fail() -> None:
                async with transaction(one) as connection:
                    await connection.execute("INSERT INTO note VALUES (1)")
                    os.kill(backend, signal.SIGSTOP)
                    raise KeyError

            with pytest.raises(KeyError):
                await fail()
            os.kill(backend, signal.SIGCONT)
            await one.execute("INSERT INTO note VALUES (2)")
            await is_gone(one, backend)
        assert await notes(pool) == [2]


async def lose_connection_in_block(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await connection.execute("INSERT INTO note VALUES (1)")
        backend = await connection.fetchval("SELECT pg_backend_pid()")
        await pool.execute("SELECT pg_terminate_backend($1, 5000)", backend)
        await connection.execute("SELECT 1")


async def lock_is_not_granted(pool: Pool) -> None:
    async with transaction(pool) as holder, transaction(pool) as other:
        await holder.execute("LOCK TABLE note")
        await other.execute("SET LOCAL lock_timeout = '20ms'")
        await other.execute("LOCK TABLE note")


async def deadlock(pool: Pool) -> None:
    await pool.execute("INSERT INTO note VALUES (1), (2)")

    async def update(first: int, second: int, barrier: asyncio.Barrier) -> None:
        async with transaction(pool) as connection:
            await connection.execute("UPDATE note SET word = '' WHERE id = $1", first)
            await barrier.wait()
            await connection.execute("UPDATE note SET word = '' WHERE id = $1", second)

    barrier = asyncio.Barrier(2)
    results = await asyncio.gather(update(1, 2, barrier), update(2, 1, barrier), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def serialization_failure(pool: Pool) -> None:
    await pool.execute("INSERT INTO note VALUES (1)")
    async with pool.acquire() as connection, connection.transaction(isolation="serializable"):
        await connection.fetch("SELECT * FROM note")
        await pool.execute("UPDATE note SET word = 'a'")
        await connection.execute("UPDATE note SET word = 'b'")


async def backend_is_terminated(pool: Pool) -> None:
    async with pool.acquire() as connection:
        backend = await connection.fetchval("SELECT pg_backend_pid()")
        statement = asyncio.create_task(connection.execute("SELECT pg_sleep(61)"))
        await has_begun(pool, "SELECT pg_sleep(61)")
        await pool.execute("SELECT pg_terminate_backend($1)", backend)
        await statement


async def backend_dies_while_it_idles(pool: Pool) -> None:
    async with pool.acquire() as connection:
        backend = await connection.fetchval("SELECT pg_backend_pid()")
        await pool.execute("SELECT pg_terminate_backend($1, 5000)", backend)
        await is_closed(connection)
        await connection.execute("SELECT 1")


async def statement_is_cancelled_by_the_operator(pool: Pool) -> None:
    async with pool.acquire() as connection:
        backend = await connection.fetchval("SELECT pg_backend_pid()")
        statement = asyncio.create_task(connection.execute("SELECT pg_sleep(62)"))
        await has_begun(pool, "SELECT pg_sleep(62)")
        await pool.execute("SELECT pg_cancel_backend($1)", backend)
        await statement


async def transaction_idles_too_long(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await connection.execute("SET LOCAL idle_in_transaction_session_timeout = '20ms'")
        await is_closed(connection)
        await connection.execute("SELECT 1")


async def client_freezes_inside_a_statement(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await connection.execute("SET LOCAL transaction_timeout = '500ms'")
        await connection.prepare("SELECT 1")
        assert await _state_of(pool, connection) == "active"
        await is_closed(connection)
        await connection.execute("SELECT 1")


async def _state_of(pool: Pool, connection: Connection) -> str:
    query = "SELECT state FROM pg_stat_activity WHERE pid = $1"
    return str(await pool.fetchval(query, connection.get_server_pid()))


async def table_changes_under_a_prepared_statement(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await connection.fetch("SELECT * FROM note")
    async with pool.acquire() as one:
        await one.fetch("SELECT * FROM note WHERE id = $1", 1)
        await pool.execute("ALTER TABLE note ADD COLUMN further int")
        async with one.transaction():
            await one.fetch("SELECT * FROM note WHERE id = $1", 1)


async def server_is_read_only(pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction(readonly=True):
        await connection.execute("INSERT INTO note VALUES (1)")


async def key_exists(pool: Pool) -> None:
    await pool.execute("INSERT INTO note VALUES (1)")
    await pool.execute("INSERT INTO note VALUES (1)")


async def syntax_error(pool: Pool) -> None:
    await pool.execute("SELEC 1")


async def parameter_of_the_wrong_type(pool: Pool) -> None:
    await pool.execute("INSERT INTO note VALUES ($1)", "one")


async def two_statements_at_once(pool: Pool) -> None:
    async with pool.acquire() as connection:
        await asyncio.gather(connection.execute("SELECT 1"), connection.execute("SELECT 2"))


class TestErrors:
    @pytest.mark.parametrize(
        "work",
        [
            lock_is_not_granted,
            deadlock,
            serialization_failure,
            backend_is_terminated,
            backend_dies_while_it_idles,
            statement_is_cancelled_by_the_operator,
            transaction_idles_too_long,
            client_freezes_inside_a_statement,
            table_changes_under_a_prepared_statement,
            server_is_read_only,
        ],
    )
    async def test_work_that_failed_for_a_passing_reason_is_worth_another_try(
        self, pool: Pool, work: Callable[[Pool], Awaitable[None]]
    ) -> None:
        assert is_transient(await error_of(work(pool)))

    @pytest.mark.parametrize(
        "work",
        [
            key_exists,
            syntax_error,
            parameter_of_the_wrong_type,
            two_statements_at_once,
        ],
    )
    async def test_work_that_is_wrong_is_not(self, pool: Pool, work: Callable[[Pool], Awaitable[None]]) -> None:
        assert not is_transient(await error_of(work(pool)))

    @pytest.mark.parametrize("end", ["kill", "stop"])
    async def test_a_server_that_goes_away_under_a_statement_is_worth_another_try(
        self, servers: Servers, pool: Pool, end: str
    ) -> None:
        statement = asyncio.create_task(pool.execute("SELECT pg_sleep(63)"))
        await has_begun(pool, "SELECT pg_sleep(63)")
        await getattr(servers.postgres, end)()
        later = [pool.execute("SELECT 1") for _ in range(20)]
        outcomes = await asyncio.gather(statement, *later, return_exceptions=True)
        await servers.postgres.start()
        errors = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        assert errors
        assert [error for error in errors if not is_transient(error)] == []
        assert await pool.fetchval("SELECT 1") == 1

    async def test_a_server_without_a_connection_to_spare_is_worth_another_try(self, pool: Pool, database: str) -> None:
        async with hoarder(database), open_pool(database, size=1, name="late") as late:
            assert is_transient(await error_of(late.execute("SELECT 1")))


@asynccontextmanager
async def hoarder(database: str) -> AsyncIterator[None]:
    """Holds every connection that the server has to give."""
    async with open_pool(database, size=500, name="hoarder") as pool, AsyncExitStack() as held:
        with suppress(*Transient):
            for _ in range(500):
                await held.enter_async_context(pool.acquire())
        yield


class TestWritesTogether:
    async def test_all_are_carried_out_each_with_its_own_values(self, pool: Pool) -> None:
        writes = [
            Write("INSERT INTO note SELECT id, $2 FROM unnest($1::int[]) AS id", ([1, 2], "tea")),
            Write("INSERT INTO note VALUES ($1, $2), ($3, $2)", (3, "coffee", 4)),
        ]
        async with pool.acquire() as connection:
            await write_together(connection, writes)
            await write_together(connection, ())
        rows = await pool.fetch("SELECT id, word FROM note ORDER BY id")
        assert [tuple(row) for row in rows] == [(1, "tea"), (2, "tea"), (3, "coffee"), (4, "coffee")]

    async def test_one_that_fails_undoes_the_others_without_a_transaction(self, pool: Pool) -> None:
        await pool.execute("INSERT INTO note VALUES (1, 'tea')")
        insert = "INSERT INTO note VALUES ($1, $2)"
        async with pool.acquire() as connection:
            with pytest.raises(UniqueViolationError) as caught:
                await write_together(connection, [Write(insert, (2, "milk")), Write(insert, (1, "coffee"))])
        assert await notes(pool) == [1]
        assert is_duplicate(caught.value, table="note")
        assert not is_duplicate(caught.value, table="inbox")


class TestMigrations:
    async def test_files_of_several_folders_are_applied_once_in_the_order_of_their_names(
        self, database: str, folder: Callable[..., Path]
    ) -> None:
        common = folder("common", _0001_word="CREATE TABLE word (id int);")
        service = folder("service", _0101_row="INSERT INTO word VALUES (1);")
        for _ in range(2):
            await asyncio.to_thread(migrate, database, service, common)
        async with open_pool(database, size=1, name="test") as pool:
            assert [tuple(row) for row in await pool.fetch("SELECT id FROM word")] == [(1,)]
            assert [
                tuple(row) for row in await pool.fetch("SELECT version FROM schema_migrations ORDER BY version")
            ] == [("0001",), ("0101",)]

    async def test_the_record_is_in_the_schema_of_the_role(self, database: str, folder: Callable[..., Path]) -> None:
        await asyncio.to_thread(migrate, database, folder("one", _0001_word="CREATE TABLE word (id int);"))
        async with open_pool(database, size=1, name="test") as pool:
            schemas = await pool.fetch(
                "SELECT schemaname FROM pg_tables WHERE tablename IN ('schema_migrations', 'word')"
            )
            role = await pool.fetchval("SELECT current_user")
        assert [row[0] for row in schemas] == [role, role]

    async def test_three_processes_at_once_apply_a_file_once(self, database: str, folder: Callable[..., Path]) -> None:
        place = folder(
            "slow", _0001_word="CREATE TABLE word (id int); INSERT INTO word VALUES (1); SELECT pg_sleep(0.3);"
        )
        await asyncio.gather(*(asyncio.to_thread(migrate, database, place) for _ in range(3)))
        async with open_pool(database, size=1, name="test") as pool:
            assert [tuple(row) for row in await pool.fetch("SELECT id FROM word")] == [(1,)]

    async def test_a_file_that_fails_leaves_nothing_and_says_why_without_the_password(
        self, database: str, folder: Callable[..., Path]
    ) -> None:
        place = folder("wrong", _0001_word="CREATE TABLE word (id int); CREATE TABLE word (id int);")
        with pytest.raises(MigrationFailed, match='relation "word" already exists') as caught:
            await asyncio.to_thread(migrate, database, place)
        assert database not in str(caught.value)
        async with open_pool(database, size=1, name="test") as pool:
            assert await pool.fetchval("SELECT to_regclass('word')") is None

    def test_an_impossible_address_is_refused_without_the_password(self, folder: Callable[..., Path]) -> None:
        with pytest.raises(MigrationFailed) as caught:
            migrate("postgres://role:hunter2@localhost:port/winnow", folder("none"))
        assert "hunter2" not in str(caught.value)

    async def test_a_dotenv_file_that_lies_about_is_not_read(
        self, database: str, folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / ".env").write_text("DBMATE_MIGRATIONS_TABLE=elsewhere\n")
        monkeypatch.chdir(tmp_path)
        await asyncio.to_thread(migrate, database, folder("one", _0001_word="CREATE TABLE word (id int);"))
        async with open_pool(database, size=1, name="test") as pool:
            assert await pool.fetchval("SELECT count(*) FROM schema_migrations") == 1
