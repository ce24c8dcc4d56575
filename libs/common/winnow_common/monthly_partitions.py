"""Monthly partitions, made ahead of time: ranges of ids, since ids begin with their time."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from winnow_common.postgres import Connection

MONTHS_AHEAD: Final = 2

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('winnow.partitions', 0))"
_EXISTING = """
SELECT child.relname FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
WHERE inhparent = $1::text::regclass
"""
_STRAYS = "SELECT EXISTS (SELECT FROM {table}_default WHERE {column} >= $1 AND {column} < $2)"


async def keep(connection: Connection, tables: Mapping[str, str], *, now: datetime) -> None:
    """Make the partitions from last month to the month after next; safe to run from several processes.

    `tables`: names of tables, with the column that each is partitioned by; each has a partition `<table>_default`.
    """
    async with connection.transaction():
        await connection.execute(_LOCK)
        for table, column in tables.items():
            await _keep(connection, table=table, column=column, now=now)


async def _keep(connection: Connection, *, table: str, column: str, now: datetime) -> None:
    existing = {row["relname"] for row in await connection.fetch(_EXISTING, table)}
    strays = _STRAYS.format(table=table, column=column)
    for offset in range(-1, MONTHS_AHEAD + 1):
        start, end = _month(now, offset=offset), _month(now, offset=offset + 1)
        name = f"{table}_{start:%Y%m}"
        # A month that began in the default partition stays there, since its rows would have to be moved.
        if name.rpartition(".")[2] in existing:
            continue
        if not await connection.fetchval(strays, first_id(start), first_id(end)):
            await connection.execute(
                f"CREATE TABLE {name} PARTITION OF {table} FOR VALUES FROM ('{first_id(start)}') TO ('{first_id(end)}')"
            )


def first_id(moment: datetime) -> UUID:
    """The least UUID whose first 48 bits are this moment in milliseconds."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _month(now: datetime, *, offset: int) -> datetime:
    """The first moment of the month that is so many away."""
    months = now.year * 12 + now.month - 1 + offset
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
