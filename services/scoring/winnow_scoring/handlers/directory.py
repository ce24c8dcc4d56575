"""The directory answers whoever asks for a company. It will move to the pipeline: it knows no more of this service."""

from typing import Final

import orjson
from winnow_common.identifiers import event_id
from winnow_common.outcome import Fact, FactHandler, Outcome, Request
from winnow_common.postgres import Connection
from winnow_contracts import enrichment as contract
from winnow_contracts import topics
from winnow_contracts.enrichment import EnrichmentRequested

from winnow_scoring.store import directory
from winnow_scoring.store.directory import Entry

SOURCE: Final = "directory"


class DirectoryLookups:
    """Listens for `enrichment.requested`."""

    def all(self) -> tuple[FactHandler[EnrichmentRequested], ...]:
        """The handler with the fact that it takes."""
        return (FactHandler(contract.REQUESTED, EnrichmentRequested, self.requested),)

    async def requested(self, request: Request[EnrichmentRequested], connection: Connection) -> Outcome:
        """Say what the directory knows of the company, which may be nothing."""
        domain = request.data.domain
        found = await directory.find(connection, domain=domain)
        fact = Fact(
            topic=topics.ENRICHMENT_RESULTS,
            type=contract.COMPLETED,
            id=event_id(request.id, contract.COMPLETED.name, domain),
            tenant=request.tenant,
            key=domain,
            data=_told(domain, found=found),
        )
        return Outcome(facts=[fact])


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
