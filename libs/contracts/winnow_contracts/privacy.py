"""Privacy: what is stored of a person, and erasing it. Persons are named in sealed bodies, never on the log."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from winnow_contracts.leads import LeadAnswer
from winnow_contracts.sealed import SealedBody
from winnow_contracts.topic import Kind, MessageType

MOST_SUBJECT_LEADS = 10_000


class Subject(BaseModel):
    """Whom it is about: everything that is stored under any of these identifiers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: Annotated[str | None, Field(min_length=3, max_length=320, examples=["sarah@techflow.com"])] = None
    phone: Annotated[str | None, Field(min_length=4, max_length=40, examples=["+15550199"])] = None
    linkedin: Annotated[str | None, Field(max_length=500)] = None
    lead_id: Annotated[str | None, Field(max_length=100)] = None

    @model_validator(mode="after")
    def _names_somebody(self) -> "Subject":
        if self.email is None and self.phone is None and self.linkedin is None and self.lead_id is None:
            raise ValueError("give an email, phone, linkedin or lead_id")
        return self


class ErasePerson(SealedBody):
    """Erase whom the sealed `Subject` names."""


class ExportPerson(SealedBody):
    """Give everything that is stored of whom the sealed `Subject` names; answered sealed."""


class ErasedStore(BaseModel):
    """What was erased in one place."""

    store: str
    """vault, vault_keys, leads, match_keys, uploads, chunks, downloads."""
    action: Literal["deleted", "key_destroyed", "blanked", "none_found"]
    records: int


class ErasureReceipt(BaseModel):
    """Proof of an erasure. It names nobody: the person stands in it as pseudonyms under the tenant's key.

    `signature` is Ed25519 over the receipt's canonical JSON (sorted keys, no spaces, UTF-8) without `signature` and
    `public_key`, both base64url.
    """

    receipt_id: str
    tenant_id: str
    erased_at: datetime
    pseudonyms: list[str]
    leads: int
    stores: list[ErasedStore]
    tombstone: Annotated[bool, Field(description="Whether the person is kept from being imported again.")]
    backups: Annotated[str, Field(description="When keys are gone from back-ups too.")]
    signature: str
    public_key: str


class AccessPackage(BaseModel):
    """Everything that is stored of a person."""

    generated_at: datetime
    leads: list[LeadAnswer]
    erased_before: Annotated[bool, Field(description="Whether a tombstone keeps the person from being imported.")]
    purposes: list[str]
    retention_days: int


ERASE = MessageType("privacy.erase", ErasePerson, Kind.COMMAND)
EXPORT = MessageType("privacy.export", ExportPerson, Kind.READ)
