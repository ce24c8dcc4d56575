"""Customers as they are sent: hosts are published, and an e-mail address is refused where it stands."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from winnow_common.errors import Problem, Violation
from winnow_contracts.customers import AddCustomers, CustomerEntry, PutCustomers
from winnow_contracts.scores import DomainText

from winnow_gateway import domains
from winnow_gateway.companies import FileMapping

_SHOWN = 100


class CustomerPath(BaseModel):
    """Which customer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: DomainText


class CustomersImportQuery(BaseModel):
    """How the columns of the file are called."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mapping: Annotated[
        FileMapping,
        Field(
            description="A JSON object: names in the file to `domain`, `weight`, attributes of a company or "
            "`custom.<name>`. What it does not name is left out."
        ),
    ] = None


def put_customers(body: PutCustomers) -> PutCustomers:
    """The whole list as it may be published."""
    return PutCustomers(customers=_published(body.customers))


def add_customers(body: AddCustomers) -> AddCustomers:
    """Some more, as they may be published."""
    return AddCustomers(customers=_published(body.customers))


def _published(entries: Sequence[CustomerEntry]) -> list[CustomerEntry]:
    """Customers by their hosts; raises a 422 `Problem` that points at e-mail addresses."""
    hosts = [domains.published(entry.domain) for entry in entries]
    faults = [
        Violation(f"/customers/{place}/domain", "This is an e-mail address; give the company's domain.")
        for place, host in enumerate(hosts)
        if host == domains.WITHHELD
    ]
    if faults:
        detail = f"{len(faults)} of the customers are e-mail addresses and not domains; see errors."
        raise Problem(422, "invalid_request", detail, errors=tuple(faults[:_SHOWN]))
    return [
        entry if host == entry.domain else entry.model_copy(update={"domain": host})
        for entry, host in zip(entries, hosts, strict=True)
    ]
