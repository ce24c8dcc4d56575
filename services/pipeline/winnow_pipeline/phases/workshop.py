"""What every step of the pipeline stands on, and what steps have in common.

A step is an async function of a leased task. It reads what it needs, computes in its slot, and writes everything in one
transaction that also ends the task, or nothing: whoever lost the lease changes nothing (`tasks.LeaseLost`). Steps may
be repeated from their beginning at any time.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from winnow_common import outbox
from winnow_common.clock import Clock
from winnow_common.errors import PermanentError, TemporaryError
from winnow_common.outcome import Fact
from winnow_common.postgres import Connection, Pool
from winnow_common.sealed import SealedStore
from winnow_common.sealed_values import write_whole
from winnow_contracts.sealed import SealedReference

from winnow_pipeline import facts
from winnow_pipeline.contacts.mail_hosts import MailHosts
from winnow_pipeline.contacts.mailboxes import MailboxProbes
from winnow_pipeline.enrichment.enricher import Enricher
from winnow_pipeline.files.presets import Presets
from winnow_pipeline.public_ids import Prefix, shown
from winnow_pipeline.store import batches, chunks, tasks
from winnow_pipeline.store.batches import Batch
from winnow_pipeline.store.chunks import Chunk
from winnow_pipeline.store.tasks import Kind, LeaseLost, Task
from winnow_pipeline.vault.tenant_keys import TenantKeys

CHUNK_ROWS: Final = 1_000
LARGE_CHUNKS: Final = 20
"""Of a batch; its rows are compared apart, so that smaller batches need not wait for it."""
LEASE: Final = timedelta(seconds=30)
_KEPT_FOR: Final = timedelta(days=14)
"""Objects between phases, should nothing delete them before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Shared by all steps of a process."""

    pool: Pool
    objects: SealedStore
    clock: Clock
    keys: TenantKeys
    hosts: MailHosts | None
    """None where mail domains are not to be looked up."""
    mailboxes: MailboxProbes | None
    enricher: Enricher
    presets: Presets
    wake_relay: Callable[[], None]

    async def keep(self, content: bytes, *, tenant: UUID) -> SealedReference:
        """Seal an object between two phases. May raise `TemporaryError`."""
        return await write_whole(self.objects, content, tenant=tenant, expires=self.clock() + _KEPT_FOR)

    async def drop(self, references: Sequence[SealedReference | None], *, tenant: UUID) -> None:
        """Delete objects as far as that goes; what stays expires."""
        for reference in references:
            if reference is not None:
                with suppress(PermanentError, TemporaryError):
                    await self.objects.delete(reference, tenant=tenant)

    async def tell(self, connection: Connection, told: Sequence[Fact], *, batch: Batch) -> None:
        """Publish facts with the transaction."""
        await outbox.publish(connection, told, source=facts.SOURCE, now=self.clock(), cause=batch.request_id)


async def batch_and_chunk(shop: Workshop, task: Task) -> tuple[Batch, Chunk]:
    """What a task is about. Raises `LeaseLost` where it is gone, since nobody wants it any more."""
    batch = await batch_of(shop, task)
    chunk = await chunks.find(shop.pool, tenant=task.tenant, batch_id=task.batch, number=task.number)
    if chunk is None:
        raise LeaseLost
    return batch, chunk


async def batch_of(shop: Workshop, task: Task) -> Batch:
    """The task's batch. Raises `LeaseLost` where it is gone."""
    batch = await batches.find(shop.pool, tenant=task.tenant, batch_id=task.batch)
    if batch is None:
        raise LeaseLost
    return batch


def progress(batch: Batch, *, tenant: UUID, phase: str, chunk: int, rows: int) -> Fact:
    """A chunk went through a phase."""
    data = {
        "batch_id": shown(batch.batch_id, prefix=Prefix.BATCH),
        "phase": phase,
        "chunk": chunk,
        "rows": rows,
        "livemode": batch.livemode,
    }
    return facts.progressed(data, tenant=tenant, batch_id=batch.batch_id)


async def match_when_prepared(connection: Connection, task: Task, *, now_ingested: bool = False) -> None:
    """Go on with the whole batch if this was the last thing that its comparison waited for.

    The batch's row is locked, so that of two chunks that end at once the later one sees the other.
    """
    await batches.lock(connection, tenant=task.tenant, batch_id=task.batch)
    batch = await batches.find(connection, tenant=task.tenant, batch_id=task.batch)
    if batch is None or batch.stage != "prepare" or not (batch.ingested or now_ingested):
        return
    if await chunks.waits_for(connection, tenant=task.tenant, batch_id=task.batch, phases=["ingested"]):
        return
    last = await chunks.last_number(connection, tenant=task.tenant, batch_id=task.batch)
    await batches.set_stage(connection, tenant=task.tenant, batch_id=task.batch, stage="dedup")
    kind = Kind.DEDUP_LARGE if last > LARGE_CHUNKS else Kind.DEDUP
    await tasks.add(connection, tenant=task.tenant, batch=task.batch, kind=kind, now=batch.created_at)


async def close_when_done(connection: Connection, task: Task) -> None:
    """Close the batch if this was its last chunk."""
    await batches.lock(connection, tenant=task.tenant, batch_id=task.batch)
    unfinished = ["ingested", "prepared", "matched", "scoring"]
    if await chunks.waits_for(connection, tenant=task.tenant, batch_id=task.batch, phases=unfinished):
        return
    batch = await batches.find(connection, tenant=task.tenant, batch_id=task.batch)
    if batch is not None and batch.ingested and batch.stage == "score":
        await batches.set_stage(connection, tenant=task.tenant, batch_id=task.batch, stage="close")
        await tasks.add(connection, tenant=task.tenant, batch=task.batch, kind=Kind.CLOSE, now=batch.created_at)
