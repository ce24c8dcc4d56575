"""Answers whoever asks for the profile of a company."""

from collections.abc import Mapping, Sequence
from typing import Final

import orjson
from winnow_common.errors import TemporaryError
from winnow_common.identifiers import event_id
from winnow_common.outcome import AnyHandler, BatchCommand, Fact, Outcome, Outcomes, Request
from winnow_common.postgres import Connection
from winnow_contracts import enrichment as contract
from winnow_contracts import topics
from winnow_contracts.enrichment import EnrichmentRequested

from winnow_pipeline.enrichment.enricher import Enricher
from winnow_pipeline.enrichment.interface import Found

_ASK_AGAIN_AFTER: Final = 5.0
"""Seconds."""


class EnrichmentRequests:
    """Takes `enrichment.requested`, answers by `enrichment.completed`."""

    def __init__(self, *, enricher: Enricher) -> None:
        self._enricher = enricher

    def all(self) -> Sequence[AnyHandler]:
        """The handler with the fact that it takes."""
        return (BatchCommand(contract.REQUESTED, EnrichmentRequested, self.requested),)

    async def requested(
        self,
        requests: Sequence[Request[EnrichmentRequested]],
        connection: Connection,  # noqa: ARG002
    ) -> Outcomes:
        """Say what the sources know of the companies, which may be nothing; many are looked up at once.

        Raises `TemporaryError` while nobody knows whether anything is known.
        """
        enriched = await self._enricher.enrich({request.data.domain for request in requests}, wanted=frozenset())
        if enriched.unsure:
            raise TemporaryError("a source of company data does not answer", delay=_ASK_AGAIN_AFTER)
        return Outcomes([Outcome(facts=[_completed(request, found=enriched.companies)]) for request in requests])


def _completed(request: Request[EnrichmentRequested], *, found: Mapping[str, Found]) -> Fact:
    domain = request.data.domain
    company = found.get(domain)
    told = {
        "domain": domain,
        "found": company is not None,
        "source": None if company is None else company.source,
        "observed_at": None if company is None else company.observed_at,
        "attributes": {} if company is None else company.attributes,
    }
    return Fact(
        topic=topics.ENRICHMENT_RESULTS,
        type=contract.COMPLETED,
        id=event_id(request.id, contract.COMPLETED.name, domain),
        tenant=request.tenant,
        key=domain,
        data=orjson.dumps(told, option=orjson.OPT_UTC_Z),
    )
