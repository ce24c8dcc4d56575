"""What one transaction does with a batch: sort out what is known, call the handlers, write down what they did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from winnow_common import inbox, logs, outbox
from winnow_common.delivery import Delivery, State
from winnow_common.errors import PermanentError, Problem, TemporaryError
from winnow_common.inbox import Handled, Identity, Stored
from winnow_common.log import Partition
from winnow_common.outcome import BatchCommand, Fact, Outcome
from winnow_common.postgres import Connection, Write, write_together

log = logs.get(__name__)


class Place(NamedTuple):
    """Where a partition is to be read again, and after how many seconds."""

    offset: int
    delay: float


@dataclass(slots=True, kw_only=True)
class Work:
    """What a transaction has to do, and what came of it."""

    fresh: list[Delivery]
    repeated: list[Delivery]
    """What repeats something fresh, to be answered once that is committed."""
    stored: Sequence[tuple[Delivery, Stored]]
    postponed: dict[Partition, Place] = field(default_factory=dict)

    @property
    def done(self) -> list[Delivery]:
        return [delivery for delivery in self.fresh if delivery.outcome is not None]

    @property
    def facts(self) -> list[tuple[Fact, UUID | None, str | None]]:
        """Each with its cause and trace context."""
        return [
            (fact, item.event.id, item.event.traceparent)
            for item in self.fresh
            if item.event is not None and item.outcome is not None and item.outcome.status < 400
            for fact in item.outcome.facts
        ]


def only_reads(due: Sequence[Delivery]) -> bool:
    """Whether all of them are batch commands, so that what is written can be one statement."""
    return all(isinstance(delivery.handler, BatchCommand) for delivery in due)


async def carry_out(
    due: Sequence[Delivery], connection: Connection, *, failed_before: bool, source: str, now: datetime
) -> Work:
    """Call the handlers of what is new, and write down what they did, with answers and facts.

    The connection is in a transaction unless `only_reads` holds. Nothing is settled before that is committed. Raises
    `winnow_common.inbox.AlreadyHandled`, and whatever a handler raises that is no instruction.
    """
    together = only_reads(due)
    stored = await _find(connection, due, look=failed_before or not together, now=now)
    work = _sorted_out(due, stored)
    writes: list[Write] = []
    if together:  # in any order, since none reads what another writes
        work.fresh.sort(key=lambda delivery: delivery.type)
    for handler, run in groupby(work.fresh, key=lambda delivery: delivery.handler):
        if isinstance(handler, BatchCommand):
            found = await _handle_together(handler, list(run), connection, work.postponed)
            if together:
                writes += found
            else:
                await write_together(connection, found)
        else:
            for delivery in run:
                await _handle_alone(delivery, connection, work.postponed)
    writes += inbox.remembering([_handled(item) for item in work.done if item.lasting], now=now)
    writes += outbox.writing(work.facts, source=source, now=now)
    with inbox.noticing():
        await write_together(connection, writes)
    return work


async def _find(connection: Connection, due: Sequence[Delivery], *, look: bool, now: datetime) -> Mapping[int, Stored]:
    """What was answered before, by place; unless told to look, only where a key says that something may be there.

    Batch commands only read, and the inbox refuses their repetitions, so they are not looked up before a try failed.
    """
    identities = [_identity(delivery) for delivery in due]
    if not look and all(identity.previous_id is None for identity in identities):
        return {}
    return await inbox.find(connection, identities, now=now)


def _sorted_out(due: Sequence[Delivery], stored: Mapping[int, Stored]) -> Work:
    """What is new, what repeats something new of the same batch, and what was answered before."""
    fresh: list[Delivery] = []
    repeated: list[Delivery] = []
    seen: set[tuple[UUID, UUID]] = set()
    for position, delivery in enumerate(due):
        delivery.state, delivery.outcome = State.PENDING, None
        if position in stored:
            continue
        identity = _identity(delivery)
        if (identity.tenant, identity.id) in seen:
            repeated.append(delivery)
        else:
            seen.add((identity.tenant, identity.id))
            fresh.append(delivery)
    return Work(fresh=fresh, repeated=repeated, stored=[(due[place], answer) for place, answer in stored.items()])


async def _handle_together(
    handler: BatchCommand[Any],
    run: Sequence[Delivery],
    connection: Connection,
    postponed: dict[Partition, Place],
) -> Sequence[Write]:
    ready = [delivery for delivery in run if delivery.record.partition not in postponed]
    requests = [delivery.request for delivery in ready if delivery.request is not None]
    try:
        outcomes = await handler.handle(requests, connection)
    except TemporaryError as error:
        log.warning(
            "messages wait", type=handler.message.name, reason=str(error), delay=error.delay, messages=len(ready)
        )
        for delivery in ready:
            postponed.setdefault(delivery.record.partition, Place(delivery.record.offset, error.delay))
        return ()
    for delivery, outcome in zip(ready, outcomes.each, strict=True):
        delivery.outcome = outcome
    return outcomes.writes


async def _handle_alone(delivery: Delivery, connection: Connection, postponed: dict[Partition, Place]) -> None:
    """One message in a savepoint, so that a refusal undoes what it wrote and nothing else."""
    record, handler, request = delivery.record, delivery.handler, delivery.request
    assert handler is not None
    assert request is not None
    if record.partition in postponed:
        return
    try:
        async with connection.transaction():
            delivery.outcome = await handler.handle(request, connection)  # type: ignore[arg-type,assignment]
    except Problem as problem:
        delivery.outcome = Outcome.problem(problem, request_id=request.id)
    except TemporaryError as error:
        log.warning("a message waits", type=delivery.type, reason=str(error), delay=error.delay)
        postponed[record.partition] = Place(record.offset, error.delay)
    except PermanentError as error:
        delivery.doom(str(error))


def _identity(delivery: Delivery) -> Identity:
    assert delivery.identity is not None
    return delivery.identity


def _handled(delivery: Delivery) -> Handled:
    outcome = delivery.outcome
    assert outcome is not None
    if delivery.event is None or delivery.event.reply_to is None:
        return Handled(_identity(delivery), None, None)
    return Handled(_identity(delivery), outcome.status, outcome.body)
