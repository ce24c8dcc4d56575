"""Scores that were given: one, a domain's, and whether one comes out again."""

import hashlib
from typing import Any
from uuid import UUID

import orjson
from winnow_common.outcome import AnyHandler, Outcome, Read, Request
from winnow_common.postgres import Connection
from winnow_contracts import scores as contract
from winnow_contracts.scores import GetScore, ListScores, VerifyScore

from winnow_scoring import refusals
from winnow_scoring.compiled_rules import CompiledRules
from winnow_scoring.cursors import Cursors
from winnow_scoring.pages import page
from winnow_scoring.public_ids import Prefix, read_id, shown, time_of
from winnow_scoring.rules import CODE_VERSION
from winnow_scoring.scored import evaluate
from winnow_scoring.snapshots import prepare
from winnow_scoring.store import scores
from winnow_scoring.store.scores import ListedScore, StoredScore


class ScoreHandlers:
    """Answers for `scores.*`."""

    def __init__(self, *, cursors: Cursors, compiled: CompiledRules) -> None:
        self._cursors = cursors
        self._compiled = compiled

    def all(self) -> tuple[AnyHandler, ...]:
        """The handlers with the messages that they take."""
        return (
            Read(contract.LIST, ListScores, self.list),
            Read(contract.GET, GetScore, self.get),
            Read(contract.VERIFY, VerifyScore, self.verify),
        )

    async def get(self, request: Request[GetScore], connection: Connection) -> Outcome:
        """A score as it was given, with what reproduces it."""
        return Outcome.json(_stored(await _score(connection, tenant=request.tenant, shown_id=request.data.id)))

    async def list(self, request: Request[ListScores], connection: Connection) -> Outcome:
        """Scores, newest first."""
        tenant, asked = request.tenant, request.data
        domain = None if asked.domain is None else refusals.domain_of(asked.domain)
        scope = f"scores {domain}"
        start = self._cursors.read(asked.cursor, tenant=tenant, of=scope)
        found = await scores.before(
            connection, tenant=tenant, domain=domain, score_id=UUID(start) if start else None, limit=asked.limit + 1
        )

        def cursor(score: ListedScore) -> str:
            return self._cursors.make(score.score_id.hex, tenant=tenant, of=scope)

        return page(found, limit=asked.limit, shown=_listed, cursor=cursor)

    async def verify(self, request: Request[VerifyScore], connection: Connection) -> Outcome:
        """Compute a score again from what is stored, on the day that it was computed on, and compare the bytes."""
        score = await _score(connection, tenant=request.tenant, shown_id=request.data.id)
        rule = self._compiled.compile(score.rule_hash, definition=score.definition).compiled
        again = evaluate(prepare(orjson.loads(score.attributes)), rule=rule, today=score.evaluated_on).result
        is_input = hashlib.sha256(score.attributes.encode()).digest() == score.snapshot_hash
        return Outcome.json(
            {
                "score_id": shown(score.score_id, prefix=Prefix.SCORE),
                "identical": is_input and again == score.result,
                "stored_sha256": hashlib.sha256(score.result).hexdigest(),
                "computed_sha256": hashlib.sha256(again).hexdigest(),
                "rule_hash": score.rule_hash,
                "snapshot_hash": score.snapshot_hash.hex(),
                "code_version": score.code_version,
                "current_code_version": CODE_VERSION,
            },
        )


async def _score(connection: Connection, *, tenant: UUID, shown_id: str) -> StoredScore:
    score_id = read_id(shown_id, prefix=Prefix.SCORE)
    score = None if score_id is None else await scores.find(connection, tenant=tenant, score_id=score_id)
    if score is None:
        raise refusals.score_not_found()
    return score


def _stored(score: StoredScore) -> dict[str, Any]:
    """The `StoredScore` of the contracts."""
    return {
        "domain": score.domain,
        "rule_id": score.rule_id,
        "rule_name": score.rule_name,
        **orjson.loads(score.result),
        "rule_version": score.rule_version,
        "data_as_of": score.data_as_of,
        "livemode": score.livemode,
        "score_id": shown(score.score_id, prefix=Prefix.SCORE),
        "request_id": str(score.request_id),
        "rule_hash": score.rule_hash,
        "code_version": score.code_version,
        "snapshot_hash": score.snapshot_hash.hex(),
        "company_version": score.company_version,
        "evaluated_on": score.evaluated_on,
        "scored_at": time_of(score.score_id),
    }


def _listed(score: ListedScore) -> dict[str, Any]:
    """The `ScoreSummary`."""
    return {
        "score_id": shown(score.score_id, prefix=Prefix.SCORE),
        "domain": score.domain,
        "rule_id": score.rule_id,
        "rule_version": score.rule_version,
        "score": score.score,
        "tier": score.tier,
        "livemode": score.livemode,
        "scored_at": time_of(score.score_id),
        "request_id": str(score.request_id),
    }
