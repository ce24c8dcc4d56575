"""A whole stack: servers, database, topics, migrations, services, the first API key; and the end of all that in order.

Start: side by side Kafka and its topics, PostgreSQL with its roles and migrations, and Valkey; then the services.
End: the services drain first, while the servers they need still answer, then the servers.
"""

import asyncio
from dataclasses import replace

from winnow_common.kafka import create_topics
from winnow_contracts.topics import TOPICS

from winnow_local import endpoints, first_key
from winnow_local.credentials import Credentials, load_or_create
from winnow_local.database import prepare_database, role_urls
from winnow_local.endpoints import Endpoints
from winnow_local.errors import StackError
from winnow_local.home import Home
from winnow_local.kafka import KafkaServer
from winnow_local.log import Journal
from winnow_local.migrations import AppliedMigrations
from winnow_local.ports import free_port
from winnow_local.postgres import PostgresServer
from winnow_local.processes import Command, Process, run_to_end
from winnow_local.readiness import is_ready
from winnow_local.server import Server, holds
from winnow_local.servers import Servers
from winnow_local.services import ROLES, SERVICES, Role, Wiring
from winnow_local.settings import StackSettings
from winnow_local.supervisor import Child, Spawn, Supervisor
from winnow_local.valkey import ValkeyServer

_SERVICES_READY_WITHIN_S = 120.0
_MIGRATION_WITHIN_S = 120.0
_SERVICES_STOP_WITHIN_S = 6.0
_SERVERS_STOP_WITHIN_S = 3.0
_ENDS_BEFORE_GIVING_UP = 3


