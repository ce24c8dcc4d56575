"""Leads as callers see them: the row of the table, with what the vault and the scored account hold of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from winnow_contracts.bulk import BatchPlan

from winnow_pipeline.leads import Contact, Lead
from winnow_pipeline.public_ids import Prefix, shown
from winnow_pipeline.store.leads import StoredLead

_CONTACT = (
    "full_name",
    "title_normalized",
    "email",
    "email_status",
    "phone",
    "phone_status",
    "first_name",
    "last_name",
    "title",
    "seniority",
    "function",
    "linkedin",
    "city",
    "region",
    "country",
    "email_reasons",
    "email_suggestion",
)
_ATTRIBUTES = ("industry", "employees", "country")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedLead:
    """A lead with its contents; both are None where it was erased."""

    stored: StoredLead
    content: Lead | None
    account: Mapping[str, Any] | None
    """What the score was computed from; None where it was not scored."""
    plan: BatchPlan | None


def qualified(opened: OpenedLead) -> dict[str, Any]:
    """A `QualifiedLead`: the seed's schema, and more."""
    stored, content = opened.stored, opened.content
    return {
        "status": stored.status.upper(),
        "score": _rounded(stored.score),
        "account": _account(opened),
        "contact": _contact(stored, content),
        "dedup_confidence": _rounded(stored.dedup_confidence),
        "lead_id": shown(stored.lead_id, prefix=Prefix.LEAD),
        "row": stored.line,
        "external_id": None if content is None else content.contact.external_id,
        "scores": _scores(stored, opened.plan),
        "reason": _reason(stored, content),
        "duplicate_of": None if stored.duplicate_of is None else shown(stored.duplicate_of, prefix=Prefix.LEAD),
        "phase3_metrics": {
            "cache_hit": stored.cache_hit,
            "predictive_match": False,
            "sources": stored.sources,
            "confidence": _rounded(stored.dedup_confidence),
        },
        "source": {} if content is None else dict(content.source),
    }


def detailed(opened: OpenedLead, *, matches: Sequence[Mapping[str, Any]], duplicates: Sequence[UUID]) -> dict[str, Any]:
    """A `LeadAnswer`."""
    stored = opened.stored
    account = opened.account or {}
    told = {} if opened.content is None else dict(opened.content.account.attributes)
    return qualified(opened) | {
        "batch_id": shown(stored.batch_id, prefix=Prefix.BATCH),
        "created_at": stored.created_at,
        "matches": list(matches),
        "duplicates": [shown(each, prefix=Prefix.LEAD) for each in duplicates],
        "sources": _sources(opened),
        "attributes": account.get("attributes", told),
    }


def account_of(data: bytes | None) -> dict[str, Any] | None:
    """The scored account again."""
    if data is None:
        return None
    content: dict[str, Any] = orjson.loads(data)
    return content


def _account(opened: OpenedLead) -> dict[str, Any]:
    told = None if opened.content is None else opened.content.account
    attributes: Mapping[str, Any] = {} if told is None else told.attributes
    answer = {
        "name": None if told is None else told.name,
        "domain": opened.stored.domain,
        "signals": list(attributes.get("signals", ())),
        "technologies": list(attributes.get("technologies", ())),
    }
    scored = opened.account
    if scored is not None:
        attributes = scored["attributes"]
        answer["name"] = answer["name"] or scored["name"]
        answer["signals"] = scored["signals"]
        answer["technologies"] = scored["technologies"]
    return answer | {name: attributes.get(name) for name in _ATTRIBUTES}


def _contact(stored: StoredLead, content: Lead | None) -> dict[str, Any]:
    contact = Contact() if content is None else content.contact
    answer: dict[str, Any] = {name: getattr(contact, name) for name in _CONTACT}
    answer["email_status"] = stored.email_status
    answer["phone_status"] = stored.phone_status
    answer["email_reasons"] = list(contact.email_reasons)
    return answer


def _scores(stored: StoredLead, plan: BatchPlan | None) -> dict[str, Any]:
    by_rule = None if stored.rule_score is None else plan
    by_model = None if stored.similarity is None else plan
    return {
        "rule": stored.rule_score,
        "tier": stored.tier,
        "rule_id": None if by_rule is None else by_rule.rule_id,
        "rule_version": None if by_rule is None else by_rule.rule_version,
        "similarity": _rounded(stored.similarity),
        "grade": stored.grade,
        "percentile": _rounded(stored.percentile),
        "model_version": None if by_model is None else by_model.model_version,
    }


def _reason(stored: StoredLead, content: Lead | None) -> dict[str, Any] | None:
    if stored.reason_code is None:
        return None
    known = None if content is None else content.reason
    column = known.column if known is not None and known.code == stored.reason_code else None
    return {"code": stored.reason_code, "detail": stored.reason_detail or "", "column": column}


def _sources(opened: OpenedLead) -> list[dict[str, Any]]:
    """Where each value comes from: the row, another row of the same person, the tenant's profile, or a source."""
    content, account = opened.content, opened.account
    if content is None:
        return []
    judged = {"email_status", "phone_status", "email_reasons"}
    said = [name for name in _CONTACT if name not in judged and getattr(content.contact, name)]
    found = [_source(name, content.filled.get(name, "row")) for name in said]
    others = (account or {}).get("found")
    told = set((account or {}).get("told", content.account.attributes))
    for name in (account or {}).get("attributes", content.account.attributes):
        if name in told:
            found.append(_source(name, "row"))
        elif others is not None and name in others["fields"]:
            found.append(_source(name, others["source"], observed_at=others["observed_at"]))
        else:
            found.append(_source(name, "profile"))
    return found


def _source(name: str, source: str, *, observed_at: str | None = None) -> dict[str, Any]:
    return {"field": name, "source": source, "observed_at": observed_at}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
