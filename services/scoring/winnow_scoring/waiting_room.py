"""Answers requests that waited for a profile or a model: when it is there, or when they have waited long enough.

Whoever takes a waiting request holds its row until its answer is committed, with everything that a handler would have
left: score, facts, inbox. Then the reply is sent; if that fails, the answer is found in the inbox by whoever repeats
the request. A request that was delivered again may have been answered meanwhile; it then gets that answer. What was
answered without a profile is owed: its score is published, for free, when the profile comes.

Who fails for a reason that nobody foresaw is looked for by taking half as many each time, and is refused alone, so that
nobody else waits for it.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

import orjson
from winnow_common import inbox, logs, outbox
from winnow_common.clock import Clock
from winnow_common.delivery import is_lasting, reply
from winnow_common.errors import Problem, TemporaryError, origin
from winnow_common.inbox import AlreadyHandled, Handled, Identity, Stored, day_of
from winnow_common.log import LogUnavailable, Publisher
from winnow_common.outcome import Fact, Outcome, Request
from winnow_common.postgres import Connection, Pool, is_transient, transaction, write_together
from winnow_common.turns import Turns
from winnow_contracts import similarity as contract
from winnow_contracts.event import Environment, Event
from winnow_contracts.similarity import Identifiers, ScoreCompanies, ScoreCompany
from winnow_contracts.topics import REPLIES

from winnow_scoring.import_runner import SOURCE
from winnow_scoring.metrics import WAITING
from winnow_scoring.models import Models
from winnow_scoring.similarity_asks import Ask
from winnow_scoring.similarity_desk import open_desk
from winnow_scoring.store import models, waiting
from winnow_scoring.store.waiting import Owed, Ready

log = logs.get(__name__)

M = TypeVar("M", ScoreCompany, ScoreCompanies)

_MOST: Final = 100
"""Requests that are answered in one transaction."""
_LOOK: Final = 0.05
"""Seconds between two looks: what another process took in is noticed by them, and a look costs a third of a millisecond
while nobody waits."""
_PAY: Final = 1.0
"""Seconds between two looks at what is owed, at least: each of it is looked up, 500 in a millisecond."""
_REST: Final = 20
"""Times as long as such a look took."""


_NOT_HANDLED: Final = Problem(500, "not_handled", "The request could not be handled.")


class Answer(NamedTuple):
    """What somebody who waited is told."""

    event: Event
    outcome: Outcome
    replayed: bool = False


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
        self._most = _MOST
        self._pays_at = 0.0
        self._turns = Turns(self._take_turn, worker="waiting room")

    async def run(self) -> None:
        """Answer until drained; what is away is waited for."""
        await self._turns.run()

    async def drain(self) -> None:
        """Finish what is in hand; who still waits is answered by another process, or by this one after its start."""
        await self._turns.drain()

    async def look(self) -> bool:
        """Answer who need not wait any longer; whether anybody waited."""
        if not await waiting.is_anybody_waiting(self._pool):
            WAITING.set(0)
            return False
        if await self._answer():
            self._wake_relay()
        return True

    async def pay(self) -> bool:
        """Publish what is owed and can be given; whether that was anything."""
        paid = await self._pay()
        if paid:
            self._wake_relay()
        return paid > 0

    async def _take_turn(self) -> float:
        try:
            await self.look()
            if time.monotonic() >= self._pays_at:
                await self._pay_in_turn()
        except AlreadyHandled:
            log.debug("a request was answered elsewhere")
        return _LOOK

    async def _pay_in_turn(self) -> None:
        """Go on where there was something to give; else rest, and the longer the more there was to look up."""
        started = time.monotonic()
        if not await self.pay():
            ended = time.monotonic()
            self._pays_at = ended + max(_PAY, _REST * (ended - started))

    async def _answer(self) -> int:
        """How many were answered."""
        await self._fetch_models(await waiting.tenants(self._pool))
        async with transaction(self._pool) as connection:
            found = await waiting.ready(connection, now=self._clock(), most=self._most)
            if not found:
                return 0
            WAITING.set(len(found))
            try:
                async with connection.transaction():
                    answers = await self._answers(connection, found)
            except Exception as error:
                if _passes(error):
                    raise
                if self._must_look_closer(found, error):
                    return 0
                answers = [refusal for each in found for refusal in _refusal(each)]
                await waiting.answered(connection, found, owed=[], now=self._clock())
        await self._reply(answers)
        return len(found)

    async def _fetch_models(self, tenants: Sequence[UUID]) -> None:
        """Have their models at hand, so that no transaction waits for the object store."""
        async with self._pool.acquire() as connection:
            for tenant, version in await models.versions(connection, tenants=tenants):
                with suppress(TemporaryError):
                    await self._models.get(connection, tenant=tenant, version=version)

    async def _answers(self, connection: Connection, found: Sequence[Ready]) -> list[Answer]:
        """Handle what nobody has handled meanwhile, and write all of it down."""
        now = self._clock()
        events = [_event(each) for each in found]
        stored = await inbox.find(connection, [_identity(event) for event in events], now=now)
        answers = {place: _again(events[place], known) for place, known in stored.items()}
        new = [place for place in range(len(found)) if place not in stored]
        asks = {place: _ask(found[place], event=events[place]) for place in new}
        desk = await open_desk(connection, asks=list(asks.values()), models=self._models, now=now)
        answers |= {place: Answer(events[place], desk.answer(asks[place])) for place in new}
        await waiting.answered(connection, found, owed=desk.owed, now=now)
        handled = [_handled(answers[place]) for place in new if is_lasting(answers[place].outcome)]
        facts = [
            (fact, events[place].id, events[place].traceparent)
            for place in new
            for fact in answers[place].outcome.facts
        ]
        writes = [*desk.writes(), *inbox.remembering(handled, now=now)]
        writes += outbox.writing(facts, source=SOURCE, now=now)
        with inbox.noticing():
            await write_together(connection, writes)
        return [answers[place] for place in range(len(found))]

    async def _reply(self, answers: Sequence[Answer]) -> None:
        now = self._clock()
        messages = [
            reply(each.event, each.outcome, topic=REPLIES, source=SOURCE, now=now, replayed=each.replayed)
            for each in answers
            if each.event.reply_to is not None
        ]
        try:
            await self._publisher.publish(messages)
        except LogUnavailable as error:
            log.warning("late answers were not sent; who repeats the request gets them", error=repr(error))

    async def _pay(self) -> int:
        """Publish scores that were owed; how many."""
        await self._fetch_models(await waiting.tenants(self._pool, owed=True))
        async with transaction(self._pool) as connection:
            found = await waiting.owed(connection, most=self._most)
            if not found:
                return 0
            try:
                async with connection.transaction():
                    await self._publish(connection, found)
            except Exception as error:
                if _passes(error):
                    raise
                if self._must_look_closer(found, error):
                    return 0
                await waiting.paid(connection, found)
        return len(found)

    async def _publish(self, connection: Connection, found: Sequence[Owed]) -> None:
        now = self._clock()
        asks = [_owed_ask(each, now=now) for each in found]
        desk = await open_desk(connection, asks=asks, models=self._models, now=now)
        if desk.away:
            raise TemporaryError("a model cannot be fetched")
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

    def _must_look_closer(self, found: Sequence[object], error: Exception) -> bool:
        """Whether there were several; the next look takes half of them. One that fails alone is known."""
        alone = len(found) == 1
        self._most = _MOST if alone else len(found) // 2
        log.error("who waits failed for a reason nobody foresaw", requests=len(found), error=origin(error))
        return not alone


def _passes(error: Exception) -> bool:
    return isinstance(error, AlreadyHandled | TemporaryError) or is_transient(error)


def _event(found: Ready) -> Event:
    headers = [(name, value.encode()) for name, value in orjson.loads(found.envelope)]
    return Event.from_headers(headers, found.data)


def _ask(found: Ready, *, event: Event) -> Ask:
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


def _owed_ask(owed: Owed, *, now: datetime) -> Ask:
    request = Request(
        id=owed.request_id,
        tenant=owed.tenant,
        data=ScoreCompany(company=Identifiers(domain=owed.domain)),
        time=now,
        environment=Environment.PRODUCTION if owed.livemode else Environment.STAGING,
    )
    return Ask.one(request, final=True)


def _identity(event: Event) -> Identity:
    tenant = event.tenant or inbox.NOBODY
    return Identity(tenant, day_of(event.time), event.id, event.previous_id, event.fingerprint)


def _handled(answer: Answer) -> Handled:
    return Handled(_identity(answer.event), answer.outcome.status, answer.outcome.body)


def _again(event: Event, stored: Stored) -> Answer:
    """What was answered before."""
    try:
        stored.check(event.fingerprint)
    except Problem as problem:
        return Answer(event, Outcome.problem(problem, request_id=event.id))
    return Answer(event, Outcome(status=stored.status or 200, body=stored.body or b""), replayed=True)


def _refusal(found: Ready) -> list[Answer]:
    """None where nobody can tell who is to be told."""
    try:
        event = _event(found)
    except ValueError:
        return []
    return [Answer(event, Outcome.problem(_NOT_HANDLED, request_id=event.id))]
