"""Entries in Redis or Valkey: every step is one script, so that steps of several keepers mix in any order."""

from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from typing import Final

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from winnow_common.log import Partition
from winnow_contracts.similarity_cache import BEAT_KEY, beat_field, entry_key, model_key

from winnow_scoring.cache.facts import Answer, Facts, Place

MARKED_MS: Final = 10_000
"""For which an entry waits to be filled: longer than PostgreSQL is asked in between."""
_MODEL_MS: Final = 7 * 24 * 3600 * 1000
_BEAT_MS: Final = 60_000


class RedisEntries:
    """What is kept of similarity; each call raises what `winnow_common.redis.Away` names where Redis is away."""

    def __init__(self, client: "Redis") -> None:
        self._client = client
        self._script = client.register_script(files(__package__).joinpath("keep.lua").read_text(encoding="utf-8"))

    async def note(self, facts: Facts) -> None:
        """Drop what has changed, know the new models, and mark what is about to be filled."""
        async with self._client.pipeline(transaction=False) as pipe:
            for (tenant, domain), version in facts.changes.items():
                keys = [entry_key(tenant, domain, livemode=livemode) for livemode in (True, False)]
                await self._step(pipe, "changed", keys, version)
            for tenant, version in facts.models.items():
                await self._step(pipe, "built", [model_key(tenant)], version, _MODEL_MS)
            for place, answer in facts.answers.items():
                await self._step(pipe, "mark", [_key(place)], answer.company_version, MARKED_MS)
            await pipe.execute()

    async def fill(self, answers: Mapping[Place, Answer], *, now: datetime) -> int:
        """Put answers into their entries, where those are as they were marked; how many."""
        async with self._client.pipeline(transaction=False) as pipe:
            for place, answer in answers.items():
                keys, left = [_key(place), model_key(place.tenant)], answer.left_ms(now)
                values = (answer.company_version, answer.model_version, answer.body, left, _MODEL_MS)
                await self._step(pipe, "fill", keys, *values)
            return sum(await pipe.execute())

    async def time_ms(self) -> int:
        """Redis's own clock."""
        seconds, microseconds = await self._client.time()
        return int(seconds) * 1000 + int(microseconds) // 1000

    async def beat(self, times: Mapping[Partition, int]) -> None:
        """Say as of when everything is known of partitions."""
        async with self._client.pipeline(transaction=False) as pipe:
            pipe.hset(BEAT_KEY, mapping={beat_field(*partition): time for partition, time in times.items()})
            pipe.pexpire(BEAT_KEY, _BEAT_MS)
            await pipe.execute()

    async def ready(self) -> None:
        """Raise unless Redis answers."""
        await self._client.ping()

    async def _step(self, pipe: "Pipeline", step: str, keys: list[str], *values: int | bytes) -> None:
        await self._script(keys=keys, args=[step, *values], client=pipe)


def _key(place: Place) -> str:
    return entry_key(place.tenant, place.domain, livemode=place.livemode)
