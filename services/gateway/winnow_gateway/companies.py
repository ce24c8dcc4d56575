"""Companies as they are asked for: filters in a query, and files."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError
from winnow_common import strict_json
from winnow_contracts.companies import CompanyAttributes, without_contacts
from winnow_contracts.imports import ColumnName
from winnow_contracts.pages import PageRequest
from winnow_contracts.profiles import CompanyFilters, ListCompanies, PutCompany
from winnow_contracts.scores import DomainText

LONGEST_MAPPING = 64 * 1024


class CompaniesQuery(PageRequest, CompanyFilters):
    """Filters, and which page."""


class ExportQuery(CompanyFilters):
    """Filters, and how the file is written."""

    format: Annotated[
        Literal["csv", "ndjson"], Field(description="CSV with a header line, or a JSON object a line.")
    ] = "csv"


def read_mapping(text: object) -> object:
    """The value of a query's JSON, not checked further; raises what pydantic shows as a fault of the parameter."""
    if not isinstance(text, str) or len(text) > LONGEST_MAPPING:
        raise PydanticCustomError("mapping_size", "The mapping is longer than 64 KiB")
    try:
        return strict_json.loads(text.encode())
    except strict_json.InvalidJson as error:
        raise PydanticCustomError(
            "mapping_json", "The mapping is not JSON: {reason}", {"reason": error.detail}
        ) from None


FileMapping = Annotated[
    dict[ColumnName, ColumnName] | None,
    Field(max_length=500),
    BeforeValidator(read_mapping),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": LONGEST_MAPPING,
            "contentMediaType": "application/json",
            "contentSchema": {
                "type": "object",
                "maxProperties": 500,
                "propertyNames": {"minLength": 1, "maxLength": 200},
                "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 200},
            },
        }
    ),
]
"""A JSON object in a query: names in a file to what they are called here."""


class ImportQuery(BaseModel):
    """How the columns of the file are called."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mapping: Annotated[
        FileMapping,
        Field(
            description="A JSON object: names in the file to attributes of a company, `domain` or `custom.<name>`. "
            "What it does not name is left out."
        ),
    ] = None


class CompanyPath(BaseModel):
    """Which company."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: DomainText


def put_company(domain: str, attributes: CompanyAttributes) -> PutCompany:
    """The message that keeps a company; contacts become yes or no here, before anything is published."""
    given = without_contacts(attributes.model_dump(exclude_unset=True))
    return PutCompany(domain=domain, attributes=CompanyAttributes.model_validate(given))


def list_companies(query: CompanyFilters, *, cursor: str | None, limit: int) -> ListCompanies:
    """The message that asks for a page."""
    given = query.model_dump(include=set(CompanyFilters.model_fields), exclude_unset=True)
    return ListCompanies(filters=CompanyFilters(**given), cursor=cursor, limit=limit)
