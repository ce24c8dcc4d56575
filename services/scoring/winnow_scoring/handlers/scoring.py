"""Scoring by rules: one domain, or up to a hundred at once.

Many requests are answered together: one query for their profiles, one for their rules, one insert for their scores. A
score and its usage are recorded in the transaction that answers.
"""

import zlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

import orjson
from winnow_common.clock import Clock
from winnow_common.errors import Problem
from winnow_common.identifiers import event_id
from winnow_common.log import MAXIMUM_BYTES
from winnow_common.outcome import AnyHandler, BatchCommand, Fact, Outcome, Outcomes, Request
from winnow_common.postgres import Connection, Write
from winnow_contracts import scores as contract
from winnow_contracts import topics, usage
from winnow_contracts.scores import ScoreDomain, ScoreDomains

from winnow_scoring import refusals
from winnow_scoring.compiled_rules import CompiledRules
from winnow_scoring.handlers.scoring_inputs import Inputs, domain_or_none, load
from winnow_scoring.metrics import SCORES
from winnow_scoring.public_ids import Prefix, shown
from winnow_scoring.published_rules import PublishedRules
from winnow_scoring.rules import CODE_VERSION
from winnow_scoring.scored import PublishedRule, Score, score
from winnow_scoring.store import scores
from winnow_scoring.store.scores import NewScore

_LARGEST_BATCH: Final = 4 * 1024 * 1024
"""Bytes of an answer before it is compressed."""

AnyRequest = Request[ScoreDomain] | Request[ScoreDomains]


class _Ask(NamedTuple):
    """A request, and the domains in it; None where a text is no domain."""

    request: AnyRequest
    texts: Sequence[str]
    domains: Sequence[str | None]
    rule_id: str | None

    @property
    def tenant(self) -> UUID:
        return self.request.tenant


class ScoringHandlers:
    """Answers for `scoring.*`."""

    def __init__(self, *, clock: Clock, compiled: CompiledRules) -> None:
        self._clock = clock
        self._compiled = compiled
        self._published = PublishedRules()

    def all(self) -> tuple[AnyHandler, ...]:
        """The handlers with the messages that they take."""
        return (
            BatchCommand(contract.SCORE, ScoreDomain, self.score),
            BatchCommand(contract.SCORE_BATCH, ScoreDomains, self.score_batch),
        )

    async def score(self, requests: Sequence[Request[ScoreDomain]], connection: Connection) -> Outcomes:
        """One domain each: 400 for what is no domain, then 404 for an unknown company, then 404 for an unknown rule."""
        asks = [_ask(request, texts=(request.data.domain,)) for request in requests]
        desk = await self._open(connection, asks=asks)
        return Outcomes([desk.one(ask) for ask in asks], desk.writes())

    async def score_batch(self, requests: Sequence[Request[ScoreDomains]], connection: Connection) -> Outcomes:
        """Up to a hundred domains each, answered in their order."""
        asks = [_ask(request, texts=request.data.domains) for request in requests]
        desk = await self._open(connection, asks=asks)
        return Outcomes([desk.many(ask) for ask in asks], desk.writes())

    async def _open(self, connection: Connection, *, asks: Sequence[_Ask]) -> "_Desk":
        now = self._clock()
        inputs = await load(
            connection,
            domains={(ask.tenant, domain) for ask in asks for domain in ask.domains if domain is not None},
            named={(ask.tenant, ask.rule_id) for ask in asks},
            compiled=self._compiled,
            published=self._published,
            now=now,
        )
        return _Desk(inputs, now=now)


