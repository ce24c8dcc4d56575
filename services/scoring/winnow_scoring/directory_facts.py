"""What is published about the directory: that a company is in it, that it was emptied."""

from datetime import datetime
from uuid import UUID

import orjson
from winnow_common.identifiers import event_id
from winnow_common.outcome import Fact
from winnow_contracts import directory as contract
from winnow_contracts import topics
from winnow_contracts.directory import EVERYBODY


def listed(domain: str, attributes: str, *, loaded_at: datetime, cause: UUID) -> Fact:
    """`directory.company_listed`; `attributes` are canonical JSON, `cause` is the operator's command.

    Each command tells anew, also of what others were told before: they may have lost it.
    """
    told = {"domain": domain, "loaded_at": loaded_at, "attributes": orjson.Fragment(attributes)}
    return Fact(
        topic=topics.DIRECTORY,
        type=contract.LISTED,
        id=event_id(cause, contract.LISTED.name, f"{domain}/{loaded_at.isoformat()}"),
        tenant=EVERYBODY,
        key=domain,
        data=orjson.dumps(told, option=orjson.OPT_UTC_Z),
    )


def cleared(now: datetime) -> Fact:
    """`directory.cleared`."""
    return Fact(
        topic=topics.DIRECTORY,
        type=contract.CLEARED,
        id=event_id(EVERYBODY, contract.CLEARED.name, now.isoformat()),
        tenant=EVERYBODY,
        key="",
        data=orjson.dumps({"cleared_at": now}, option=orjson.OPT_UTC_Z),
    )
