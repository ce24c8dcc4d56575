"""Customers: the companies that others are compared to."""

from collections.abc import Mapping
from functools import partial

from winnow_contracts import customers, imports
from winnow_contracts.pages import Page

from winnow_gateway import domains
from winnow_gateway.customers import CustomerPath, CustomersImportQuery, add_customers, put_customers
from winnow_gateway.handlers.imports import CONTENT_TYPES, CUSTOMERS, import_file
from winnow_gateway.routes.companies import FILE_REFUSALS, IMPORT_ID
from winnow_gateway.routes.route import Answer, Refusal, Route, to_scoring
from winnow_gateway.routes.scoring import INVALID_CURSOR, INVALID_DOMAIN
from winnow_gateway.routes.similarity_examples import MODEL_VERSION
from winnow_gateway.scopes import Scope

CUSTOMER_NOT_FOUND = Refusal(404, "customer_not_found", "Customer not found")

EXAMPLE_CUSTOMERS = {"customers": [{"domain": "ledgerly.com", "weight": 120000}, {"domain": "paywise.io"}]}
EXAMPLE_ACCEPTED = {"customers": 214, "model_version": MODEL_VERSION}
EXAMPLE_CUSTOMER = {
    "domain": "ledgerly.com",
    "name": "Ledgerly",
    "weight": 120000.0,
    "profile": "known",
    "created_at": "2026-11-02T09:30:00Z",
}

_ACCEPTED = Answer(
    "Noted. The model that knows of it is built in the background; GET /v1/similarity says when it is there.",
    customers.CustomersAccepted,
    EXAMPLE_ACCEPTED,
    headers=("Retry-After",),
)
_LINKS: Mapping[str, Mapping[str, str]] = {"getSimilarity": {}}

ROUTES = (
    Route(
        method="GET",
        path="/v1/customers",
        name="listCustomers",
        tag="Customers",
        summary="List customers",
        description="Your customers by domain.",
        answers={
            200: Answer(
                "A page of customers.",
                Page[customers.CustomerAnswer],
                {"data": [EXAMPLE_CUSTOMER], "has_more": False, "next_cursor": None},
            )
        },
        refusals=(INVALID_CURSOR,),
        scope=Scope.COMPANIES_READ,
        query=customers.ListCustomers,
        sends=to_scoring(type=customers.LIST, message=lambda inputs: inputs.query),
    ),
    Route(
        method="PUT",
        path="/v1/customers",
        name="putCustomers",
        tag="Customers",
        summary="Say who all your customers are",
        description="Replaces the list; up to 5,000, and more as a file. What is known of companies stays, and is "
        "looked for where there is nothing.",
        answers={202: _ACCEPTED},
        refusals=(INVALID_DOMAIN,),
        scope=Scope.COMPANIES_WRITE,
        body=customers.PutCustomers,
        body_examples={"default": EXAMPLE_CUSTOMERS},
        sends=to_scoring(type=customers.PUT, message=lambda inputs: put_customers(inputs.body)),
        links=_LINKS,
    ),
    Route(
        method="POST",
        path="/v1/customers",
        name="addCustomers",
        tag="Customers",
        summary="Add customers",
        description="One that is a customer already gets the weight that is said here.",
        answers={202: _ACCEPTED},
        refusals=(INVALID_DOMAIN,),
        scope=Scope.COMPANIES_WRITE,
        body=customers.AddCustomers,
        body_examples={"default": EXAMPLE_CUSTOMERS},
        sends=to_scoring(type=customers.ADD, message=lambda inputs: add_customers(inputs.body)),
        links=_LINKS,
    ),
    Route(
        method="POST",
        path="/v1/customers/import",
        name="importCustomers",
        tag="Customers",
        summary="Import customers",
        description="Takes in a file of up to 256 MiB, of domains or whole companies, with `weight` where it is known. "
        "JSON and NDJSON have the flat object of PUT /v1/companies/{domain} plus `domain` and `weight` as rows; the "
        "headers of CSV are its names, or go through `mapping`. Rows that are wrong are reported by line; the others "
        "go in. The finished import names the `model_version` that knows them.",
        answers={
            202: Answer(
                "The file is here and will be taken in.",
                imports.ImportAccepted,
                {"import_id": IMPORT_ID, "status": "queued"},
                headers=("Location", "Retry-After"),
            )
        },
        refusals=FILE_REFUSALS,
        scope=Scope.COMPANIES_WRITE,
        query=CustomersImportQuery,
        body_media_types=CONTENT_TYPES,
        body_examples={"text/csv": "domain,weight\nledgerly.com,120000\npaywise.io,\n"},
        streamed=True,
        local=partial(import_file, CUSTOMERS),
        local_asks=True,
        links={"getImport": {"id": "$response.body#/import_id"}},
    ),
    Route(
        method="DELETE",
        path="/v1/customers/{domain}",
        name="deleteCustomer",
        tag="Customers",
        summary="Take a company off the customers",
        description="What is known of the company stays.",
        answers={202: _ACCEPTED},
        refusals=(INVALID_DOMAIN, CUSTOMER_NOT_FOUND),
        scope=Scope.COMPANIES_WRITE,
        path_model=CustomerPath,
        sends=to_scoring(
            type=customers.DELETE,
            message=lambda inputs: customers.DeleteCustomer(domain=domains.domain(inputs.path.domain)),
        ),
        links=_LINKS,
    ),
)
