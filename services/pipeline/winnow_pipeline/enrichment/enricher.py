"""Asks sources about companies, the cheapest first, and remembers what they said.

Each company is asked for once at a time, however many chunks need it, and what is known (also that nothing is) is
believed for ten minutes: so long a change of the directory may go unnoticed. A waterfall: a further source is asked for
those companies alone that the ones before it did not know. Who did not answer is asked again by whoever comes next. Not
personal data: companies by their domains.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

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
    unsure: frozenset[str]
    """Those of whom nothing is known, while somebody who may know something did not answer."""


class _Known(NamedTuple):
    found: Found | None
    until: datetime


class _Answer(NamedTuple):
    companies: dict[str, Found]
    unsure: frozenset[str]


@dataclass(slots=True)
class Enricher:
    """Safe for any number of callers in one event loop."""

    sources: Sequence[Limited]
    clock: Clock
    most: int = REMEMBERED
    _known: OrderedDict[str, _Known] = field(default_factory=OrderedDict)
    _asking: "dict[str, asyncio.Task[_Answer]]" = field(default_factory=dict)

    async def enrich(self, domains: Collection[str], *, wanted: frozenset[str]) -> Enriched:
        """What the sources say of these companies. Never raises for a source that is away."""
        now, wanting = self.clock(), dict.fromkeys(domains)
        known = {domain: each for domain in wanting if (each := self._known.get(domain)) and each.until > now}
        companies = {domain: each.found for domain, each in known.items() if each.found is not None}
        missing = [domain for domain in wanting if domain not in known]
        unsure: set[str] = set()
        # Others may wait for the same answers, so they do not end with whoever asked first.
        for answer in await asyncio.gather(*map(asyncio.shield, self._answers_for(missing, wanted))):
            companies |= {domain: found for domain, found in answer.companies.items() if domain in wanting}
            unsure |= answer.unsure & wanting.keys()
        return Enriched(companies=companies, lookups=len(wanting), hits=frozenset(known), unsure=frozenset(unsure))

    def _answers_for(self, domains: Sequence[str], wanted: frozenset[str]) -> "set[asyncio.Task[_Answer]]":
        """What is on its way already, and what is asked now."""
        new = [domain for domain in domains if domain not in self._asking]
        if new:
            task = asyncio.create_task(self._ask(new, wanted), name="enrichment")
            self._asking |= dict.fromkeys(new, task)
            task.add_done_callback(lambda _: self._done(new))
        return {self._asking[domain] for domain in domains}

    async def _ask(self, domains: Sequence[str], wanted: frozenset[str]) -> _Answer:
        """Ask one source after the other, and remember what is certain."""
        companies: dict[str, Found] = {}
        left, is_sure = list(domains), True
        for source in self.sources:
            if not left:
                break
            try:
                found = await source.look_up(left, wanted)
            except Unanswered:
                is_sure = False
                continue
            companies |= {domain: found[domain] for domain in left if domain in found}
            left = [domain for domain in left if domain not in found]
        for domain in domains if is_sure else companies:
            self._remember(domain, companies.get(domain))
        return _Answer(companies, frozenset() if is_sure else frozenset(left))

    def _done(self, domains: Sequence[str]) -> None:
        for domain in domains:
            del self._asking[domain]

    def _remember(self, domain: str, found: Found | None) -> None:
        self._known[domain] = _Known(found, self.clock() + BELIEVED)
        self._known.move_to_end(domain)
        if len(self._known) > self.most:
            self._known.popitem(last=False)
