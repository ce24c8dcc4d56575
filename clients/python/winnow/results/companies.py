"""Companies and their imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import Field

from winnow.results.parsing import Result


class Provenance(Result):
    """Where a value comes from, and when it was said."""

    source: str
    observed_at: datetime


class Company(Result):
    """A company as it is known: what nobody gave is None. `sources` tells where each value is from.

    `email`, `phone` and `linkedin` say whether one is known, never which.
    """

    domain: str
    name: str | None = None
    industry: str | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    employees: int | None = None
    revenue: float | None = None
    founded: int | None = None
    technologies: Sequence[str] | None = None
    funding_stage: str | None = None
    funding_total: float | None = None
    last_funding_at: date | datetime | None = None
    signals: Sequence[str] | None = None
    tags: Sequence[str] | None = None
    description: str | None = None
    status: str | None = None
    confidence: float | None = None
    email: bool | None = None
    phone: bool | None = None
    linkedin: bool | None = None
    custom: Mapping[str, Any] | None = None
    version: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    sources: Mapping[str, Provenance] = Field(default_factory=dict)


class RejectedRow(Result):
    """A row of an import that could not be taken, and why. Lines count from 1."""

    line: int
    reason: str


class ImportFailure(Result):
    """Why a file could not be read."""

    code: str
    detail: str


class ImportStatus(Result):
    """How far an import is: queued, running, completed or failed.

    Rows that are wrong are rejected one by one; the others go in. `errors` holds the first rejected ones.
    `model_version` is there once customers are in: the version of the model that will know them.
    """

    import_id: str
    status: str
    rows: int = 0
    imported: int = 0
    rejected: int = 0
    errors: Sequence[RejectedRow] = ()
    bytes_total: int = 0
    bytes_read: int = 0
    error: ImportFailure | None = None
    kind: str = "companies"
    model_version: int | None = None

    @property
    def finished(self) -> bool:
        return self.status in {"completed", "failed"}
