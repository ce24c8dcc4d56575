"""The composition root: the only place that constructs things.

Two roles share the schema: `serve` answers requests from the log and takes what other services say, `chunks` takes
batches through their phases, computing in processes of its own. Both relay facts.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Final

from winnow_common.clock import Clock, system_clock
from winnow_common.cursors import Cursors
from winnow_common.foundation import Foundation, founded
from winnow_common.lifecycle import Background
from winnow_common.outcome import AnyHandler
from winnow_common.stored_answers import stored_answers
from winnow_contracts.topics import DIRECTORY, ENRICHMENT_REQUESTS, PIPELINE_REQUESTS, SCORES

from winnow_pipeline import retention
from winnow_pipeline.contacts.mail_hosts import MailHosts
from winnow_pipeline.contacts.mailboxes import MailboxProbes
from winnow_pipeline.enrichment.directory import DirectorySource
from winnow_pipeline.enrichment.enricher import Enricher
from winnow_pipeline.enrichment.limits import Limited, Limits
from winnow_pipeline.facts import SOURCE
from winnow_pipeline.files.presets import load_presets
from winnow_pipeline.handlers.batches import BatchHandlers
from winnow_pipeline.handlers.directory import DirectoryFacts
from winnow_pipeline.handlers.enrichment import EnrichmentRequests
from winnow_pipeline.handlers.leads import LeadHandlers
from winnow_pipeline.handlers.privacy import PrivacyHandlers
from winnow_pipeline.handlers.scores import ScoreFacts
from winnow_pipeline.handlers.uploads import UploadHandlers
from winnow_pipeline.phases.workshop import Workshop
from winnow_pipeline.settings import Settings
from winnow_pipeline.vault.tenant_keys import TenantKeys
from winnow_pipeline.worker import Worker, workers

GROUP: Final = "pipeline"
SCORES_GROUP: Final = "pipeline-scores"
DIRECTORY_GROUP: Final = "pipeline-directory"
ENRICHMENT_GROUP: Final = "enrichment"
"""Of whoever answers requests for profiles, wherever that is."""

_EXISTS: Final = "com"
"""A domain that every DNS knows that is connected to the world's."""
_DRAINED_WITHIN: Final = 3.0
"""Seconds; most steps take less than one."""


@asynccontextmanager
async def serve(settings: Settings) -> AsyncIterator[Background]:
    """Answer requests, until told to stop."""
    chores = retention.chores(settings)
    async with founded(
        settings, role="pipeline", clock=system_clock, pool_size=settings.pool_size, chores=chores
    ) as base:
        consume = partial(base.consume, source=SOURCE, batch=settings.batch)
        consume("directory", DIRECTORY, group=DIRECTORY_GROUP, handlers=DirectoryFacts().all())
        consume(
            "enrichment",
            ENRICHMENT_REQUESTS,
            group=ENRICHMENT_GROUP,
            handlers=EnrichmentRequests(enricher=_enricher(base)).all(),
        )
        consume("scores", SCORES, group=SCORES_GROUP, handlers=ScoreFacts(clock=system_clock).all())
        consume("consumer", PIPELINE_REQUESTS, group=GROUP, handlers=handlers(settings, base=base, clock=system_clock))
        yield base.background


@asynccontextmanager
async def work(settings: Settings) -> AsyncIterator[Background]:
    """Take batches through their phases, until told to stop."""
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(
            founded(settings, role="chunks", clock=system_clock, pool_size=settings.pool_size + settings.processes)
        )
        shop = Workshop(
            pool=base.pool,
            objects=base.objects,
            clock=system_clock,
            keys=tenant_keys(settings),
            hosts=await _mail_hosts(settings, stack),
            mailboxes=await _mailboxes(settings, stack),
            enricher=_enricher(base),
            presets=load_presets(settings.presets),
            wake_relay=base.relay.wake,
        )
        crew = _Crew(workers(shop, slots=settings.processes, instance=settings.instance))
        base.background.start("chunks", crew.run, drain=crew.drain)
        yield base.background


def handlers(settings: Settings, *, base: Foundation, clock: Clock) -> Sequence[AnyHandler]:
    """Everything that the pipeline answers."""
    cursors = Cursors(settings.master_key.get_secret_value())
    keys = tenant_keys(settings)
    leads = LeadHandlers(clock=clock, objects=base.objects, keys=keys, cursors=cursors)
    privacy = PrivacyHandlers(settings=settings, clock=clock, objects=base.objects, keys=keys, answers=leads.answers)
    return [
        *UploadHandlers(clock=clock, objects=base.objects, presets=load_presets(settings.presets)).all(),
        *BatchHandlers(clock=clock, cursors=cursors).all(),
        *leads.all(),
        *privacy.all(),
        stored_answers(clock),
    ]


def tenant_keys(settings: Settings) -> TenantKeys:
    """Keys of tenants, as this installation's master keys open them."""
    return TenantKeys(
        master_key=settings.master_key.get_secret_value(),
        previous=[key.get_secret_value() for key in settings.previous_master_keys],
        clock=system_clock,
    )


class _Crew:
    """All workers of a process, which are told to stop at once."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._workers = workers

    async def run(self) -> None:
        """Work until drained, or until one of them fails."""
        async with asyncio.TaskGroup() as group:
            for worker in self._workers:
                group.create_task(worker.run())

    async def drain(self) -> None:
        """Finish what is in hand, if that does not take long; what does is gone on with when its lease has run out."""
        await asyncio.wait([asyncio.create_task(worker.drain()) for worker in self._workers], timeout=_DRAINED_WITHIN)


def _enricher(base: Foundation) -> Enricher:
    return Enricher([Limited(DirectorySource(base.pool), Limits())], clock=base.clock)


async def _mail_hosts(settings: Settings, stack: AsyncExitStack) -> MailHosts | None:
    if not settings.dns:
        return None
    hosts = MailHosts(
        nameservers=settings.nameservers, timeout=settings.dns_timeout, clock=system_clock, witness=_EXISTS
    )
    stack.push_async_callback(hosts.close)
    return hosts


async def _mailboxes(settings: Settings, stack: AsyncExitStack) -> MailboxProbes | None:
    if not settings.probe_mailboxes:
        return None
    probes = MailboxProbes(sender=settings.probe_sender)
    stack.push_async_callback(probes.close)
    return probes
