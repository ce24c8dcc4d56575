"""Scoring in bulk: by what a batch is scored, and the leads of its chunks.

Whatever cannot be scored is told, since somebody waits for each chunk: nothing here becomes a dead letter by its
content. A repeated command is done again and says the same.
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
from winnow_common.outcome import AnyHandler, Command, Fact, Outcome, Request
from winnow_common.postgres import Connection
from winnow_common.sealed import SealedStore
from winnow_common.sealed_values import read_whole, write_whole
from winnow_contracts import bulk as contract
from winnow_contracts import topics
from winnow_contracts.bulk import BatchPlan, ChunkToScore, PlanBatch, ScoreChunk
from winnow_contracts.topic import MessageType

from winnow_scoring.bulk_scoring import Bar, Chunk, scored
from winnow_scoring.compiled_rules import CompiledRules
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

_NO_RULE: Final = {"code": "rule_not_found", "detail": "There is no published rule of that id. Name another, or none."}
_RULE_GONE: Final = {"code": "rule_not_found", "detail": "The rule that the batch is scored by is not there any more."}
_NOT_READ: Final = {"code": "chunk_unavailable", "detail": "The chunk is not there any more, or cannot be read."}


class BulkHandlers:
    """Answers for `bulk.*`, by facts."""

    def __init__(self, *, clock: Clock, objects: SealedStore, models: Models) -> None:
        self._clock = clock
        self._objects = objects
        self._models = models
        self._compiled = CompiledRules()

    def all(self) -> Sequence[AnyHandler]:
        """The handlers with the messages that they take."""
        return (
            Command(contract.PLAN, PlanBatch, self.plan),
            Command(contract.SCORE, ScoreChunk, self.score),
        )

    async def plan(self, request: Request[PlanBatch], connection: Connection) -> Outcome:
        """Say by what a batch is scored, or why it cannot be."""
        asked, tenant = request.data, request.tenant
        told: dict[str, Any] = {"batch_id": asked.batch_id, "plan": None, "error": None}
        try:
            Bar(_written(asked.require))
        except RuleError as error:
            told["error"] = {"code": "invalid_require", "detail": _faults(error)}
            return self._told(contract.PLANNED, told, request=request)
        rule = await self._rule(connection, tenant=tenant, rule_id=asked.rule_id)
        if rule is None:
            told["error"] = _NO_RULE
            return self._told(contract.PLANNED, told, request=request)
        versions = dict(await models.versions(connection, tenants=[tenant]))
        told["plan"] = {
            "rule_id": rule.rule_id,
            "rule_name": rule.name,
            "rule_version": rule.version,
            "model_version": versions.get(tenant),
        }
        return self._told(contract.PLANNED, told, request=request)

    async def score(self, request: Request[ScoreChunk], connection: Connection) -> Outcome:
        """Score a chunk. May raise `TemporaryError`."""
        asked = request.data
        told: dict[str, Any] = {"batch_id": asked.batch_id, "chunk": asked.chunk, "object": None, "error": None}
        verdicts = await self._verdicts(connection, tenant=request.tenant, plan=asked.plan)
        try:
            content = ChunkToScore.model_validate_json(
                await read_whole(self._objects, asked.object, tenant=request.tenant)
            )
        except (PermanentError, ValidationError):
            told["error"] = _NOT_READ
            return self._told(contract.SCORED, told, request=request)
        if verdicts is None:
            told["error"] = _RULE_GONE
            return self._told(contract.SCORED, told, request=request)
        chunk = Chunk(
            content=content,
            profiles=await _profiles(connection, tenant=request.tenant, content=content),
            verdicts=verdicts,
            model=await self._model(connection, tenant=request.tenant, version=asked.plan.model_version),
            bar=Bar(_written(asked.require)),
            today=self._clock().date(),
        )
        answers = await asyncio.to_thread(scored, chunk)
        body = orjson.dumps({"leads": answers})
        object = await write_whole(self._objects, body, tenant=request.tenant, expires=self._clock() + _KEPT_FOR)
        BULK_LEADS.inc(len(answers))
        BULK_CHUNKS.inc()
        told["object"] = object.model_dump(mode="json")
        return self._told(contract.SCORED, told, request=request)

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

    async def _verdicts(self, connection: Connection, *, tenant: UUID, plan: BatchPlan) -> Verdicts | None:
        """The version of the rule that a plan names, compiled."""
        found = await rules.definitions(connection, asked=[(tenant, plan.rule_id, plan.rule_version)])
        for rule_hash, definition in found.items():
            return self._compiled.compile(rule_hash, definition=definition)
        return None

    async def _model(self, connection: Connection, *, tenant: UUID, version: int | None) -> Any:
        if version is None:
            return None
        return await self._models.get(connection, tenant=tenant, version=version)

    def _told(
        self, type: MessageType, told: Mapping[str, Any], *, request: Request[PlanBatch] | Request[ScoreChunk]
    ) -> Outcome:
        """A fact about a batch; ordered with the others of that batch."""
        fact = Fact(
            topic=topics.SCORES,
            type=type,
            id=event_id(request.id, type.name, ""),
            tenant=request.tenant,
            key=f"batch/{told['batch_id']}",
            data=orjson.dumps(told),
        )
        return Outcome(facts=[fact])


def _written(require: Sequence[Any] | None) -> list[dict[str, Any]] | None:
    return None if require is None else [each.model_dump(mode="json", exclude_none=True) for each in require]


def _faults(error: RuleError) -> str:
    return " ".join(f"{problem.detail}." for problem in error.errors)[:500]


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
