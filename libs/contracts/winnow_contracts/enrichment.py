"""Enrichment: a company is not known, somebody asks for its profile, somebody else answers."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from winnow_contracts.profiles import KnownAttributes
from winnow_contracts.topic import Kind, MessageType


class EnrichmentRequested(BaseModel):
    """A tenant needs the profile of a company."""

    domain: str
    reason: Literal["score", "customer"]


class EnrichmentCompleted(BaseModel):
    """What was found of a company that a tenant needs; nothing is an answer too."""

    domain: str
    found: bool
    source: str | None = None
    """Where the attributes come from, such as `directory`."""
    observed_at: datetime | None = None
    attributes: KnownAttributes = KnownAttributes()


REQUESTED = MessageType("enrichment.requested", EnrichmentRequested, Kind.FACT)
COMPLETED = MessageType("enrichment.completed", EnrichmentCompleted, Kind.FACT)