class Stack:
    """One stack in one home, which the caller has claimed, on a port that the caller holds."""

    def __init__(self, settings: StackSettings, *, home: Home, port: int, journal: Journal) -> None:
        self._settings = settings
        self._home = home
        self._port = port
        self._journal = journal
        self._supervisor = Supervisor(journal, on_change=self._publish)
        self._endpoints: Endpoints | None = None

    async def start(self) -> Endpoints:
        """Start everything; returns when all of it is ready and `endpoints.json` says so.

        Raises StackError in words for people; call `stop` then as well.
        """
        credentials = load_or_create(self._home.secrets, roles=SERVICES)
        servers = self._servers(credentials)
        wiring = self._wire(servers, credentials)
        async with asyncio.TaskGroup() as preparations:
            preparations.create_task(self._open_log(servers.kafka, wiring=wiring))
            preparations.create_task(self._open_database(servers.postgres, roles=credentials.roles, wiring=wiring))
            preparations.create_task(self._open_limits(servers.valkey))
        children = self._start_services(wiring)
        await asyncio.gather(*(self._ready(child, port=port) for child, port in children))
        api_key = await first_key.ensure(credentials, path=self._home.secrets, wiring=wiring)
        self._endpoints = Endpoints(
            gateway=wiring.public_url,
            docs=f"{wiring.public_url}/docs",
            api_key=api_key,
            kafka=wiring.kafka,
            redis=wiring.redis,
            postgres=wiring.postgres,
        )
        self._publish()
        return self._endpoints

    async def stop(self) -> None:
        """End everything in order, within ten seconds."""
        self._endpoints = None
        self._home.endpoints.unlink(missing_ok=True)
        await self._supervisor.stop(groups=frozenset(SERVICES), within=_SERVICES_STOP_WITHIN_S)
        await self._supervisor.stop(within=_SERVERS_STOP_WITHIN_S)

    def kill(self) -> None:
        """End every child now; for whoever does not want to wait for `stop`."""
        self._supervisor.kill()

    def _publish(self) -> None:
        if self._endpoints is not None:
            self._endpoints = replace(self._endpoints, processes=self._supervisor.process_ids())
            endpoints.write(self._endpoints, path=self._home.endpoints)

    def _servers(self, credentials: Credentials) -> Servers:
        folder, sink = self._home.folder, self._journal.server_sink
        return Servers(
            postgres=PostgresServer(
                folder / "postgres", port=free_port(), password=credentials.superuser, sink=sink("postgres")
            ),
            valkey=ValkeyServer(folder / "valkey", port=free_port(), password=credentials.valkey, sink=sink("valkey")),
            kafka=KafkaServer(
                folder / "kafka",
                port=free_port(),
                controller_port=free_port(),
                sink=sink("kafka"),
                say=self._journal.say,
            ),
        )

    def _wire(self, servers: Servers, credentials: Credentials) -> Wiring:
        """Where everything is going to be: the servers here, but for those that the settings name."""
        return Wiring(
            postgres=role_urls(self._settings.postgres or servers.postgres.url(), roles=credentials.roles),
            kafka=self._settings.kafka or servers.kafka.bootstrap,
            redis=self._settings.redis or servers.valkey.url(),
            objects=self._home.objects.as_uri(),
            master_key=credentials.master_key,
            pepper=credentials.pepper,
            port=self._port,
            log_level=self._settings.log_level,
        )

    async def _open_log(self, kafka: KafkaServer, *, wiring: Wiring) -> None:
        if self._settings.kafka is None:
            await self._start_server(kafka)
        try:
            await create_topics(wiring.kafka, TOPICS)
        except Exception as failure:
            raise StackError(f"The topics could not be created in Kafka at {wiring.kafka}: {failure}") from failure

    async def _open_database(self, postgres: PostgresServer, *, roles: dict[str, str], wiring: Wiring) -> None:
        if self._settings.postgres is None:
            await self._start_server(postgres)
        await asyncio.to_thread(prepare_database, self._settings.postgres or postgres.url(), roles=roles)
        async with asyncio.TaskGroup() as migrations:
            for service in SERVICES:
                migrations.create_task(self._migrate(service, wiring=wiring))

    async def _open_limits(self, valkey: ValkeyServer) -> None:
        if self._settings.redis is None:
            await self._start_server(valkey)

    async def _start_server(self, server: Server) -> None:
        await server.start()
        self._supervisor.watch(server.name, group=server.name, spawn=server.spawn, running=server.process)
        self._journal.say(f"{server.name} answers on port {server.port}")

    async def _migrate(self, service: str, *, wiring: Wiring) -> None:
        applied = AppliedMigrations(self._home.folder / "postgres", service=service)
        ours = self._settings.postgres is None
        if ours and applied.are_current():
            return
        command = wiring.command(Role(service=service, role="migrate"), instance=f"{service}-migrate")
        await run_to_end(command, sink=self._journal.service_sink(service), within=_MIGRATION_WITHIN_S)
        if ours:
            applied.note()

    def _start_services(self, wiring: Wiring) -> list[tuple[Child, int]]:
        """Start every process of every role; returns each with its operations port."""
        self._home.objects.mkdir(parents=True, exist_ok=True)
        started = []
        for role in ROLES:
            count = self._settings.scale.get(role.label, 1)
            for number in range(1, count + 1):
                label = role.label if count == 1 else f"{role.label}-{number}"
                port = free_port()
                spawn = self._spawn(wiring.command(role, instance=label, operations_port=port))
                started.append((self._supervisor.watch(label, group=role.service, spawn=spawn), port))
        return started

    def _spawn(self, command: Command) -> Spawn:
        sink = self._journal.service_sink(command.name)
        return lambda: Process(command, sink=sink)

    async def _ready(self, child: Child, *, port: int) -> None:
        async def ready() -> bool:
            if child.ends >= _ENDS_BEFORE_GIVING_UP:
                raise StackError(f"{child.label} ends again and again. Its last lines:\n{child.last_words}")
            return await is_ready(port)

        if not await holds(ready, within=_SERVICES_READY_WITHIN_S):
            raise StackError(
                f"{child.label} was not ready within {_SERVICES_READY_WITHIN_S:.0f} s. Its last lines:\n"
                f"{child.process.output_tail()}"
            )
        self._journal.say(f"{child.label} is ready")
