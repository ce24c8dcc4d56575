"""Scoring rules, their versions, and what lint says about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from winnow.results.parsing import Result


class Finding(Result):
    """A warning about a rule: it can be published, but probably means something else."""

    code: str
    detail: str
    pointer: str | None = None


class Findings(Result):
    """What lint found in a version of a rule."""

    version: int
    lint: Sequence[Finding] = ()


class RuleSummary(Result):
    """A rule in a list; `published_version` is the one that scores, None while there are drafts alone."""

    id: str
    name: str
    default: bool = False
    published_version: int | None = None
    latest_version: int
    updated_at: datetime | None = None


class RuleVersion(Result):
    """A version in a list: `draft`, `published`, or `superseded` by a later one."""

    version: int
    status: str
    name: str = ""
    created_at: datetime | None = None
    published_at: datetime | None = None


class Rule(Result):
    """A rule and one of its versions; `definition` is what was written."""

    id: str
    name: str
    version: int
    status: str
    definition: Mapping[str, Any]
    default: bool = False
    published_version: int | None = None
    latest_version: int | None = None
    lint: Sequence[Finding] = ()
    created_at: datetime | None = None
