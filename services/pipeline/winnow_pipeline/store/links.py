"""Which leads are the same person: match keys that find them again, links of duplicates, and what was said otherwise."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from winnow_common.postgres import Connection

# A key that very many leads have (a switchboard's number, an address of everybody) finds nobody in particular.
MOST_PER_KEY = 50

_CANDIDATES = """
SELECT sought.key, found.lead_id
FROM unnest($2::bigint[]) AS sought (key)
CROSS JOIN LATERAL (
    SELECT lead_id FROM match_key WHERE tenant_id = $1 AND match_key.key = sought.key LIMIT $3
) AS found
"""

_LINK = """
INSERT INTO duplicate_link (tenant_id, lead_id, survivor_id, linked_by, confidence)
SELECT $1, lead_id, survivor_id, linked_by, confidence
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::real[]) AS link (lead_id, survivor_id, linked_by, confidence)
ON CONFLICT (tenant_id, lead_id) DO UPDATE SET survivor_id = excluded.survivor_id, linked_by = excluded.linked_by,
    confidence = excluded.confidence
"""


@dataclass(frozen=True, slots=True)
class Link:
    """A lead is the same person as its survivor; it was found so by comparing it with `linked_by`."""

    lead_id: UUID
    survivor_id: UUID
    linked_by: UUID
    confidence: float


async def add_keys(connection: Connection, *, tenant: UUID, keys: Iterable[tuple[UUID, Sequence[int]]]) -> None:
    """Keys of leads that have none yet."""
    await connection.copy_records_to_table(
        "match_key",
        records=[(tenant, key, lead) for lead, found in keys for key in sorted(set(found))],
        columns=("tenant_id", "key", "lead_id"),
    )


async def remove_keys(connection: Connection, *, tenant: UUID, leads: Sequence[UUID]) -> None:
    """Take away all keys of leads."""
    await connection.execute(
        "DELETE FROM match_key WHERE tenant_id = $1 AND lead_id = ANY ($2::uuid[])", tenant, list(leads)
    )


async def has_others(connection: Connection, *, tenant: UUID, first: UUID, last: UUID) -> bool:
    """Whether the tenant has leads outside of a range that could be found."""
    found = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM match_key WHERE tenant_id = $1 AND lead_id < $2) "
        "OR EXISTS (SELECT FROM match_key WHERE tenant_id = $1 AND lead_id > $3)",
        tenant,
        first,
        last,
    )
    return bool(found)


async def candidates(connection: Connection, *, tenant: UUID, keys: Collection[int]) -> list[tuple[int, UUID]]:
    """Key and lead of everybody who has one of these keys."""
    rows = await connection.fetch(_CANDIDATES, tenant, list(keys), MOST_PER_KEY)
    return [(row["key"], row["lead_id"]) for row in rows]


async def link(connection: Connection, *, tenant: UUID, links: Sequence[Link]) -> None:
    """Note duplicates."""
    if links:
        columns = zip(
            *((each.lead_id, each.survivor_id, each.linked_by, each.confidence) for each in links), strict=True
        )
        await connection.execute(_LINK, tenant, *(list(column) for column in columns))


async def unlink(connection: Connection, *, tenant: UUID, leads: Sequence[UUID]) -> None:
    """Leads are nobody's duplicates any more."""
    await connection.execute(
        "DELETE FROM duplicate_link WHERE tenant_id = $1 AND lead_id = ANY ($2::uuid[])", tenant, list(leads)
    )


async def unlink_range(connection: Connection, *, tenant: UUID, first: UUID, last: UUID) -> None:
    """The same for all leads of a range."""
    await connection.execute(
        "DELETE FROM duplicate_link WHERE tenant_id = $1 AND lead_id BETWEEN $2 AND $3", tenant, first, last
    )


async def links_of(connection: Connection, *, tenant: UUID, leads: Sequence[UUID]) -> dict[UUID, Link]:
    """The link of each of these leads that is a duplicate."""
    rows = await connection.fetch(
        "SELECT lead_id, survivor_id, linked_by, confidence FROM duplicate_link "
        "WHERE tenant_id = $1 AND lead_id = ANY ($2::uuid[])",
        tenant,
        list(leads),
    )
    return {row["lead_id"]: Link(*row) for row in rows}


async def duplicates_of(
    connection: Connection, *, tenant: UUID, survivors: Sequence[UUID], limit: int
) -> dict[UUID, list[Link]]:
    """The duplicates of each of these leads that has some, so many of them in all."""
    rows = await connection.fetch(
        "SELECT lead_id, survivor_id, linked_by, confidence FROM duplicate_link "
        "WHERE tenant_id = $1 AND survivor_id = ANY ($2::uuid[]) ORDER BY survivor_id, lead_id LIMIT $3",
        tenant,
        list(survivors),
        limit,
    )
    found: dict[UUID, list[Link]] = {}
    for row in rows:
        found.setdefault(row["survivor_id"], []).append(Link(*row))
    return found


async def keep_apart(connection: Connection, *, tenant: UUID, pair: tuple[UUID, UUID], now: datetime) -> None:
    """Say that two leads are two people."""
    first, second = sorted(pair)
    await connection.execute(
        "INSERT INTO cannot_link (tenant_id, lead_id, other_id, said_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        tenant,
        first,
        second,
        now,
    )


async def kept_apart(connection: Connection, *, tenant: UUID, leads: Sequence[UUID]) -> set[frozenset[UUID]]:
    """Pairs with one of these leads that were said to be two people."""
    rows = await connection.fetch(
        "SELECT lead_id, other_id FROM cannot_link WHERE tenant_id = $1 AND lead_id = ANY ($2::uuid[]) "
        "UNION SELECT lead_id, other_id FROM cannot_link WHERE tenant_id = $1 AND other_id = ANY ($2::uuid[])",
        tenant,
        list(leads),
    )
    return {frozenset((row["lead_id"], row["other_id"])) for row in rows}
