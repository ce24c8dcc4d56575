"""Scores by rules."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from winnow_common.postgres import Connection, Write

from winnow_scoring.rules import CODE_VERSION
from winnow_scoring.scored import Score

_INSERT = """
INSERT INTO score (tenant_id, score_id, request_id, domain, company_version, data_as_of, snapshot_hash, rule_id,
    rule_version, rule_hash, code_version, evaluated_on, livemode, score, tier, result)
SELECT tenant_id, score_id, request_id, domain, company_version, data_as_of, snapshot_hash, rule_id,
    rule_version, rule_hash, $1::text, $2::date, livemode, score, tier, result
FROM unnest($3::text::uuid[], $4::text::uuid[], $5::text::uuid[], $6::text[], $7::text::bigint[],
    $8::text::timestamptz[], $9::bytea[], $10::text[], $11::text::bigint[], $12::text[], $13::text::boolean[],
    $14::text::bigint[], $15::text[], $16::bytea[])
    AS scored (tenant_id, score_id, request_id, domain, company_version, data_as_of, snapshot_hash, rule_id,
        rule_version, rule_hash, livemode, score, tier, result)
ON CONFLICT DO NOTHING
"""

_FIND = """
SELECT score.score_id, score.request_id, score.domain, score.company_version, score.data_as_of, score.snapshot_hash,
    score.rule_id, version.name AS rule_name, score.rule_version, score.rule_hash, version.definition,
    score.code_version, score.evaluated_on, score.livemode, score.result, company.attributes
FROM score
JOIN rule_version AS version ON version.tenant_id = score.tenant_id AND version.rule_id = score.rule_id
    AND version.version = score.rule_version
JOIN company_version AS company ON company.tenant_id = score.tenant_id AND company.domain = score.domain
    AND company.version = score.company_version
WHERE score.tenant_id = $1 AND score.score_id = $2
"""


@dataclass(frozen=True, slots=True)
class StoredScore:
    """A score with what it was computed from."""

    score_id: UUID
    request_id: UUID
    domain: str
    company_version: int
    data_as_of: datetime
    snapshot_hash: bytes
    rule_id: str
    rule_name: str
    rule_version: int
    rule_hash: str
    definition: str
    code_version: str
    evaluated_on: date
    livemode: bool
    result: bytes
    attributes: str


class NewScore(NamedTuple):
    """A score that is to be stored, and whose it is."""

    tenant: UUID
    request_id: UUID
    livemode: bool
    score: Score


def inserting(scores: Collection[NewScore], *, today: date) -> list[Write]:
    """What stores scores that were computed by this code on this day."""
    if not scores:
        return []
    found = [new.score for new in scores]
    values = (
        CODE_VERSION,
        today,
        _array(new.tenant.hex for new in scores),
        _array(score.id.hex for score in found),
        _array(new.request_id.hex for new in scores),
        [score.profile.domain for score in found],
        _array(str(score.profile.version) for score in found),
        _array(score.profile.updated_at.isoformat() for score in found),
        [score.profile.hash for score in found],
        [score.rule.rule_id for score in found],
        _array(str(score.rule.version) for score in found),
        [score.rule.hash for score in found],
        _array("t" if new.livemode else "f" for new in scores),
        _array(str(score.verdict.score) for score in found),
        [score.verdict.tier for score in found],
        [score.verdict.result for score in found],
    )
    return [Write(_INSERT, values)]


async def find(connection: Connection, *, tenant: UUID, score_id: UUID) -> StoredScore | None:
    """A score."""
    row = await connection.fetchrow(_FIND, tenant, score_id)
    return None if row is None else StoredScore(**dict(row))


def _array(values: Iterable[str]) -> str:
    """An array as text, since asyncpg asks of each UUID, number and date in a list whether it is a list itself."""
    return "{" + ",".join(values) + "}"
