"""What the keeper of answers reads out of the log."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import orjson
from pydantic import ValidationError
from winnow_common.log import Record
from winnow_contracts import profiles, similarity
from winnow_contracts.event import Event, MalformedEvent
from winnow_contracts.profiles import CompanyDeleted
from winnow_contracts.similarity import ModelPublished, SimilarityComputed
from winnow_contracts.similarity_cache import KEPT_MS

_CHANGES: Final = frozenset({profiles.UPDATED.name, profiles.ENRICHED.name, profiles.DELETED.name})
_OLD_MS: Final = 2 * KEPT_MS
"""What was appended so long ago is about answers that are gone, even by clocks that are minutes apart."""


class Unreadable(ValueError):
    """A record that is no event, or whose data is not that of its type."""


class Place(NamedTuple):
    """What an entry is of."""

    tenant: UUID
    domain: str
    livemode: bool


class Answer(NamedTuple):
    """A similarity answer, and the versions that it was computed from."""

    company_version: int
    model_version: int
    computed_at: datetime
    body: bytes

    def left_ms(self, now: datetime) -> int:
        """Milliseconds for which it is still good."""
        return KEPT_MS - int((now - self.computed_at).total_seconds() * 1000)


@dataclass(slots=True)
class Facts:
    """What records say, the newest of each."""

    changes: dict[tuple[UUID, str], int] = field(default_factory=dict)
    """Versions of profiles, by tenant and domain."""
    models: dict[UUID, int] = field(default_factory=dict)
    """Versions of models, by tenant."""
    answers: dict[Place, Answer] = field(default_factory=dict)
    unreadable: int = 0

    def take(self, record: Record, *, now: datetime) -> None:
        """Add what a record says."""
        try:
            self._take(record.event(), is_old=record.timestamp_ms < now.timestamp() * 1000 - _OLD_MS)
        except (MalformedEvent, ValidationError, Unreadable):
            self.unreadable += 1

    def _take(self, event: Event, *, is_old: bool) -> None:
        tenant = event.tenant
        if tenant is None:
            raise Unreadable("a fact without its tenant")
        if event.type == similarity.PUBLISHED.name:
            built = ModelPublished.model_validate_json(event.data)
            self.models[tenant] = max(built.model_version, self.models.get(tenant, 0))
        elif is_old:
            return
        elif event.type in _CHANGES:
            company = CompanyDeleted.model_validate_json(event.data)  # what all three say
            key = tenant, company.domain
            self.changes[key] = max(company.version, self.changes.get(key, 0))
        elif event.type == similarity.COMPUTED.name:
            self._answer(tenant, SimilarityComputed.model_validate_json(event.data))

    def _answer(self, tenant: UUID, computed: SimilarityComputed) -> None:
        place = Place(tenant, computed.domain, computed.livemode)
        body = orjson.dumps(computed.answer)
        answer = Answer(computed.company_version, computed.model_version, computed.computed_at, body)
        known = self.answers.get(place)
        if known is None or known[:3] <= answer[:3]:
            self.answers[place] = answer


def read(records: Iterable[Record], *, now: datetime) -> Facts:
    """What records say; types that this version does not know are passed over."""
    facts = Facts()
    for record in records:
        facts.take(record, now=now)
    return facts
