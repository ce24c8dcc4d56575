"""Leads: looked at with where everything comes from, listed, and taken apart where they are two people."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from winnow_common.clock import Clock
from winnow_common.cursors import Cursors
from winnow_common.outcome import AnyHandler, Command, Outcome, Read, Request
from winnow_common.postgres import Connection
from winnow_common.sealed import SealedStore
from winnow_contracts import leads as contract
from winnow_contracts.leads import GetLead, ListLeads, UnmergeLead

from winnow_pipeline import refusals
from winnow_pipeline.handlers.batches import find_batch
from winnow_pipeline.lead_answers import OpenedLead, detailed, qualified
from winnow_pipeline.lead_opening import opened
from winnow_pipeline.matching.model import SHIPPED, Model
from winnow_pipeline.matching.waterfall import waterfall
from winnow_pipeline.phases.prepared import match_record
from winnow_pipeline.phases.rework import Which
from winnow_pipeline.public_ids import Prefix, leads_of, read_id, shown
from winnow_pipeline.sealed_io import sealed_answer
from winnow_pipeline.store import batches, leads, links, tasks
from winnow_pipeline.store.batches import Batch
from winnow_pipeline.store.leads import STATUSES, Again, StoredLead
from winnow_pipeline.store.links import Link
from winnow_pipeline.store.tasks import Kind
from winnow_pipeline.vault.tenant_keys import TenantKeys

_MOST_DUPLICATES: Final = 100


class LeadHandlers:
    """Answers for `leads.*`; what is personal is answered sealed."""

    def __init__(self, *, clock: Clock, objects: SealedStore, keys: TenantKeys, cursors: Cursors) -> None:
        self._clock = clock
        self._objects = objects
        self._keys = keys
        self._cursors = cursors

    def all(self) -> tuple[AnyHandler, ...]:
        """The handlers with the messages that they take."""
        return (
            Read(contract.GET, GetLead, self.get),
            Read(contract.LIST, ListLeads, self.list),
            Command(contract.UNMERGE, UnmergeLead, self.unmerge),
        )

    async def get(self, request: Request[GetLead], connection: Connection) -> Outcome:
        """A lead with everything that is known of it."""
        lead = await _find(connection, tenant=request.tenant, id=request.data.id)
        answers = await self.answers(connection, request.tenant, [lead.lead_id])
        return await self._sealed(answers[0], tenant=request.tenant)

    async def answers(self, connection: Connection, tenant: UUID, ids: Sequence[UUID]) -> list[dict[str, Any]]:
        """A `LeadAnswer` of each of these leads that exists."""
        stored = await leads.some(connection, tenant=tenant, ids=ids)
        found = await self._open(connection, stored, tenant=tenant)
        joined = await links.links_of(connection, tenant=tenant, leads=ids)
        duplicates = await links.duplicates_of(connection, tenant=tenant, survivors=ids, limit=10_000)
        answers: list[dict[str, Any]] = []
        for each in found:
            id = each.stored.lead_id
            of = joined.get(id)
            matches = [] if of is None else [await self._match(connection, each, of, tenant=tenant)]
            others = [link.lead_id for link in duplicates.get(id, ())[:_MOST_DUPLICATES]]
            answers.append(detailed(each, matches=matches, duplicates=others))
        return answers

    async def list(self, request: Request[ListLeads], connection: Connection) -> Outcome:
        """The tenant's leads, newest first, or those of a batch in the order of its rows."""
        tenant, asked = request.tenant, request.data
        statuses = STATUSES if asked.status == "all" else (asked.status,)
        of = f"leads/{asked.batch_id or ''}/{asked.status}"
        start = self._cursors.read(asked.cursor, tenant=tenant, of=of)
        if asked.batch_id is not None:
            batch = await find_batch(connection, tenant=tenant, id=asked.batch_id)
            first, last = leads_of(batch.batch_id)
            after = UUID(start) if start else first
            found = await leads.in_range(
                connection, tenant=tenant, after=after, last=last, statuses=statuses, limit=asked.limit + 1
            )
        else:
            before = UUID(start) if start else UUID(int=2**128 - 1)
            found = await leads.newest(
                connection, tenant=tenant, before=before, statuses=statuses, limit=asked.limit + 1
            )
        page = found[: asked.limit]
        answers = [qualified(each) for each in await self._open(connection, page, tenant=tenant)]
        more = len(found) > len(page)
        cursor = self._cursors.make(page[-1].lead_id.hex, tenant=tenant, of=of) if more else None
        return await self._sealed({"data": answers, "has_more": more, "next_cursor": cursor}, tenant=tenant)

    async def unmerge(self, request: Request[UnmergeLead], connection: Connection) -> Outcome:
        """Keep a duplicate apart from its survivor, and make both again."""
        tenant, now = request.tenant, self._clock()
        lead = await _find(connection, tenant=tenant, id=request.data.id)
        joined = (await links.links_of(connection, tenant=tenant, leads=[lead.lead_id])).get(lead.lead_id)
        if joined is None or lead.duplicate_of is None:
            raise refusals.not_a_duplicate()
        both = await leads.some(connection, tenant=tenant, ids=[lead.lead_id, joined.survivor_id])
        for batch_id in sorted({each.batch_id for each in both}):
            await batches.lock(connection, tenant=tenant, batch_id=batch_id)
            batch = await batches.find(connection, tenant=tenant, batch_id=batch_id)
            if batch is None or not batch.is_over:
                raise refusals.batch_not_over()
            await batches.reopen(connection, tenant=tenant, batch=batch)
            await tasks.add(connection, tenant=tenant, batch=batch_id, kind=Kind.REWORK, now=now, numbers=[Which.ASKED])
        for other in {joined.survivor_id, joined.linked_by}:
            await links.keep_apart(connection, tenant=tenant, pair=(lead.lead_id, other), now=now)
        await links.unlink(connection, tenant=tenant, leads=[lead.lead_id])
        ids = [each.lead_id for each in both]
        await leads.set_again(connection, tenant=tenant, ids=ids, again=Again.ASKED)
        answer = {
            "lead_id": shown(lead.lead_id, prefix=Prefix.LEAD),
            "batch_id": shown(lead.batch_id, prefix=Prefix.BATCH),
            "survivor": shown(joined.survivor_id, prefix=Prefix.LEAD),
        }
        return Outcome.json(answer, status=202)

    async def _open(
        self, connection: Connection, stored: Sequence[StoredLead], *, tenant: UUID
    ) -> "Sequence[OpenedLead]":
        keys = await self._keys.of(connection, tenant=tenant)
        plans = {}
        for batch_id in {each.batch_id for each in stored}:
            batch = await batches.find(connection, tenant=tenant, batch_id=batch_id)
            plans[batch_id] = None if batch is None else batch.plan
        return opened(stored, keys, tenant=tenant, plans=plans)

    async def _match(self, connection: Connection, lead: OpenedLead, link: Link, *, tenant: UUID) -> dict[str, Any]:
        """Why a row was taken for the same person as the one that it was compared with."""
        answer = {
            "with_lead": shown(link.linked_by, prefix=Prefix.LEAD),
            "probability": round(link.confidence, 4),
            "prior": 0.0,
            "steps": [],
        }
        other = await leads.some(connection, tenant=tenant, ids=[link.linked_by])
        like = await self._open(connection, other, tenant=tenant)
        if lead.content is None or not like or like[0].content is None:
            return answer
        batch = await batches.find(connection, tenant=tenant, batch_id=lead.stored.batch_id)
        found = waterfall(match_record(lead.content), match_record(like[0].content), model=_model(batch))
        steps = [
            {
                "field": step.field,
                "level": step.level,
                "weight": round(step.weight, 4),
                "total": round(step.total, 4),
            }
            for step in found.steps
        ]
        return answer | {"prior": found.prior, "steps": steps}

    async def _sealed(self, value: Any, *, tenant: UUID) -> Outcome:
        return await sealed_answer(self._objects, value, tenant=tenant, now=self._clock())


def _model(batch: Batch | None) -> Model:
    return SHIPPED if batch is None or batch.match_model is None else Model.from_json(batch.match_model)


async def _find(connection: Connection, *, tenant: UUID, id: str) -> StoredLead:
    """A lead of the tenant. Raises `Problem`."""
    lead_id = read_id(id, prefix=Prefix.LEAD)
    found = [] if lead_id is None else await leads.some(connection, tenant=tenant, ids=[lead_id])
    if not found:
        raise refusals.lead_not_found()
    return found[0]
