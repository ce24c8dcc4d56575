"""What is published about the profiles that others know: that one is needed, that one has arrived."""

from typing import Literal
from uuid import UUID

import orjson
from winnow_common.identifiers import event_id
from winnow_common.outcome import Fact
from winnow_contracts import enrichment, profiles, topics

from winnow_scoring.store.enrichment import Finding


def requested(domain: str, *, tenant: UUID, cause: UUID, reason: Literal["score", "customer"]) -> Fact:
    """`enrichment.requested`."""
    return Fact(
        topic=topics.ENRICHMENT_REQUESTS,
        type=enrichment.REQUESTED,
        id=event_id(cause, enrichment.REQUESTED.name, domain),
        tenant=tenant,
        key=domain,
        data=orjson.dumps({"domain": domain, "reason": reason}),
    )


def enriched(finding: Finding, *, version: int, tenant: UUID, cause: UUID) -> Fact:
    """`company.enriched`."""
    told = {
        "domain": finding.domain,
        "version": version,
        "source": finding.source,
        "attributes": orjson.Fragment(finding.attributes),
    }
    return Fact(
        topic=topics.COMPANIES,
        type=profiles.ENRICHED,
        id=event_id(cause, profiles.ENRICHED.name, finding.domain),
        tenant=tenant,
        key=finding.domain,
        data=orjson.dumps(told),
        sequence=version,
    )
