"""One message on its way through the consumer: what it is, what it led to, and what its sender is told."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from winnow_contracts.event import Environment, Event, MalformedEvent
from winnow_contracts.topic import Topic

from winnow_common.errors import Problem
from winnow_common.identifiers import event_id
from winnow_common.inbox import NOBODY, Identity, Stored, day_of
from winnow_common.log import MAXIMUM_BYTES, Message, Record
from winnow_common.outcome import AnyHandler, Outcome, Read, Request, by_type
from winnow_common.quarantine import Quarantine

COMPRESSED_FROM = MAXIMUM_BYTES // 2
"""Replies from this size on are compressed, since breakdowns of a hundred companies repeat themselves."""


class State(Enum):
    """How far a message has come."""

    PENDING = auto()
    """To be handled."""
    HANDLED = auto()
    """Its outcome stands; its sender is told, if one waits."""
    SKIPPED = auto()
    """Not for us."""
    DOOMED = auto()
    """Can never be handled, for `reason`; to be put aside."""


@dataclass(slots=True, eq=False)
class Delivery:
    """A record and what has come of it so far."""

    record: Record
    event: Event | None = None
    handler: AnyHandler | None = None
    request: Request[Any] | None = None
    identity: Identity | None = None
    state: State = State.PENDING
    outcome: Outcome | None = None
    replayed: bool = False
    reason: str = ""
    attempts: int = 0

    @property
    def tenant(self) -> UUID:
        """Whose message it is, as far as that can be read."""
        return (self.event.tenant if self.event is not None else None) or NOBODY

    @property
    def type(self) -> str:
        """What it says it is; bounded, since it names a metric."""
        return self.handler.message.name if self.handler is not None else "unknown"

    @property
    def is_read(self) -> bool:
        """Whether it asks without changing anything."""
        return isinstance(self.handler, Read)

    @property
    def answered(self) -> bool:
        """Whether there is an answer and somebody to get it."""
        outcome, event = self.outcome, self.event
        return outcome is not None and not outcome.is_later and event is not None and event.reply_to is not None

    @property
    def lasting(self) -> bool:
        """Whether its answer stands for a day: what is overloaded, expired or broken is worth another try."""
        return self.outcome is not None and is_lasting(self.outcome)

    def finish(self, outcome: Outcome) -> None:
        """It was handled, and this is its answer."""
        self.outcome = outcome
        self.state = State.HANDLED

    def refuse(self, problem: Problem) -> None:
        """It is answered with a refusal."""
        self.finish(Outcome.problem(problem, request_id=self.event.id if self.event is not None else NOBODY))

    def repeat(self, stored: Stored) -> None:
        """It was handled before: answer as then."""
        try:
            stored.check(self.identity.fingerprint if self.identity is not None else None)
        except Problem as problem:
            self.refuse(problem)
            return
        self.replayed = True
        self.finish(Outcome(status=stored.status or 200, body=stored.body or b""))

    def doom(self, reason: str) -> None:
        """It can never be handled."""
        self.reason = reason
        self.state = State.DOOMED


class Intake:
    """Turns records into deliveries: parses them, and settles at once what need not be handled."""

    def __init__(self, topics: Sequence[Topic], handlers: Sequence[AnyHandler], quarantine: Quarantine) -> None:
        self._handlers = by_type(handlers)
        self._topics = {topic.name: topic for topic in topics}
        self._quarantine = quarantine

    def take(self, record: Record, *, now: datetime, monotonic: float) -> Delivery:
        """A delivery that is pending, or settled already."""
        delivery = Delivery(record)
        try:
            event = delivery.event = record.event()
        except MalformedEvent as error:
            delivery.doom(str(error))
            return delivery
        handler = delivery.handler = self._handlers.get(event.type)
        if handler is None:
            self._unknown(delivery, event)
        elif self._quarantine.refuses(delivery.tenant, now=monotonic):
            self._refused(delivery, event)
        elif isinstance(handler, Read) and _expired(record, event, now):
            delivery.refuse(Problem(504, "expired", "The answer would have come too late. Ask again."))
        else:
            _parse(delivery, event, handler)
        return delivery

    def _unknown(self, delivery: Delivery, event: Event) -> None:
        """While versions differ during a deploy, requests are worth another try and facts are somebody else's."""
        if event.reply_to is None:
            delivery.state = State.SKIPPED
        else:
            delivery.refuse(
                Problem(503, "not_understood_yet", "This service does not know this request yet. Try again.")
            )

    def _refused(self, delivery: Delivery, event: Event) -> None:
        if event.reply_to is None:
            delivery.doom("the tenant is quarantined: most of its messages fail")
        else:
            delivery.refuse(
                Problem(
                    503, "quarantined", "Too many requests of this account failed unexpectedly. Try again in a minute."
                ),
            )


def _expired(record: Record, event: Event, now: datetime) -> bool:
    """By the broker's clock at the start, since callers' clocks are anything."""
    return event.budget_ms is not None and now.timestamp() * 1000 - record.timestamp_ms > event.budget_ms


def _parse(delivery: Delivery, event: Event, handler: AnyHandler) -> None:
    try:
        data = handler.model.model_validate_json(event.data)
    except ValidationError as error:
        places = "; ".join(f"{'/'.join(map(str, item['loc']))}: {item['type']}" for item in error.errors()[:5])
        delivery.doom(f"the data is not a {handler.model.__name__} ({places})")
        return
    tenant = event.tenant or NOBODY
    delivery.identity = Identity(tenant, day_of(event.time), event.id, event.previous_id, event.fingerprint)
    delivery.request = Request(
        id=event.id,
        tenant=tenant,
        data=data,
        time=event.time,
        subject=event.subject,
        environment=event.environment or Environment.PRODUCTION,
        sequence=event.sequence,
        event=event,
    )


def is_lasting(outcome: Outcome) -> bool:
    """Whether an answer stands for a day: what is overloaded, expired or broken is worth another try."""
    return 200 <= outcome.status < 500 and outcome.status != 429


def reply_to(delivery: Delivery, *, topic: Topic, source: str, now: datetime) -> Message:
    """The message that answers a delivery whose `answered` holds."""
    assert delivery.event is not None
    assert delivery.outcome is not None
    return reply(delivery.event, delivery.outcome, topic=topic, source=source, now=now, replayed=delivery.replayed)


def reply(
    request: Event, outcome: Outcome, *, topic: Topic, source: str, now: datetime, replayed: bool = False
) -> Message:
    """The message that answers a request."""
    assert request.reply_to is not None
    body, encoding = outcome.body, None
    if len(body) >= COMPRESSED_FROM:
        body, encoding = zlib.compress(body, 1), "deflate"
    status = outcome.status
    if len(body) > MAXIMUM_BYTES:
        problem = Problem(500, "answer_too_large", "The answer is too large to be sent. Ask for less at once.")
        status, body, encoding = problem.status, problem.body(request.id), None
    answer = Event(
        id=event_id(request.id, "reply", ""),
        source=source,
        type="reply",
        time=now,
        data=body,
        tenant=request.tenant,
        causation_id=request.id,
        reply_to=request.reply_to,
        traceparent=request.traceparent,
        status=status,
        encoding=encoding,
        records=outcome.records,
        replayed=replayed,
    )
    return Message(
        topic=topic.name,
        key=None,
        value=body,
        headers=answer.headers(),
        partition=_partition(request.reply_to),
    )


def _partition(address: str) -> int:
    """The reply topic's partition out of `<partition>/<instance>`; anything else goes where nobody looks."""
    number, _, _ = address.partition("/")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 0
