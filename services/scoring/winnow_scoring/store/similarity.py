"""What comparing companies needs from the database in one query, and what it leaves there."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from winnow_common.postgres import Connection, Write

_TO_COMPARE = """
SELECT company.version, company.attributes, company.enriched, company.updated_at, company.deleted_at,
    company.enriched_at, company.sought_at, similarity.revision, similarity.model_version,
    given.score_id, given.result, given.data_as_of
FROM unnest($1::uuid[], $2::text[], $3::boolean[]) WITH ORDINALITY AS asked (tenant_id, domain, livemode, place)
LEFT JOIN company ON company.tenant_id = asked.tenant_id AND company.domain = asked.domain
LEFT JOIN similarity ON similarity.tenant_id = asked.tenant_id
LEFT JOIN LATERAL (
    SELECT score_id, result, data_as_of FROM similarity_score AS score
    WHERE score.tenant_id = asked.tenant_id AND score.domain = asked.domain AND score.score_id >= $4
        AND score.livemode = asked.livemode AND score.model_version = similarity.model_version
        AND score.company_version = company.version
    ORDER BY score.score_id DESC LIMIT 1
) AS given ON true
ORDER BY asked.place
"""

_INSERT = """
INSERT INTO similarity_score (tenant_id, score_id, request_id, domain, company_version, data_as_of, snapshot_hash,
    model_version, code_version, evaluated_on, livemode, score, grade, result)
SELECT tenant_id, score_id, request_id, domain, company_version, data_as_of, snapshot_hash, model_version, $1::text,
    $2::date, livemode, score, grade, result
FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::bigint[], $8::timestamptz[], $9::bytea[],
    $10::bigint[], $11::boolean[], $12::double precision[], $13::text[], $14::bytea[])
    AS scored (tenant_id, score_id, request_id, domain, company_version, data_as_of, snapshot_hash, model_version,
        livemode, score, grade, result)
ON CONFLICT DO NOTHING
"""

_SNAPSHOTS = """
INSERT INTO snapshot (tenant_id, snapshot_hash, attributes)
SELECT tenant_id, snapshot_hash, attributes
FROM unnest($1::uuid[], $2::bytea[], $3::text[]) AS given (tenant_id, snapshot_hash, attributes)
ORDER BY tenant_id, snapshot_hash
ON CONFLICT DO NOTHING
"""

# Two statements: one that inserts or updates, as the case may be, refuses a row that its like has written in the same
# batch, for requests of the other kind.
_SEEK_NEW = """
INSERT INTO company
    (tenant_id, domain, version, attributes, sources, terms, search, created_at, updated_at, deleted_at, sought_at)
SELECT tenant_id, domain, 0, '{}', '{}', '{}', '', $3, $3, $3, $3
FROM unnest($1::uuid[], $2::text[]) AS sought (tenant_id, domain) ORDER BY tenant_id, domain
ON CONFLICT DO NOTHING
"""

_SEEK = """
UPDATE company SET sought_at = $3 FROM (
    SELECT tenant_id, domain FROM company JOIN unnest($1::uuid[], $2::text[]) AS sought (tenant_id, domain)
        USING (tenant_id, domain)
    ORDER BY tenant_id, domain FOR UPDATE OF company
) AS known
WHERE company.tenant_id = known.tenant_id AND company.domain = known.domain
"""


class Comparable(NamedTuple):
    """A company as far as it is known, the tenant's model, and the score that was given lately if it still holds."""

    version: int | None
    attributes: str | None
    enriched: str | None
    updated_at: datetime | None
    deleted_at: datetime | None
    enriched_at: datetime | None
    sought_at: datetime | None
    revision: int | None
    model_version: int | None
    score_id: UUID | None
    result: bytes | None
    scored_as_of: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewScore:
    """A score that is to be stored, with what it was computed from."""

    tenant: UUID
    score_id: UUID
    request_id: UUID
    domain: str
    company_version: int
    data_as_of: datetime
    snapshot_hash: bytes
    attributes: str
    """Canonical JSON, of which `snapshot_hash` is the hash."""
    model_version: int
    livemode: bool
    score: float
    grade: str
    result: bytes


async def to_compare(
    connection: Connection, asked: Sequence[tuple[UUID, str, bool]], *, since: UUID
) -> list[Comparable]:
    """For each tenant, domain and livemode; scores count whose ids are not before `since`."""
    columns = [list(column) for column in zip(*asked, strict=True)] if asked else [[], [], []]
    return [Comparable(*row) for row in await connection.fetch(_TO_COMPARE, *columns, since)]


def inserting(scores: Collection[NewScore], *, code_version: str, today: date) -> list[Write]:
    """What stores scores that were computed by this code on this day."""
    if not scores:
        return []
    columns = [
        (
            new.tenant,
            new.score_id,
            new.request_id,
            new.domain,
            new.company_version,
            new.data_as_of,
            new.snapshot_hash,
            new.model_version,
            new.livemode,
            new.score,
            new.grade,
            new.result,
        )
        for new in scores
    ]
    snapshots = {(new.tenant, new.snapshot_hash): new.attributes for new in scores}
    return [
        Write(_INSERT, [code_version, today, *map(list, zip(*columns, strict=True))]),
        Write(
            _SNAPSHOTS,
            [*map(list, zip(*snapshots, strict=True)), list(snapshots.values())],
        ),
    ]


def seeking(companies: Iterable[tuple[UUID, str]], *, now: datetime) -> list[Write]:
    """What notes that these tenants have asked for these companies."""
    found = sorted(set(companies))
    values = [[tenant for tenant, _ in found], [domain for _, domain in found], now]
    return [Write(_SEEK_NEW, values), Write(_SEEK, values)] if found else []
