"""Leads: rows of files as they were understood, judged and scored, with where everything comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue

from winnow.results.parsing import Result
from winnow.results.uploads import RowReason


class LeadAccount(Result):
    """The company of a lead."""

    name: str | None = None
    domain: str | None = None
    signals: Sequence[str] = ()
    technologies: Sequence[str] = ()
    industry: str | None = None
    employees: int | None = None
    country: str | None = None


class LeadContact(Result):
    """The person. What could not be asked makes a status unknown, never undeliverable."""

    full_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    title_normalized: str | None = None
    seniority: str | None = None
    function: str | None = None
    email: str | None = None
    email_status: str = "unknown"
    email_reasons: Sequence[str] = ()
    email_suggestion: str | None = None
    phone: str | None = None
    phone_status: str = "unknown"
    linkedin: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None


class LeadScores(Result):
    """Each score there is: by a rule with its tier, by similarity with its grade."""

    rule: int | None = None
    tier: str | None = None
    rule_id: str | None = None
    rule_version: int | None = None
    similarity: float | None = None
    grade: str | None = None
    percentile: float | None = None
    model_version: int | None = None


class LeadMetrics(Result):
    """Whether the company was known already, and how many sources told of it, the row among them."""

    cache_hit: bool | None = None
    predictive_match: bool = False
    sources: int = 0
    confidence: float | None = None


class Lead(Result):
    """A row of a file: QUALIFIED, REJECTED, DUPLICATE or FAILED, with the `reason` where it is not the first.

    `score` is the similarity's where there is one, else the rule's. `source` has the columns that are no field.
    """

    lead_id: str
    status: str
    score: float | None = None
    account: LeadAccount = LeadAccount()
    contact: LeadContact = LeadContact()
    dedup_confidence: float | None = None
    row: int
    external_id: str | None = None
    scores: LeadScores = LeadScores()
    reason: RowReason | None = None
    duplicate_of: str | None = None
    phase3_metrics: LeadMetrics = LeadMetrics()
    source: Mapping[str, str] = {}


class ValueSource(Result):
    """Where a value comes from: the row, a profile, a directory, or the duplicate (by its id) that filled it."""

    field: str
    source: str
    observed_at: datetime | None = None


class WaterfallStep(Result):
    """What comparing one field said for (above 0) or against two rows being one person, in bits.

    `total` is the sum up to here, from the prior on.
    """

    field: str
    level: str
    weight: float
    total: float


class Match(Result):
    """Why a row was taken for the same person as another."""

    with_lead: str
    probability: float
    prior: float
    steps: Sequence[WaterfallStep] = ()


class LeadDetails(Lead):
    """A lead with everything that is known of it; `attributes` are the company's as they were scored."""

    batch_id: str
    created_at: datetime | None = None
    matches: Sequence[Match] = ()
    duplicates: Sequence[str] = ()
    sources: Sequence[ValueSource] = ()
    attributes: Mapping[str, JsonValue] = {}


class Unmerged(Result):
    """A duplicate that is made again on its own, and the survivor that is made again without it."""

    lead_id: str
    batch_id: str
    survivor: str
