"""How similar companies are to a tenant's customers, in numbers, for many leads: what was compared is remembered.

Leads of one company are spread over the chunks of a batch, and many companies say the same of themselves, so most are
compared once. Remembered is what depends on the model, on what was compared, and on the day, and on nothing else. One
thread at a time.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

import orjson

from winnow_scoring.similarity.comparing import Measure, NoCustomers, NothingKnown, measure
from winnow_scoring.similarity.factors import ATTRIBUTES
from winnow_scoring.similarity.model import Model

REMEMBERED: Final = 50_000
"""Companies; 20 MB."""

_COMPARED: Final = tuple(sorted({"name", *(name for names in ATTRIBUTES.values() for name in names)}))
"""What a comparison depends on: a name is read together with a description."""


@dataclass(slots=True)
class Measures:
    """What was measured lately, by all models."""

    most: int = REMEMBERED
    _known: OrderedDict[bytes, Measure | None] = field(default_factory=OrderedDict)

    def by(self, model: Model, *, tenant: UUID) -> "Measuring":
        """The measures of one tenant's model."""
        return Measuring(model, tenant, self)

    def find(self, key: bytes) -> tuple[Measure | None, bool]:
        """What is remembered, and whether anything is."""
        if key not in self._known:
            return None, False
        self._known.move_to_end(key)
        return self._known[key], True

    def keep(self, key: bytes, found: Measure | None) -> None:
        """Remember it."""
        self._known[key] = found
        if len(self._known) > self.most:
            self._known.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Measuring:
    """Measures companies by one model."""

    model: Model
    tenant: UUID
    remembered: Measures

    def of(self, attributes: Mapping[str, Any], *, domain: str, as_of: date, today: date) -> Measure | None:
        """How similar a company is; None where it or the customers say nothing that can be compared."""
        compared = {name: attributes[name] for name in _COMPARED if name in attributes}
        customer = domain if self.model.customers.place(domain) is not None else None
        about = [self.tenant, self.model.version, customer, (today - as_of).days, compared]
        key = blake2b(orjson.dumps(about), digest_size=16).digest()
        found, is_known = self.remembered.find(key)
        if not is_known:
            found = self._measured(attributes, domain=domain, as_of=as_of, today=today)
            self.remembered.keep(key, found)
        return found

    def _measured(self, attributes: Mapping[str, Any], *, domain: str, as_of: date, today: date) -> Measure | None:
        try:
            return measure(self.model, attributes, domain=domain, as_of=as_of, today=today)
        except (NothingKnown, NoCustomers):
            return None
