"""The three servers: up, reachable with their passwords alone, and back on the same port after any end."""

import asyncio
import sys
from pathlib import Path

import pytest
from redis import AuthenticationError, Redis
from winnow_local.errors import StackError
from winnow_local.ports import LOOPBACK, free_port
from winnow_local.postgres import run_sql
from winnow_local.processes import Command, Process
from winnow_local.server import holds
from winnow_local.servers import Servers


@pytest.mark.parametrize("name", ["postgres", "valkey", "kafka"])
async def test_server_comes_back_on_its_port_after_a_kill(servers: Servers, name: str) -> None:
    server = servers.by_name(name)
    port = server.port

    await server.kill()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(LOOPBACK, port)
    await server.start()

    assert await server.answers()
    assert server.port == port


async def test_rows_survive_a_kill_of_postgres(servers: Servers, database: str) -> None:
    run_sql(database, statements="CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")

    await servers.postgres.kill()
    await servers.postgres.start()

    assert run_sql(database, statements="SELECT n FROM kept").strip() == "7"


async def test_postgres_runs_in_a_folder_that_is_closed_to_others_and_dies_with_its_parent(tmp_path: Path) -> None:
    """Also where a first start was ended before its cluster was whole."""
    (tmp_path / "closed").mkdir(mode=0o700)
    (tmp_path / "closed" / "postgres" / "unfinished").mkdir(parents=True)
    (tmp_path / "closed" / "postgres" / "unfinished" / "PG_VERSION").write_text("18\n")
    program = (
        "import asyncio, pathlib, time; from winnow_local.postgres import PostgresServer, run_sql;"
        f"server = PostgresServer(pathlib.Path({str(tmp_path / 'closed' / 'postgres')!r}), port={free_port()},"
        " password='secret', sink=print); asyncio.run(server.start());"
        "print(run_sql(server.url(), statements=\"SELECT 'answered ' || 6 * 7\"), flush=True); time.sleep(600)"
    )
    parent = Process(Command(name="parent", argv=(sys.executable, "-c", program)), sink=lambda _: None)

    async def has_answered() -> bool:
        assert parent.exit_status is None, parent.output_tail()
        return "answered 42" in parent.last_lines

    assert await holds(has_answered, within=60)
    process = int((tmp_path / "closed" / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    await parent.kill()

    async def is_gone() -> bool:
        status = Path(f"/proc/{process}/status")
        return not status.exists() or "State:\tZ" in status.read_text()

    assert await holds(is_gone, within=2)


def test_postgres_refuses_a_wrong_password(servers: Servers) -> None:
    with pytest.raises(StackError, match="password authentication failed"):
        run_sql(servers.postgres.url(password="wrong"), statements="SELECT 1")


def test_valkey_refuses_to_answer_without_the_password(servers: Servers) -> None:
    with Redis(host=LOOPBACK, port=servers.valkey.port) as client, pytest.raises(AuthenticationError):
        client.ping()


def test_each_database_is_empty_and_belongs_to_a_role_without_privileges(database: str) -> None:
    row = run_sql(
        database,
        statements="SELECT rolsuper, current_schema() FROM pg_roles WHERE rolname = current_user",
    )

    assert row.strip() == "f|service"
