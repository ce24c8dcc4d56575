"""Asks sources about companies, the cheapest first, and remembers what they said.

Each company is asked for once at a time, however many chunks need it, and what is known (also that nothing is) is
believed for ten minutes. A waterfall: a further source is asked for those companies alone that the ones before it did
not know. Not personal data: companies by their domains.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from winnow_common.clock import Clock

from winnow_pipeline.enrichment.interface import Found
from winnow_pipeline.enrichment.limits import Limited, Unanswered

BELIEVED: Final = timedelta(minutes=10)
REMEMBERED: Final = 100_000
"""Companies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enriched:
    """What is known of companies; those of whom nothing is are absent."""

    companies: dict[str, Found]
    lookups: int
    """Companies that were asked for."""
    hits: frozenset[str]
    """Those whose answer was at hand."""


@dataclass(slots=True)
class _Known:
    found: Found | None
    until: datetime


@dataclass(slots=True)
class Enricher:
    """Safe for any number of callers in one event loop."""

    sources: Sequence[Limited]
    clock: Clock
    most: int = REMEMBERED
    _known: OrderedDict[str, _Known] = field(default_factory=OrderedDict)
    _asking: dict[str, "asyncio.Future[None]"] = field(default_factory=dict)

    async def enrich(self, domains: Collection[str], *, wanted: frozenset[str]) -> Enriched:
        """What the sources say of these companies. Never raises for a source that is away."""
        now = self.clock()
        hits = frozenset(domain for domain in domains if self._is_known(domain, now=now))
        missing = [domain for domain in domains if domain not in hits]
        others = [self._asking[domain] for domain in missing if domain in self._asking]
        await self._ask([domain for domain in missing if domain not in self._asking], wanted)
        await asyncio.gather(*others)
        known = ((domain, self._known.get(domain)) for domain in domains)
        companies = {domain: each.found for domain, each in known if each is not None and each.found is not None}
        return Enriched(companies=companies, lookups=len(domains), hits=hits)

    async def _ask(self, domains: Sequence[str], wanted: frozenset[str]) -> None:
        if not domains:
            return
        done = asyncio.get_running_loop().create_future()
        self._asking |= dict.fromkeys(domains, done)
        try:
            left = list(domains)
            unsure = False
            for source in self.sources:
                try:
                    found = await source.look_up(left, wanted)
                except Unanswered:
                    unsure = True
                    continue
                for domain, company in found.items():
                    self._remember(domain, company)
                left = [domain for domain in left if domain not in found]
            if not unsure:
                for domain in left:
                    self._remember(domain, None)
        finally:
            for domain in domains:
                del self._asking[domain]
            done.set_result(None)

    def _is_known(self, domain: str, *, now: datetime) -> bool:
        known = self._known.get(domain)
        return known is not None and known.until > now

    def _remember(self, domain: str, found: Found | None) -> None:
        self._known[domain] = _Known(found, self.clock() + BELIEVED)
        self._known.move_to_end(domain)
        if len(self._known) > self.most:
            self._known.popitem(last=False)
