"""Scoring rules, their versions, and what lint says about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from winnow.results.parsing import Result


class Finding(Result):
    """A warning about a rule: it can be published, but probably means something else."""

    code: str = ""
    detail: str = ""
    pointer: str | None = None


class RuleVersion(Result):
    """One version of a rule: a draft until it is published."""

    version: int
    status: str = "draft"
    created_at: datetime | None = None
    published_at: datetime | None = None


class Rule(RuleVersion):
    """A rule as its newest version says it."""

    id: str
    name: str = ""
    conditions: Sequence[Mapping[str, Any]] = ()
    tiers: Mapping[str, int] = Field(default_factory=dict)
    caps: Mapping[str, Any] | None = None
    default: bool = False
    published_version: int | None = None
    lint: Sequence[Finding] = ()


class Findings(Result):
    """What lint found in a rule."""

    lint: Sequence[Finding] = ()
