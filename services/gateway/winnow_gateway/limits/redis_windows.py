"""Windows in Redis or Valkey, shared by all gateways: one Lua script, one round trip for all policies of a call.

Names hold ids only (a tenant's, or the pseudonym of an address); all counters of a subject share a hash slot.
Everything here may be flushed at any moment.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from importlib.resources import files

from redis.asyncio import Redis
from winnow_common import redis

from winnow_gateway.limits.windows import Taken, Unavailable, Want

TIMEOUT = 0.15
"""Seconds for a call, connecting included: limits are not worth a longer wait."""


class RedisWindows:
    """See `winnow_gateway.limits.windows.Windows`."""

    def __init__(self, client: "Redis") -> None:
        self._script = client.register_script(files(__package__).joinpath("take.lua").read_text(encoding="utf-8"))

    async def take(self, subject: str, wants: Sequence[Want]) -> Sequence[Taken]:
        """See `Windows`."""
        keys = [f"limits:{{{subject}}}:{want.policy.name}" for want in wants]
        arguments = [number for want in wants for number in (want.policy.limit, want.policy.seconds * 1000, want.units)]
        try:
            async with asyncio.timeout(TIMEOUT):
                answer: list[int] = await self._script(keys=keys, args=arguments)
        except redis.Away as error:
            raise Unavailable(str(error)) from error
        return [
            Taken(granted, used, milliseconds / 1000)
            for granted, used, milliseconds in zip(answer[::3], answer[1::3], answer[2::3], strict=True)
        ]


def open_redis(url: str) -> AbstractAsyncContextManager["Redis"]:
    """A client that waits no longer than limits are worth; it connects when it is first used."""
    return redis.open_redis(url, timeout=TIMEOUT)
