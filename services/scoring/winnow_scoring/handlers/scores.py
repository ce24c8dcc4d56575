"""Scores that were given, by rules and by similarity: one, a domain's, and whether one comes out again."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from winnow_common.cursors import Cursors
from winnow_common.outcome import AnyHandler, Outcome, Read, Request
from winnow_common.pages import page
from winnow_common.postgres import Connection
from winnow_contracts import scores as contract
from winnow_contracts.explained import Cause
from winnow_contracts.scores import GetScore, ListScores, VerifyScore

from winnow_scoring import refusals
from winnow_scoring.causes import causes, last_of_lines
from winnow_scoring.comparers import Comparers
from winnow_scoring.compiled_rules import CompiledRules
from winnow_scoring.handlers import score_answers as answers
from winnow_scoring.public_ids import Prefix, read_id
from winnow_scoring.rules import CODE_VERSION
from winnow_scoring.scored import evaluate
from winnow_scoring.snapshots import prepare
from winnow_scoring.store import score_history, scores
from winnow_scoring.store.score_history import ListedScore, StoredSimilarity
from winnow_scoring.store.scores import StoredScore


class ScoreHandlers:
    """Answers for `scores.*`."""

    def __init__(self, *, cursors: Cursors, compiled: CompiledRules, comparers: Comparers) -> None:
        self._cursors = cursors
        self._compiled = compiled
        self._comparers = comparers

    def all(self) -> tuple[AnyHandler, ...]:
        """The handlers with the messages that they take."""
        return (
            Read(contract.LIST, ListScores, self.list),
            Read(contract.GET, GetScore, self.get),
            Read(contract.VERIFY, VerifyScore, self.verify),
        )

    async def get(self, request: Request[GetScore], connection: Connection) -> Outcome:
        """A score as it was given, with what reproduces it."""
        return Outcome.json(answers.stored(await find(connection, tenant=request.tenant, shown_id=request.data.id)))

    async def list(self, request: Request[ListScores], connection: Connection) -> Outcome:
        """Scores of both kinds, newest first; those of one domain with the cause of each."""
        tenant, asked = request.tenant, request.data
        domain = None if asked.domain is None else refusals.domain_of(asked.domain)
        scope = f"scores {domain}"
        start = self._cursors.read(asked.cursor, tenant=tenant, of=scope)
        found = await score_history.before(
            connection, tenant=tenant, domain=domain, score_id=UUID(start) if start else None, limit=asked.limit + 1
        )
        explained = {} if domain is None else await _causes(connection, tenant=tenant, domain=domain, scores=found)

        def cursor(score: ListedScore) -> str:
            return self._cursors.make(score.score_id.hex, tenant=tenant, of=scope)

        def shown(score: ListedScore) -> dict[str, Any]:
            return answers.listed(score, cause=explained.get(score.score_id))

        return page(found, limit=asked.limit, shown=shown, cursor=cursor)

    async def verify(self, request: Request[VerifyScore], connection: Connection) -> Outcome:
        """Compute a score again from what is stored, on the day that it was computed on, and compare the bytes."""
        score = await find(connection, tenant=request.tenant, shown_id=request.data.id)
        if isinstance(score, StoredScore):
            again, code_version = self._scored_again(score), CODE_VERSION
        else:
            again = await self._compared_again(connection, tenant=request.tenant, score=score)
            code_version = self._comparers.code_version
        is_input = hashlib.sha256(score.attributes.encode()).digest() == score.snapshot_hash
        identical = is_input and again == score.result
        return Outcome.json(answers.verified(score, again=again, identical=identical, code_version=code_version))

    def _scored_again(self, score: StoredScore) -> bytes:
        rule = self._compiled.compile(score.rule_hash, definition=score.definition).compiled
        return evaluate(prepare(orjson.loads(score.attributes)), rule=rule, today=score.evaluated_on).result

    async def _compared_again(self, connection: Connection, *, tenant: UUID, score: StoredSimilarity) -> bytes:
        comparer = await self._comparers.find(connection, tenant=tenant, version=score.model_version)
        if comparer is None:
            raise refusals.model_expired()
        attributes, as_of = orjson.loads(score.attributes), score.data_as_of.date()
        return comparer.compare(attributes, domain=score.domain, as_of=as_of, today=score.evaluated_on).result


async def find(connection: Connection, *, tenant: UUID, shown_id: str) -> StoredScore | StoredSimilarity:
    """The tenant's score of that id, of whichever kind; raises `Problem` where there is none."""
    score_id = read_id(shown_id, prefix=Prefix.SCORE)
    if score_id is None:
        raise refusals.score_not_found()
    by_rule = await scores.find(connection, tenant=tenant, score_id=score_id)
    found = by_rule or await score_history.find_similarity(connection, tenant=tenant, score_id=score_id)
    if found is None:
        raise refusals.score_not_found()
    return found


async def _causes(
    connection: Connection, *, tenant: UUID, domain: str, scores: Sequence[ListedScore]
) -> Mapping[UUID, Cause]:
    """The cause of each score of a page, the last ones' by the scores that the next page has."""
    older = await score_history.preceding(connection, tenant=tenant, domain=domain, scores=last_of_lines(scores))
    return causes(scores, older=older)
