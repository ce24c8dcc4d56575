"""Scoring in bulk: by what a batch is scored, and the leads of its chunks.

Whatever cannot be scored is told, since somebody waits for each chunk: nothing here becomes a dead letter by its
content. A repeated command is done again and says the same. Chunks are computed in a thread, one after the other, and
no transaction is open meanwhile: they only read, and what is written is the fact that answers them.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from pydantic import ValidationError
from winnow_common.clock import Clock
from winnow_common.errors import PermanentError
from winnow_common.identifiers import event_id
from winnow_common.outcome import AnyHandler, BatchCommand, Fact, Outcome, Outcomes, Request
from winnow_common.postgres import Connection
from winnow_common.sealed import SealedStore
from winnow_common.sealed_values import read_whole, write_whole
from winnow_contracts import bulk as contract
from winnow_contracts import topics
from winnow_contracts.batches import BatchFailure
from winnow_contracts.bulk import BatchPlan, BatchPlanned, ChunkScored, ChunkToScore, PlanBatch, ScoreChunk
from winnow_contracts.topic import MessageType

from winnow_scoring.bulk_scoring import Bar, Chunk, scored
from winnow_scoring.compiled_rules import CompiledRules
from winnow_scoring.measures import Measures, Measuring
from winnow_scoring.metrics import BULK_CHUNKS, BULK_LEADS
from winnow_scoring.models import Models
from winnow_scoring.problems import RuleError
from winnow_scoring.refusals import is_storable
from winnow_scoring.rulebook import STARTER_ID, STARTER_VERSION, starter
from winnow_scoring.scored import Verdicts
from winnow_scoring.store import companies, models, rules
from winnow_scoring.store.rules import Published

_KEPT_FOR: Final = timedelta(days=7)
"""The answer's object; the pipeline deletes it when it was read."""

_NO_RULE: Final = BatchFailure(
    code="rule_not_found", detail="There is no published rule of that id. Name another, or none."
)
_RULE_GONE: Final = BatchFailure(
    code="rule_not_found", detail="The rule that the batch is scored by is not there any more."
)
_NOT_READ: Final = BatchFailure(code="chunk_unavailable", detail="The chunk is not there any more, or cannot be read.")


