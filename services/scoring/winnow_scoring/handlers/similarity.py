"""Similarity: one company, up to a hundred at once, and how the tenant's model stands.

Many requests are answered together, as scores by rules are. What needs a profile or a model that is not there yet is
written down and answered later, by `winnow_scoring.waiting_room`, which asks the same desk.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from winnow_common.clock import Clock
from winnow_common.outcome import AnyHandler, BatchCommand, Outcome, Outcomes, Read, Request
from winnow_common.postgres import Connection
from winnow_contracts import similarity as contract
from winnow_contracts.similarity import GetSimilarity, ScoreCompanies, ScoreCompany

from winnow_scoring.model_summaries import SOURCES
from winnow_scoring.models import Models
from winnow_scoring.similarity_asks import Ask
from winnow_scoring.similarity_desk import open_desk
from winnow_scoring.store import models as store

_NONE: Final[Mapping[str, Any]] = {
    "status": "none",
    "model_version": None,
    "wanted_version": None,
    "customers": 0,
    "customers_known": 0,
    "factors": [],
    "reference": None,
    "quality": None,
    "built_at": None,
    "build_seconds": None,
    "code_version": None,
}


class SimilarityHandlers:
    """Answers for `similarity.*`."""

    def __init__(self, *, clock: Clock, models: Models) -> None:
        self._clock = clock
        self._models = models

    def all(self) -> tuple[AnyHandler, ...]:
        """The handlers with the messages that they take."""
        return (
            BatchCommand(contract.SCORE, ScoreCompany, self.score),
            BatchCommand(contract.SCORE_BATCH, ScoreCompanies, self.score_batch),
            Read(contract.GET, GetSimilarity, self.get),
        )

    async def score(self, requests: Sequence[Request[ScoreCompany]], connection: Connection) -> Outcomes:
        """One company each."""
        return await self._answered([Ask.one(request) for request in requests], connection)

    async def score_batch(self, requests: Sequence[Request[ScoreCompanies]], connection: Connection) -> Outcomes:
        """Up to a hundred companies each, answered in their order."""
        return await self._answered([Ask.many(request) for request in requests], connection)

    async def get(self, request: Request[GetSimilarity], connection: Connection) -> Outcome:
        """How the tenant's model stands."""
        found = await store.standing(connection, tenant=request.tenant)
        if found is None:
            return Outcome.json(_NONE)
        current = found.model_version == found.revision
        status = "ready" if current and found.customers else "none" if not found.customers else "building"
        told = dict(_NONE)
        if found.model_summary is not None:
            told |= orjson.loads(found.model_summary)
            del told[SOURCES]
        return Outcome.json(
            told
            | {
                "status": status,
                "model_version": found.model_version,
                "wanted_version": found.revision,
                "customers": found.customers,
                "built_at": found.built_at,
                "build_seconds": found.build_seconds,
            }
        )

    async def _answered(self, asks: Sequence[Ask], connection: Connection) -> Outcomes:
        desk = await open_desk(connection, asks=asks, models=self._models, now=self._clock())
        return Outcomes([desk.answer(ask) for ask in asks], desk.writes())
