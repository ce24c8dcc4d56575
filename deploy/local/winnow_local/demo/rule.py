"""The rule that the demo scores by: whom a vendor of tools for software teams would call first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

RULE_ID: Final = "sr_demo"

RULE: Final[Mapping[str, Any]] = {
    "name": "Growing software companies",
    "conditions": [
        {
            "attribute": "industry",
            "operator": "in",
            "value": ["B2B", "Fintech", "Technology"],
            "points": 15,
            "label": "Sells to business",
        },
        {"attribute": "employees", "operator": "between", "value": [20, 500], "points": 20, "label": "Mid-sized"},
        {"attribute": "signals", "operator": "contains", "value": "hiring", "points": 15, "label": "Is hiring"},
        {
            "attribute": "country",
            "operator": "in",
            "value": ["United States", "Canada", "United Kingdom"],
            "points": 10,
            "label": "In our market",
        },
        {"attribute": "funding_stage", "operator": "is", "value": "Growth", "points": 10, "label": "Growth stage"},
        {"attribute": "technologies", "operator": "uses", "value": "TypeScript", "points": 10, "group": "technology"},
        {"attribute": "technologies", "operator": "uses", "value": "Python", "points": 10, "group": "technology"},
        {
            "any": [
                {"attribute": "technologies", "operator": "uses", "value": "Amazon Web Services (AWS)"},
                {"attribute": "technologies", "operator": "uses", "value": "Google Cloud"},
            ],
            "points": 10,
            "label": "In a public cloud",
            "group": "technology",
        },
        {"attribute": "tags", "operator": "contains", "value": "SaaS", "points": 5, "label": "Sells SaaS"},
        {
            "attribute": "status",
            "operator": "in",
            "value": ["Inactive", "Acquired"],
            "points": -50,
            "label": "Inactive or acquired",
        },
    ],
    "tiers": {"hot": 80, "warm": 50, "neutral": 20},
    "caps": {"total": [0, 100], "groups": {"technology": [0, 25]}},
}
