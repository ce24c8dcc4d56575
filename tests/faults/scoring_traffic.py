"""Callers who score one domain at a time, each time under a key of its own, and what they were told."""

import asyncio
import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from .checker import Effect, Published, Told, check_answers, check_effects, check_facts
from .installation import Installation
from .patient_client import PatientClient

Trace = TypeVar("Trace", Effect, Published)

_COMPANIES = 50


@dataclass(slots=True)
class Traffic:
    """Scores asked for under the keys `<name>-<number>`, of companies that nobody else scores."""

    installation: Installation
    client: PatientClient
    name: str
    asked: list[str] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    async def put_companies(self) -> None:
        """Make the companies that are scored."""
        for number in range(_COMPANIES):
            path = f"/v1/companies/{self._domain(number)}"
            answer = await self.client.send("PUT", path, body={"industry": "Technology"}, key=f"{self.name}-{path}")
            assert answer.done, answer

    async def ask(self, number: int) -> None:
        """Ask for one score and note the answer."""
        key = f"{self.name}-{number}"
        self.asked.append(key)
        body = {"domain": self._domain(number)}
        self.told.append(await self.client.send("POST", "/v1/scoring", body=body, key=key))

    async def ask_many(self, numbers: Iterable[int], *, at_once: int) -> None:
        """Ask for these scores, a few at a time."""
        waiting = iter(numbers)

        async def caller() -> None:
            for number in waiting:
                await self.ask(number)

        await asyncio.gather(*(caller() for _ in range(at_once)))

    async def ask_all_the_time(self, *, pause: float, enough: asyncio.Event) -> None:
        """Ask for a score every so many seconds, whether those before are answered or not."""
        async with asyncio.TaskGroup() as callers:
            for number in itertools.count():
                if enough.is_set():
                    return
                callers.create_task(self.ask(number))
                await asyncio.sleep(pause)

    async def check(self) -> list[str]:
        """What does not agree between callers, the table of scores, the topic of scores and that of usage."""
        keys = {json.loads(answer.body).get("request_id"): answer.operation for answer in self.told}
        effects = _by_key(await self.installation.scores(domain=self._suffix), keys=keys)
        scores = await self.installation.facts("scoring.scores.v1")
        mine = [fact for fact in scores if fact.key.endswith(self._suffix)]
        others = {fact.operation for fact in scores} - {fact.operation for fact in mine}
        usage = [fact for fact in await self.installation.facts("usage.recorded.v1") if fact.operation not in others]
        return [
            *check_answers(self.asked, self.told),
            *check_effects(self.asked, self.told, effects),
            *check_facts(effects, _by_key(mine, keys=keys), topic="scoring.scores.v1"),
            *check_facts(effects, _by_key(usage, keys=keys), topic="usage.recorded.v1"),
            *(f"refused: {answer.body.decode()}" for answer in self.told if not answer.done),
        ]

    @property
    def _suffix(self) -> str:
        return f"-{self.name}.com"

    def _domain(self, number: int) -> str:
        return f"c{number % _COMPANIES}{self._suffix}"


def _by_key(traces: Iterable[Trace], *, keys: Mapping[str, str]) -> list[Trace]:
    """Traces of requests, by the key under which the caller knows each of them."""
    return [replace(trace, operation=keys.get(trace.operation, trace.operation)) for trace in traces]
