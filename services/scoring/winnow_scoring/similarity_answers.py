"""Answers of similarity as bytes: what was computed, what names the request, and why there is no score.

What is computed is the same for everybody who asks, and is what the cache keeps; who asked, and how, is added behind.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from winnow_contracts.similarity import IdentifierName

from winnow_scoring.public_ids import Prefix, shown
from winnow_scoring.resolving import Resolution

_REASONS: Final = {
    "no_customers": "There are no customers that anything is known of. PUT /v1/customers says who they are, and"
    " PUT /v1/companies/{domain} what you know of them.",
    "model_building": "The model of your customers is being built. Ask again in a moment.",
    "company_unknown": "Nothing is known of this company yet. PUT /v1/companies/{domain} says what you know.",
    "no_company_named": "None of the identifiers names a company. The most exact is a domain.",
}
_USELESS: Final = {
    "not_a_domain": "is no domain",
    "not_an_email_address": "is no e-mail address",
    "free_mail": "is of a free-mail provider, which says nothing of a company",
    "not_a_linkedin_page": "is no LinkedIn page",
    "personal_page": "is somebody's own page, which names no company",
    "personal_data": "names a person, and was not used",
    "blank": "is blank",
}
_MISSING: Final = (
    "industry",
    "employees",
    "technologies",
    "funding_stage",
    "signals",
    "country",
    "founded",
    "description",
)


def computed(result: bytes, *, data_as_of: datetime, score_id: UUID) -> bytes:
    """The part of an answer that is the same for everybody who asks."""
    return b'%b,"data_as_of":%b,"score_id":"%b"}' % (
        result[:-1],
        orjson.dumps(data_as_of, option=orjson.OPT_UTC_Z),
        shown(score_id, prefix=Prefix.SCORE).encode(),
    )


def answer(part: bytes, *, resolution: Resolution, request_id: UUID, livemode: bool) -> bytes:
    """The `SimilarityAnswer` of what was computed."""
    if resolution.unusable:
        told = orjson.loads(part)
        told["missing"] += _unusable(resolution)
        part = orjson.dumps(told)
    return b'%b,"resolved":%b,"livemode":%b,"request_id":"%b"}' % (
        part[:-1],
        orjson.dumps(_resolved(resolution)),
        b"true" if livemode else b"false",
        str(request_id).encode(),
    )


def without_score(
    code: str, *, resolution: Resolution, model_version: int | None, request_id: UUID, livemode: bool
) -> bytes:
    """The `SimilarityAnswer` that has a reason in place of a score."""
    detail = _detail(code, resolution)
    told: dict[str, Any] = {
        "score": None,
        "percentile": None,
        "grade": None,
        "similar_customers": [],
        "breakdown": [],
        "explanation": detail,
        "confidence": {"level": "none", "value": 0.0},
        "missing": [*(_MISSING if code == "company_unknown" else ()), *_unusable(resolution)],
        "reason": {"code": code, "detail": detail},
        "reference": None,
        "model_version": model_version,
        "data_as_of": None,
        "score_id": None,
        "resolved": _resolved(resolution),
        "livemode": livemode,
        "request_id": request_id,
    }
    return orjson.dumps(told)


def _detail(code: str, resolution: Resolution) -> str:
    if code != "no_company_named" or not resolution.unusable:
        return _REASONS[code]
    faults = [f"{identifier} {_USELESS[reason]}" for identifier, reason in resolution.unusable]
    return f"{_REASONS[code]} Here {', and '.join(faults)}."


def _resolved(resolution: Resolution) -> dict[str, Any]:
    return {
        "domain": resolution.domain,
        "matched_on": resolution.matched_on,
        "confidence": round(resolution.confidence, 2),
        "candidates": resolution.candidates,
        "disagreement": resolution.disagreement,
    }


def _unusable(resolution: Resolution) -> Sequence[IdentifierName]:
    return [identifier for identifier, _ in resolution.unusable]
