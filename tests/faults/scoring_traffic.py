"""Clients that score one domain at a time, each under a key of its own, and what they were told."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from winnow import AsyncWinnow
from winnow.errors import APIError
from winnow.retries import Retry

from .checker import Effect, Published, Told, check_answers, check_effects, check_facts
from .installation import Installation, operation_of

Trace = TypeVar("Trace", Effect, Published)

_COMPANIES = 50


@dataclass(slots=True)
class Traffic:
    """Scores asked for under keys `<name>-<number>`, of companies that only this traffic scores."""

    installation: Installation
    name: str
    asked: list[str] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    retried: list[Retry] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    """The key that led to a request id."""

    @property
    def suffix(self) -> str:
        """What the domains of its companies end with."""
        return f"-{self.name}.com"

    def client(self) -> AsyncWinnow:
        """A client whose failed attempts are counted."""
        return self.installation.client(retried=self.retried)

    async def put_companies(self, client: AsyncWinnow) -> None:
        """Make the companies that are scored."""
        await asyncio.gather(
            *(client.companies.put(self._domain(number), industry="Technology") for number in range(_COMPANIES))
        )

    async def ask(self, client: AsyncWinnow, number: int) -> None:
        """Ask for one score, as often as it takes, and note the answer."""
        key = f"{self.name}-{number}"
        self.asked.append(key)
        await self._tell(client, key, number)

    async def ask_again(self, client: AsyncWinnow, numbers: Sequence[int]) -> None:
        """Use keys a second time."""
        await asyncio.gather(*(self._tell(client, f"{self.name}-{number}", number) for number in numbers))

    async def ask_many(self, client: AsyncWinnow, count: int, *, at_once: int) -> None:
        """Ask for so many scores, a few at a time."""
        numbers = iter(range(count))

        async def caller() -> None:
            for number in numbers:
                await self.ask(client, number)

        await asyncio.gather(*(caller() for _ in range(at_once)))

    async def ask_all_the_time(self, client: AsyncWinnow, *, pause: float, enough: asyncio.Event) -> None:
        """Ask for a score every so many seconds, whether those before are answered or not."""
        async with asyncio.TaskGroup() as callers:
            for number in itertools.count():
                if enough.is_set():
                    return
                callers.create_task(self.ask(client, number))
                await asyncio.sleep(pause)

    async def check(self) -> list[str]:
        """What does not agree between callers, the table of scores, the topic of scores and that of usage."""
        effects = [self._by_key(effect) for effect in await self.installation.scores(domain=self.suffix)]
        scores = await self.installation.facts("scoring.scores.v1")
        usage = await self.installation.facts("usage.recorded.v1")
        mine = [fact for fact in scores if fact.key.endswith(self.suffix)]
        others = {fact.operation for fact in scores} - {fact.operation for fact in mine}
        paid = [fact for fact in usage if fact.operation not in others]
        return [
            *check_answers(self.asked, self.told),
            *check_effects(self.asked, self.told, effects),
            *check_facts(effects, [self._by_key(fact) for fact in mine], topic="scoring.scores.v1"),
            *check_facts(effects, [self._by_key(fact) for fact in paid], topic="usage.recorded.v1"),
        ]

    def failures(self) -> str:
        """What attempts failed with, in words."""
        kinds = Counter(
            str(retry.error.status) if isinstance(retry.error, APIError) else type(retry.error).__name__
            for retry in self.retried
        )
        return ", ".join(f"{count} times {kind}" for kind, count in sorted(kinds.items())) or "none"

    async def _tell(self, client: AsyncWinnow, key: str, number: int) -> None:
        score = await client.score(self._domain(number), idempotency_key=key)
        self.keys[operation_of(score.request_id)] = key
        self.told.append(Told(operation=key, status=200, body=score.model_dump_json().encode()))

    def _domain(self, number: int) -> str:
        return f"c{number % _COMPANIES}{self.suffix}"

    def _by_key(self, trace: Trace) -> Trace:
        return replace(trace, operation=self.keys.get(trace.operation, trace.operation))
