"""Companies: what the tenant knows about them, one by one and as files."""

from functools import partial
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from winnow_contracts import imports, profiles
from winnow_contracts.companies import CompanyAttributes
from winnow_contracts.pages import Page

from winnow_gateway import domains
from winnow_gateway.companies import (
    CompaniesQuery,
    CompanyPath,
    ExportQuery,
    ImportQuery,
    list_companies,
    put_company,
)
from winnow_gateway.handlers.exports import export_companies
from winnow_gateway.handlers.imports import COMPANIES, CONTENT_TYPES, import_file
from winnow_gateway.routes.route import Answer, Refusal, Route, to_scoring
from winnow_gateway.routes.scoring import DOMAIN_NOT_FOUND, INVALID_CURSOR, INVALID_DOMAIN
from winnow_gateway.scopes import Scope

IMPORT_ID = "imp_0198f2c5a1b27c3d8e4f5a6b7c8d9e0f"
EXAMPLE_ATTRIBUTES = {
    "name": "New Startup",
    "industry": "Technology",
    "country": "US",
    "employees": 120,
    "technologies": ["Stripe", "React"],
    "email": True,
    "confidence": 0.93,
}
EXAMPLE_COMPANY = {
    **EXAMPLE_ATTRIBUTES,
    "domain": "newstartup.com",
    "version": 1,
    "sources": {"industry": {"source": "api", "observed_at": "2026-11-02T09:30:00Z"}},
    "created_at": "2026-11-02T09:30:00Z",
    "updated_at": "2026-11-02T09:30:00Z",
}
EXAMPLE_IMPORT = {
    "import_id": IMPORT_ID,
    "status": "completed",
    "rows": 3,
    "imported": 2,
    "rejected": 1,
    "errors": [{"line": 4, "reason": "Invalid domain format"}],
    "bytes_total": 181,
    "bytes_read": 181,
    "created_at": "2026-11-02T09:30:00Z",
    "started_at": "2026-11-02T09:30:00Z",
    "finished_at": "2026-11-02T09:30:01Z",
}


FILE_REFUSALS = (
    Refusal(413, "body_too_large", "The file is larger than 256 MiB. Send it in parts."),
    Refusal(408, "body_timeout", "No byte arrived for 30 seconds."),
    Refusal(415, "unsupported_media_type", "Send text/csv, application/json or application/x-ndjson."),
)


