"""What a model is made of, for people: the part of `GET /v1/similarity` that changes with the model alone."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from winnow_scoring.populations import Sources
from winnow_scoring.similarity.factors import CODE_VERSION, DEFAULT_WEIGHTS, FACTORS
from winnow_scoring.similarity.model import Model

SOURCES: Final = "sources"
"""What the reference population was drawn from: for the builder, not for people."""


def summary(model: Model, *, sources: Sources) -> Mapping[str, Any]:
    """Factors, reference population and quality of a `SimilarityStatus`, and `SOURCES`."""
    return {
        "factors": [
            {
                "factor": factor,
                "weight": round(model.weights[factor], 4),
                "default_weight": DEFAULT_WEIGHTS[factor],
                "separation": _rounded(model.quality.separation[factor]),
                "coverage": round(model.coverage[factor], 4),
            }
            for factor in FACTORS
        ],
        "reference": model.reference.model_dump(),
        "quality": {"auc": _rounded(model.quality.auc), "customers": model.quality.customers},
        "code_version": CODE_VERSION,
        "customers_known": len(model.customers.domains),
        SOURCES: asdict(sources),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
