"""Finish: what became of every row of a chunk is decided and stored, counted and told."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import numpy as np
from winnow_common.errors import PermanentError, TemporaryError
from winnow_common.outcome import Fact
from winnow_common.postgres import transaction
from winnow_common.sealed_values import read_whole

from winnow_pipeline import facts
from winnow_pipeline.computing import Slot
from winnow_pipeline.leads import Status
from winnow_pipeline.metrics import ROWS
from winnow_pipeline.phases import deciding
from winnow_pipeline.phases.deciding import Case, Decided
from winnow_pipeline.phases.prepared import Prepared
from winnow_pipeline.phases.score import scoreable
from winnow_pipeline.phases.workshop import Workshop, batch_and_chunk, close_when_done, progress
from winnow_pipeline.public_ids import Prefix, lead_id, row_of, shown
from winnow_pipeline.store import chunks, leads, links, tasks, tombstones
from winnow_pipeline.store import keys as lead_keys
from winnow_pipeline.store.batches import Batch
from winnow_pipeline.store.chunks import Chunk, Outcome
from winnow_pipeline.store.leads import Fate, StoredLead
from winnow_pipeline.store.tasks import Task


async def finish(task: Task, shop: Workshop, slot: Slot) -> None:
    """Decide a chunk."""
    batch, chunk = await batch_and_chunk(shop, task)
    if chunk.prepared_object is None:
        raise RuntimeError("a chunk that was never prepared is to be decided")
    content = await read_whole(shop.objects, chunk.prepared_object, tenant=task.tenant)
    case = await _case(task, shop, chunk, content)
    found = await slot.call(deciding.decided, case)
    await _store(task, shop, found, batch=batch, chunk=chunk, wrapped=case.wrapped)
    for status, rows in found.counts.items():
        ROWS.labels(status).inc(rows)
    shop.wake_relay()
    await shop.drop(chunk.objects, tenant=task.tenant)


async def _case(task: Task, shop: Workshop, chunk: Chunk, content: bytes) -> Case:
    prepared = Prepared.of(content)
    ids = [lead_id(task.batch, number) for number in prepared.numbers]
    joined = await links.links_of(shop.pool, tenant=task.tenant, leads=ids)
    places = {id: place for place, id in enumerate(ids)}
    scored, failure = None, chunk.failure
    if chunk.scored_object is not None and failure is None:
        try:
            scored = await read_whole(shop.objects, chunk.scored_object, tenant=task.tenant)
        except PermanentError:
            failure = "not_scored"
    sent = (await scoreable(shop, task, prepared))[: chunk.granted or 0]
    return Case(
        tenant=task.tenant,
        batch_id=task.batch,
        keys=await shop.keys.of(shop.pool, tenant=task.tenant),
        prepared=content,
        scored=scored,
        failure=failure if scored is None else None,
        scoreable=sent,
        duplicates={places[id]: (link.survivor_id, link.confidence) for id, link in joined.items()},
        confidences=_confidences(chunk),
        wrapped=await lead_keys.some(shop.pool, tenant=task.tenant, ids=ids),
        now=shop.clock(),
    )


def _confidences(chunk: Chunk) -> list[float | None]:
    values = np.frombuffer(chunk.confidences or b"", np.float32)
    return [None if np.isnan(value) else round(float(value), 4) for value in values]


async def _store(
    task: Task, shop: Workshop, found: Decided, *, batch: Batch, chunk: Chunk, wrapped: Collection[UUID]
) -> None:
    tenant = task.tenant
    async with transaction(shop.pool) as connection:
        await tasks.done(connection, task)
        await tombstones.hold_off(connection, tenant=tenant)
        present = await lead_keys.some(connection, tenant=tenant, ids=list(wrapped))
        if len(present) < len(wrapped):
            raise TemporaryError("somebody was erased meanwhile", delay=0.0)
        outcome = Outcome(counts=found.counts, credits=found.scored, confidence=found.confidence, reasons=found.reasons)
        if chunk.rework:
            before = await leads.fates_of(connection, tenant=tenant, ids=[each.lead_id for each in found.leads])
            outcome = _changes(found, before)
        await leads.replace(connection, tenant=tenant, leads=found.leads)
        await chunks.note_done(connection, tenant=tenant, batch_id=task.batch, number=task.number, outcome=outcome)
        await shop.tell(connection, _facts(task, shop, batch, found, scored=outcome.credits), batch=batch)
        await close_when_done(connection, task)


def _changes(found: Decided, before: Mapping[UUID, Fate]) -> Outcome:
    """Of rows that were decided before: what their new fates add to the sums, and their old ones took from them."""
    counts: Counter[str] = Counter(found.counts)
    counts.subtract(fate.status for fate in before.values())
    reasons: Counter[tuple[str, str]] = Counter({(status, code): rows for status, code, rows in found.reasons})
    reasons.subtract((fate.status, fate.reason_code) for fate in before.values() if fate.reason_code is not None)
    confidence = sum(fate.dedup_confidence or 0.0 for fate in before.values() if fate.status == Status.QUALIFIED)
    new = [lead for lead in found.leads if lead.score is not None and lead.lead_id in before]
    return Outcome(
        counts=counts,
        credits=sum(not before[lead.lead_id].was_scored for lead in new),
        confidence=found.confidence - confidence,
        reasons=[(status, code, rows) for (status, code), rows in sorted(reasons.items()) if rows],
    )


def _facts(task: Task, shop: Workshop, batch: Batch, found: Decided, *, scored: int) -> list[Fact]:
    told = [progress(batch, tenant=task.tenant, phase="score", chunk=task.number, rows=len(found.leads))]
    if scored:
        told.append(_usage(task, shop, batch, scored=scored))
    if batch.options.lead_events:
        told += [
            facts.decided(_decision(batch, lead), tenant=task.tenant, lead=lead.lead_id, chunk=task.number)
            for lead in found.leads
        ]
    return told


def _usage(task: Task, shop: Workshop, batch: Batch, *, scored: int) -> Fact:
    operation = facts.operation(batch.request_id, chunk=task.number)
    data = {
        "operation_id": operation,
        "kind": "leads",
        "records": scored,
        "credits": scored if batch.livemode else 0,
        "livemode": batch.livemode,
        "occurred_at": shop.clock(),
    }
    return facts.used(data, tenant=task.tenant, operation=operation)


def _decision(batch: Batch, lead: StoredLead) -> dict[str, Any]:
    """A `LeadDecided`."""
    survivor = lead.duplicate_of
    return {
        "lead_id": shown(lead.lead_id, prefix=Prefix.LEAD),
        "batch_id": shown(batch.batch_id, prefix=Prefix.BATCH),
        "row": row_of(lead.lead_id),
        "status": lead.status,
        "reason": lead.reason_code,
        "duplicate_of": None if survivor is None else shown(survivor, prefix=Prefix.LEAD),
        "domain": lead.domain,
        "score": lead.score,
        "tier": lead.tier,
        "grade": lead.grade,
        "livemode": batch.livemode,
    }
