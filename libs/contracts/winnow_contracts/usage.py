"""What was used, for whoever bills or counts it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from winnow_contracts.topic import Kind, MessageType


class UsageRecorded(BaseModel):
    """An operation that counts against a plan was done; one event for each operation, for ever."""

    operation_id: UUID
    """The id of the request that asked for it, so that a repetition is the same operation."""
    kind: Literal["rule_score", "rule_batch", "similarity_score", "similarity_batch", "leads"]
    records: int
    """Scores that came out."""
    credits: int
    """What it costs in live mode."""
    livemode: bool
    occurred_at: datetime


RECORDED = MessageType("usage.recorded", UsageRecorded, Kind.FACT)
