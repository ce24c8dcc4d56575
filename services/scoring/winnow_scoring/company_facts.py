"""What listeners are told about companies, whether a request or an import changed them."""

from uuid import UUID

import orjson
from winnow_common.identifiers import event_id
from winnow_common.outcome import Fact
from winnow_contracts import profiles, topics

from winnow_scoring.store.companies import Change


def updated(change: Change, *, tenant: UUID, cause: UUID, place: str = "") -> Fact:
    """`company.updated`; `place` tells several changes of one company by one cause apart."""
    company = change.company
    told = {
        "domain": company.domain,
        "version": company.version,
        "attributes": orjson.Fragment(company.attributes),
    }
    return Fact(
        topic=topics.COMPANIES,
        type=profiles.UPDATED,
        id=event_id(cause, profiles.UPDATED.name, f"{company.domain}{place}"),
        tenant=tenant,
        key=company.domain,
        data=orjson.dumps(told),
        sequence=company.version,
    )


def deleted(domain: str, *, version: int, tenant: UUID, cause: UUID) -> Fact:
    """`company.deleted`."""
    return Fact(
        topic=topics.COMPANIES,
        type=profiles.DELETED,
        id=event_id(cause, profiles.DELETED.name, domain),
        tenant=tenant,
        key=domain,
        data=orjson.dumps({"domain": domain, "version": version}),
        sequence=version,
    )
