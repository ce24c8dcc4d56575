"""The rule that every account begins with, so that the first call has an answer.

It fits any profile: it asks for what most sales teams ask of a company first (size, fresh funding, hiring, a way to
reach it), never for a market, since only the tenant knows its own.
"""

from collections.abc import Mapping
from typing import Any, Final

STARTER_DEFINITION: Final[Mapping[str, Any]] = {
    "name": "Starter ICP",
    "conditions": [
        {"attribute": "employees", "operator": "between", "value": [11, 1000], "points": 30},
        {"attribute": "employees", "operator": ">", "value": 1000, "points": 20},
        {
            "any": [
                {"attribute": "last_funding_at", "operator": "within_days", "value": 730},
                {"attribute": "revenue", "operator": ">=", "value": 1_000_000},
            ],
            "points": 20,
            "label": "Has money to spend",
        },
        {"attribute": "signals", "operator": "matches", "value": "hiring|growth|expansion", "points": 15},
        {"attribute": "technologies", "operator": "has", "points": 10},
        {"attribute": "industry", "operator": "has", "points": 10},
        {"attribute": "description", "operator": "has", "points": 5},
        {
            "any": [
                {"attribute": "email", "operator": "has"},
                {"attribute": "phone", "operator": "has"},
                {"attribute": "linkedin", "operator": "has"},
            ],
            "points": 10,
            "label": "Can be reached",
        },
        {
            "attribute": "status",
            "operator": "in",
            "value": ["Inactive", "Closed", "Dissolved", "Bankrupt", "Out of business"],
            "points": -50,
            "label": "No longer in business",
        },
    ],
    "tiers": {"hot": 80, "warm": 50, "neutral": 20},
    "caps": {"total": [0, 100]},
}
