"""Whether the keeper of answers knows every change up to now, more or less: if not, nobody is answered from them.

It is asked for a few times a second, beside the calls. What was read last ages by this process's own clock: when Redis
does not answer, it is too old within a second.
"""

import asyncio
import time
from typing import Any, Final

from redis.exceptions import ResponseError
from winnow_common import logs
from winnow_common.redis import Away
from winnow_contracts.similarity_cache import BEAT_KEY, behind_ms, is_current

from winnow_gateway.limits.windows import Monotonic
from winnow_gateway.redis_trips import Question, Script, Trips

log = logs.get(__name__)

_BEAT: Final = Question(Script.packaged(__package__, "beat.lua"), (BEAT_KEY,))
_SECONDS: Final = 0.15
_REST: Final = 1.0
"""After a failure: whoever else needs Redis finds out about it too, and should not wait for this."""


class Pulse:
    """The keeper's beat, as this process has read it."""

    def __init__(self, trips: Trips, *, clock: Monotonic = time.monotonic) -> None:
        self._trips = trips
        self._clock = clock
        self._behind: int | None = None
        self._read_at = 0.0

    def is_current(self) -> bool:
        """Whether answers may be used."""
        return is_current(self._behind, since_ms=(self._clock() - self._read_at) * 1000)

    async def run(self) -> None:
        """Follow the beat until cancelled."""
        while True:
            pause = _SECONDS if await self.read() else _REST
            await asyncio.sleep(pause)

    async def read(self) -> bool:
        """Read the beat once; False where Redis does not answer, and what was read before stays."""
        asked_at = self._clock()
        try:
            seconds, microseconds, beats = await self._trips.ask(_BEAT)
        except Away as error:
            if isinstance(error, ResponseError):
                log.warning("the beat of the cache's keeper cannot be read", error=repr(error))
            return False
        now_ms = int(seconds) * 1000 + int(microseconds) // 1000
        self._behind, self._read_at = behind_ms(_pairs(beats), now_ms=now_ms), asked_at
        return True


def _pairs(flat: list[Any]) -> dict[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))
