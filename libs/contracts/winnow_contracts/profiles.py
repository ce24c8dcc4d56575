"""Company profiles: what a tenant says about a company, how it is asked for, and how it is written to files."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from winnow_contracts.companies import CompanyAttributes
from winnow_contracts.pages import PageRequest
from winnow_contracts.scores import DomainText
from winnow_contracts.topic import Kind, MessageType

FilterText = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class PutCompany(BaseModel):
    """Say everything that is known about a company: what is not said is not known any more."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: DomainText
    attributes: CompanyAttributes


class GetCompany(BaseModel):
    """A company's profile."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: DomainText


class DeleteCompany(BaseModel):
    """Forget a company."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: DomainText


class CompanyFilters(BaseModel):
    """Which companies: those that pass all filters that are given. Text is compared without regard to case."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    industry: FilterText | None = None
    country: FilterText | None = None
    tag: FilterText | None = None
    technology: FilterText | None = None
    min_employees: int | None = Field(default=None, ge=0, le=2**53)
    max_employees: int | None = Field(default=None, ge=0, le=2**53)
    q: Annotated[FilterText | None, Field(description="A part of the name or the domain.")] = None


class ListCompanies(PageRequest):
    """The tenant's companies by domain."""

    filters: CompanyFilters = CompanyFilters()


class Provenance(BaseModel):
    """Where a value comes from, and when it was said."""

    source: Annotated[str, Field(examples=["api", "import"])]
    observed_at: datetime


class CompanyAnswer(CompanyAttributes):
    """A profile: the attributes as they were put, and what is known about them."""

    domain: str
    version: int
    sources: dict[str, Provenance]
    """By attribute."""
    created_at: datetime
    updated_at: datetime


class KnownAttributes(CompanyAttributes):
    """Attributes that are told; listeners pass over those that they do not know."""

    model_config = ConfigDict(extra="ignore")


class CompanyUpdated(BaseModel):
    """A profile is new or has changed; the sequence is its version."""

    domain: str
    version: int
    attributes: KnownAttributes


class CompanyEnriched(BaseModel):
    """What others say of a company has arrived or changed; what the tenant says comes before it.

    The sequence is the profile's version, which both kinds of changes count.
    """

    domain: str
    version: int
    source: str | None
    attributes: KnownAttributes


class CompanyDeleted(BaseModel):
    """A profile was deleted; the sequence goes on if the company comes back."""

    domain: str
    version: int


PUT = MessageType("companies.put", PutCompany, Kind.COMMAND)
DELETE = MessageType("companies.delete", DeleteCompany, Kind.COMMAND)
GET = MessageType("companies.get", GetCompany, Kind.READ)
LIST = MessageType("companies.list", ListCompanies, Kind.READ)
UPDATED = MessageType("company.updated", CompanyUpdated, Kind.FACT)
DELETED = MessageType("company.deleted", CompanyDeleted, Kind.FACT)
ENRICHED = MessageType("company.enriched", CompanyEnriched, Kind.FACT)
