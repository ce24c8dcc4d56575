"""Accounts and sessions as they are sent and shown."""

import re
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

SESSION_LENGTH = timedelta(hours=12)

_PART = r"[^@.\u0000-\u0020\u007F]"
_EMAIL = rf"^[^@\u0000-\u0020\u007F]{{1,64}}@(?:{_PART}{{1,63}}\.)+{_PART}{{2,63}}$"
_EMAIL_SHAPE = re.compile(_EMAIL)


def _email(text: str) -> str:
    if _EMAIL_SHAPE.match(text) is None:
        raise PydanticCustomError("email", "Input should be an e-mail address")
    return text


Email = Annotated[
    str,
    StringConstraints(strict=True, max_length=254),
    AfterValidator(_email),
    WithJsonSchema({"type": "string", "maxLength": 254, "pattern": _EMAIL}),
    Field(description="An e-mail address; kept encrypted.", examples=["ada@example.com"]),
]
Password = Annotated[
    SecretStr,
    Field(min_length=8, max_length=256, description="8 to 256 characters.", examples=["correct horse battery"]),
]
Text = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200, pattern=r"^[^\u0000]*$")]


class CreateAccount(BaseModel):
    """A new account."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: Email
    password: Password
    company: Annotated[Text | None, Field(description="Kept encrypted.", examples=["Example Ltd"])] = None
    invitation: Annotated[Text | None, Field(description="The code, where sign-up is by invitation.")] = None


class AccountCreated(BaseModel):
    """An account with its first key, which is shown this once."""

    account_id: str
    api_key: str


class CreateSession(BaseModel):
    """A log-in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: Email
    password: Password


class SessionCreated(BaseModel):
    """A session: its token stands in for a key, with every scope, until it ends."""

    session_id: str
    account_id: str
    token: str
    expires_at: datetime


def account_name(tenant: UUID) -> str:
    """The account's id as it is shown."""
    return f"acc_{tenant.hex}"


def session_name(id: UUID) -> str:
    """The session's id as it is shown."""
    return f"ses_{id.hex}"
