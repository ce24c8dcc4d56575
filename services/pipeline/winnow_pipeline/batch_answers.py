"""Batches as callers see them: counts that add up, phases, and metrics that were counted."""

from collections import Counter
from typing import Any
from uuid import UUID

from winnow_pipeline.public_ids import Prefix, shown
from winnow_pipeline.store.batches import Batch, Tally


def summary(batch: Batch, tally: Tally) -> dict[str, Any]:
    """A `BatchSummary`; `leads_processed` are the rows that are decided."""
    batch_id = shown(batch.batch_id, prefix=Prefix.BATCH)
    return {
        "batch_id": batch_id,
        "job_id": batch_id,
        "upload_id": shown(batch.upload_id, prefix=Prefix.UPLOAD),
        "filename": batch.name.model_dump(),
        "status": batch.status,
        "leads_processed": tally.qualified + tally.rejected + tally.duplicate + tally.failed,
        "leads_qualified": tally.qualified,
        "counts": counts(batch.rows, tally),
        "error": failure(batch),
        "livemode": batch.livemode,
        "created_at": batch.created_at,
        "started_at": batch.started_at,
        "finished_at": batch.finished_at,
    }


def counts(rows: int, tally: Tally) -> dict[str, int]:
    """What became of the rows."""
    return {
        "rows": rows,
        "qualified": tally.qualified,
        "rejected": tally.rejected,
        "duplicate": tally.duplicate,
        "failed": tally.failed,
    }


def failure(batch: Batch) -> dict[str, str] | None:
    """Why the file as a whole could not be processed."""
    if batch.failure_code is None:
        return None
    return {"code": batch.failure_code, "detail": batch.failure_detail or ""}


def detail(batch: Batch, tally: Tally, *, reasons: Counter[tuple[str, str]]) -> dict[str, Any]:
    """A `BatchDetail`."""
    plan = batch.plan
    return summary(batch, tally) | {
        "phases": _phases(batch, tally),
        "reasons": [
            {"status": status, "code": code, "rows": rows} for (status, code), rows in sorted(reasons.items()) if rows
        ],
        "phase3_metrics": _metrics(tally),
        "rule_id": None if plan is None else plan.rule_id,
        "rule_version": None if plan is None else plan.rule_version,
        "model_version": None if plan is None else plan.model_version,
        "credits": tally.credits,
    }


def ended(batch_id: UUID, batch: Batch, tally: Tally) -> dict[str, Any]:
    """The data of `batch.ended`."""
    return {
        "batch_id": shown(batch_id, prefix=Prefix.BATCH),
        "status": batch.status,
        "counts": counts(batch.rows, tally),
        "error": failure(batch),
        "credits": tally.credits if batch.livemode else 0,
        "livemode": batch.livemode,
    }


def _phases(batch: Batch, tally: Tally) -> list[dict[str, Any]]:
    total = batch.rows if batch.ingested else None
    done = {
        "ingest": batch.rows,
        "normalize": tally.prepared,
        "validate": tally.prepared,
        "enrich": tally.prepared,
        "dedup": tally.matched,
        "score": tally.done,
    }
    return [{"phase": phase, "done": rows, "total": total} for phase, rows in done.items()]


def _metrics(tally: Tally) -> dict[str, Any]:
    return {
        "cache_hit_rate": tally.lookup_hits / tally.lookups if tally.lookups else None,
        "predictive_matches": 0,
        "multi_source_validated": tally.multi_source,
        "avg_confidence": round(tally.confidence / tally.qualified, 4) if tally.qualified else None,
    }
