"""The gateway as it runs, on PostgreSQL and Valkey, with a stand-in for the log that answers at once."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from winnow_common import lifecycle
from winnow_common.clock import system_clock
from winnow_common.lifecycle import Background
from winnow_common.memory_log import MemoryLog
from winnow_common.requests import Reply, Requests
from winnow_common.settings import load
from winnow_contracts.topics import REPLIES
from winnow_gateway.app import open_gateway
from winnow_gateway.commands import first_key
from winnow_gateway.settings import Settings

from bench.gateway.exchange import ANSWER


async def answer_at_once(*_: object, **__: object) -> Reply:
    """Stands in for `Requests.ask`."""
    return Reply(status=200, body=ANSWER, replayed=False)


@asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[Background]:
    """Serve until terminated; says its port and a key on one line."""
    Requests.ask = answer_at_once  # type: ignore[method-assign]
    log = MemoryLog(partitions=REPLIES.partitions)
    async with open_gateway(settings, source=log) as gateway:
        made = await first_key(gateway.services.pool, gateway.services.registration, clock=system_clock)
        print(json.dumps({"port": gateway.port, "key": made["api_key"]}), flush=True)
        yield gateway.background


if __name__ == "__main__":
    lifecycle.main(load(Settings), serve, service="gateway")
