"""What the API answers, as frozen objects; fields that this version does not know are ignored."""

from winnow.results.access import Account, Key, NewKey, Session
from winnow.results.companies import Company, ImportStatus, RejectedRow
from winnow.results.customers import Customer, CustomersAccepted
from winnow.results.explained import AttributeChange, Cause, Counterfactual
from winnow.results.parsing import Page, Result, StoredAnswer, parse, parse_either, parse_page
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
from winnow.results.similarity import (
    Confidence,
    FactorLine,
    ModelFactor,
    ModelQuality,
    Reference,
    Resolved,
    SimilarCustomer,
    SimilarityModel,
    SimilarityScore,
    StoredSimilarity,
)

__all__ = [
    "Account",
    "AttributeChange",
    "BatchItem",
    "BreakdownLine",
    "Cause",
    "Company",
    "Confidence",
    "Counterfactual",
    "Customer",
    "CustomersAccepted",
    "FactorLine",
    "Finding",
    "Findings",
    "ImportStatus",
    "Key",
    "ModelFactor",
    "ModelQuality",
    "NewKey",
    "Page",
    "Reason",
    "Reference",
    "RejectedRow",
    "Resolved",
    "Result",
    "Rule",
    "RuleSummary",
    "RuleVersion",
    "Score",
    "ScoreSummary",
    "Session",
    "SimilarCustomer",
    "SimilarityModel",
    "SimilarityScore",
    "StoredAnswer",
    "StoredScore",
    "StoredSimilarity",
    "Unscored",
    "Verification",
    "parse",
    "parse_either",
    "parse_page",
]
