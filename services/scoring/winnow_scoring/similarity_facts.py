"""What listeners are told about similarity scores: the whole answer, without who asked for it; and what was used."""

from datetime import datetime
from typing import Literal

import orjson
from winnow_common.identifiers import event_id
from winnow_common.outcome import Fact
from winnow_contracts import similarity as contract
from winnow_contracts import topics, usage

from winnow_scoring.public_ids import Prefix, shown
from winnow_scoring.similarity.comparing import Comparison
from winnow_scoring.similarity.factors import CODE_VERSION
from winnow_scoring.similarity_asks import Ask
from winnow_scoring.store.similarity import NewScore


def computed(
    new: NewScore,
    found: Comparison,
    *,
    part: bytes,
    cause: Literal["request", "profile_arrived"],
    now: datetime,
) -> Fact:
    """`similarity.computed`; `part` is what all answers with this score have in common."""
    told = {
        "score_id": shown(new.score_id, prefix=Prefix.SCORE),
        "request_id": new.request_id,
        "domain": new.domain,
        "model_version": new.model_version,
        "company_version": new.company_version,
        "code_version": CODE_VERSION,
        "score": found.score,
        "percentile": found.percentile,
        "grade": found.grade,
        "confidence": {"level": found.level, "value": found.confidence},
        "missing": found.missing,
        "computed_at": now,
        "livemode": new.livemode,
        "cause": cause,
        "answer": orjson.Fragment(part),
    }
    return Fact(
        topic=topics.SCORES,
        type=contract.COMPUTED,
        id=event_id(new.request_id, contract.COMPUTED.name, new.domain),
        tenant=new.tenant,
        key=new.domain,
        data=orjson.dumps(told, option=orjson.OPT_UTC_Z),
    )


def used(ask: Ask, *, records: int, now: datetime) -> Fact:
    """`usage.recorded`: a credit for each score, none outside of live mode."""
    request = ask.request
    told = {
        "operation_id": request.id,
        "kind": ask.kind,
        "records": records,
        "credits": records if ask.livemode else 0,
        "livemode": ask.livemode,
        "occurred_at": now,
    }
    return Fact(
        topic=topics.USAGE,
        type=usage.RECORDED,
        id=event_id(request.id, usage.RECORDED.name, ask.kind),
        tenant=request.tenant,
        key="",
        data=orjson.dumps(told, option=orjson.OPT_UTC_Z),
    )
