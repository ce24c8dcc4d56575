"""What `python -m winnow_gateway` can do: serve, migrate, bootstrap, openapi, assets, dlq."""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import orjson
from winnow_common import commands, lifecycle
from winnow_common.clock import Clock, system_clock
from winnow_common.commands import Command
from winnow_common.postgres import Pool, open_pool, transaction
from winnow_common.sealed import SealedStore
from winnow_common.settings import load

from winnow_gateway import assets
from winnow_gateway.accounts import account_name
from winnow_gateway.app import serve
from winnow_gateway.credentials import Pepper
from winnow_gateway.openapi.document import openapi_json
from winnow_gateway.openapi.reference import reference
from winnow_gateway.registration import Registration
from winnow_gateway.routes.table import TABLE
from winnow_gateway.settings import Settings
from winnow_gateway.store import accounts

SERVICE: Final = "gateway"
OWNER: Final = "owner@localhost"
"""Stands where the first account has an e-mail address; sign-up takes none without a dot."""
NO_HASH: Final = "!"
"""No hash is ever equal to it: the first account has keys alone."""


def serve_api(_: Sequence[str]) -> int:
    """Serve the API until told to stop."""
    lifecycle.main(load(Settings), serve, service=SERVICE)


def migrate_schema(_: Sequence[str]) -> int:
    """Bring the schema up to date."""
    return commands.migrate_schema(load(Settings), package=__file__)


def bootstrap(_: Sequence[str]) -> int:
    """Make the first account, or another key for it, and print both as a line of JSON."""
    settings = load(Settings)
    sealed = SealedStore.at(settings.objects, master_key=settings.master_key.get_secret_value())
    registration = Registration(Pepper(settings.pepper.get_secret_value()), sealed)

    async def work() -> Mapping[str, str]:
        async with open_pool(settings.postgres.get_secret_value(), size=1, name="gateway-bootstrap") as pool:
            return await first_key(pool, registration, clock=system_clock)

    sys.stdout.write(orjson.dumps(asyncio.run(work())).decode() + "\n")
    return 0


async def first_key(pool: Pool, registration: Registration, *, clock: Clock) -> Mapping[str, str]:
    """A new production key of the first account, which is made where there is none yet."""
    now = clock()
    async with transaction(pool) as connection:
        tenant = await registration.account(
            connection, email=OWNER, company=None, password_hash=NO_HASH, plan="unlimited", now=now
        )
        if tenant is None:
            login = await accounts.find_login(connection, registration.pepper.email(OWNER))
            assert login is not None
            tenant = login.tenant
        _, secret = await registration.key(connection, tenant=tenant, name="Bootstrap", now=now)
    return {"account_id": account_name(tenant), "api_key": secret}


def write_openapi(arguments: Sequence[str]) -> int:
    """Write docs/openapi.json and docs/api.md, or say with --check whether they are those of the route table."""
    parser = argparse.ArgumentParser(prog="python -m winnow_gateway openapi", description=write_openapi.__doc__)
    parser.add_argument("--folder", type=Path, default=Path("docs"))
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    documents = {
        options.folder / "openapi.json": openapi_json(TABLE, indent=True),
        options.folder / "api.md": reference(TABLE).encode(),
    }
    if not options.check:
        for path, content in documents.items():
            path.write_bytes(content)
        return 0
    stale = [path for path, content in documents.items() if not path.exists() or path.read_bytes() != content]
    for path in stale:
        sys.stderr.write(f"{path} is not that of the route table; run `python -m winnow_gateway openapi`\n")
    return 1 if stale else 0


def fetch_assets(_: Sequence[str]) -> int:
    """Fetch the reference page's script."""
    return assets.fetch()


def dead_letters(arguments: Sequence[str]) -> int:
    """List, show and replay dead letters."""
    return commands.dead_letters(arguments, load(Settings), service=SERVICE)


COMMANDS: Final[Mapping[str, Command]] = {
    "serve": serve_api,
    "migrate": migrate_schema,
    "bootstrap": bootstrap,
    "openapi": write_openapi,
    "assets": fetch_assets,
    "dlq": dead_letters,
}


def run(arguments: Sequence[str]) -> int:
    """Carry out a command; `serve` where none is named. The exit status of the process."""
    return commands.run(arguments, COMMANDS, service=SERVICE)
