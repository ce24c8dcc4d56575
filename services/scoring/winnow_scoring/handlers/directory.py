"""The directory answers whoever asks for a company. It will move to the pipeline: it knows no more of this service."""

from collections.abc import Mapping, Sequence
from typing import Final

import orjson
from winnow_common.identifiers import event_id
from winnow_common.outcome import BatchCommand, Fact, Outcome, Outcomes, Request
from winnow_common.postgres import Connection
from winnow_contracts import enrichment as contract
from winnow_contracts import topics
from winnow_contracts.enrichment import EnrichmentRequested

from winnow_scoring.store import directory
from winnow_scoring.store.directory import Entry

SOURCE: Final = "directory"


class DirectoryLookups:
    """Listens for `enrichment.requested`."""

    def all(self) -> tuple[BatchCommand[EnrichmentRequested], ...]:
        """The handler with the fact that it takes."""
        return (BatchCommand(contract.REQUESTED, EnrichmentRequested, self.requested),)

    async def requested(self, requests: Sequence[Request[EnrichmentRequested]], connection: Connection) -> Outcomes:
        """Say what the directory knows of the companies, which may be nothing; many are looked up at once."""
        found = await directory.find(connection, domains={request.data.domain for request in requests})
        return Outcomes([Outcome(facts=[_completed(request, found=found)]) for request in requests])


def _completed(request: Request[EnrichmentRequested], *, found: Mapping[str, Entry]) -> Fact:
    """`enrichment.completed`."""
    domain = request.data.domain
    return Fact(
        topic=topics.ENRICHMENT_RESULTS,
        type=contract.COMPLETED,
        id=event_id(request.id, contract.COMPLETED.name, domain),
        tenant=request.tenant,
        key=domain,
        data=_told(domain, found=found.get(domain)),
    )


def _told(domain: str, *, found: Entry | None) -> bytes:
    """The `EnrichmentCompleted`."""
    told = {
        "domain": domain,
        "found": found is not None,
        "source": None if found is None else SOURCE,
        "observed_at": None if found is None else found.loaded_at,
        "attributes": {} if found is None else orjson.Fragment(found.attributes),
    }
    return orjson.dumps(told, option=orjson.OPT_UTC_Z)
