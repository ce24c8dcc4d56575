"""Leads: one row of a file as it was understood, judged and scored, with where everything comes from."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from winnow_contracts.batches import DownloadStatus
from winnow_contracts.pages import PageRequest
from winnow_contracts.topic import Kind, MessageType
from winnow_contracts.uploads import RowReason

EmailStatusName = Literal["verified_deliverable", "risky", "undeliverable", "unknown"]
PhoneStatusName = Literal["mobile_active", "mobile", "landline", "voip", "toll_free", "possible", "invalid", "unknown"]


class LeadAccount(BaseModel):
    """The company of a lead."""

    name: str | None
    domain: str | None
    signals: list[str]
    technologies: list[str]
    industry: str | None = None
    employees: int | None = None
    country: str | None = None


class LeadContact(BaseModel):
    """The person."""

    full_name: str | None
    title_normalized: str | None
    email: str | None
    email_status: EmailStatusName
    phone: str | None
    phone_status: PhoneStatusName
    first_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    seniority: str | None = None
    function: str | None = None
    linkedin: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None
    email_reasons: list[str] = []
    email_suggestion: str | None = None


class LeadScores(BaseModel):
    """Each score there is; `score` of the lead is the similarity's where there is one, else the rule's."""

    rule: int | None
    tier: str | None
    rule_id: str | None
    rule_version: int | None
    similarity: float | None
    grade: str | None
    percentile: float | None
    model_version: int | None


class LeadPhase3Metrics(BaseModel):
    """Of one lead."""

    cache_hit: bool | None
    predictive_match: bool
    sources: int
    """That told of its company, the row among them."""
    confidence: float | None


class QualifiedLead(BaseModel):
    """A row of a download in JSON; of CSV the same as dotted columns (`account.name`), with lists joined by `;`."""

    status: Literal["QUALIFIED", "REJECTED", "DUPLICATE", "FAILED"]
    score: float | None
    account: LeadAccount
    contact: LeadContact
    dedup_confidence: float | None
    lead_id: str
    row: Annotated[int, Field(description="The line of the file.")]
    external_id: str | None
    scores: LeadScores
    reason: RowReason | None
    duplicate_of: str | None
    phase3_metrics: LeadPhase3Metrics
    source: Annotated[dict[str, str], Field(description="Unmapped columns as they came.")]


class ValueSource(BaseModel):
    """Where a value of a lead comes from."""

    field: str
    source: str
    """row, profile, directory, or the lead id of the duplicate that filled it."""
    observed_at: datetime | None


class WaterfallStep(BaseModel):
    """What the comparison of one field said for or against two rows being one person."""

    field: str
    level: str
    weight: Annotated[float, Field(description="log2 of the Bayes factor: above 0 it speaks for it.")]
    total: Annotated[float, Field(description="Up to here, from the prior on.")]


class MatchAnswer(BaseModel):
    """Why a row was taken for the same person as another."""

    with_lead: str
    probability: float
    prior: float
    steps: list[WaterfallStep]


class LeadAnswer(QualifiedLead):
    """A lead with everything that is known of it."""

    batch_id: str
    created_at: datetime
    matches: list[MatchAnswer]
    duplicates: Annotated[list[str], Field(description="Leads that are duplicates of this one, the first 100.")]
    sources: list[ValueSource]
    attributes: Annotated[dict[str, Any], Field(description="Of the company, as they were scored.")]


class GetLead(BaseModel):
    """One lead; answered sealed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str


class ListLeads(PageRequest):
    """The leads of a tenant, newest first, or of one batch in the order of its rows; answered sealed."""

    batch_id: str | None = None
    status: DownloadStatus = "all"
    limit: int = Field(default=100, ge=1, le=500, description="At most so many.")


class UnmergeLead(BaseModel):
    """A duplicate is no duplicate: keep it apart from its survivor, and make both again from their rows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str


class UnmergeAccepted(BaseModel):
    """Both leads are made again in the background; `GET /api/batches/{batch_id}` says when that is done."""

    lead_id: str
    batch_id: str
    survivor: str


GET = MessageType("leads.get", GetLead, Kind.READ)
LIST = MessageType("leads.list", ListLeads, Kind.READ)
UNMERGE = MessageType("leads.unmerge", UnmergeLead, Kind.COMMAND)
