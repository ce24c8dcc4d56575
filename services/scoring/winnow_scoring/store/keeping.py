"""What the keeper of similarity answers asks: which of them are of the present, and which facts have not left yet."""

from collections.abc import Mapping
from typing import NamedTuple

from winnow_common.outbox import SHARDS
from winnow_common.postgres import Connection

from winnow_scoring.cache.facts import Answer, Place

_CURRENT = """
SELECT place FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[]) WITH ORDINALITY
    AS given (tenant_id, domain, company_version, model_version, place)
JOIN company USING (tenant_id, domain)
JOIN similarity USING (tenant_id)
WHERE company.version = given.company_version AND similarity.model_version = given.model_version
"""

_WAITING = """
SELECT shard.shard, oldest.id AS oldest, newest.id AS newest FROM unnest($1::smallint[]) AS shard (shard)
CROSS JOIN LATERAL (SELECT id FROM outbox WHERE outbox.shard = shard.shard ORDER BY id LIMIT 1) AS oldest
CROSS JOIN LATERAL (SELECT id FROM outbox WHERE outbox.shard = shard.shard ORDER BY id DESC LIMIT 1) AS newest
"""


class Waiting(NamedTuple):
    """The ids of a shard's facts that have not left for the log."""

    oldest: int
    newest: int


async def current(connection: Connection, answers: Mapping[Place, Answer]) -> dict[Place, Answer]:
    """The answers that were computed from the profile and by the model that are in force."""
    given = list(answers.items())
    rows = await connection.fetch(
        _CURRENT,
        [place.tenant for place, _ in given],
        [place.domain for place, _ in given],
        [answer.company_version for _, answer in given],
        [answer.model_version for _, answer in given],
    )
    return dict(given[row["place"] - 1] for row in rows)


async def waiting(connection: Connection) -> dict[int, Waiting]:
    """The facts that have not left, by shard; shards that have none are absent."""
    rows = await connection.fetch(_WAITING, list(range(SHARDS)))
    return {row["shard"]: Waiting(row["oldest"], row["newest"]) for row in rows}
