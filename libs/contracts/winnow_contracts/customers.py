"""The tenant's customers: the companies that others are compared to."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from winnow_contracts.imports import ImportCompanies
from winnow_contracts.pages import PageRequest
from winnow_contracts.scores import DomainText
from winnow_contracts.topic import Kind, MessageType

MOST_CUSTOMERS = 5_000
"""Of one call; files take more."""

Weight = Annotated[
    float,
    Field(
        gt=0,
        le=1e15,
        allow_inf_nan=False,
        strict=True,
        description="How much the customer counts among the others, such as its revenue; only proportions matter.",
        examples=[1],
    ),
]


class CustomerEntry(BaseModel):
    """A customer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: DomainText
    weight: Weight = 1.0


class PutCustomers(BaseModel):
    """These are all customers there are; an empty list says that there are none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    customers: Annotated[list[CustomerEntry], Field(max_length=MOST_CUSTOMERS)]


class AddCustomers(BaseModel):
    """These are customers too; one that is known gets the weight that is said here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    customers: Annotated[list[CustomerEntry], Field(min_length=1, max_length=MOST_CUSTOMERS)]


class DeleteCustomer(BaseModel):
    """A company is no customer any more; what is known of it stays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: DomainText


class ListCustomers(PageRequest):
    """The tenant's customers by domain."""


class ImportCustomers(ImportCompanies):
    """Take in the customers of a sealed file: domains, or whole companies, with `weight` where it is known."""


class CustomersAccepted(BaseModel):
    """The customers are noted; `model_version` is the version of the model that will know them."""

    customers: int
    """All of them."""
    model_version: int


class CustomerAnswer(BaseModel):
    """A customer in a list."""

    domain: str
    name: str | None
    weight: float
    profile: Literal["known", "looked for", "unknown"]
    """Whether anything is known that others can be compared to."""
    created_at: datetime


PUT = MessageType("customers.put", PutCustomers, Kind.COMMAND)
ADD = MessageType("customers.add", AddCustomers, Kind.COMMAND)
DELETE = MessageType("customers.delete", DeleteCustomer, Kind.COMMAND)
LIST = MessageType("customers.list", ListCustomers, Kind.READ)
IMPORT = MessageType("customers.import", ImportCustomers, Kind.COMMAND)
