"""Dedup: which rows are one person, in the batch and among the tenant's earlier leads.

One batch of a tenant at a time, under the tenant's turn, so that two batches at once leave one survivor: leads of a
batch that was not compared yet are nobody's survivors, and whoever comes later sees what the other has added. The
survivor within a batch is chosen by `matching.survivors`; between batches the earlier lead stays what it is.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import numpy as np
from winnow_common.errors import TemporaryError
from winnow_common.postgres import transaction
from winnow_common.sealed_values import read_whole

from winnow_pipeline.computing import Slot
from winnow_pipeline.phases import matching_desk
from winnow_pipeline.phases.matching_desk import Clusters
from winnow_pipeline.phases.workshop import Workshop, batch_and_chunk, batch_of
from winnow_pipeline.public_ids import lead_id, leads_of, row_of
from winnow_pipeline.store import batches, chunks, leads, links, tasks, vault
from winnow_pipeline.store.chunks import Chunk
from winnow_pipeline.store.links import Link
from winnow_pipeline.store.tasks import Kind, Task
from winnow_pipeline.vault.tenant_keys import OpenedKeys

_PAIRS_AT_ONCE: Final = 5_000
_TURN_WAIT: Final = 1.0


async def dedup(task: Task, shop: Workshop, slot: Slot) -> None:
    """Compare a batch's rows, or those of one chunk of rework."""
    batch = await batch_of(shop, task)
    if not await tasks.take_dedup_turn(shop.pool, task, now=shop.clock()):
        raise TemporaryError("another batch of the tenant is being compared", delay=_TURN_WAIT)
    if task.number:
        await _rework(task, shop, slot)
        return
    parts = [
        each for each in await chunks.all_of(shop.pool, tenant=task.tenant, batch_id=task.batch) if not each.rework
    ]
    if batch.status == "cancelled" or not parts:
        await _store(task, shop, parts, found=[], clusters=None)
        return
    clusters = await _clustered(task, shop, slot, parts)
    joined = await _joined_with_earlier(task, shop, slot, clusters)
    await _store(task, shop, parts, found=_links(task, clusters, joined), clusters=clusters)


async def _clustered(task: Task, shop: Workshop, slot: Slot, parts: Sequence[Chunk]) -> Clusters:
    await slot.call(matching_desk.begin)
    for part in parts:
        if part.prepared_object is not None:
            content = await read_whole(shop.objects, part.prepared_object, tenant=task.tenant)
            await slot.call(matching_desk.add, content)
    return await slot.call(matching_desk.cluster)


async def _joined_with_earlier(
    task: Task, shop: Workshop, slot: Slot, clusters: Clusters
) -> dict[int, tuple[UUID, UUID, float]]:
    """By place of a survivor of the batch: the earlier lead that stands for it, the one it is like, how probably."""
    first, last = leads_of(task.batch)
    async with shop.pool.acquire() as connection:
        if not await links.has_others(connection, tenant=task.tenant, first=first, last=last):
            return {}
        unmatched = await batches.unmatched(connection, tenant=task.tenant)
    keys = await shop.keys.of(shop.pool, tenant=task.tenant)
    places = {int(number): place for place, number in enumerate(clusters.numbers)}
    best: dict[int, tuple[UUID, UUID, float]] = {}
    for start in range(0, int(clusters.numbers.max(initial=0)) + 1, _PAIRS_AT_ONCE):
        rows = leads_of(task.batch, first=start, last=start + _PAIRS_AT_ONCE - 1)
        pairs = await links.shared_keys(shop.pool, tenant=task.tenant, rows=rows, batch=(first, last))
        pairs = [(mine, other) for mine, other in pairs if row_of(mine) in places]
        candidates = await _candidates(task, shop, pairs, unmatched=unmatched)
        wanted = [(places[row_of(mine)], other) for mine, other in pairs if other in candidates]
        if not wanted:
            continue
        earlier = await vault.some(shop.pool, tenant=task.tenant, ids=sorted({other for _, other in wanted}))
        found = await slot.call(matching_desk.compared, keys, tenant=task.tenant, pairs=wanted, earlier=earlier)
        for place, other, probability in found:
            head = int(clusters.survivor[place])
            if head not in best or best[head][2] < probability:
                best[head] = candidates[other], other, probability
    return best


async def _candidates(
    task: Task, shop: Workshop, pairs: Sequence[tuple[UUID, UUID]], *, unmatched: Sequence[UUID]
) -> dict[UUID, UUID]:
    """Leads that stand for somebody, or are joined with one who does, with the survivor of each."""
    ids = sorted({other for _, other in pairs})
    ranges = [leads_of(batch) for batch in unmatched]
    ids = [each for each in ids if not any(low <= each <= high for low, high in ranges)]
    if not ids:
        return {}
    async with shop.pool.acquire() as connection:
        joined = await links.links_of(connection, tenant=task.tenant, leads=ids)
        survivor = {each: joined[each].survivor_id if each in joined else each for each in ids}
        unfit = await leads.nobodys_survivors(connection, tenant=task.tenant, ids=sorted({*ids, *survivor.values()}))
    return {each: head for each, head in survivor.items() if each not in unfit and head not in unfit}


