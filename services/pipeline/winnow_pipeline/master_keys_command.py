"""`python -m winnow_pipeline master-keys [rotate]`: wrap tenants' keys by the newest master key.

A new master key is put in MASTER_KEY and the old one among PREVIOUS_MASTER_KEYS; then this is run once; then the old
one may go from the settings.
"""

import asyncio
import sys
from collections.abc import Sequence

from winnow_common.clock import system_clock
from winnow_common.postgres import open_pool, transaction

from winnow_pipeline.settings import Settings
from winnow_pipeline.store import keys as store
from winnow_pipeline.vault.tenant_keys import KeysNotOpened, TenantKeys


def run(arguments: Sequence[str], settings: Settings) -> int:
    """Carry out the command; the exit status of the process."""
    if list(arguments) != ["rotate"]:
        sys.stderr.write("python -m winnow_pipeline master-keys rotate\n")
        return 2
    try:
        count = asyncio.run(_rotate(settings))
    except KeysNotOpened as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{count} keys of tenants are wrapped by the newest master key\n")
    return 0


async def _rotate(settings: Settings) -> int:
    keys = TenantKeys(
        master_key=settings.master_key.get_secret_value(),
        previous=[key.get_secret_value() for key in settings.previous_master_keys],
        clock=system_clock,
    )
    async with (
        open_pool(settings.postgres.get_secret_value(), size=1, name="master-keys") as pool,
        transaction(pool) as connection,
    ):
        found = await store.all_tenant_keys(connection)
        for tenant, key in found:
            opened = keys.unwrapped(key, tenant=tenant)
            again = keys.wrapped(opened, tenant=tenant, purpose=key.purpose, version=key.version)
            await store.rewrap(connection, again, tenant=tenant)
    return len(found)
