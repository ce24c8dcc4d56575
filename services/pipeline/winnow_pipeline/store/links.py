"""Which leads are one person: match keys that find them again, links of duplicates, and what was said otherwise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from winnow_common.postgres import Connection, Pool, Queryable

# A key that very many leads have (a switchboard's number, an address of everybody) finds nobody in particular.
MOST_PER_KEY = 50

_SHARED = """
SELECT DISTINCT mine.lead_id AS mine, found.lead_id AS other
FROM match_key AS mine
CROSS JOIN LATERAL (
    SELECT lead_id FROM match_key AS other
    WHERE other.tenant_id = $1 AND other.key = mine.key AND (other.lead_id < $4 OR other.lead_id > $5)
    LIMIT $6
) AS found
WHERE mine.tenant_id = $1 AND mine.lead_id BETWEEN $2 AND $3
"""

_SHARED_OF = """
SELECT DISTINCT mine.lead_id AS mine, found.lead_id AS other
FROM match_key AS mine
CROSS JOIN LATERAL (
    SELECT lead_id FROM match_key AS other
    WHERE other.tenant_id = $1 AND other.key = mine.key AND other.lead_id <> mine.lead_id LIMIT $3
) AS found
WHERE mine.tenant_id = $1 AND mine.lead_id = ANY ($2::uuid[])
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


async def remove_keys(connection: Connection, *, tenant: UUID, leads: Sequence[UUID]) -> int:
    """Take away all keys of leads; how many there were."""
    done: str = await connection.execute(
        "DELETE FROM match_key WHERE tenant_id = $1 AND lead_id = ANY ($2::uuid[])", tenant, list(leads)
    )
    return int(done.rpartition(" ")[2])


async def with_keys(connection: Connection, *, tenant: UUID, keys: Sequence[int], limit: int) -> list[UUID]:
    """Leads that have one of these keys."""
    rows = await connection.fetch(
        "SELECT DISTINCT lead_id FROM match_key WHERE tenant_id = $1 AND key = ANY ($2::bigint[]) LIMIT $3",
        tenant,
        list(keys),
        limit,
    )
    return [row["lead_id"] for row in rows]


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


async def shared_keys(
    pool: Pool, *, tenant: UUID, rows: tuple[UUID, UUID], batch: tuple[UUID, UUID]
) -> list[tuple[UUID, UUID]]:
    """Leads of a range, each with those outside of its batch that it has a key in common with."""
    found = await pool.fetch(_SHARED, tenant, *rows, *batch, MOST_PER_KEY)
    return [(row["mine"], row["other"]) for row in found]


async def shared_keys_of(connection: Connection, *, tenant: UUID, leads: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    """These leads, each with all others that it has a key in common with."""
    found = await connection.fetch(_SHARED_OF, tenant, list(leads), MOST_PER_KEY)
    return [(row["mine"], row["other"]) for row in found]


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


async def point_to(connection: Connection, *, tenant: UUID, old: UUID, new: UUID) -> None:
    """Duplicates of one lead are another's from now on."""
    await connection.execute(
        "UPDATE duplicate_link SET survivor_id = $3 WHERE tenant_id = $1 AND survivor_id = $2", tenant, old, new
    )


async def remove_range(connection: Connection, *, tenant: UUID, first: UUID, last: UUID) -> None:
    """Forget keys and links of all leads of a range."""
    await connection.execute(
        "DELETE FROM match_key WHERE tenant_id = $1 AND lead_id BETWEEN $2 AND $3", tenant, first, last
    )
    await unlink_range(connection, tenant=tenant, first=first, last=last)


async def unlink_range(connection: Connection, *, tenant: UUID, first: UUID, last: UUID) -> None:
    """The same for all leads of a range."""
    await connection.execute(
        "DELETE FROM duplicate_link WHERE tenant_id = $1 AND lead_id BETWEEN $2 AND $3", tenant, first, last
    )


async def links_of(connection: Queryable, *, tenant: UUID, leads: Sequence[UUID]) -> dict[UUID, Link]:
    """The link of each of these leads that is a duplicate."""
    rows = await connection.fetch(
        "SELECT lead_id, survivor_id, linked_by, confidence FROM duplicate_link "
        "WHERE tenant_id = $1 AND lead_id = ANY ($2::uuid[])",
        tenant,
        list(leads),
    )
    return {row["lead_id"]: Link(*row) for row in rows}


async def duplicates_of(
    connection: Queryable, *, tenant: UUID, survivors: Sequence[UUID], limit: int
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
        "INSERT INTO cannot_link (tenant_id, lead_id, other_id, said_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT DO NOTHING",
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