def _links(task: Task, clusters: Clusters, joined: Mapping[int, tuple[UUID, UUID, float]]) -> list[Link]:
    """Every row that does not stand for itself."""
    ids = [lead_id(task.batch, int(number)) for number in clusters.numbers]
    found: list[Link] = []
    own = np.arange(len(ids))
    for place in np.flatnonzero(clusters.survivor != own).tolist():
        head, linked = int(clusters.survivor[place]), int(clusters.best_link[place])
        survivor = joined[head][0] if head in joined else ids[head]
        linked_by = ids[linked] if linked >= 0 else ids[head]
        found.append(Link(ids[place], survivor, linked_by, float(clusters.confidence[place])))
    found += [Link(ids[head], survivor, like, probability) for head, (survivor, like, probability) in joined.items()]
    return found


async def _store(
    task: Task,
    shop: Workshop,
    parts: Sequence[Chunk],
    *,
    found: Sequence[Link],
    clusters: Clusters | None,
) -> None:
    """Links, confidences and the next step of every chunk, with the end of the turn."""
    first, last = leads_of(task.batch)
    confidences = _by_chunk(parts, clusters)
    async with transaction(shop.pool) as connection:
        await tasks.done(connection, task)
        await links.unlink_range(connection, tenant=task.tenant, first=first, last=last)
        await links.link(connection, tenant=task.tenant, links=found)
        await chunks.note_matched(connection, tenant=task.tenant, batch_id=task.batch, confidences=confidences)
        await batches.lock(connection, tenant=task.tenant, batch_id=task.batch)
        await batches.set_stage(
            connection, tenant=task.tenant, batch_id=task.batch, stage="score" if parts else "close"
        )
        if clusters is not None:
            await batches.set_match_model(connection, tenant=task.tenant, batch_id=task.batch, model=clusters.model)
        kind, numbers = (Kind.SCORE, [each.number for each in parts]) if parts else (Kind.CLOSE, [0])
        await tasks.add(connection, tenant=task.tenant, batch=task.batch, kind=kind, now=shop.clock(), numbers=numbers)
        await tasks.end_dedup_turn(connection, tenant=task.tenant, batch=task.batch)


def _by_chunk(parts: Sequence[Chunk], clusters: Clusters | None) -> dict[int, bytes]:
    """What is stored of each chunk: the confidence of each of its rows, in their order.

    Rows of a batch are numbered on and on, so a chunk's are a range; those that could not be read have none.
    """
    if clusters is None:
        return {each.number: b"" for each in parts}
    by_number = np.full(int(clusters.numbers.max(initial=0)) + 2, np.nan, np.float32)
    by_number[clusters.numbers] = clusters.confidence
    found: dict[int, bytes] = {}
    start = 1
    for part in parts:
        values = by_number[start : start + part.rows]
        found[part.number] = values.tobytes()
        start += part.rows
    return found


async def _rework(task: Task, shop: Workshop, slot: Slot) -> None:
    """Compare leads that are made again with everybody else's, their own batch's among them."""
    batch, chunk = await batch_and_chunk(shop, task)
    content = (
        await read_whole(shop.objects, chunk.prepared_object, tenant=task.tenant) if chunk.prepared_object else b""
    )
    numbers = await slot.call(matching_desk.numbers_of, content) if content else []
    ids = [lead_id(task.batch, number) for number in numbers]
    found = await _resolved(task, shop, slot, ids) if batch.status != "cancelled" else []
    async with transaction(shop.pool) as connection:
        await tasks.done(connection, task)
        await links.unlink(connection, tenant=task.tenant, leads=ids)
        await links.link(connection, tenant=task.tenant, links=found)
        for each in found:
            await links.point_to(connection, tenant=task.tenant, old=each.lead_id, new=each.survivor_id)
            await leads.point_to(connection, tenant=task.tenant, old=each.lead_id, new=each.survivor_id)
        await chunks.note_matched(connection, tenant=task.tenant, batch_id=task.batch, confidences={chunk.number: b""})
        await tasks.add(
            connection,
            tenant=task.tenant,
            batch=task.batch,
            kind=Kind.SCORE,
            now=shop.clock(),
            numbers=[chunk.number],
        )
        await tasks.end_dedup_turn(connection, tenant=task.tenant, batch=task.batch)


async def _resolved(task: Task, shop: Workshop, slot: Slot, ids: Sequence[UUID]) -> list[Link]:
    """A link for each of these leads that is the same person as somebody else, each pair in one direction."""
    keys: OpenedKeys = await shop.keys.of(shop.pool, tenant=task.tenant)
    async with shop.pool.acquire() as connection:
        unmatched = await batches.unmatched(connection, tenant=task.tenant)
        pairs = await links.shared_keys_of(connection, tenant=task.tenant, leads=ids)
        apart = await links.kept_apart(connection, tenant=task.tenant, leads=ids)
    survivors = await _candidates(task, shop, pairs, unmatched=unmatched)
    pairs = [(mine, other) for mine, other in pairs if other in survivors]
    stored = await vault.some(shop.pool, tenant=task.tenant, ids=sorted({each for pair in pairs for each in pair}))
    matches = await slot.call(matching_desk.compared_leads, keys, tenant=task.tenant, pairs=pairs, stored=stored)
    by_lead: defaultdict[UUID, list[tuple[float, UUID]]] = defaultdict(list)
    for mine, other, probability in matches:
        by_lead[mine].append((probability, other))
    again = set(ids)
    linked: dict[UUID, UUID] = {}
    found: list[Link] = []
    for mine in ids:
        for probability, other in sorted(by_lead[mine], reverse=True):
            head = linked.get(other, other if other in again else survivors[other])
            if head == mine or {frozenset((mine, head)), frozenset((mine, other))} & apart:
                continue
            linked[mine] = head
            found.append(Link(mine, head, other, probability))
            break
    return found