class BulkHandlers:
    """Answers for `bulk.*`, by facts."""

    def __init__(self, *, clock: Clock, objects: SealedStore, models: Models) -> None:
        self._clock = clock
        self._objects = objects
        self._models = models
        self._compiled = CompiledRules()
        self._measures = Measures()

    def all(self) -> Sequence[AnyHandler]:
        """The handlers with the messages that they take."""
        return (
            BatchCommand(contract.PLAN, PlanBatch, self.plan),
            BatchCommand(contract.SCORE, ScoreChunk, self.score),
        )

    async def plan(self, requests: Sequence[Request[PlanBatch]], connection: Connection) -> Outcomes:
        """Say by what batches are scored, or why they cannot be."""
        return Outcomes([_told(contract.PLANNED, await self._planned(each, connection), each) for each in requests])

    async def score(self, requests: Sequence[Request[ScoreChunk]], connection: Connection) -> Outcomes:
        """Score chunks. May raise `TemporaryError`."""
        return Outcomes([_told(contract.SCORED, await self._scored(each, connection), each) for each in requests])

    async def _planned(self, request: Request[PlanBatch], connection: Connection) -> BatchPlanned:
        asked, tenant = request.data, request.tenant
        try:
            Bar(_written(asked.require))
        except RuleError as error:
            return BatchPlanned(batch_id=asked.batch_id, plan=None, error=_unreadable(error))
        rule = await self._rule(connection, tenant=tenant, rule_id=asked.rule_id)
        if rule is None:
            return BatchPlanned(batch_id=asked.batch_id, plan=None, error=_NO_RULE)
        versions = dict(await models.versions(connection, tenants=[tenant]))
        plan = BatchPlan(
            rule_id=rule.rule_id,
            rule_name=rule.name,
            rule_version=rule.version,
            model_version=versions.get(tenant),
        )
        return BatchPlanned(batch_id=asked.batch_id, plan=plan, error=None)

    async def _scored(self, request: Request[ScoreChunk], connection: Connection) -> ChunkScored:
        asked = request.data
        try:
            chunk = await self._chunk(request, connection)
        except _Unscorable as failure:
            return ChunkScored(batch_id=asked.batch_id, chunk=asked.chunk, object=None, error=failure.told)
        answers = await asyncio.to_thread(_answered, chunk)
        object = await write_whole(self._objects, answers, tenant=request.tenant, expires=self._clock() + _KEPT_FOR)
        BULK_LEADS.inc(len(chunk.content.leads))
        BULK_CHUNKS.inc()
        return ChunkScored(batch_id=asked.batch_id, chunk=asked.chunk, object=object, error=None)

    async def _chunk(self, request: Request[ScoreChunk], connection: Connection) -> Chunk:
        """What a chunk is scored from. Raises `_Unscorable`, `TemporaryError`."""
        asked, tenant = request.data, request.tenant
        content = await self._content(asked, tenant=tenant)
        verdicts = await self._verdicts(connection, tenant=tenant, plan=asked.plan)
        try:
            bar = Bar(_written(asked.require))
        except RuleError as error:
            raise _Unscorable(_unreadable(error)) from None
        return Chunk(
            content=content,
            profiles=await _profiles(connection, tenant=tenant, content=content),
            verdicts=verdicts,
            measuring=await self._measuring(connection, tenant=tenant, version=asked.plan.model_version),
            bar=bar,
            today=self._clock().date(),
        )

    async def _content(self, asked: ScoreChunk, *, tenant: UUID) -> ChunkToScore:
        try:
            data = await read_whole(self._objects, asked.object, tenant=tenant)
            return await asyncio.to_thread(ChunkToScore.model_validate_json, data)
        except (PermanentError, ValidationError):
            raise _Unscorable(_NOT_READ) from None

    async def _rule(self, connection: Connection, *, tenant: UUID, rule_id: str | None) -> Published | None:
        """The published rule of that id, or the default one."""
        if rule_id is not None and not is_storable(rule_id):
            return None
        found = await rules.to_score(connection, asked=[(tenant, rule_id)])
        if found:
            return found[0]
        if rule_id not in {None, STARTER_ID}:
            return None
        await rules.keep_starter(connection, tenants={tenant}, now=self._clock())
        draft = starter()
        return Published(STARTER_ID, STARTER_VERSION, draft.name, draft.hash)

    async def _verdicts(self, connection: Connection, *, tenant: UUID, plan: BatchPlan) -> Verdicts:
        """The version of the rule that a plan names, compiled."""
        found = await rules.definitions(connection, asked=[(tenant, plan.rule_id, plan.rule_version)])
        for rule_hash, definition in found.items():
            return self._compiled.compile(rule_hash, definition=definition)
        raise _Unscorable(_RULE_GONE)

    async def _measuring(self, connection: Connection, *, tenant: UUID, version: int | None) -> Measuring | None:
        if version is None:
            return None
        model = await self._models.get(connection, tenant=tenant, version=version)
        return None if model is None else self._measures.by(model, tenant=tenant)


class _Unscorable(Exception):
    """A chunk that cannot be scored, now or later, and what is told of it."""

    def __init__(self, told: BatchFailure) -> None:
        super().__init__(told.code)
        self.told = told


def _answered(chunk: Chunk) -> bytes:
    """The `ScoredChunk`."""
    return orjson.dumps({"leads": scored(chunk)})


def _told(type: MessageType, told: BatchPlanned | ChunkScored, request: Request[Any]) -> Outcome:
    """A fact about a batch; ordered with the others of that batch."""
    fact = Fact(
        topic=topics.SCORES,
        type=type,
        id=event_id(request.id, type.name, ""),
        tenant=request.tenant,
        key=f"batch/{told.batch_id}",
        data=told.model_dump_json().encode(),
    )
    return Outcome(facts=[fact])


def _written(require: Sequence[Any] | None) -> list[dict[str, Any]] | None:
    return None if require is None else [each.model_dump(mode="json", exclude_none=True) for each in require]


def _unreadable(error: RuleError) -> BatchFailure:
    detail = " ".join(f"{problem.detail}." for problem in error.errors)[:500]
    return BatchFailure(code="invalid_require", detail=detail)


async def _profiles(
    connection: Connection, *, tenant: UUID, content: ChunkToScore
) -> dict[str, tuple[Mapping[str, Any], datetime]]:
    """What the tenant says of the companies of a chunk."""
    domains = sorted({lead.domain for lead in content.leads if lead.domain is not None})
    if not domains:
        return {}
    found = await companies.to_score(connection, asked=[(tenant, domain) for domain in domains])
    return {
        domain: (orjson.loads(attributes), updated_at)
        for domain, (_, attributes, updated_at, _) in zip(domains, found, strict=True)
        if attributes is not None and updated_at is not None
    }
