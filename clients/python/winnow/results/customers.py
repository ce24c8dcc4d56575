"""The customers that companies are compared to."""

from __future__ import annotations

from datetime import datetime

from winnow.results.parsing import Result


class Customer(Result):
    """A customer in a list; `profile` says whether anything is known of it: known, looked for, or unknown."""

    domain: str
    name: str | None = None
    weight: float = 1.0
    profile: str | None = None
    created_at: datetime | None = None


class CustomersAccepted(Result):
    """The customers are noted, `customers` in all; `model_version` is the version of the model that will know them."""

    customers: int
    model_version: int
