"""The gateway as it runs, on PostgreSQL and Valkey, which holds the answer as scoring's cache keeper would write it.

There is no log: a call that the cache does not answer fails the bench.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from redis.asyncio import Redis
from winnow_common import lifecycle
from winnow_common.clock import system_clock
from winnow_common.lifecycle import Background
from winnow_common.memory_log import MemoryLog
from winnow_common.requests import Reply, Requests
from winnow_common.settings import load
from winnow_contracts.similarity_cache import BEAT_FIELDS, BEAT_KEY, KEPT_MS, entry_key, model_key
from winnow_contracts.topics import REPLIES
from winnow_gateway.app import open_gateway
from winnow_gateway.commands import first_key
from winnow_gateway.settings import Settings

from bench.gateway.exchange import BODY, KEPT

MODEL = "1"
NEVER_LATE = 2**42
"""Milliseconds since 1970, in the year 2109."""


async def refuse(*_: object, **__: object) -> Reply:
    """Stands in for `Requests.ask`."""
    return Reply(status=500, body=b"{}", replayed=False)


async def keep(url: str, tenant: UUID) -> None:
    """Keep the answer good for as long as the bench runs."""
    entry = entry_key(tenant, json.loads(BODY)["domain"], livemode=True)
    async with Redis.from_url(url) as redis:
        await redis.set(model_key(tenant), MODEL)
        await redis.hset(entry, mapping={"company": "1", "model": MODEL, "answer": KEPT})
        await redis.hset(BEAT_KEY, mapping=dict.fromkeys(BEAT_FIELDS, str(NEVER_LATE)))
        while True:
            await redis.pexpire(entry, KEPT_MS)
            await asyncio.sleep(60)


@asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[Background]:
    """Serve until terminated; says its port and a key on one line."""
    Requests.ask = refuse  # type: ignore[method-assign]
    log = MemoryLog(partitions=REPLIES.partitions)
    async with open_gateway(settings, source=log) as gateway:
        pool = gateway.services.pool
        made = await first_key(pool, gateway.services.registration, clock=system_clock)
        tenant = UUID(str(await pool.fetchval("SELECT tenant_id FROM account")))
        gateway.background.start("keep", lambda: keep(settings.redis.get_secret_value(), tenant))
        print(json.dumps({"port": gateway.port, "key": made["api_key"]}), flush=True)
        yield gateway.background


if __name__ == "__main__":
    lifecycle.main(load(Settings), serve, service="gateway")
