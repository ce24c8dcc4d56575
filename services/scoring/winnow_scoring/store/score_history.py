"""Scores that were given, of both kinds, and similarity scores one by one.

Ids are UUIDv7, so newest first is the order of ids downwards, and partitions are ranges of ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from uuid import UUID

from winnow_common.postgres import Connection

from winnow_scoring.causes import Line

_COLUMNS = {
    "{rule}": """
    score_id, domain, rule_id, rule_version, NULL::bigint AS model_version, score::double precision AS score,
    tier, NULL::text AS grade, livemode, request_id, snapshot_hash, rule_hash, code_version, evaluated_on
""",
    "{similarity}": """
    score_id, domain, NULL::text AS rule_id, NULL::bigint AS rule_version, model_version, score,
    NULL::text AS tier, grade, livemode, request_id, snapshot_hash, NULL::text AS rule_hash, code_version, evaluated_on
""",
}
"""The columns of a list, which the two tables have some of each."""

_LIST = """
(SELECT {rule} FROM score
    WHERE tenant_id = $1 AND score_id < $2 ORDER BY score_id DESC LIMIT $3)
UNION ALL
(SELECT {similarity} FROM similarity_score
    WHERE tenant_id = $1 AND score_id < $2 ORDER BY score_id DESC LIMIT $3)
ORDER BY score_id DESC LIMIT $3
"""

_LIST_OF_DOMAIN = """
(SELECT {rule} FROM score
    WHERE tenant_id = $1 AND domain = $4 AND score_id < $2 ORDER BY score_id DESC LIMIT $3)
UNION ALL
(SELECT {similarity} FROM similarity_score
    WHERE tenant_id = $1 AND domain = $4 AND score_id < $2 ORDER BY score_id DESC LIMIT $3)
ORDER BY score_id DESC LIMIT $3
"""

_PRECEDING = """
SELECT found.* FROM unnest($3::text[], $4::boolean[], $5::uuid[]) AS line (rule_id, livemode, score_id)
CROSS JOIN LATERAL (
    (SELECT {rule} FROM score
        WHERE line.rule_id IS NOT NULL AND tenant_id = $1 AND domain = $2 AND score.rule_id = line.rule_id
            AND score.livemode = line.livemode AND score.score_id < line.score_id
        ORDER BY score_id DESC LIMIT 1)
    UNION ALL
    (SELECT {similarity} FROM similarity_score
        WHERE line.rule_id IS NULL AND tenant_id = $1 AND domain = $2
            AND similarity_score.livemode = line.livemode AND similarity_score.score_id < line.score_id
        ORDER BY score_id DESC LIMIT 1)
) AS found
"""

_FIND_SIMILARITY = """
SELECT score_id, request_id, domain, company_version, data_as_of, snapshot_hash, model_version, code_version,
    evaluated_on, livemode, score, grade, result, attributes
FROM similarity_score JOIN snapshot USING (tenant_id, snapshot_hash)
WHERE tenant_id = $1 AND score_id = $2
"""

_NEWEST = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class ListedScore:
    """A score in a list: by a rule, or by similarity, which knows no rule and no tier but a model and a grade."""

    score_id: UUID
    domain: str
    rule_id: str | None
    rule_version: int | None
    model_version: int | None
    score: float
    tier: str | None
    grade: str | None
    livemode: bool
    request_id: UUID
    snapshot_hash: bytes
    rule_hash: str | None
    code_version: str
    evaluated_on: date

    @property
    def line(self) -> Line:
        """The scores that it is one of."""
        return Line(self.rule_id, self.livemode)


@dataclass(frozen=True, slots=True)
class StoredSimilarity:
    """A similarity score with what it was computed from."""

    score_id: UUID
    request_id: UUID
    domain: str
    company_version: int
    data_as_of: datetime
    snapshot_hash: bytes
    model_version: int
    code_version: str
    evaluated_on: date
    livemode: bool
    score: float
    grade: str
    result: bytes
    attributes: str


async def find_similarity(connection: Connection, *, tenant: UUID, score_id: UUID) -> StoredSimilarity | None:
    """A similarity score."""
    row = await connection.fetchrow(_FIND_SIMILARITY, tenant, score_id)
    return None if row is None else StoredSimilarity(**dict(row))


async def before(
    connection: Connection, *, tenant: UUID, domain: str | None, score_id: UUID | None, limit: int
) -> list[ListedScore]:
    """Scores of both kinds before one, newest first; of one domain, if it is named."""
    start = score_id or _NEWEST
    if domain is None:
        rows = await connection.fetch(_filled(_LIST), tenant, start, limit)
    else:
        rows = await connection.fetch(_filled(_LIST_OF_DOMAIN), tenant, start, limit, domain)
    return [ListedScore(**dict(row)) for row in rows]


async def preceding(
    connection: Connection, *, tenant: UUID, domain: str, scores: Mapping[Line, UUID]
) -> dict[Line, ListedScore]:
    """The score of each line that comes just before the one that is named, where there is one."""
    lines = list(scores)
    rows = await connection.fetch(
        _filled(_PRECEDING),
        tenant,
        domain,
        [line.rule_id for line in lines],
        [line.livemode for line in lines],
        list(scores.values()),
    )
    found = [ListedScore(**dict(row)) for row in rows]
    return {score.line: score for score in found}


@cache
def _filled(statement: str) -> str:
    """A statement with the columns of lists in it."""
    for place, columns in _COLUMNS.items():
        statement = statement.replace(place, columns)
    return statement
