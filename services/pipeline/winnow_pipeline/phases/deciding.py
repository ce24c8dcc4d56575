"""What becomes of each row of a chunk: the first that holds of unreadable, failed, duplicate, rejected, qualified."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from winnow_pipeline.leads import EmailStatus, Reason, Status
from winnow_pipeline.phases.prepared import Prepared
from winnow_pipeline.public_ids import lead_id
from winnow_pipeline.store.leads import StoredLead
from winnow_pipeline.vault.sealing import seal_account
from winnow_pipeline.vault.tenant_keys import OpenedKeys

UNDELIVERABLE: Final = Reason("undeliverable_email", "Mail to the address cannot be delivered.")
ERASED: Final = Reason("erased", "The person was erased on request.")
FAILURES: Final[Mapping[str, Reason]] = {
    "cancelled": Reason("cancelled", "The batch was cancelled before the row was decided. Retry the batch's rows."),
    "not_handled": Reason("not_handled", "The row could not be processed. The operator of this system has been told."),
    "out_of_credits": Reason("max_credits", "The batch's max_credits were used up. Retry the batch's failed rows."),
    "not_scored": Reason("not_scored", "The row could not be scored. Retry the batch's failed rows."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that is known of a chunk when it is decided."""

    tenant: UUID
    batch_id: UUID
    keys: OpenedKeys
    prepared: bytes
    scored: bytes | None
    failure: str | None
    """Why nothing of the chunk could be scored: a key of `FAILURES`."""
    scoreable: Sequence[int]
    """Places of the rows that were sent to be scored."""
    duplicates: Mapping[int, tuple[UUID, float]]
    """Survivor and probability of each row that is a duplicate, by its place."""
    confidences: Sequence[float | None]
    """By place: that a row is nobody else's."""
    wrapped: Mapping[UUID, tuple[int, bytes]]
    """Version and wrapped key of each lead that was not erased meanwhile."""
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Rows of the table, and what they sum up to."""

    leads: Sequence[StoredLead]
    counts: Mapping[str, int]
    reasons: Sequence[tuple[str, str, int]]
    scored: int
    confidence: float


def decided(case: Case) -> Decided:
    """Decide a chunk. Runs in a process that computes: every row's account is sealed."""
    prepared = Prepared.of(case.prepared)
    answers = {} if case.scored is None else {each["position"]: each for each in orjson.loads(case.scored)["leads"]}
    sent = frozenset(case.scoreable)
    leads = [
        _decide(case, prepared, place, scored=answers.get(place), sent=place in sent) for place in range(len(prepared))
    ]
    reasons = Counter((lead.status, lead.reason_code) for lead in leads if lead.reason_code is not None)
    return Decided(
        leads=leads,
        counts=Counter(lead.status for lead in leads),
        reasons=[(status, code or "", rows) for (status, code), rows in sorted(reasons.items())],
        scored=len(answers),
        confidence=sum(lead.dedup_confidence or 0.0 for lead in leads if lead.status == Status.QUALIFIED),
    )


def _decide(case: Case, prepared: Prepared, place: int, *, scored: Mapping[str, Any] | None, sent: bool) -> StoredLead:
    id = lead_id(case.batch_id, prepared.numbers[place])
    wrapped = case.wrapped.get(id)
    survivor = case.duplicates.get(place)
    status, reason = _status(case, prepared, place, scored=scored, sent=sent)
    if wrapped is None and prepared.reasons[place] is None:
        status, reason, scored, survivor = Status.REJECTED, ERASED, None, None
    if status is not Status.DUPLICATE:
        survivor = None
    similarity = None if scored is None else scored["similarity"]
    rule_score = None if scored is None else scored["score"]
    kept = wrapped is not None and scored is not None
    return StoredLead(
        lead_id=id,
        batch_id=case.batch_id,
        line=prepared.lines[place],
        status=status,
        reason_code=None if reason is None else reason.code,
        reason_detail=None if reason is None else reason.detail,
        duplicate_of=None if survivor is None else survivor[0],
        dedup_confidence=survivor[1] if survivor is not None else _confidence(case, place),
        email_status=prepared.email_statuses[place],
        phone_status=prepared.phone_statuses[place],
        domain=prepared.domains[place] if wrapped is not None else None,
        score=similarity["score"] if similarity is not None else rule_score,
        rule_score=rule_score,
        tier=None if scored is None else scored["tier"],
        similarity=None if similarity is None else similarity["score"],
        percentile=None if similarity is None else similarity["percentile"],
        grade=None if similarity is None else similarity["grade"],
        cache_hit=prepared.hits[place],
        sources=prepared.sources[place],
        account=_account(case, prepared, place, id=id, scored=scored) if kept and scored is not None else None,
        created_at=case.now,
    )


def _status(
    case: Case, prepared: Prepared, place: int, *, scored: Mapping[str, Any] | None, sent: bool
) -> tuple[Status, Reason | None]:
    known = prepared.reasons[place]
    if known is not None:
        return Status.REJECTED, Reason(*known)
    if place in case.duplicates:
        return Status.DUPLICATE, None
    if prepared.email_statuses[place] == EmailStatus.UNDELIVERABLE:
        return Status.REJECTED, UNDELIVERABLE
    if scored is None:
        code = case.failure or ("not_scored" if sent else "out_of_credits")
        return Status.FAILED, FAILURES.get(code, FAILURES["not_scored"])
    if scored["unmet"] is not None:
        return Status.REJECTED, Reason("below_bar", scored["unmet"])
    return Status.QUALIFIED, None


def _confidence(case: Case, place: int) -> float | None:
    return case.confidences[place] if place < len(case.confidences) else None


def _account(case: Case, prepared: Prepared, place: int, *, id: UUID, scored: Mapping[str, Any]) -> bytes:
    """What the score was computed from, and which of it others found, under the lead's own key."""
    found = prepared.companies.get(prepared.domains[place] or "")
    content = {name: scored[name] for name in ("name", "signals", "technologies", "attributes", "missing")}
    if found is not None:
        content["found"] = {
            "source": found["source"],
            "observed_at": found["observed_at"],
            "fields": sorted(found["attributes"]),
        }
    content["told"] = sorted(prepared.attributes[place])
    version, wrapped = case.wrapped[id]
    return seal_account(
        case.keys, tenant=case.tenant, lead_id=id, wrapped=wrapped, version=version, data=orjson.dumps(content)
    )