class ImportPath(BaseModel):
    """Which import."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(max_length=100, description="The import's id.", examples=[IMPORT_ID])]


ROUTES = (
    Route(
        method="GET",
        path="/v1/companies",
        name="listCompanies",
        tag="Companies",
        summary="List companies",
        description="The companies that pass all the filters, by domain.",
        answers={
            200: Answer(
                "A page of companies.",
                Page[profiles.CompanyAnswer],
                {"data": [EXAMPLE_COMPANY], "has_more": False, "next_cursor": None},
            )
        },
        refusals=(INVALID_CURSOR,),
        scope=Scope.COMPANIES_READ,
        query=CompaniesQuery,
        sends=to_scoring(
            type=profiles.LIST,
            message=lambda inputs: list_companies(inputs.query, cursor=inputs.query.cursor, limit=inputs.query.limit),
        ),
    ),
    Route(
        method="GET",
        path="/v1/companies/export",
        name="exportCompanies",
        tag="Companies",
        summary="Export companies",
        description="All companies that pass the filters as one file, in the format that import reads.",
        answers={
            200: Answer(
                "The file.", str, media_types=("text/csv", "application/x-ndjson"), headers=("Content-Disposition",)
            )
        },
        scope=Scope.COMPANIES_READ,
        query=ExportQuery,
        local=export_companies,
        local_asks=True,
    ),
    Route(
        method="POST",
        path="/v1/companies/import",
        name="importCompanies",
        tag="Companies",
        summary="Import companies",
        description="Takes in a file of up to 256 MiB. JSON and NDJSON have the flat object of PUT plus `domain` as "
        "rows; the headers of CSV are its names, with lists separated by `;`, or go through `mapping`. Rows that are "
        "wrong are reported by line; the others go in.",
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
        query=ImportQuery,
        body_media_types=CONTENT_TYPES,
        body_examples={"text/csv": "domain,industry,technologies\nnewstartup.com,Technology,Stripe;React\n"},
        streamed=True,
        local=partial(import_file, COMPANIES),
        local_asks=True,
        links={"getImport": {"id": "$response.body#/import_id"}},
    ),
    Route(
        method="GET",
        path="/v1/companies/{domain}",
        name="getCompany",
        tag="Companies",
        summary="Get a company",
        answers={200: Answer("What is known about the company.", profiles.CompanyAnswer, EXAMPLE_COMPANY)},
        refusals=(INVALID_DOMAIN, DOMAIN_NOT_FOUND),
        scope=Scope.COMPANIES_READ,
        path_model=CompanyPath,
        sends=to_scoring(
            type=profiles.GET,
            message=lambda inputs: profiles.GetCompany(domain=domains.domain(inputs.path.domain)),
            subject=lambda message: message.domain,
        ),
    ),
    Route(
        method="PUT",
        path="/v1/companies/{domain}",
        name="putCompany",
        tag="Companies",
        summary="Say what is known about a company",
        description="Replaces what you said before: what is not said is not known any more. `email`, `phone` and "
        "`linkedin` are kept as known or not known, never as the value.",
        answers={
            200: Answer("The company was known, and is now as you say.", profiles.CompanyAnswer, EXAMPLE_COMPANY),
            201: Answer("The company is new.", profiles.CompanyAnswer, EXAMPLE_COMPANY, headers=("Location",)),
        },
        refusals=(INVALID_DOMAIN,),
        scope=Scope.COMPANIES_WRITE,
        path_model=CompanyPath,
        body=CompanyAttributes,
        body_examples={"default": EXAMPLE_ATTRIBUTES},
        sends=to_scoring(
            type=profiles.PUT,
            message=lambda inputs: put_company(domains.domain(inputs.path.domain), inputs.body),
            subject=lambda message: message.domain,
            location="/v1/companies/{domain}",
        ),
        links={
            "getCompany": {"domain": "$response.body#/domain"},
            "deleteCompany": {"domain": "$response.body#/domain"},
        },
    ),
    Route(
        method="DELETE",
        path="/v1/companies/{domain}",
        name="deleteCompany",
        tag="Companies",
        summary="Forget a company",
        answers={204: Answer("The company is forgotten.")},
        refusals=(INVALID_DOMAIN, DOMAIN_NOT_FOUND),
        scope=Scope.COMPANIES_WRITE,
        path_model=CompanyPath,
        sends=to_scoring(
            type=profiles.DELETE,
            message=lambda inputs: profiles.DeleteCompany(domain=domains.domain(inputs.path.domain)),
            subject=lambda message: message.domain,
        ),
    ),
    Route(
        method="GET",
        path="/v1/imports",
        name="listImports",
        tag="Companies",
        summary="List imports",
        description="Your imports, newest first.",
        answers={200: Answer("A page of imports.", Page[imports.ImportSummary])},
        refusals=(INVALID_CURSOR,),
        scope=Scope.COMPANIES_READ,
        query=imports.ListImports,
        sends=to_scoring(type=imports.LIST, message=lambda inputs: inputs.query),
    ),
    Route(
        method="GET",
        path="/v1/imports/{id}",
        name="getImport",
        tag="Companies",
        summary="See how far an import is",
        answers={200: Answer("The import.", imports.ImportAnswer, EXAMPLE_IMPORT)},
        refusals=(Refusal(404, "import_not_found", "Import not found"),),
        scope=Scope.COMPANIES_READ,
        path_model=ImportPath,
        sends=to_scoring(type=imports.GET, message=lambda inputs: imports.GetImport(id=inputs.path.id)),
    ),
)
