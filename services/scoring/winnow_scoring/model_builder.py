"""Builds models of similarity in the background, for one tenant after the other.

Whose customers, or profiles of them, have changed has a revision that is newer than its model; the tenant that has
waited longest is next. Small models are built at once; one that takes seconds is followed by a rest four times as long
for its tenant, so that an import of many customers leads to a few models and not to one for each of its chunks.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import orjson
from winnow_common import logs, outbox
from winnow_common.clock import Clock
from winnow_common.identifiers import event_id
from winnow_common.outcome import Fact
from winnow_common.postgres import Pool, Transient, transaction, write_together
from winnow_common.sealed import SealedStore
from winnow_common.turns import Turns
from winnow_contracts import similarity as contract
from winnow_contracts import topics
from winnow_contracts.sealed import SealedReference
from winnow_contracts.similarity import Reference

from winnow_scoring.import_runner import SOURCE
from winnow_scoring.metrics import MODELS_BUILT
from winnow_scoring.model_summaries import SOURCES, summary
from winnow_scoring.populations import MOST_COMPANIES, Sources
from winnow_scoring.profiles import effective
from winnow_scoring.similarity import archive, baseline
from winnow_scoring.similarity.building import Customer, build
from winnow_scoring.similarity.factors import CODE_VERSION
from winnow_scoring.similarity.model import Model
from winnow_scoring.similarity.traits import traits_of
from winnow_scoring.store import models
from winnow_scoring.store.models import Lease, LeaseLost, NewModel

log = logs.get(__name__)

KEPT_FOR: Final = timedelta(days=400)
LARGEST: Final = 8 * 1024**3
_LEASE: Final = timedelta(seconds=30)
_PROLONGED_EACH: Final = 10.0
_IDLE: Final = 0.1
_RENEWS: Final = 2.0
"""Seconds between two looks at reference populations; each tenant's is looked at twice a minute at most."""
_SAMPLE_SECONDS: Final = 30.0
"""For which a sample of the directory is kept."""


