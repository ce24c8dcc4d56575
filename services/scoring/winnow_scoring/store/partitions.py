"""The monthly partitions of scores."""

from datetime import datetime
from typing import Final

from winnow_common import monthly_partitions
from winnow_common.postgres import Connection

TABLES: Final = {"score": "score_id", "similarity_score": "score_id"}


async def keep(connection: Connection, *, now: datetime) -> None:
    """Make those of the months around now."""
    await monthly_partitions.keep(connection, TABLES, now=now)
