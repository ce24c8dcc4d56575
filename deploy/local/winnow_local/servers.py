"""The three servers without the services: what tests, benches and the stack itself begin with."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from winnow_local.kafka import KafkaServer
from winnow_local.ports import free_port
from winnow_local.postgres import LAPTOP_SETTINGS, PostgresServer
from winnow_local.processes import LineSink
from winnow_local.server import Server
from winnow_local.valkey import ValkeyServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """PostgreSQL, Valkey and Kafka; each can be stopped, killed and started again on its port by itself."""

    postgres: PostgresServer
    valkey: ValkeyServer
    kafka: KafkaServer

    @classmethod
    def inside(
        cls, folder: Path, *, sink: LineSink, postgres_settings: Mapping[str, str] = LAPTOP_SETTINGS
    ) -> "Servers":
        """Servers with free ports and new passwords, whose data is under `folder`; nothing is started yet."""
        return cls(
            postgres=PostgresServer(
                folder / "postgres",
                port=free_port(),
                password=secrets.token_urlsafe(24),
                sink=sink,
                settings=postgres_settings,
            ),
            valkey=ValkeyServer(folder / "valkey", port=free_port(), password=secrets.token_urlsafe(24), sink=sink),
            kafka=KafkaServer(folder / "kafka", port=free_port(), controller_port=free_port(), sink=sink),
        )

    def all(self) -> tuple[Server, ...]:
        """Every server, in the order of their start."""
        return (self.kafka, self.postgres, self.valkey)

    def by_name(self, name: str) -> Server:
        """The server called `postgres`, `valkey` or `kafka`."""
        return {server.name: server for server in self.all()}[name]

    async def start(self) -> None:
        """Start all of them at once; when one fails the others are stopped and its error is raised."""
        try:
            async with asyncio.TaskGroup() as starts:
                for server in self.all():
                    starts.create_task(server.start())
        except ExceptionGroup as failures:
            await self.stop()
            raise failures.exceptions[0] from failures

    async def stop(self) -> None:
        """Stop all of them at once."""
        await asyncio.gather(*(server.stop() for server in self.all()))