class ModelBuilder:
    """One worker."""

    def __init__(
        self, *, pool: Pool, objects: SealedStore, clock: Clock, instance: str, wake_relay: Callable[[], None]
    ) -> None:
        self._pool = pool
        self._objects = objects
        self._clock = clock
        self._holder = f"{instance}/{uuid4().hex}"
        self._wake_relay = wake_relay
        self._turns = Turns(self._take_turn, worker="models")
        self._shared: list[str] = []
        self._shared_at = -_SAMPLE_SECONDS
        self._renews_at = 0.0

    async def run(self) -> None:
        """Work until drained; what is away is waited for."""
        await self._turns.run()

    async def drain(self) -> None:
        """Finish the model in hand."""
        await self._turns.drain()

    async def build_one(self) -> bool:
        """Build the model that has been out of date for longest; whether there was any."""
        async with transaction(self._pool) as connection:
            now = self._clock()
            lease = await models.lease(connection, holder=self._holder, now=now, until=now + _LEASE)
        if lease is None:
            return False
        prolonging = asyncio.create_task(self._prolong(lease))
        try:
            await self._build(lease)
        except LeaseLost:
            log.warning("a model was built elsewhere", tenant=str(lease.tenant))
        except Exception:
            await self._release(lease)
            raise
        finally:
            prolonging.cancel()
        return True

    async def renew(self) -> int:
        """Ask for new models where there are other companies to compare to than when they were built; how many."""
        now, shared = self._clock(), len(await self._directory())
        async with transaction(self._pool) as connection:
            looked_at = await models.to_renew(connection, now=now, most=MOST_COMPANIES)
            outdated = {
                each.tenant: each.model_version
                for each in looked_at
                if Sources(each.own, shared).differ_from(Sources(**orjson.loads(each.model_summary)[SOURCES]))
            }
            await write_together(connection, models.rebuilding(outdated, now=now))
        return len(outdated)

    async def tidy(self) -> None:
        """Delete models that were replaced and never used, and ask for new ones where they are about to expire."""
        now = self._clock()
        async with transaction(self._pool) as connection:
            await models.renew(connection, now=now)
            unused = await models.forget_unused(connection, now=now)
        for tenant, reference in unused:
            await self._objects.delete(SealedReference.model_validate_json(reference), tenant=UUID(int=tenant.int))

    async def _take_turn(self) -> float:
        """A model, if one is wanted, else a look at who should have one."""
        if await self.build_one():
            return 0.0
        if time.monotonic() >= self._renews_at:
            await self.renew()
            self._renews_at = time.monotonic() + _RENEWS
        return _IDLE

    async def _build(self, lease: Lease) -> None:
        started = time.monotonic()
        customers = [
            Customer(each.domain, each.weight, _known(each.attributes, each.enriched))
            async for each in models.customers(self._pool, tenant=lease.tenant)
        ]
        population, reference, sources = await self._population(lease.tenant)
        model = await asyncio.to_thread(
            build, customers, population=population, reference=reference, version=lease.revision
        )
        now = self._clock()
        expires = now + KEPT_FOR
        stored = await self._objects.write(_pieces(model), tenant=lease.tenant, expires=expires, maximum=LARGEST)
        seconds = time.monotonic() - started
        new = NewModel(
            version=lease.revision,
            object=stored.model_dump_json(),
            code_version=CODE_VERSION,
            built_at=now,
            expires_at=expires,
            summary=orjson.dumps(summary(model, sources=sources)).decode(),
            build_seconds=seconds,
        )
        try:
            async with transaction(self._pool) as connection:
                await models.keep(connection, lease=lease, model=new)
                await outbox.publish(connection, [_published(model, new, lease)], source=SOURCE, now=now, cause=None)
        except BaseException:
            await self._objects.delete(stored, tenant=lease.tenant)
            raise
        self._wake_relay()
        MODELS_BUILT.observe(seconds)

    async def _population(self, tenant: UUID) -> tuple[Sequence[str], Reference, Sources]:
        """Companies that are no customers: the tenant's own, those of the directory where they are few, or made up."""
        rows = await models.others(self._pool, tenant=tenant, most=MOST_COMPANIES)
        own = [profile for profile in (_known(*each) for each in rows) if _says_something(profile)]
        shared = await self._directory()
        name = Sources(len(own), len(shared)).name
        chosen: Sequence[str] = own if name == "your companies" else [*own, *shared][:MOST_COMPANIES]
        chosen = baseline.profiles() if name == "baseline" else chosen
        return chosen, Reference(name=name, size=len(chosen)), Sources(len(rows), len(shared))

    async def _directory(self) -> list[str]:
        """A sample of the directory, which takes a look at all of it."""
        if time.monotonic() - self._shared_at >= _SAMPLE_SECONDS:
            profiles = await models.directory(self._pool, most=MOST_COMPANIES)
            self._shared = [profile for profile in profiles if _says_something(profile)]
            self._shared_at = time.monotonic()
        return self._shared

    async def _prolong(self, lease: Lease) -> None:
        while True:
            await asyncio.sleep(_PROLONGED_EACH)
            with suppress(*Transient):
                async with self._pool.acquire() as connection:
                    await models.prolong(connection, lease=lease, until=self._clock() + _LEASE)

    async def _release(self, lease: Lease) -> None:
        """So that somebody else may build at once; where that fails too, the lease runs out."""
        with suppress(Exception):
            async with self._pool.acquire() as connection:
                await models.release(connection, lease=lease)


def _known(attributes: str, enriched: str | None) -> str:
    """What is known by both, as JSON."""
    if enriched is None:
        return attributes
    return orjson.dumps(
        effective(orjson.loads(attributes), orjson.loads(enriched)), option=orjson.OPT_SORT_KEYS
    ).decode()


def _says_something(profile: str) -> bool:
    """Whether there is anything to compare: companies of which only the name is known would pass for average ones."""
    return not traits_of(orjson.loads(profile)).is_unknown


async def _pieces(model: Model) -> AsyncIterator[bytes]:
    for piece in archive.write(model):
        yield piece


def _published(model: Model, new: NewModel, lease: Lease) -> Fact:
    """`model.published`."""
    told = {
        "model_version": new.version,
        "customers": len(model.customers.domains),
        "reference": model.reference.model_dump(),
        "code_version": new.code_version,
        "built_at": new.built_at,
    }
    return Fact(
        topic=topics.VERSIONS,
        type=contract.PUBLISHED,
        id=event_id(lease.tenant, contract.PUBLISHED.name, str(new.version)),
        tenant=lease.tenant,
        key="similarity",
        data=orjson.dumps(told, option=orjson.OPT_UTC_Z),
        sequence=new.version,
    )
