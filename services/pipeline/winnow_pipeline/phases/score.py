"""Score: what may still qualify is sent to scoring, a chunk at a time; the answer comes as a fact.

The task stays until the answer is there, and sends the chunk again when that takes too long. Survivors are completed by
their duplicates first, so that they are judged by all that is known of them.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from winnow_common.errors import TemporaryError
from winnow_common.postgres import Connection, transaction
from winnow_common.sealed_values import read_whole
from winnow_contracts.sealed import SealedReference

from winnow_pipeline import facts
from winnow_pipeline.computing import Slot
from winnow_pipeline.phases import joining
from winnow_pipeline.phases.prepared import Prepared
from winnow_pipeline.phases.raw_rows import dumped
from winnow_pipeline.phases.workshop import Workshop, batch_and_chunk
from winnow_pipeline.public_ids import lead_id, leads_of
from winnow_pipeline.store import batches, chunks, links, tasks, vault
from winnow_pipeline.store.batches import Batch
from winnow_pipeline.store.chunks import Chunk
from winnow_pipeline.store.tasks import Kind, Task

SENT_AGAIN_AFTER: Final = timedelta(seconds=120)
MOST_ATTEMPTS: Final = 5
_NO_PLAN: Final = 1.0
_MOST_DUPLICATES: Final = 5_000
"""Of one chunk's survivors that are looked at to complete them."""


async def score(task: Task, shop: Workshop, slot: Slot) -> None:
    """Send a chunk to be scored, or decide it where there is nothing to score."""
    batch, chunk = await batch_and_chunk(shop, task)
    if chunk.prepared_object is None:
        raise RuntimeError("a chunk that was never prepared is to be scored")
    if batch.status == "cancelled" or chunk.failure is not None:
        await _skip(task, shop, failure=chunk.failure or "cancelled")
        return
    if chunk.attempt >= MOST_ATTEMPTS:
        await _skip(task, shop, failure="not_scored")
        return
    if batch.plan is None:
        raise TemporaryError("scoring has not said yet how the batch is scored", delay=_NO_PLAN)
    content = await read_whole(shop.objects, chunk.prepared_object, tenant=task.tenant)
    prepared, sealed = await _completed(task, shop, slot, content)
    places = await scoreable(shop, task, prepared)
    kept = await shop.keep(prepared.content(), tenant=task.tenant) if sealed else chunk.prepared_object
    await _send(task, shop, batch, chunk, prepared=prepared, places=places, kept=kept, sealed=sealed)
    shop.wake_relay()


async def scoreable(shop: Workshop, task: Task, prepared: Prepared) -> list[int]:
    """Places of the rows that may qualify, in order."""
    ids = [lead_id(task.batch, number) for number in prepared.numbers]
    joined = await links.links_of(shop.pool, tenant=task.tenant, leads=ids)
    return [place for place, id in enumerate(ids) if id not in joined and prepared.can_be_scored(place)]


async def _completed(task: Task, shop: Workshop, slot: Slot, content: bytes) -> tuple[Prepared, Sequence[Any]]:
    prepared = Prepared.of(content)
    first, last = leads_of(task.batch)
    own = [lead_id(task.batch, number) for number in prepared.numbers]
    found = await links.duplicates_of(shop.pool, tenant=task.tenant, survivors=own, limit=_MOST_DUPLICATES)
    duplicates = {
        survivor: [each.lead_id for each in joined if first <= each.lead_id <= last]
        for survivor, joined in found.items()
    }
    duplicates = {survivor: joined for survivor, joined in duplicates.items() if joined}
    if not duplicates:
        return prepared, ()
    ids = sorted({*duplicates, *(each for joined in duplicates.values() for each in joined)})
    stored = await vault.some(shop.pool, tenant=task.tenant, ids=ids)
    keys = await shop.keys.of(shop.pool, tenant=task.tenant)
    done = await slot.call(joining.joined, content, keys, tenant=task.tenant, duplicates=duplicates, stored=stored)
    return (Prepared.of(done.content), done.sealed) if done.sealed else (prepared, ())


async def _send(
    task: Task,
    shop: Workshop,
    batch: Batch,
    chunk: Chunk,
    *,
    prepared: Prepared,
    places: Sequence[int],
    kept: SealedReference,
    sealed: Sequence[Any],
) -> None:
    tenant, now = task.tenant, shop.clock()
    async with transaction(shop.pool) as connection:
        granted = chunk.granted
        if granted is None:
            granted = await batches.spend(connection, tenant=tenant, batch_id=task.batch, wanted=len(places))
        await vault.replace_contents(connection, tenant=tenant, leads=sealed)
        object = await shop.keep(dumped(_asked(prepared, places[:granted])), tenant=tenant) if granted else None
        attempt = await chunks.note_sent(
            connection,
            tenant=tenant,
            batch_id=task.batch,
            number=task.number,
            granted=granted,
            prepared=kept,
            asked=object,
        )
        if object is None:
            await _decide(connection, task, shop, failure="out_of_credits")
            return
        data = {
            "batch_id": str(task.batch),
            "chunk": task.number,
            "object": object.model_dump(mode="json"),
            "plan": None if batch.plan is None else batch.plan.model_dump(mode="json"),
            "require": None
            if batch.options.require is None
            else [each.model_dump(mode="json") for each in batch.options.require],
            "livemode": batch.livemode,
        }
        asked = facts.score(data, tenant=tenant, batch_id=task.batch, chunk=task.number, attempt=attempt)
        await tasks.release(connection, task, due=now + SENT_AGAIN_AFTER, failed=False)
        await shop.tell(connection, [asked], batch=batch)


async def _skip(task: Task, shop: Workshop, *, failure: str) -> None:
    async with transaction(shop.pool) as connection:
        await _decide(connection, task, shop, failure=failure)


async def _decide(connection: Connection, task: Task, shop: Workshop, *, failure: str) -> None:
    """Nothing of the chunk is scored: it is decided by what is known."""
    await chunks.note_failure(connection, tenant=task.tenant, batch_id=task.batch, number=task.number, code=failure)
    await tasks.done(connection, task)
    await tasks.add(
        connection, tenant=task.tenant, batch=task.batch, kind=Kind.FINISH, now=shop.clock(), numbers=[task.number]
    )


def _asked(prepared: Prepared, places: Sequence[int]) -> dict[str, Any]:
    """A `ChunkToScore`; nothing in it names a person."""
    leads: list[dict[str, Any]] = []
    for place in places:
        told = prepared.contacts[place]
        has = {name: True for name in ("email", "phone", "linkedin") if told.get(name)}
        contact = {name: told[name] for name in ("seniority", "function", "linkedin") if name in told}
        contact["email_status"] = prepared.email_statuses[place]
        contact["phone_status"] = prepared.phone_statuses[place]
        leads.append(
            {
                "position": place,
                "domain": prepared.domains[place],
                "attributes": {**prepared.attributes[place], **has},
                "contact": contact,
            }
        )
    wanted = {each["domain"] for each in leads}
    companies = {domain: found for domain, found in prepared.companies.items() if domain in wanted}
    return {"leads": leads, "companies": companies}
