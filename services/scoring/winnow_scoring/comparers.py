"""What compares companies as a version of a tenant's model does: how scores are computed again, later.

Handlers know models by these protocols, since a test needs no model to see what becomes of what it says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

import orjson
from winnow_common.postgres import Connection

from winnow_scoring.similarity.comparing import compare
from winnow_scoring.similarity.factors import CODE_VERSION
from winnow_scoring.similarity.model import Model


class Compared(Protocol):
    """How a company compares to a tenant's customers."""

    @property
    def score(self) -> float: ...
    @property
    def percentile(self) -> float: ...
    @property
    def grade(self) -> str: ...
    @property
    def result(self) -> bytes:
        """All of it as JSON: what reproducing a score must give again."""


class Comparer(Protocol):
    """One version of one tenant's model; comparing takes milliseconds and does no I/O."""

    def compare(self, attributes: Mapping[str, Any], *, domain: str, as_of: date, today: date) -> Compared:
        """How a company whose profile is of the day `as_of` compares today."""

    def customer(self, domain: str) -> Mapping[str, Any] | None:
        """The attributes of a customer as the model knows them."""


class Comparers(Protocol):
    """All versions of all tenants' models that are kept."""

    @property
    def code_version(self) -> str:
        """Of what compares now."""

    async def find(self, connection: Connection, *, tenant: UUID, version: int) -> Comparer | None:
        """What compares by that version; None where it is kept no more."""


class Models(Protocol):
    """Where models come from."""

    async def get(self, connection: Connection, *, tenant: UUID, version: int) -> Model | None: ...


@dataclass(frozen=True, slots=True)
class ModelComparers:
    """The `Comparers` that models are."""

    models: Models
    code_version: str = CODE_VERSION

    async def find(self, connection: Connection, *, tenant: UUID, version: int) -> Comparer | None:
        """See `Comparers`."""
        model = await self.models.get(connection, tenant=tenant, version=version)
        return None if model is None else ModelComparer(model)


@dataclass(frozen=True, slots=True)
class ModelComparer:
    """The `Comparer` that a model is."""

    model: Model

    def compare(self, attributes: Mapping[str, Any], *, domain: str, as_of: date, today: date) -> Compared:
        """See `Comparer`."""
        return compare(self.model, attributes, domain=domain, as_of=as_of, today=today)

    def customer(self, domain: str) -> Mapping[str, Any] | None:
        """See `Comparer`."""
        customers = self.model.customers
        place = customers.place(domain)
        known: Mapping[str, Any] | None = None if place is None else orjson.loads(customers.profiles[place])
        return known
