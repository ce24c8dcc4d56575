"""Answers requests that waited for a profile or a model: when it is there, or when they have waited long enough.

Whoever takes a waiting request holds its row until its answer is committed, with everything that a handler would have
left: score, facts, inbox. Then the reply is sent; if that fails, the answer is found in the inbox by whoever repeats
the request. What was answered without a profile is owed: its score is published, for free, when the profile comes.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, TypeVar

import orjson
from winnow_common import inbox, logs, outbox
from winnow_common.clock import Clock
from winnow_common.delivery import is_lasting, reply
from winnow_common.errors import TemporaryError
from winnow_common.inbox import AlreadyHandled, Handled, Identity, day_of
from winnow_common.log import LogUnavailable, Publisher
from winnow_common.outcome import Fact, Outcome, Request
from winnow_common.postgres import Pool, is_transient, transaction, write_together
from winnow_contracts import similarity as contract
from winnow_contracts.event import Environment, Event
from winnow_contracts.similarity import Identifiers, ScoreCompanies, ScoreCompany
from winnow_contracts.topics import REPLIES

from winnow_scoring.import_runner import SOURCE
from winnow_scoring.metrics import WAITING
from winnow_scoring.models import Models
from winnow_scoring.similarity_desk import Ask, open_desk
from winnow_scoring.store import waiting
from winnow_scoring.store.waiting import Owed, Ready

log = logs.get(__name__)

M = TypeVar("M", ScoreCompany, ScoreCompanies)

_MOST: Final = 100
"""Requests that are answered in one transaction."""
_LOOK: Final = 0.05
"""Seconds between two looks: what another process took in is noticed by them, and a look costs a third of a millisecond
while nobody waits."""
_AWAY: Final = 1.0


class WaitingRoom:
    """One worker; several share the rows."""

    def __init__(
        self, *, pool: Pool, publisher: Publisher, models: Models, clock: Clock, wake_relay: Callable[[], None]
    ) -> None:
        self._pool = pool
        self._publisher = publisher
        self._models = models
        self._clock = clock
        self._wake_relay = wake_relay
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Answer until drained; what is away is waited for."""
        try:
            while not self._stopping.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), await self._step())
        finally:
            self._ended.set()

    async def drain(self) -> None:
        """Finish what is in hand; who still waits is answered by another process, or by this one after its start."""
        self._stopping.set()
        await self._ended.wait()

    async def look(self) -> bool:
        """Answer who need not wait any longer, and publish what is owed; whether anybody waits, or waited."""
        if not await waiting.is_anything_waiting(self._pool):
            WAITING.set(0)
            return False
        replies = await self._answer()
        paid = await self._pay()
        if replies or paid:
            self._wake_relay()
        return True

    async def _step(self) -> float:
        """One look; how long to rest afterwards."""
        try:
            await self.look()
        except AlreadyHandled:
            pass
        except Exception as error:
            if not isinstance(error, TemporaryError) and not is_transient(error):
                raise
            log.warning("requests wait: something is away", error=repr(error))
            return _AWAY
        return _LOOK

    async def _answer(self) -> int:
        """How many were answered."""
        now = self._clock()
        async with transaction(self._pool) as connection:
            found = await waiting.ready(connection, now=now, most=_MOST)
            if not found:
                return 0
            WAITING.set(len(found))
            asks = [_ask(each) for each in found]
            desk = await open_desk(connection, asks=asks, models=self._models, now=now)
            outcomes = [desk.answer(ask) for ask in asks]
            events = [ask.request.event for ask in asks]
            await waiting.answered(connection, found, owed=desk.owed)
            facts = [
                (fact, ask.request.id, event.traceparent if event is not None else None)
                for ask, event, outcome in zip(asks, events, outcomes, strict=True)
                for fact in outcome.facts
            ]
            handled = [
                _handled(event, outcome)
                for event, outcome in zip(events, outcomes, strict=True)
                if event is not None and is_lasting(outcome)
            ]
            writes = [*desk.writes(), *inbox.remembering(handled, now=now)]
            writes += outbox.writing(facts, source=SOURCE, now=now)
            with inbox.noticing():
                await write_together(connection, writes)
        await self._reply(events, outcomes)
        return len(found)

    async def _reply(self, events: Sequence[Event | None], outcomes: Sequence[Outcome]) -> None:
        now = self._clock()
        messages = [
            reply(event, outcome, topic=REPLIES, source=SOURCE, now=now)
            for event, outcome in zip(events, outcomes, strict=True)
            if event is not None and event.reply_to is not None
        ]
        try:
            await self._publisher.publish(messages)
        except LogUnavailable as error:
            log.warning("late answers were not sent; who repeats the request gets them", error=repr(error))

    async def _pay(self) -> int:
        """Publish scores that were owed; how many."""
        now = self._clock()
        async with transaction(self._pool) as connection:
            found = await waiting.owed(connection, most=_MOST)
            if not found:
                return 0
            asks = [_owed_ask(each, now=self._clock) for each in found]
            desk = await open_desk(connection, asks=asks, models=self._models, now=now)
            facts: list[Fact] = []
            for each, ask in zip(found, asks, strict=True):
                known = desk.known(each.tenant, each.domain, livemode=each.livemode)
                model = desk.model(each.tenant)
                if known is not None and model is not None and model.customers.domains:
                    _, fact = desk.score(ask, each.domain, known=known, model=model, cause="profile_arrived")
                    facts.append(fact)
            await waiting.paid(connection, found)
            writes = [*desk.writes(), *outbox.writing([(f, None, None) for f in facts], source=SOURCE, now=now)]
            await write_together(connection, writes)
        return len(found)


def _ask(found: Ready) -> Ask:
    headers = [(name, value.encode()) for name, value in orjson.loads(found.envelope)]
    event = Event.from_headers(headers, found.data)
    if found.type == contract.SCORE.name:
        return Ask.one(_request(event, ScoreCompany.model_validate_json(found.data)), final=True)
    return Ask.many(_request(event, ScoreCompanies.model_validate_json(found.data)), final=True)


def _request(event: Event, data: M) -> Request[M]:
    return Request(
        id=event.id,
        tenant=event.tenant or inbox.NOBODY,
        data=data,
        time=event.time,
        subject=event.subject,
        environment=event.environment or Environment.PRODUCTION,
        event=event,
    )


def _owed_ask(owed: Owed, *, now: Clock) -> Ask:
    request = Request(
        id=owed.request_id,
        tenant=owed.tenant,
        data=ScoreCompany(company=Identifiers(domain=owed.domain)),
        time=now(),
        environment=Environment.PRODUCTION if owed.livemode else Environment.STAGING,
    )
    return Ask.one(request, final=True)


def _handled(event: Event, outcome: Outcome) -> Handled:
    tenant = event.tenant or inbox.NOBODY
    identity = Identity(tenant, day_of(event.time), event.id, event.previous_id, event.fingerprint)
    return Handled(identity, outcome.status, outcome.body)
