"""What would take a score to the next tier or grade."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson
from winnow_common.outcome import AnyHandler, Outcome, Read, Request
from winnow_common.postgres import Connection
from winnow_contracts import explained as contract
from winnow_contracts.explained import GetCounterfactual

from winnow_scoring import counterfactuals, refusals, similarity_counterfactuals
from winnow_scoring.attribute_changes import Counterfactual
from winnow_scoring.comparers import Comparer, Comparers
from winnow_scoring.compiled_rules import CompiledRules
from winnow_scoring.handlers.scores import find
from winnow_scoring.public_ids import Prefix, shown
from winnow_scoring.store.score_history import StoredSimilarity
from winnow_scoring.store.scores import StoredScore


class CounterfactualHandlers:
    """Answers for `scores.counterfactual`; a search takes long enough to be made beside the loop."""

    def __init__(self, *, compiled: CompiledRules, comparers: Comparers) -> None:
        self._compiled = compiled
        self._comparers = comparers

    def all(self) -> tuple[AnyHandler, ...]:
        """The handlers with the messages that they take."""
        return (Read(contract.COUNTERFACTUAL, GetCounterfactual, self.get),)

    async def get(self, request: Request[GetCounterfactual], connection: Connection) -> Outcome:
        """The smallest change that was found, from what the score was computed from, on the day that it was."""
        score = await find(connection, tenant=request.tenant, shown_id=request.data.id)
        attributes = orjson.loads(score.attributes)
        if isinstance(score, StoredScore):
            rule = self._compiled.compile(score.rule_hash, definition=score.definition).compiled
            search = partial(counterfactuals.counterfactual, rule, attributes, today=score.evaluated_on)
            return Outcome.json(_answer(score, found=await asyncio.to_thread(search)))
        comparer = await self._comparers.find(connection, tenant=request.tenant, version=score.model_version)
        if comparer is None:
            raise refusals.model_expired()
        found = await asyncio.to_thread(_search, score, comparer=comparer, attributes=attributes)
        return Outcome.json(_answer(score, found=found))


def _search(score: StoredSimilarity, *, comparer: Comparer, attributes: Mapping[str, Any]) -> Counterfactual:
    nearest = [comparer.customer(each["domain"]) for each in orjson.loads(score.result)["similar_customers"]]
    return similarity_counterfactuals.counterfactual(
        attributes,
        grade=score.grade,
        neighbours=[each for each in nearest if each is not None],
        compare=partial(comparer.compare, domain=score.domain, as_of=score.data_as_of.date(), today=score.evaluated_on),
    )


def _answer(score: StoredScore | StoredSimilarity, *, found: Counterfactual) -> dict[str, Any]:
    """The `Counterfactual` of the contracts."""
    result = orjson.loads(score.result)
    by_rule = isinstance(score, StoredScore)
    return {
        "score_id": shown(score.score_id, prefix=Prefix.SCORE),
        "kind": "rule" if by_rule else "similarity",
        "score": result["score"],
        "present": result["tier" if by_rule else "grade"],
        "target": found.target,
        "reachable": found.new_score is not None,
        "changes": [{**reason.change._asdict(), "because": reason.because} for reason in found.reasons],
        "new_score": found.new_score,
        "detail": found.detail,
    }
