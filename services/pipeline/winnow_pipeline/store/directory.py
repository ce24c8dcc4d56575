"""The pipeline's copy of the directory: companies that the operator has loaded, as scoring told of them.

What is told arrives in the order of each company alone, and may arrive again. So dates decide: of a company the latest
counts, and what was loaded before the directory was last emptied never comes back.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from winnow_common.postgres import Connection, Queryable, Write

_LIST = """
INSERT INTO listed_company (domain, attributes, loaded_at)
SELECT DISTINCT ON (domain) domain, attributes, loaded_at
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS company (domain, attributes, loaded_at)
WHERE loaded_at > coalesce((SELECT cleared_at FROM directory_cleared), '-infinity')
ORDER BY domain, loaded_at DESC
ON CONFLICT (domain) DO UPDATE SET attributes = excluded.attributes, loaded_at = excluded.loaded_at
WHERE listed_company.loaded_at < excluded.loaded_at
"""

_CLEARED = """
INSERT INTO directory_cleared (cleared_at) VALUES ($1)
ON CONFLICT (only_row) DO UPDATE SET cleared_at = greatest(directory_cleared.cleared_at, excluded.cleared_at)
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the directory says of a company, and since when."""

    attributes: str
    """Canonical JSON."""
    loaded_at: datetime


def listing(companies: Sequence[tuple[str, Entry]]) -> list[Write]:
    """What writes down companies; what is known of later counts more."""
    if not companies:
        return []
    domains = [domain for domain, _ in companies]
    entries = [entry for _, entry in companies]
    return [Write(_LIST, [domains, [each.attributes for each in entries], [each.loaded_at for each in entries]])]


async def find(connection: Queryable, *, domains: Collection[str]) -> dict[str, Entry]:
    """What is known of these companies; those of whom nothing is are absent."""
    rows = await connection.fetch(
        "SELECT domain, attributes, loaded_at FROM listed_company WHERE domain = ANY ($1::text[])", list(domains)
    )
    return {row["domain"]: Entry(row["attributes"], row["loaded_at"]) for row in rows}


async def clear(connection: Connection, *, until: datetime) -> None:
    """Forget what was loaded up to a moment, also what is told of it only later."""
    # What others are writing down at this moment is waited for, and seen.
    await connection.execute("LOCK TABLE listed_company IN SHARE ROW EXCLUSIVE MODE")
    await connection.execute(_CLEARED, until)
    await connection.execute("DELETE FROM listed_company WHERE loaded_at <= $1", until)
