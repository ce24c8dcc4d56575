"""Facts that the pipeline tells of, and commands that it gives scoring; none names a person."""

from typing import Any, Final
from uuid import UUID

import orjson
from winnow_common.identifiers import event_id
from winnow_common.outcome import Fact
from winnow_contracts import batches, bulk, topics, usage
from winnow_contracts.topic import MessageType, Topic

SOURCE: Final = "winnow/pipeline"


def _fact(
    topic: Topic, type: MessageType, data: dict[str, Any], *, tenant: UUID, key: str, cause: UUID, part: str
) -> Fact:
    id = event_id(cause, type.name, part)
    return Fact(topic, type, id, tenant, key, orjson.dumps(data, option=orjson.OPT_UTC_Z))


def plan(data: dict[str, Any], *, tenant: UUID, batch_id: UUID) -> Fact:
    """Ask scoring by what a batch is to be scored."""
    return _fact(
        topics.SCORING_BULK, bulk.PLAN, data, tenant=tenant, key=f"plan/{batch_id}", cause=batch_id, part="plan"
    )


def score(data: dict[str, Any], *, tenant: UUID, batch_id: UUID, chunk: int, attempt: int) -> Fact:
    """Ask scoring to score a chunk; every attempt is a message of its own."""
    return _fact(
        topics.SCORING_BULK,
        bulk.SCORE,
        data,
        tenant=tenant,
        key=f"{batch_id}/{chunk}",
        cause=batch_id,
        part=f"{chunk}/{attempt}",
    )


def started(data: dict[str, Any], *, tenant: UUID, batch_id: UUID) -> Fact:
    """A batch has begun."""
    return _of_batch(batches.STARTED, data, tenant=tenant, batch_id=batch_id, part="")


def progressed(data: dict[str, Any], *, tenant: UUID, batch_id: UUID) -> Fact:
    """A chunk went through a phase."""
    return _of_batch(
        batches.PROGRESSED, data, tenant=tenant, batch_id=batch_id, part=f"{data['phase']}/{data['chunk']}"
    )


def ended(data: dict[str, Any], *, tenant: UUID, batch_id: UUID, chunks: int) -> Fact:
    """A batch is over; again after rework, when it has more chunks."""
    return _of_batch(batches.ENDED, data, tenant=tenant, batch_id=batch_id, part=str(chunks))


def decided(data: dict[str, Any], *, tenant: UUID, lead: UUID, chunk: int) -> Fact:
    """What became of a lead."""
    return _fact(
        topics.PIPELINE_LEADS, batches.DECIDED, data, tenant=tenant, key=data["lead_id"], cause=lead, part=str(chunk)
    )


def operation(request_id: UUID, *, chunk: int) -> UUID:
    """Names the scoring of a chunk, for ever."""
    return event_id(request_id, "leads", str(chunk))


def used(data: dict[str, Any], *, tenant: UUID, operation: UUID) -> Fact:
    """Leads were scored."""
    return _fact(topics.USAGE, usage.RECORDED, data, tenant=tenant, key="", cause=operation, part="")


def _of_batch(type: MessageType, data: dict[str, Any], *, tenant: UUID, batch_id: UUID, part: str) -> Fact:
    return _fact(topics.PIPELINE_BATCHES, type, data, tenant=tenant, key=data["batch_id"], cause=batch_id, part=part)
