"""What compares companies as a version of a tenant's model does: how scores are computed again, later.

Handlers know models by these protocols; which ones there are and how they compare is the similarity package's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

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
    """Compares companies by one version of one tenant's model; it takes milliseconds and does no I/O."""

    def __call__(self, attributes: Mapping[str, Any], *, domain: str, today: date) -> Compared: ...


class Comparers(Protocol):
    """All versions of all tenants' models that are kept."""

    @property
    def code_version(self) -> str:
        """Of what compares now."""

    async def find(self, connection: Connection, *, tenant: UUID, version: int) -> Comparer | None:
        """What compares by that version; None where it is kept no more."""


M = TypeVar("M")
M_co = TypeVar("M_co", covariant=True)
M_contra = TypeVar("M_contra", contravariant=True)


class Models(Protocol[M_co]):
    """Where models come from."""

    async def get(self, connection: Connection, *, tenant: UUID, version: int) -> M_co | None: ...


class Compare(Protocol[M_contra]):
    """Compares one company by one model."""

    def __call__(self, model: M_contra, attributes: Mapping[str, Any], /, *, domain: str, today: date) -> Compared: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelComparers(Generic[M]):
    """`Comparers` made of models and of what compares by them."""

    models: Models[M]
    compare: Compare[M]
    code_version: str

    async def find(self, connection: Connection, *, tenant: UUID, version: int) -> Comparer | None:
        """See `Comparers`."""
        model = await self.models.get(connection, tenant=tenant, version=version)
        return None if model is None else partial(self.compare, model)


class NoComparers:
    """`Comparers` where no model is kept."""

    code_version = ""

    async def find(self, connection: Connection, *, tenant: UUID, version: int) -> Comparer | None:  # noqa: ARG002
        """See `Comparers`."""
        return None
