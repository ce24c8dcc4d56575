"""Scoring in bulk: what the pipeline asks of scoring for a batch, and what it is told.

Leads travel by sealed reference: `ChunkToScore` is the JSON in the object of `ScoreChunk`, `ScoredChunk` that in the
object of `ChunkScored`.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from winnow_contracts.batches import BatchFailure, Requirements
from winnow_contracts.scores import RuleReference
from winnow_contracts.sealed import SealedReference
from winnow_contracts.topic import Kind, MessageType


class PlanBatch(BaseModel):
    """Say by which rule and model a batch is scored, and whether its requirements can be read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    batch_id: UUID
    rule_id: RuleReference | None = None
    """None for the tenant's default rule."""
    require: Requirements | None = None


class BatchPlan(BaseModel):
    """By what a batch is scored, from its first row to its last, whatever is published meanwhile."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    rule_id: str
    rule_name: str
    rule_version: int
    model_version: int | None
    """Of similarity; None where the tenant has no customers or the model is not built yet."""


class BatchPlanned(BaseModel):
    """The plan of a batch, or why there is none."""

    batch_id: UUID
    plan: BatchPlan | None
    error: BatchFailure | None


class ScoreChunk(BaseModel):
    """Score the leads of a sealed chunk."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    batch_id: UUID
    chunk: int
    object: SealedReference
    plan: BatchPlan
    require: Requirements | None = None
    """None is the default bar, tier neutral or better; an empty list is no bar."""
    livemode: bool


class ChunkScored(BaseModel):
    """A chunk was scored, or cannot be."""

    batch_id: UUID
    chunk: int
    object: SealedReference | None
    error: BatchFailure | None


class LeadToScore(BaseModel):
    """What a lead is scored by; nothing that names the person."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    position: int
    """Names the lead in the answer."""
    domain: str | None
    """Registrable; None where no company is known."""
    attributes: dict[str, Any]
    """What the row says of its company, as in `CompanyAttributes`, with `email`, `phone` and `linkedin` as true where
    the contact has one."""
    contact: dict[str, Any]
    """`seniority`, `function`, `email_status`, `phone_status` (texts) and `linkedin` (true), where known."""


class FoundCompany(BaseModel):
    """What sources say of a company; counts less than what the tenant says."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    attributes: dict[str, Any]
    source: str
    observed_at: datetime


class ChunkToScore(BaseModel):
    """The content of the object in `ScoreChunk`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    leads: list[LeadToScore]
    companies: dict[str, FoundCompany]
    """By domain."""


class SimilarityOfLead(BaseModel):
    """How much a lead's company is like the tenant's customers."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    score: float
    percentile: float | None
    grade: str | None
    confidence: float | None


class ScoredLead(BaseModel):
    """A lead's scores."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    position: int
    score: int
    """By the rule."""
    tier: str
    missing: list[str]
    similarity: SimilarityOfLead | None
    unmet: str | None
    """The requirement that it does not meet, in words, or None where it qualifies."""
    name: str | None
    """Of the company, as the best source says."""
    signals: list[str]
    technologies: list[str]
    attributes: dict[str, Any]
    """All that the score was computed from but contacts: the tenant's profile, the row's over it, others' under it."""


class ScoredChunk(BaseModel):
    """The content of the object in `ChunkScored`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    leads: list[ScoredLead]


PLAN = MessageType("bulk.plan", PlanBatch, Kind.COMMAND)
SCORE = MessageType("bulk.score", ScoreChunk, Kind.COMMAND)
PLANNED = MessageType("bulk.planned", BatchPlanned, Kind.FACT)
SCORED = MessageType("bulk.scored", ChunkScored, Kind.FACT)
