"""What is stored of a person, and the proof that it was erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field, JsonValue, model_validator

from winnow.results.leads import LeadDetails
from winnow.results.parsing import Result


class Documented(Result):
    """A result whose `document`, the answer as it came, is worth keeping: with fields that this version ignores."""

    document: Mapping[str, JsonValue] = Field(repr=False)

    @model_validator(mode="before")
    @classmethod
    def _keep(cls, given: Any) -> Any:
        return {**given, "document": given} if isinstance(given, dict) else given


class ErasedStore(Result):
    """What was done in one store: deleted, key_destroyed, blanked, or none_found."""

    store: str
    action: str
    records: int


class ErasureReceipt(Documented):
    """Proof of an erasure. It names nobody: the person stands in it as pseudonyms under the account's key.

    `signature` (Ed25519, base64url) is over the canonical JSON of `document` (sorted keys, no spaces, UTF-8) without
    `signature` and `public_key`.
    """

    receipt_id: str
    tenant_id: str
    erased_at: datetime
    pseudonyms: Sequence[str] = ()
    leads: int
    stores: Sequence[ErasedStore] = ()
    tombstone: bool
    backups: str
    signature: str
    public_key: str


class AccessPackage(Documented):
    """Everything that is stored of a person; `erased_before` where a tombstone keeps them from being imported."""

    generated_at: datetime
    leads: Sequence[LeadDetails] = ()
    erased_before: bool = False
    purposes: Sequence[str] = ()
    retention_days: int | None = None
