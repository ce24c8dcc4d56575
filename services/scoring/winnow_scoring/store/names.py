"""Companies by what they are called: the tenant's own, and those of the directory.

Names are found by keys (`winnow_scoring.names`), which are terms like those that lists are filtered by.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from winnow_common.postgres import Connection
from winnow_contracts.directory import EVERYBODY
from winnow_contracts.similarity import Identifiers

from winnow_scoring.profiles import name_terms
from winnow_scoring.resolving import NameCandidate, keys_to_look_up

MOST_CANDIDATES: Final = 100
"""Of one source for one request: those that have the most keys in common, which the right one is among."""

# Sorted by a count that no index has, so that the index over terms is used whatever the planner believes of them.
_FIND = """
SELECT asked.place, found.domain, found.attributes::json ->> 'name' AS name, found.own
FROM unnest($1::int[], $2::uuid[], $3::text[], $4::text[]) AS asked (place, tenant_id, own_terms, shared_terms)
CROSS JOIN LATERAL (
    (
        SELECT domain, attributes, true AS own FROM company
        WHERE company.tenant_id = asked.tenant_id AND deleted_at IS NULL AND terms && asked.own_terms::bigint[]
        ORDER BY (
            SELECT count(*) FROM unnest(terms) AS term WHERE term = ANY (asked.own_terms::bigint[])
        ) DESC, domain
        LIMIT $5
    )
    UNION ALL
    (
        SELECT domain, attributes, false AS own FROM directory_company
        WHERE terms && asked.shared_terms::bigint[]
        ORDER BY (
            SELECT count(*) FROM unnest(terms) AS term WHERE term = ANY (asked.shared_terms::bigint[])
        ) DESC, domain
        LIMIT $5
    )
) AS found
"""


async def candidates_for(
    connection: Connection, asked: Sequence[tuple[UUID, Identifiers]]
) -> list[list[NameCandidate]]:
    """For each request of a tenant the companies that its page or name may mean.

    One query for all of them; none where no request has a page or name that its domain does not explain.
    """
    found: list[list[NameCandidate]] = [[] for _ in asked]
    looked_up = [(place, tenant, keys_to_look_up(identifiers)) for place, (tenant, identifiers) in enumerate(asked)]
    rows = [
        (place, tenant, _array(name_terms(tenant, keys=keys)), _array(name_terms(EVERYBODY, keys=keys)))
        for place, tenant, keys in looked_up
        if keys
    ]
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        for row in await connection.fetch(_FIND, *columns, MOST_CANDIDATES):
            found[row["place"]].append(NameCandidate(row["domain"], row["name"], own=row["own"]))
    return found


def _array(terms: Sequence[int]) -> str:
    """As text, since `unnest` would flatten arrays of arrays."""
    return "{" + ",".join(map(str, terms)) + "}"
