"""One company scored by one rule: the verdict that is stored, and the answer that is made of it.

This is the hot path: answers are put together from bytes that are ready, and nothing is validated that was made here.
"""

import hashlib
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

import orjson

from winnow_scoring.breakdown import Evaluation
from winnow_scoring.compiler import CompiledRule, Results
from winnow_scoring.public_ids import Prefix, derived_id, shown
from winnow_scoring.snapshots import Snapshot, prepare

_REMEMBERED: Final = 128
"""Verdicts of one rule; a rule that gives points by the day gives new ones for ever."""


class Verdict(NamedTuple):
    """What a rule says of a company."""

    score: int
    tier: str
    missing: tuple[str, ...]
    result: bytes
    """All of it as JSON, with the breakdown: what reproducing a score must give again."""


class Verdicts:
    """What one rule has said: most companies get one of few verdicts, which need not be written out each time."""

    __slots__ = ("_known", "compiled")

    def __init__(self, compiled: CompiledRule) -> None:
        self.compiled = compiled
        self._known: dict[Results, Verdict] = {}

    def on(self, snapshot: Snapshot, *, today: date) -> Verdict:
        """The verdict on a company on a day."""
        results = self.compiled.results(snapshot, today)
        verdict = self._known.get(results)
        if verdict is None:
            verdict = _verdict(self.compiled.explain(results))
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[results] = verdict
        return verdict


class PublishedRule:
    """The published version of a rule, compiled, with its part of every answer."""

    __slots__ = ("hash", "head", "rule_id", "tail", "verdicts", "version")

    def __init__(self, rule_id: str, *, version: int, name: str, rule_hash: str, verdicts: Verdicts) -> None:
        self.rule_id = rule_id
        self.version = version
        self.hash = rule_hash
        self.verdicts = verdicts
        self.head = b'","rule_id":%b,"rule_name":%b,' % (orjson.dumps(rule_id), orjson.dumps(name))
        self.tail = b',"rule_version":%d,"data_as_of":' % version


class ScoredProfile:
    """A version of a profile that is ready to be scored."""

    __slots__ = ("as_of", "domain", "hash", "snapshot", "updated_at", "version")

    def __init__(self, domain: str, *, version: int, attributes: str, updated_at: datetime) -> None:
        self.domain = domain
        self.version = version
        self.updated_at = updated_at
        self.snapshot: Snapshot = prepare(orjson.loads(attributes))
        self.hash = hashlib.sha256(attributes.encode()).digest()
        self.as_of = orjson.dumps(updated_at, option=orjson.OPT_UTC_Z)


class Score(NamedTuple):
    """A verdict on a version of a profile by a version of a rule, with its id."""

    id: UUID
    profile: ScoredProfile
    rule: PublishedRule
    verdict: Verdict

    def answer(self, *, request_id: UUID, livemode: bool) -> bytes:
        """The `ScoreAnswer`."""
        rule, profile = self.rule, self.profile
        return b'{"domain":"%b%b%b%b%b,"livemode":%b,"score_id":"%b","request_id":"%b"}' % (
            profile.domain.encode(),
            rule.head,
            self.verdict.result[1:-1],
            rule.tail,
            profile.as_of,
            b"true" if livemode else b"false",
            shown(self.id, prefix=Prefix.SCORE).encode(),
            str(request_id).encode(),
        )


def score(profile: ScoredProfile, *, rule: PublishedRule, request_id: UUID, time: datetime, today: date) -> Score:
    """The score of a profile by a rule on a day; the same request and domain always give the same id."""
    verdict = rule.verdicts.on(profile.snapshot, today=today)
    return Score(derived_id(request_id, key=profile.domain, time=time), profile, rule, verdict)


def evaluate(snapshot: Snapshot, *, rule: CompiledRule, today: date) -> Verdict:
    """What a rule says of a company on a day, from nothing that is remembered."""
    return _verdict(rule.evaluate(snapshot, today))


def _verdict(found: Evaluation) -> Verdict:
    result = {
        "score": found.score,
        "tier": found.tier,
        "breakdown": found.as_json_lines(),
        "missing": found.missing,
    }
    return Verdict(found.score, found.tier, found.missing, orjson.dumps(result))
