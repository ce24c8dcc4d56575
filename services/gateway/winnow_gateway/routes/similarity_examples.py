"""Examples of similarity in the documents; the contributions of a breakdown add up to its score."""

from typing import Any, Final

from winnow_gateway.routes.scoring import REQUEST_ID, SCORE_ID

MODEL_VERSION: Final = 12
_REFERENCE: Final = {"name": "your companies and directory", "size": 5240}

EXAMPLE_SIMILARITY: Final[dict[str, Any]] = {
    "score": 82.4,
    "percentile": 96.1,
    "grade": "A",
    "similar_customers": [
        {
            "domain": "ledgerly.com",
            "name": "Ledgerly",
            "similarity": 88.7,
            "shared_attributes": ["Industry: Fintech", "Uses Stripe", "Funding: Series A", "Country: US"],
        },
        {
            "domain": "paywise.io",
            "name": "Paywise",
            "similarity": 81.2,
            "shared_attributes": ["Industry: Fintech", "Uses Stripe", "51-200 employees"],
        },
    ],
    "breakdown": [
        {
            "factor": "industry",
            "similarity": 1.0,
            "weight": 0.3,
            "contribution": 30.0,
            "company": "Fintech",
            "customers": ["Fintech"],
            "missing": False,
        },
        {
            "factor": "tech_stack",
            "similarity": 0.8,
            "weight": 0.25,
            "contribution": 20.0,
            "company": ["React", "Stripe"],
            "customers": ["AWS", "React", "Stripe"],
            "missing": False,
        },
        {
            "factor": "company_size",
            "similarity": 0.9,
            "weight": 0.2,
            "contribution": 18.0,
            "company": 120,
            "customers": [85, 140],
            "missing": False,
        },
        {
            "factor": "funding",
            "similarity": 0.7,
            "weight": 0.15,
            "contribution": 10.5,
            "company": "Seed",
            "customers": ["Series A"],
            "missing": False,
        },
        {
            "factor": "growth_signals",
            "similarity": None,
            "weight": 0.1,
            "contribution": 3.9,
            "company": None,
            "customers": 0.35,
            "missing": True,
        },
    ],
    "explanation": "newstartup.com is most like Ledgerly and Paywise: the same industry, a similar size, and React and "
    "Stripe in common. It is at an earlier stage of funding than they are. Its growth is not known.",
    "confidence": {"level": "high", "value": 0.84},
    "data_as_of": "2026-11-02T09:30:00Z",
    "resolved": {
        "domain": "newstartup.com",
        "matched_on": "domain",
        "confidence": 1.0,
        "candidates": [],
        "disagreement": [],
    },
    "missing": ["growth_signals"],
    "reason": None,
    "reference": _REFERENCE,
    "model_version": MODEL_VERSION,
    "score_id": SCORE_ID,
    "livemode": True,
    "request_id": REQUEST_ID,
}

EXAMPLE_UNKNOWN: Final[dict[str, Any]] = {
    "score": None,
    "percentile": None,
    "grade": None,
    "similar_customers": [],
    "breakdown": [],
    "explanation": "A person's page names no company, and nothing else was given.",
    "confidence": {"level": "none", "value": 0.0},
    "data_as_of": None,
    "resolved": {"domain": None, "matched_on": None, "confidence": 0.0, "candidates": [], "disagreement": []},
    "missing": ["linkedin_url"],
    "reason": {"code": "no_company_named", "detail": "None of the identifiers names a company."},
    "reference": None,
    "model_version": MODEL_VERSION,
    "score_id": None,
    "livemode": True,
    "request_id": REQUEST_ID,
}

EXAMPLE_MODEL: Final[dict[str, Any]] = {
    "status": "ready",
    "model_version": MODEL_VERSION,
    "wanted_version": MODEL_VERSION,
    "customers": 214,
    "customers_known": 209,
    "factors": [
        {"factor": "industry", "weight": 0.3, "default_weight": 0.25, "separation": 0.81, "coverage": 0.99},
        {"factor": "tech_stack", "weight": 0.25, "default_weight": 0.25, "separation": 0.74, "coverage": 0.87},
        {"factor": "company_size", "weight": 0.2, "default_weight": 0.2, "separation": 0.69, "coverage": 0.96},
        {"factor": "funding", "weight": 0.15, "default_weight": 0.15, "separation": 0.66, "coverage": 0.7},
        {"factor": "growth_signals", "weight": 0.1, "default_weight": 0.15, "separation": None, "coverage": 0.08},
    ],
    "reference": _REFERENCE,
    "quality": {"auc": 0.86, "customers": 209},
    "built_at": "2026-11-02T09:30:01Z",
    "build_seconds": 0.4,
    "code_version": "1.0.0",
}
