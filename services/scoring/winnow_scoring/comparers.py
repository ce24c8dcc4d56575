"""What compares companies as a version of a tenant's model does: how scores are computed again, later.

Handlers know models by these protocols; which ones there are and how they compare is the similarity package's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import orjson
from winnow_common.postgres import Connection


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


class Customers(Protocol):
    """The customers of a model."""

    @property
    def profiles(self) -> Sequence[str]:
        """The attributes of each, as JSON."""

    def place(self, domain: str) -> int | None:
        """Which of them a domain is."""


class Model(Protocol):
    """What companies are compared by."""

    @property
    def customers(self) -> Customers: ...


M = TypeVar("M", bound=Model)
M_co = TypeVar("M_co", bound=Model, covariant=True)
M_contra = TypeVar("M_contra", bound=Model, contravariant=True)


class Models(Protocol[M_co]):
    """Where models come from."""

    async def get(self, connection: Connection, *, tenant: UUID, version: int) -> M_co | None: ...


class Compare(Protocol[M_contra]):
    """Compares one company by one model."""

    def __call__(
        self, model: M_contra, attributes: Mapping[str, Any], /, *, domain: str, as_of: date, today: date
    ) -> Compared: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelComparers(Generic[M]):
    """`Comparers` made of models and of what compares by them."""

    models: Models[M]
    compare: Compare[M]
    code_version: str

    async def find(self, connection: Connection, *, tenant: UUID, version: int) -> Comparer | None:
        """See `Comparers`."""
        model = await self.models.get(connection, tenant=tenant, version=version)
        return None if model is None else ModelComparer(model, self.compare)


@dataclass(frozen=True, slots=True)
class ModelComparer(Generic[M]):
    """A `Comparer`."""

    model: M
    by: Compare[M]

    def compare(self, attributes: Mapping[str, Any], *, domain: str, as_of: date, today: date) -> Compared:
        """See `Comparer`."""
        return self.by(self.model, attributes, domain=domain, as_of=as_of, today=today)

    def customer(self, domain: str) -> Mapping[str, Any] | None:
        """See `Comparer`."""
        place = self.model.customers.place(domain)
        known: Mapping[str, Any] | None = None if place is None else orjson.loads(self.model.customers.profiles[place])
        return known


class NoComparers:
    """`Comparers` where no model is kept."""

    code_version = ""

    async def find(self, connection: Connection, *, tenant: UUID, version: int) -> Comparer | None:  # noqa: ARG002
        """See `Comparers`."""
        return None
