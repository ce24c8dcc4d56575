"""What is asked for in a request for similarity, and what is known of the companies in it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import orjson
from winnow_common.outcome import Request
from winnow_contracts.similarity import Identifiers, ScoreCompanies, ScoreCompany

from winnow_scoring.profiles import effective
from winnow_scoring.resolving import Resolution
from winnow_scoring.similarity.model import Model
from winnow_scoring.similarity.traits import traits_of
from winnow_scoring.store.similarity import Comparable


class Ask(NamedTuple):
    """A request, and the companies in it."""

    request: "Request[ScoreCompany] | Request[ScoreCompanies]"
    companies: Sequence[Identifiers]
    kind: Literal["similarity_score", "similarity_batch"]
    final: bool = False
    """Whether it is answered now, whatever is known."""

    @classmethod
    def one(cls, request: Request[ScoreCompany], *, final: bool = False) -> "Ask":
        """A request for one company."""
        return cls(request, [request.data.company], "similarity_score", final)

    @classmethod
    def many(cls, request: Request[ScoreCompanies], *, final: bool = False) -> "Ask":
        """A request for several."""
        return cls(request, request.data.companies, "similarity_batch", final)

    @property
    def livemode(self) -> bool:
        """Whether it is for real use."""
        return self.request.environment.livemode


class Known(NamedTuple):
    """What is known of a company by the tenant and others."""

    attributes: Mapping[str, Any]
    version: int
    data_as_of: datetime


def known_of(row: Comparable) -> Known | None:
    """What there is to compare; None where that is nothing."""
    if row.version is None or row.attributes is None:
        return None
    own = orjson.loads(row.attributes)
    attributes = own if row.enriched is None else effective(own, orjson.loads(row.enriched))
    if traits_of(attributes).is_unknown:
        return None
    dates = [row.updated_at if own else None, row.enriched_at if row.enriched is not None else None]
    return Known(attributes, row.version, max(moment for moment in dates if moment is not None))


def reason_for_none(resolution: Resolution, row: Comparable, model: Model | None, known: Known | None) -> str | None:
    """Why there can be no score."""
    if row.revision is None or (model is not None and not model.customers.domains and row.revision == model.version):
        return "no_customers"
    if resolution.domain is None:
        return "no_company_named"
    if known is None:
        return "company_unknown"
    if model is None or not model.customers.domains:
        return "model_building"
    return None
