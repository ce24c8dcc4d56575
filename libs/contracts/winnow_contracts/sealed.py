"""A reference to a sealed object: what travels on the log in place of data that is personal, secret or large."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


def _whole_seconds(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


class SealedReference(BaseModel):
    """Where a sealed object is and what it held. Safe for the log: nothing in it helps to read or guess the content.

    A reference is no permission: whoever opens it also says for which tenant, and no other tenant's object opens.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    key: Annotated[str, Field(pattern=r"^sealed/[0-9]{8}/[0-9a-f-]{36}/[0-9]{6}-[0-9a-f]{32}$")]
    """Of the object in the store: `sealed/<day it expires>/<tenant>/<time it expires>-<random>`."""
    size: Annotated[int, Field(ge=0)]
    """Of the content, in bytes."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """HMAC-SHA-256 of the content under a key of the tenant: equal for equal content of one tenant, else of no use."""
    expires: Annotated[AwareDatetime, AfterValidator(_whole_seconds)]
    """When the object is deleted, in UTC and whole seconds."""


class SealedText(BaseModel):
    """A short text that the log may not hold, such as the name of a file, sealed for its tenant.

    The gateway seals it on the way in and opens it on the way out (`winnow_common.sealed_values`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sealed: Annotated[str, Field(max_length=8192, pattern=r"^[A-Za-z0-9_-]+$")]
    """base64url, without padding."""
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """HMAC-SHA-256 of the text under a key of the tenant: equal for equal texts of one tenant, else of no use."""


class SealedAnswer(BaseModel):
    """An answer that is personal or large: its JSON is a sealed object, which the gateway opens, sends and deletes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sealed_answer: SealedReference


class SealedBody(BaseModel):
    """What a caller sent, where it is personal: the gateway seals the JSON of the body as it was validated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    object: SealedReference
