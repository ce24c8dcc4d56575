"""The directory: companies that the operator has loaded, for all tenants, which nobody else writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from winnow_common.postgres import Connection
from winnow_contracts.directory import EVERYBODY

from winnow_scoring.profiles import Profile

_WRITE = """
INSERT INTO directory_company (domain, attributes, terms, loaded_at)
SELECT domain, attributes, terms::bigint[], $4
FROM unnest($1::text[], $2::text[], $3::text[]) AS company (domain, attributes, terms)
ON CONFLICT (domain) DO UPDATE SET
    attributes = excluded.attributes, terms = excluded.terms, loaded_at = excluded.loaded_at
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the directory says of a company, and since when."""

    attributes: str
    """Canonical JSON, as of a `Profile`."""
    loaded_at: datetime


async def lock(connection: Connection) -> None:
    """Let nobody else change the directory until the transaction ends; everybody may read it.

    The clock is read afterwards: what is loaded and cleared, and what is told of it, is then in the order of its dates.
    """
    await connection.execute("LOCK TABLE directory_company IN SHARE ROW EXCLUSIVE MODE")


async def write(connection: Connection, *, companies: Mapping[str, Profile], now: datetime) -> None:
    """Make these the profiles of these domains."""
    rows = [
        (domain, profile.text, "{" + ",".join(map(str, profile.terms(EVERYBODY, domain=domain))) + "}")
        for domain, profile in companies.items()
    ]
    if rows:
        await connection.execute(_WRITE, *(list(column) for column in zip(*rows, strict=True)), now)


async def after(connection: Connection, *, domain: str, limit: int) -> list[tuple[str, Entry]]:
    """Companies behind a domain, in the order of their domains."""
    rows = await connection.fetch(
        "SELECT domain, attributes, loaded_at FROM directory_company WHERE domain > $1 ORDER BY domain LIMIT $2",
        domain,
        limit,
    )
    return [(row["domain"], Entry(row["attributes"], row["loaded_at"])) for row in rows]


async def count(connection: Connection) -> int:
    """How many companies there are."""
    return int(await connection.fetchval("SELECT count(*) FROM directory_company"))


async def clear(connection: Connection) -> None:
    """Forget all of them."""
    await connection.execute("TRUNCATE directory_company")
