"""One company scored by one rule: the verdict that is stored, and the answer that is made of it.

This is the hot path: answers are put together from bytes that are ready, and nothing is validated that was made here.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, NamedTuple
from uuid import UUID

import orjson

from winnow_scoring.compiler import CompiledRule
from winnow_scoring.public_ids import Prefix, shown
from winnow_scoring.snapshots import Snapshot, prepare

_LOW_BITS: Final = (1 << 62) - 1
_TIME_BITS: Final = (1 << 48) - 1


class PublishedRule:
    """The published version of a rule, compiled, with its part of every answer."""

    __slots__ = ("compiled", "hash", "head", "rule_id", "tail", "version")

    def __init__(self, rule_id: str, *, version: int, name: str, hash: str, compiled: CompiledRule) -> None:
        self.rule_id = rule_id
        self.version = version
        self.hash = hash
        self.compiled = compiled
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


class Verdict(NamedTuple):
    """What a rule says of a company."""

    score: int
    tier: str
    missing: tuple[str, ...]
    result: bytes
    """All of it as JSON, with the breakdown: what reproducing a score must give again."""


@dataclass(frozen=True, slots=True)
class Score:
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


def evaluate(snapshot: Snapshot, *, rule: CompiledRule, today: date) -> Verdict:
    """What a rule says of a company on a day."""
    found = rule.evaluate(snapshot, today)
    result = {
        "score": found.score,
        "tier": found.tier,
        "breakdown": found.as_json_lines(),
        "missing": found.missing,
    }
    return Verdict(found.score, found.tier, found.missing, orjson.dumps(result))


def score(profile: ScoredProfile, *, rule: PublishedRule, request_id: UUID, time: datetime, today: date) -> Score:
    """The score of a profile by a rule on a day; the same request and domain always give the same id."""
    verdict = evaluate(profile.snapshot, rule=rule.compiled, today=today)
    return Score(score_id(request_id, domain=profile.domain, time=time), profile, rule, verdict)


def score_id(request_id: UUID, *, domain: str, time: datetime) -> UUID:
    """A UUIDv7 (RFC 9562) of the request's time, whose other bits come from request and domain instead of chance."""
    digest = hashlib.blake2b(request_id.bytes + domain.encode(), digest_size=10).digest()
    noise = int.from_bytes(digest)
    value = (int(time.timestamp() * 1000) & _TIME_BITS) << 80 | 0x7 << 76
    return UUID(int=value | ((noise >> 62) & 0xFFF) << 64 | 0b10 << 62 | noise & _LOW_BITS)


def time_of(score_id: UUID) -> datetime:
    """When the request of a score was made, to the millisecond."""
    return datetime.fromtimestamp((score_id.int >> 80) / 1000, tz=UTC)
