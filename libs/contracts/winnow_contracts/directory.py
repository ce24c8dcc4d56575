"""The directory: companies that the operator has loaded, for all tenants."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from winnow_contracts.profiles import KnownAttributes
from winnow_contracts.topic import Kind, MessageType

EVERYBODY = UUID(int=0)
"""Stands where facts of a tenant name it."""


class CompanyListed(BaseModel):
    """A company is in the directory, with these attributes; what was said of it before counts no more."""

    domain: str
    loaded_at: datetime
    attributes: KnownAttributes


class DirectoryCleared(BaseModel):
    """The directory was emptied; what was loaded up to then counts no more."""

    cleared_at: datetime


LISTED = MessageType("directory.company_listed", CompanyListed, Kind.FACT)
CLEARED = MessageType("directory.cleared", DirectoryCleared, Kind.FACT)
