"""Callers who ask how much companies look like customers, each company once and under a key of its own."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from .checker import Told, check_answers, check_effects, check_facts
from .installation import Installation
from .patient_client import PatientClient

_CUSTOMERS = 10


@dataclass(slots=True)
class SimilarityTraffic:
    """Scores asked for under the keys `<name>-<number>`, of companies that only the directory knows."""

    installation: Installation
    client: PatientClient
    name: str
    asked: list[str] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    async def prepare(self, *, companies: int) -> None:
        """Make the directory's companies and the customers, who are among them."""
        numbers = range(companies + _CUSTOMERS)
        await self.installation.load_directory(
            {self._domain(number): {"employees": number + 1, "industry": "Fintech"} for number in numbers}
        )
        customers = [{"domain": self._domain(companies + number)} for number in range(_CUSTOMERS)]
        body = {"customers": customers}
        answer = await self.client.send("PUT", "/v1/customers", body=body, key=f"{self.name}-customers")
        assert answer.done, answer

    async def change_customers(self, number: int) -> None:
        """Make the model out of date."""
        path = f"/v1/companies/customer-{number}{self._suffix}"
        await self.client.send("PUT", path, body={"employees": number + 1}, key=f"{self.name}-{path}")
        body = {"customers": [{"domain": f"customer-{number}{self._suffix}"}]}
        answer = await self.client.send("POST", "/v1/customers", body=body, key=f"{self.name}-customer-{number}")
        assert answer.done, answer

    async def ask_many(self, numbers: Iterable[int], *, at_once: int) -> None:
        """Ask for these scores, a few at a time."""
        waiting = iter(numbers)

        async def caller() -> None:
            for number in waiting:
                await self._ask(number)

        await asyncio.gather(*(caller() for _ in range(at_once)))

    async def _ask(self, number: int) -> None:
        key = f"{self.name}-{number}"
        self.asked.append(key)
        self.told.append(await self.client.send("POST", "/v1/score", body={"domain": self._domain(number)}, key=key))

    @property
    def scored(self) -> list[Told]:
        """The answers that have a score."""
        return [answer for answer in self.told if json.loads(answer.body).get("score") is not None]

    async def check(self) -> list[str]:
        """What does not agree between callers, the table of scores, their topic and that of usage."""
        keys = {json.loads(answer.body).get("request_id"): answer.operation for answer in self.told}
        scored = {answer.operation for answer in self.scored}
        effects = [
            replace(effect, operation=keys.get(effect.operation, effect.operation))
            for effect in await self.installation.similarity_scores(domain=self._suffix)
        ]
        computed = [
            replace(fact, operation=keys.get(json.loads(fact.content)["request_id"], fact.operation))
            for fact in await self.installation.facts("scoring.scores.v1")
            if fact.key.endswith(self._suffix)
        ]
        used = [
            replace(fact, operation=keys[fact.operation])
            for fact in await self.installation.facts("usage.recorded.v1")
            if fact.operation in keys
        ]
        charged = [effect for effect in effects if effect.operation in scored]
        return [
            *check_answers(self.asked, self.told),
            *check_effects(self.asked, self.scored, effects),
            *check_facts(effects, computed, topic="scoring.scores.v1"),
            *check_facts(charged, used, topic="usage.recorded.v1"),
            *(f"refused: {answer.body.decode()}" for answer in self.told if not answer.done),
        ]

    @property
    def _suffix(self) -> str:
        return f"-{self.name}.com"

    def _domain(self, number: int) -> str:
        return f"c{number}{self._suffix}"
