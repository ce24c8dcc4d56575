"""Takes in what others know of companies."""

from winnow_common.clock import Clock
from winnow_common.outcome import FactHandler, Outcome, Request
from winnow_common.postgres import Connection
from winnow_contracts import enrichment as contract
from winnow_contracts.enrichment import EnrichmentCompleted

from winnow_scoring.enrichment_facts import enriched
from winnow_scoring.profiles import Profile
from winnow_scoring.store import customers, enrichment
from winnow_scoring.store.enrichment import Finding


class EnrichmentResults:
    """Listens for `enrichment.completed`."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    def all(self) -> tuple[FactHandler[EnrichmentCompleted], ...]:
        """The handler with the fact that it takes."""
        return (FactHandler(contract.COMPLETED, EnrichmentCompleted, self.completed),)

    async def completed(self, request: Request[EnrichmentCompleted], connection: Connection) -> Outcome:
        """Keep what was found, and tell of it if it is new."""
        tenant, told, now = request.tenant, request.data, self._clock()
        profile = Profile.of(told.attributes)
        if not told.found or not profile.attributes:
            await enrichment.found_nothing(connection, tenant=tenant, domain=told.domain, now=now)
            return Outcome()
        finding = Finding(
            domain=told.domain,
            attributes=profile.text,
            source=told.source,
            observed_at=told.observed_at or now,
        )
        version = await enrichment.keep(connection, tenant=tenant, finding=finding, now=now)
        if version is None:
            return Outcome()
        await customers.note_profiles(connection, tenant=tenant, domains=[told.domain], now=now)
        return Outcome(facts=[enriched(finding, version=version, tenant=tenant, cause=request.id)])
