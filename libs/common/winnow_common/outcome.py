"""What handlers get and what they give back; the consumer loop around them does the rest.

There are four kinds. A `Command` runs once for each request id inside a savepoint; a `BatchCommand` takes many
messages of its type at once, only reads, and returns what is to be written with its answers; a `Read` runs without a
transaction and may be dropped when nobody waits any more; a `FactHandler` applies what another service said. All may be
called again after a rollback, so they change nothing but what the connection undoes.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, NamedTuple, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel
from winnow_contracts.event import Environment, Event
from winnow_contracts.topic import MessageType, Topic

from winnow_common.errors import Problem
from winnow_common.postgres import Connection, Write

M = TypeVar("M", bound=BaseModel)

_LATER: Final = 102


class Request(NamedTuple, Generic[M]):
    """A message with its data parsed; for facts, `id` is the fact's own."""

    id: UUID
    tenant: UUID
    data: M
    time: datetime
    """When it was sent (the sender's clock)."""
    subject: str | None = None
    environment: Environment = Environment.PRODUCTION
    sequence: int | None = None
    event: Event | None = None
    """The whole envelope, for whoever answers later than its handler."""


class Fact(NamedTuple):
    """Something that happened, to be published by the outbox."""

    topic: Topic
    type: MessageType
    id: UUID
    """Derived: `identifiers.event_id(request.id, type, business key)`."""
    tenant: UUID
    key: str
    """What it is ordered by within its tenant; empty where the tenant alone orders it."""
    data: bytes
    """JSON exactly of the type's model."""
    sequence: int | None = None
    """The aggregate's version; where it has none, the outbox's own number, which grows per key."""


class Outcome(NamedTuple):
    """The answer to a message, and the facts it led to; with an answer of 4xx or 5xx no fact is published."""

    status: int = 200
    body: bytes = b""
    facts: Sequence[Fact] = ()
    records: int | None = None
    """Of a success that costs: how many scored records it is, perhaps none; all that were asked for unless said."""

    @classmethod
    def json(cls, value: Any, *, status: int = 200, facts: Sequence[Fact] = ()) -> "Outcome":
        """An answer whose body is this value; datetimes, UUIDs and dataclasses are understood."""
        return cls(status=status, body=orjson.dumps(value, option=orjson.OPT_UTC_Z), facts=facts)

    @classmethod
    def later(cls, *, facts: Sequence[Fact] = ()) -> "Outcome":
        """No answer yet: the handler has written down who waits, and whoever answers them remembers the message."""
        return cls(status=_LATER, facts=facts)

    @property
    def is_later(self) -> bool:
        """Whether the answer comes from somewhere else."""
        return self.status == _LATER

    @classmethod
    def problem(cls, problem: Problem, *, request_id: UUID) -> "Outcome":
        """A refusal as an answer, for batch commands, which cannot raise for one message alone."""
        return cls(status=problem.status, body=problem.body(request_id))


class Outcomes(NamedTuple):
    """The answers to several messages, in their order, and what is to be written if they stand."""

    each: Sequence[Outcome]
    writes: Sequence[Write] = ()


@dataclass(frozen=True, slots=True)
class Command(Generic[M]):
    """One message, in a savepoint of the batch's transaction.

    May raise `Problem`, `TemporaryError`, `PermanentError`.
    """

    message: MessageType
    model: type[M]
    handle: Callable[[Request[M], Connection], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class BatchCommand(Generic[M]):
    """Messages of one type at once, however many of other batch commands lie between them.

    Refusals are outcomes, not exceptions; `TemporaryError` puts all of them back. What it writes, no other handler
    reads in the same batch.
    """

    message: MessageType
    model: type[M]
    handle: Callable[[Sequence[Request[M]], Connection], Awaitable[Outcomes]]


@dataclass(frozen=True, slots=True)
class Read(Generic[M]):
    """A question, asked on a connection without a transaction; several run at once. May raise `Problem`."""

    message: MessageType
    model: type[M]
    handle: Callable[[Request[M], Connection], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class FactHandler(Generic[M]):
    """A fact of another service, in a savepoint; its outcome's status and body are not used."""

    message: MessageType
    model: type[M]
    handle: Callable[[Request[M], Connection], Awaitable[Outcome]]


AnyHandler = Command[Any] | BatchCommand[Any] | Read[Any] | FactHandler[Any]


def by_type(handlers: Sequence[AnyHandler]) -> Mapping[str, AnyHandler]:
    """Handlers by the name of what they take; two for one name are a mistake."""
    table = {handler.message.name: handler for handler in handlers}
    if len(table) != len(handlers):
        raise ValueError("two handlers take the same type of message")
    return table