class _Desk:
    """Scores what was asked, and keeps what is to be stored."""

    def __init__(self, inputs: Inputs, *, now: datetime) -> None:
        self._inputs = inputs
        self._now = now
        self._new: list[NewScore] = []

    def one(self, ask: _Ask) -> Outcome:
        """The outcome of a request for one domain."""
        [domain] = ask.domains
        if domain is None:
            return Outcome.problem(refusals.invalid_domain(), request_id=ask.request.id)
        if (ask.tenant, domain) not in self._inputs.profiles:
            return Outcome.problem(refusals.domain_not_found(), request_id=ask.request.id)
        rule = self._inputs.rules.get((ask.tenant, ask.rule_id))
        if rule is None:
            return Outcome.problem(refusals.rule_not_found(), request_id=ask.request.id)
        given = self._score(ask.request, domain=domain, rule=rule)
        return self._recorded(ask, scored=[given], kind="rule_score", body=_answer(given, request=ask.request))

    def many(self, ask: _Ask) -> Outcome:
        """The outcome of a request for several."""
        rule = self._inputs.rules.get((ask.tenant, ask.rule_id))
        if rule is None:
            return Outcome.problem(refusals.rule_not_found(), request_id=ask.request.id)
        given: dict[str, Score] = {}
        entries: list[bytes] = []
        for text, domain in zip(ask.texts, ask.domains, strict=True):
            if domain is None or (ask.tenant, domain) not in self._inputs.profiles:
                entries.append(
                    _refused(text, problem=refusals.domain_not_found() if domain else refusals.invalid_domain())
                )
                continue
            if domain not in given:
                given[domain] = self._score(ask.request, domain=domain, rule=rule)
            entries.append(_answer(given[domain], request=ask.request))
        body = b"[" + b",".join(entries) + b"]"
        if _is_too_large(body):
            return Outcome.problem(_answer_too_large(), request_id=ask.request.id)
        return self._recorded(ask, scored=list(given.values()), kind="rule_batch", body=body)

    def writes(self) -> list[Write]:
        """What stores what was scored."""
        SCORES.inc(len(self._new))
        return scores.inserting(self._new, today=self._now.date())

    def _score(self, request: AnyRequest, *, domain: str, rule: PublishedRule) -> Score:
        profile = self._inputs.profiles[request.tenant, domain]
        return score(profile, rule=rule, request_id=request.id, time=request.time, today=self._now.date())

    def _recorded(self, ask: _Ask, *, scored: list[Score], kind: str, body: bytes) -> Outcome:
        """Answer, and leave the scores to be stored and told of."""
        request, livemode = ask.request, ask.request.environment.livemode
        self._new += [NewScore(request.tenant, request.id, livemode, score) for score in scored]
        facts = [_computed(score, request=request, today=self._now.date()) for score in scored]
        return Outcome(body=body, facts=(*facts, _used(request, kind=kind, records=len(scored), now=self._now)))


def _ask(request: AnyRequest, *, texts: Sequence[str]) -> _Ask:
    return _Ask(request, texts, [domain_or_none(text) for text in texts], request.data.rule_id)


def _answer(score: Score, *, request: AnyRequest) -> bytes:
    return score.answer(request_id=request.id, livemode=request.environment.livemode)


def _refused(text: str, *, problem: Problem) -> bytes:
    """An entry that has no score: the domain as it was sent, and why."""
    return orjson.dumps({"domain": text, "error": {"code": problem.code, "detail": problem.detail}})


def _is_too_large(body: bytes) -> bool:
    """Whether the body fits into no reply, which are compressed where they are large."""
    if len(body) > _LARGEST_BATCH:
        return True
    return len(body) > MAXIMUM_BYTES and len(zlib.compress(body, 1)) > MAXIMUM_BYTES


def _answer_too_large() -> Problem:
    detail = "The rule's breakdown for so many domains is too large for one answer. Send fewer domains at once."
    return Problem(422, "answer_too_large", detail)


def _computed(score: Score, *, request: AnyRequest, today: date) -> Fact:
    """`score.computed`."""
    told = {
        "score_id": shown(score.id, prefix=Prefix.SCORE),
        "request_id": request.id,
        "domain": score.profile.domain,
        "rule_id": score.rule.rule_id,
        "rule_version": score.rule.version,
        "rule_hash": score.rule.hash,
        "code_version": CODE_VERSION,
        "company_version": score.profile.version,
        "score": score.verdict.score,
        "tier": score.verdict.tier,
        "missing": score.verdict.missing,
        "evaluated_on": today,
        "livemode": request.environment.livemode,
    }
    return Fact(
        topic=topics.SCORES,
        type=contract.COMPUTED,
        id=event_id(request.id, contract.COMPUTED.name, score.profile.domain),
        tenant=request.tenant,
        key=score.profile.domain,
        data=orjson.dumps(told),
    )


def _used(request: AnyRequest, *, kind: str, records: int, now: datetime) -> Fact:
    """`usage.recorded`: one operation and one credit, however many records; none outside of live mode."""
    livemode = request.environment.livemode
    told = {
        "operation_id": request.id,
        "kind": kind,
        "records": records,
        "credits": 1 if livemode else 0,
        "livemode": livemode,
        "occurred_at": now,
    }
    return Fact(
        topic=topics.USAGE,
        type=usage.RECORDED,
        id=event_id(request.id, usage.RECORDED.name, ""),
        tenant=request.tenant,
        key="",
        data=orjson.dumps(told, option=orjson.OPT_UTC_Z),
    )
