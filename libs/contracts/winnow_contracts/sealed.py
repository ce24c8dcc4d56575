"""A reference to something personal, secret or large that stays in the object store and never travels itself."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class SealedReference(BaseModel):
    """An encrypted object: safe for the log, useless without the master key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    size: int
    """Bytes of the plaintext."""
    sha256: str
    """Of the plaintext, in hexadecimal."""
    expires: datetime
    """When it is deleted, whether it was read or not."""
