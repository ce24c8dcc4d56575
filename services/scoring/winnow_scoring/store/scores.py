"""Scores. Ids are UUIDv7, so newest first is the order of ids downwards, and partitions are ranges of ids."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from winnow_common.postgres import Connection

from winnow_scoring.rules import CODE_VERSION
from winnow_scoring.scored import Score

_INSERT = """
INSERT INTO score (tenant_id, score_id, request_id, domain, company_version, data_as_of, snapshot_hash, rule_id,
    rule_version, rule_hash, code_version, evaluated_on, livemode, score, tier, result)
SELECT tenant_id, score_id, request_id, domain, company_version, data_as_of, snapshot_hash, rule_id,
    rule_version, rule_hash, $1::text, $2::date, livemode, score, tier, result
FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::bigint[], $8::timestamptz[], $9::bytea[], $10::text[],
    $11::bigint[], $12::text[], $13::boolean[], $14::bigint[], $15::text[], $16::bytea[])
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

_LIST = """
SELECT score_id, domain, rule_id, rule_version, score, tier, livemode, request_id
FROM score WHERE tenant_id = $1 AND score_id < $2 ORDER BY score_id DESC LIMIT $3
"""

_LIST_OF_DOMAIN = """
SELECT score_id, domain, rule_id, rule_version, score, tier, livemode, request_id
FROM score WHERE tenant_id = $1 AND domain = $4 AND score_id < $2 ORDER BY score_id DESC LIMIT $3
"""

_NEWEST = UUID(int=2**128 - 1)


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


@dataclass(frozen=True, slots=True)
class ListedScore:
    """A score in a list."""

    score_id: UUID
    domain: str
    rule_id: str
    rule_version: int
    score: int
    tier: str
    livemode: bool
    request_id: UUID


@dataclass(frozen=True, slots=True)
class NewScore:
    """A score that is to be stored, and whose it is."""

    tenant: UUID
    request_id: UUID
    livemode: bool
    score: Score


async def insert(connection: Connection, scores: Collection[NewScore], *, today: date) -> None:
    """Store scores that were computed by this code on this day, in this order."""
    if not scores:
        return
    rows = [
        (
            new.tenant,
            new.score.id,
            new.request_id,
            new.score.profile.domain,
            new.score.profile.version,
            new.score.profile.updated_at,
            new.score.profile.hash,
            new.score.rule.rule_id,
            new.score.rule.version,
            new.score.rule.hash,
            new.livemode,
            new.score.verdict.score,
            new.score.verdict.tier,
            new.score.verdict.result,
        )
        for new in scores
    ]
    await connection.execute(_INSERT, CODE_VERSION, today, *zip(*rows, strict=True))


async def find(connection: Connection, *, tenant: UUID, score_id: UUID) -> StoredScore | None:
    """A score."""
    row = await connection.fetchrow(_FIND, tenant, score_id)
    return None if row is None else StoredScore(**dict(row))


async def before(
    connection: Connection, *, tenant: UUID, domain: str | None, score_id: UUID | None, limit: int
) -> list[ListedScore]:
    """Scores before one, newest first; of one domain, if it is named."""
    start = score_id or _NEWEST
    if domain is None:
        rows = await connection.fetch(_LIST, tenant, start, limit)
    else:
        rows = await connection.fetch(_LIST_OF_DOMAIN, tenant, start, limit, domain)
    return [ListedScore(**dict(row)) for row in rows]
