"""The monthly partitions of leads, their contents and keys; ids begin with their batch's time."""

from datetime import datetime
from typing import Final

from winnow_common import monthly_partitions
from winnow_common.postgres import Connection

TABLES: Final = {"lead": "lead_id", "vault": "lead_id", "pipeline_keys.lead_key": "lead_id"}


async def keep(connection: Connection, *, now: datetime) -> None:
    """Make those of the months around now."""
    await monthly_partitions.keep(connection, TABLES, now=now)
