"""Normalize, validate, enrich: a chunk's rows become leads, sealed in the vault and found again by pseudonyms."""

import asyncio
from dataclasses import dataclass, replace

from winnow_common.errors import TemporaryError
from winnow_common.postgres import Connection, transaction
from winnow_common.sealed_values import read_whole

from winnow_pipeline.computing import Slot
from winnow_pipeline.enrichment.enricher import Enriched
from winnow_pipeline.phases import desk
from winnow_pipeline.phases.desk import Answers, Judged, Wanted
from winnow_pipeline.phases.workshop import Workshop, batch_and_chunk, match_when_prepared, progress
from winnow_pipeline.store import chunks, links, tasks, tombstones, vault
from winnow_pipeline.store import keys as lead_keys
from winnow_pipeline.store.batches import Batch
from winnow_pipeline.store.chunks import Chunk
from winnow_pipeline.store.tasks import Kind, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """A chunk as it is to be stored, with what it cost to look its companies up."""

    judged: Judged
    lookups: int
    hits: int
    erasures: int
    """Of the tenant, when the chunk was compared with whoever was erased."""


async def prepare(task: Task, shop: Workshop, slot: Slot) -> None:
    """Make leads of a chunk."""
    batch, chunk = await batch_and_chunk(shop, task)
    raw = await read_whole(shop.objects, chunk.raw_object, tenant=task.tenant)
    keys = await shop.keys.of(shop.pool, tenant=task.tenant)
    answers = Answers(tenant=task.tenant, batch_id=task.batch, keys=keys)
    wanted = await slot.call(desk.normalized, raw)
    erasures = await tombstones.count(shop.pool, tenant=task.tenant)
    if erasures:
        everybody = await slot.call(desk.pseudonyms, keys)
        found = await tombstones.find(shop.pool, tenant=task.tenant, pseudonyms=everybody)
        answers = replace(answers, erased=frozenset(found))
    lookups = hits = 0
    if batch.status == "cancelled" or chunk.failure is not None:
        answers = replace(answers, failed=True)
    else:
        answers, enriched = await _asked(shop, wanted, answers)
        lookups, hits = enriched.lookups, len(enriched.hits)
    judged = await slot.call(desk.judged, answers)
    result = _Result(judged=judged, lookups=lookups, hits=hits, erasures=erasures)
    await _store(task, shop, result, batch=batch, chunk=chunk)
    shop.wake_relay()


async def _asked(shop: Workshop, wanted: Wanted, answers: Answers) -> tuple[Answers, Enriched]:
    """Ask the network and the sources. What does not answer is unknown, and no reason to wait for."""
    enriching = asyncio.ensure_future(shop.enricher.enrich(wanted.companies, wanted=frozenset()))
    hosts = await shop.hosts.look_up(wanted.mail_domains) if shop.hosts is not None else {}
    mailboxes = await shop.mailboxes.ask(wanted.addresses, hosts) if shop.mailboxes is not None else {}
    enriched = await enriching
    return replace(
        answers, hosts=hosts, mailboxes=mailboxes, companies=enriched.companies, hits=frozenset(enriched.hits)
    ), enriched


async def _store(task: Task, shop: Workshop, result: _Result, *, batch: Batch, chunk: Chunk) -> None:
    """Everything of the chunk, with the end of the task."""
    judged, tenant, batch_id = result.judged, task.tenant, task.batch
    kept = await shop.keep(judged.content, tenant=tenant)
    async with transaction(shop.pool) as connection:
        await tasks.done(connection, task)
        await tombstones.hold_off(connection, tenant=tenant)
        if await tombstones.count(connection, tenant=tenant) != result.erasures:
            raise TemporaryError("somebody was erased meanwhile", delay=0.0)
        await lead_keys.add_keys(connection, tenant=tenant, leads=judged.sealed)
        await vault.add_contents(connection, tenant=tenant, leads=judged.sealed)
        if chunk.rework:
            await links.remove_keys(connection, tenant=tenant, leads=[each.lead_id for each in judged.sealed])
        await links.add_keys(connection, tenant=tenant, keys=judged.keys)
        await chunks.note_prepared(
            connection,
            tenant=tenant,
            batch_id=batch_id,
            number=task.number,
            object=kept,
            lookups=result.lookups,
            hits=result.hits,
            multi_source=judged.multi_source,
        )
        told = progress(batch, tenant=tenant, phase="enrich", chunk=task.number, rows=chunk.rows)
        await shop.tell(connection, [told], batch=batch)
        await _go_on(connection, task, shop, rework=chunk.rework)


async def _go_on(connection: Connection, task: Task, shop: Workshop, *, rework: bool) -> None:
    if rework:
        await tasks.add(
            connection,
            tenant=task.tenant,
            batch=task.batch,
            kind=Kind.DEDUP,
            now=shop.clock(),
            numbers=[task.number],
        )
    else:
        await match_when_prepared(connection, task)
