"""Scores that were given, as answers show them; see `winnow_contracts.scores`."""

import hashlib
from typing import Any

import orjson
from winnow_contracts.explained import Cause

from winnow_scoring.public_ids import Prefix, shown, time_of
from winnow_scoring.store.score_history import ListedScore, StoredSimilarity
from winnow_scoring.store.scores import StoredScore


def stored(score: StoredScore | StoredSimilarity) -> dict[str, Any]:
    """The `StoredScore`, or the `StoredSimilarity`."""
    return {
        **(_by_rule(score) if isinstance(score, StoredScore) else _by_similarity(score)),
        "data_as_of": score.data_as_of,
        "livemode": score.livemode,
        "score_id": shown(score.score_id, prefix=Prefix.SCORE),
        "request_id": str(score.request_id),
        "code_version": score.code_version,
        "snapshot_hash": score.snapshot_hash.hex(),
        "company_version": score.company_version,
        "evaluated_on": score.evaluated_on,
        "scored_at": time_of(score.score_id),
    }


def listed(score: ListedScore, *, cause: Cause | None) -> dict[str, Any]:
    """The `ScoreSummary`."""
    by_rule = score.rule_id is not None
    return {
        "score_id": shown(score.score_id, prefix=Prefix.SCORE),
        "kind": "rule" if by_rule else "similarity",
        "domain": score.domain,
        "rule_id": score.rule_id,
        "rule_version": score.rule_version,
        "model_version": score.model_version,
        "score": int(score.score) if by_rule else score.score,
        "tier": score.tier,
        "grade": score.grade,
        "livemode": score.livemode,
        "scored_at": time_of(score.score_id),
        "request_id": str(score.request_id),
        "cause": None if cause is None else cause.model_dump(),
    }


def verified(
    score: StoredScore | StoredSimilarity, *, again: bytes, identical: bool, code_version: str
) -> dict[str, Any]:
    """The `Verification`; `code_version` is that of what computed the score again."""
    return {
        "score_id": shown(score.score_id, prefix=Prefix.SCORE),
        "identical": identical,
        "stored_sha256": hashlib.sha256(score.result).hexdigest(),
        "computed_sha256": hashlib.sha256(again).hexdigest(),
        "rule_hash": score.rule_hash if isinstance(score, StoredScore) else None,
        "model_version": score.model_version if isinstance(score, StoredSimilarity) else None,
        "snapshot_hash": score.snapshot_hash.hex(),
        "code_version": score.code_version,
        "current_code_version": code_version,
    }


def _by_rule(score: StoredScore) -> dict[str, Any]:
    return {
        "kind": "rule",
        "domain": score.domain,
        "rule_id": score.rule_id,
        "rule_name": score.rule_name,
        **orjson.loads(score.result),
        "rule_version": score.rule_version,
        "rule_hash": score.rule_hash,
    }


def _by_similarity(score: StoredSimilarity) -> dict[str, Any]:
    """What the request named the company by is not kept: the score is of the domain that it was taken to name."""
    resolved: dict[str, Any] = {
        "domain": score.domain,
        "matched_on": None,
        "confidence": 1.0,
        "candidates": [],
        "disagreement": [],
    }
    return {"kind": "similarity", "domain": score.domain, **orjson.loads(score.result), "resolved": resolved}
