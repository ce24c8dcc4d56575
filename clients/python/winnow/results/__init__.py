"""What the API answers, as frozen objects; fields that this version does not know are ignored."""

from winnow.results.access import Account, Key, NewKey, Session
from winnow.results.companies import Company, ImportStatus, RejectedRow
from winnow.results.parsing import Page, Result, StoredAnswer, parse, parse_page
from winnow.results.rules import Finding, Findings, Rule, RuleSummary, RuleVersion
from winnow.results.scores import (
    BatchItem,
    BreakdownLine,
    Reason,
    Score,
    ScoreSummary,
    StoredScore,
    Unscored,
    Verification,
)

__all__ = [
    "Account",
    "BatchItem",
    "BreakdownLine",
    "Company",
    "Finding",
    "Findings",
    "ImportStatus",
    "Key",
    "NewKey",
    "Page",
    "Reason",
    "RejectedRow",
    "Result",
    "Rule",
    "RuleSummary",
    "RuleVersion",
    "Score",
    "ScoreSummary",
    "Session",
    "StoredAnswer",
    "StoredScore",
    "Unscored",
    "Verification",
    "parse",
    "parse_page",
]
