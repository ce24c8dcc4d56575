"""What the API answers, as frozen objects; fields that this version does not know are ignored."""

from winnow.results.access import Account, Key, NewKey, Session
from winnow.results.companies import Company, ImportStatus, RejectedRow
from winnow.results.parsing import Page, Result, parse, parse_page
from winnow.results.rules import Finding, Findings, Rule, RuleSummary, RuleVersion
from winnow.results.scores import BatchItem, BreakdownLine, Reason, Score, Unscored

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
    "Session",
    "Unscored",
    "parse",
    "parse_page",
]
