"""Windows in Redis or Valkey, shared by all gateways: one Lua script, one round trip for all policies of a call.

Names hold ids only (a tenant's, or the pseudonym of an address); all counters of a subject share a hash slot.
Everything here may be flushed at any moment.
"""

from collections.abc import Sequence
from typing import Final

from winnow_common import redis

from winnow_gateway.limits.windows import Taken, Unavailable, Want
from winnow_gateway.redis_trips import Question, Script, Trips

_TAKE: Final = Script.packaged(__package__, "take.lua")


class RedisWindows:
    """See `winnow_gateway.limits.windows.Windows`."""

    def __init__(self, trips: Trips) -> None:
        self._trips = trips

    async def take(self, subject: str, wants: Sequence[Want]) -> Sequence[Taken]:
        """See `Windows`."""
        keys = [f"limits:{{{subject}}}:{want.policy.name}" for want in wants]
        arguments = [number for want in wants for number in (want.policy.limit, want.policy.seconds * 1000, want.units)]
        try:
            answer: list[int] = await self._trips.ask(Question(_TAKE, keys, arguments))
        except redis.Away as error:
            raise Unavailable(str(error)) from error
        return [
            Taken(granted, used, milliseconds / 1000)
            for granted, used, milliseconds in zip(answer[::3], answer[1::3], answer[2::3], strict=True)
        ]
