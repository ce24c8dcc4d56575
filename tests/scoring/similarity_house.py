"""Similarity as it is served, without processes: handlers, builder and waiting rooms over a real database.

Messages are carried out by the consumer's own code, so inbox and outbox are what they are in production; the log and
the store of objects are those in memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from winnow_common.cursors import Cursors
from winnow_common.delivery import Delivery, Intake
from winnow_common.execution import Execution, Surroundings
from winnow_common.log import Partition, Publisher, Record
from winnow_common.memory_log import MemoryLog
from winnow_common.outbox import unpack
from winnow_common.outcome import Outcome
from winnow_common.postgres import Pool
from winnow_common.quarantine import Quarantine
from winnow_common.sealed import SealedStore
from winnow_contracts import customers, enrichment, profiles, similarity
from winnow_contracts.event import Environment, Event
from winnow_contracts.similarity import SimilarityAnswer
from winnow_contracts.topic import MessageType
from winnow_contracts.topics import REPLIES, SCORING_REQUESTS
from winnow_scoring.comparers import ModelComparers
from winnow_scoring.compiled_rules import CompiledRules
from winnow_scoring.handlers.companies import CompanyHandlers
from winnow_scoring.handlers.customers import CustomerHandlers
from winnow_scoring.handlers.enrichment import EnrichmentResults
from winnow_scoring.handlers.scores import ScoreHandlers
from winnow_scoring.handlers.similarity import SimilarityHandlers
from winnow_scoring.model_builder import ModelBuilder
from winnow_scoring.models import Models
from winnow_scoring.waiting_room import WaitingRoom

from .conftest import ACME, MASTER_KEY, Clock

CUSTOMERS: Mapping[str, Mapping[str, Any]] = {
    f"customer-{number}.com": {
        "name": f"Customer {number}",
        "industry": "Fintech",
        "employees": 40 + 10 * number,
        "country": "US",
        "technologies": ["Stripe", "React"],
        "founded": 2015 + number,
    }
    for number in range(5)
}
LIKE_THEM: Mapping[str, Any] = {
    "name": "Newstartup",
    "industry": "Fintech",
    "employees": 55,
    "country": "US",
    "technologies": ["Stripe"],
}
UNLIKE_THEM: Mapping[str, Any] = {"industry": "Healthcare", "employees": 90_000, "country": "JP"}


@dataclass(slots=True)
class House:
    """One process of the scoring service and one builder."""

    pool: Pool
    clock: Clock
    log: MemoryLog = field(default_factory=lambda: MemoryLog(partitions=12))
    objects: SealedStore = field(default_factory=lambda: SealedStore.at("memory:///", master_key=MASTER_KEY))
    models: Models = field(init=False)
    intake: Intake = field(init=False)

    def __post_init__(self) -> None:
        self.models = Models(self.objects, clock=self.clock)
        cursors = Cursors(MASTER_KEY)
        comparers = ModelComparers(self.models)
        handlers = [
            *SimilarityHandlers(clock=self.clock, models=self.models).all(),
            *CustomerHandlers(clock=self.clock, cursors=cursors).all(),
            *CompanyHandlers(clock=self.clock, cursors=cursors).all(),
            *ScoreHandlers(cursors=cursors, compiled=CompiledRules(), comparers=comparers).all(),
            *EnrichmentResults(clock=self.clock).all(),
        ]
        self.intake = Intake([SCORING_REQUESTS], handlers, Quarantine())

    async def send(self, *events: Event) -> list[Outcome]:
        """What became of messages that the consumer reads together."""
        now = self.clock()
        deliveries = [self.intake.take(_record(event), now=now, monotonic=0.0) for event in events]
        surroundings = Surroundings(
            pool=self.pool,
            source="scoring",
            seal=self.objects,
            clock=self.clock,
            quarantine=Quarantine(),
            relay=None,
            stopping=_never,
        )
        await Execution(surroundings, deliveries).run()
        return [_outcome(delivery) for delivery in deliveries]

    async def ask(self, type: MessageType, data: Mapping[str, Any], **about: Any) -> Any:
        """The JSON of an answer that is a success."""
        [outcome] = await self.send(self.event(type, data, **about))
        assert outcome.status < 300, outcome
        return orjson.loads(outcome.body) if outcome.body else None

    async def score(self, domain: str = "new.com", **about: Any) -> Outcome:
        """The outcome for one company by its domain."""
        [outcome] = await self.send(self.score_of(domain, **about))
        return outcome

    async def score_many(self, *companies: Mapping[str, Any], **about: Any) -> Outcome:
        """The outcome of a batch."""
        [outcome] = await self.send(self.event(similarity.SCORE_BATCH, {"companies": companies}, **about))
        return outcome

    def score_of(self, domain: str = "new.com", **about: Any) -> Event:
        """A request for one company by its domain."""
        return self.event(similarity.SCORE, {"company": {"domain": domain}}, **about)

    def event(
        self,
        type: MessageType,
        data: Any,
        *,
        id: UUID | None = None,
        tenant: UUID = ACME,
        reply_to: str | None = "3/gateway-1",
        environment: Environment = Environment.PRODUCTION,
        **about: Any,
    ) -> Event:
        """A message of now."""
        return Event(
            id=id or uuid4(),
            source="gateway",
            type=type.name,
            time=self.clock(),
            data=orjson.dumps(data),
            tenant=tenant,
            reply_to=reply_to,
            environment=environment,
            **about,
        )

    async def put(self, domain: str, attributes: Mapping[str, Any], *, tenant: UUID = ACME) -> None:
        """The tenant says what it knows of a company."""
        await self.ask(profiles.PUT, {"domain": domain, "attributes": attributes}, tenant=tenant)

    async def arrives(
        self, domain: str = "new.com", attributes: Mapping[str, Any] | None = LIKE_THEM, *, tenant: UUID = ACME
    ) -> None:
        """Whoever was asked for a profile answers; None: nothing was found."""
        told = {
            "domain": domain,
            "found": attributes is not None,
            "source": "directory",
            "attributes": attributes or {},
        }
        await self.send(self.event(enrichment.COMPLETED, told, tenant=tenant, reply_to=None))

    async def customers(self, *domains: str, tenant: UUID = ACME) -> None:
        """These are the customers, of whom the profiles above are known; nothing else is."""
        for domain in domains:
            if domain in CUSTOMERS:
                await self.put(domain, CUSTOMERS[domain], tenant=tenant)
        told = [{"domain": domain} for domain in domains]
        await self.ask(customers.PUT, {"customers": told}, tenant=tenant)

    async def model(self, tenant: UUID = ACME) -> None:
        """Customers and their model."""
        await self.customers(*CUSTOMERS, tenant=tenant)
        await self.build()

    async def build(self) -> None:
        """A model that was wanted, once its builder has rested."""
        self.clock.forward(seconds=10)
        assert await self.builder().build_one()

    def builder(self, **about: Any) -> ModelBuilder:
        """A builder of models."""
        parts: dict[str, Any] = {
            "pool": self.pool,
            "objects": self.objects,
            "clock": self.clock,
            "instance": "builder",
            "wake_relay": _nothing,
        }
        return ModelBuilder(**(parts | about))

    def room(self, *, publisher: Publisher | None = None, models: Models | None = None) -> WaitingRoom:
        """A worker that answers who waits."""
        return WaitingRoom(
            pool=self.pool,
            publisher=publisher or _Publisher(self.log),
            models=models or self.models,
            clock=self.clock,
            wake_relay=_nothing,
        )

    def replies(self) -> list[tuple[Event, int]]:
        """What waiting rooms sent, each with its partition."""
        return [(record.event(), record.partition.number) for record in self.log.records(REPLIES.name)]

    async def facts(self, type: MessageType) -> list[Any]:
        """The data of all facts of a type that were published, in order; each is exactly of its model."""
        found = []
        for row in await self.pool.fetch("SELECT id, packed FROM outbox ORDER BY id"):
            for message in unpack(row["packed"], row=row["id"]):
                event = Event.from_headers(message.headers, message.value)
                if event.type == type.name:
                    told = orjson.loads(event.data)
                    assert set(told) == set(type.model.model_fields)
                    type.model.model_validate_json(event.data)
                    found.append(told)
        return found

    async def count(self, table: str) -> int:
        """Rows of a table."""
        count: int = await self.pool.fetchval(f"SELECT count(*) FROM {table}")
        return count


class _Publisher:
    def __init__(self, log: MemoryLog) -> None:
        self._log = log

    async def publish(self, messages: Sequence[Any]) -> None:
        for message in messages:
            self._log.append(message)


def answer_of(outcome: Outcome) -> Any:
    """The JSON of an answer, which is exactly a `SimilarityAnswer`."""
    assert outcome.status == 200, outcome
    return checked(orjson.loads(outcome.body))


def answers_of(outcome: Outcome) -> list[Any]:
    """The same of a batch."""
    assert outcome.status == 200, outcome
    return [checked(answer) for answer in orjson.loads(outcome.body)]


def checked(told: Any) -> Any:
    """An answer that has all members of its contract and no other."""
    answer = SimilarityAnswer.model_validate_json(orjson.dumps(told))
    assert set(told) == set(SimilarityAnswer.model_fields)
    assert set(told["resolved"]) == {"domain", "matched_on", "confidence", "candidates", "disagreement"}
    if answer.score is not None:
        assert round(sum(line.contribution for line in answer.breakdown), 6) == answer.score
    return told


def _record(event: Event) -> Record:
    return Record(
        partition=Partition(SCORING_REQUESTS.name, 0),
        offset=0,
        timestamp_ms=int(datetime.now(UTC).timestamp() * 1000),
        key=None,
        value=event.data,
        headers=tuple(event.headers()),
    )


def _outcome(delivery: Delivery) -> Outcome:
    assert delivery.outcome is not None, delivery
    return delivery.outcome


async def _never(_: float) -> bool:
    return False


def _nothing() -> None:
    pass
