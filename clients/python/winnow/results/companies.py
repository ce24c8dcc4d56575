"""Companies and their imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from winnow.results.parsing import Result


class Company(Result):
    """A company as it is known: what nobody gave is absent (None or empty).

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


class RejectedRow(Result):
    """A row of an import that could not be taken, and why. Lines count from 1."""

    line: int
    reason: str


class ImportStatus(Result):
    """How far an import is. Rows that are wrong are rejected one by one; the others go in."""

    import_id: str
    status: str = "queued"
    rows: int = 0
    imported: int = 0
    rejected: int = 0
    errors: Sequence[RejectedRow] = ()

    @property
    def finished(self) -> bool:
        return self.status in {"completed", "failed"}
