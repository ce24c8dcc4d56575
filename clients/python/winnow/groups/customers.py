"""The customers that companies are compared to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from winnow.binding import D, Listing, call, listing
from winnow.calls import Call, command, get, pause, segment
from winnow.errors import ModelNotReady
from winnow.groups.imports import TakesFiles
from winnow.groups.similarity import current_model
from winnow.results import Customer, CustomersAccepted, SimilarityModel, parse

PATH = "/v1/customers"

FIRST_LOOK = 0.25
LONGEST_BETWEEN_LOOKS = 2.0
PATIENCE = 600.0

DomainsOrWeights = Iterable[str] | Mapping[str, float]
"""Domains; a mapping gives each its weight, such as its revenue. Only proportions matter."""


class Customers(TakesFiles[D]):
    """The account's customers. Each change names the `model_version` that will know it; `wait` waits for that."""

    _path = PATH

    @call
    def put(self, customers: DomainsOrWeights, /, *, idempotency_key: str | None = None) -> Call[CustomersAccepted]:
        """Say that these are all customers there are; at most 5,000, files take more."""
        request = command("PUT", PATH, json=_written(customers), idempotency_key=idempotency_key)
        return parse(CustomersAccepted, (yield from self._perform(request)))

    @call
    def add(self, customers: DomainsOrWeights, /, *, idempotency_key: str | None = None) -> Call[CustomersAccepted]:
        """Say that these are customers too; one that is known gets the weight that is given here."""
        request = command("POST", PATH, json=_written(customers), idempotency_key=idempotency_key)
        return parse(CustomersAccepted, (yield from self._perform(request)))

    @listing
    def list(self, *, page_size: int | None = None) -> Listing[Customer]:
        """Every customer by domain, page by page as it is read."""
        return Listing(get(PATH, query={"limit": page_size}), Customer)

    @call
    def delete(self, domain: str, /) -> Call[CustomersAccepted]:
        """Say that this company is no customer any more; what is known of it stays."""
        request = command("DELETE", f"{PATH}/{segment(domain)}")
        return parse(CustomersAccepted, (yield from self._perform(request)))

    @call
    def wait(
        self,
        model_version: int,
        /,
        *,
        patience: float = PATIENCE,
        progress: Callable[[SimilarityModel], None] | None = None,
    ) -> Call[SimilarityModel]:
        """Look until the model has this version or a later one, telling `progress` each time.

        Raises `ModelNotReady` after `patience`, in seconds between the looks.
        """
        waited, between = 0.0, FIRST_LOOK
        while True:
            model = yield from current_model(self._perform)
            if progress is not None:
                progress(model)
            if model.knows(model_version):
                return model
            if waited >= patience:
                raise ModelNotReady(
                    f"The model has version {model.model_version or 0} and not yet {model_version} "
                    f"after {waited:.0f} seconds; it is still {model.status}."
                )
            yield from pause(between)
            waited += between
            between = min(between * 2, LONGEST_BETWEEN_LOOKS)


def _written(customers: DomainsOrWeights) -> dict[str, object]:
    weights = customers.items() if isinstance(customers, Mapping) else ((domain, None) for domain in customers)
    return {
        "customers": [
            {"domain": domain} if weight is None else {"domain": domain, "weight": weight} for domain, weight in weights
        ]
    }
