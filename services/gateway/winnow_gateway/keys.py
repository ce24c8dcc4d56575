"""API keys as they are sent and shown, and who may make which."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from winnow_common.errors import Problem
from winnow_contracts.event import Environment
from winnow_contracts.pages import Page

from winnow_gateway.authentication import Principal
from winnow_gateway.plans import Plan
from winnow_gateway.scopes import Scope
from winnow_gateway.store.keys import StoredKey

LONGEST_OVERLAP = 30 * 24 * 3600
KEY_PATTERN = r"^key_[0-9a-f]{32}$"

KeyName = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=100, pattern=r"^[^\u0000]*$"),
    Field(description="What the key is for.", examples=["CRM synchronisation"]),
]


class CreateKey(BaseModel):
    """A new key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: KeyName = "API key"
    environment: Environment = Environment.PRODUCTION
    scopes: Annotated[
        frozenset[Scope] | None, Field(min_length=1, description="What it may do; all that you may, unless given.")
    ] = None
    expires_at: Annotated[AwareDatetime | None, Field(description="When it ends; never, unless given.")] = None


class RotateKey(BaseModel):
    """A new secret for a key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    overlap_seconds: Annotated[
        int, Field(strict=True, ge=0, le=LONGEST_OVERLAP, description="How long the old key goes on working.")
    ] = 24 * 3600


class KeyAnswer(BaseModel):
    """A key without its secret."""

    id: str
    name: str
    hint: Annotated[str, Field(description="Prefix and last four characters.")]
    environment: Environment
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: Annotated[datetime | None, Field(description="To the minute.")]
    replaced_by: Annotated[str | None, Field(description="The key that took its place by rotation.")]


class KeyCreated(KeyAnswer):
    """A new key with its secret, which is shown this once."""

    api_key: str


KeyList = Page[KeyAnswer]


class KeyPath(BaseModel):
    """Which key."""

    id: Annotated[str, Field(description="The key's id.", examples=["key_0198f2c5a1b27c3d8e4f5a6b7c8d9e0f"])]


def key_name(id: UUID) -> str:
    """The key's id as it is shown."""
    return f"key_{id.hex}"


def key_id(name: str) -> UUID:
    """The id in a name; raises the 404 `Problem` of an unknown key where it is not one."""
    try:
        if name.startswith("key_") and len(name) == 36:
            return UUID(hex=name[4:])
    except ValueError:
        pass
    raise key_not_found()


def key_not_found() -> Problem:
    """The refusal for a key that does not exist, or is somebody else's."""
    return Problem(404, "key_not_found", "Key not found")


def shown(key: StoredKey) -> KeyAnswer:
    """A key as its owner sees it."""
    return KeyAnswer(
        id=key_name(key.id),
        name=key.name,
        hint=key.hint,
        environment=key.environment,
        scopes=sorted(key.scopes),
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        replaced_by=None if key.replaced_by is None else key_name(key.replaced_by),
    )


def check_power(caller: Principal, *, environment: Environment, scopes: frozenset[Scope]) -> None:
    """Raise a 403 `Problem` where a key would be stronger than the one that makes, ends or rotates it."""
    if environment.livemode and not caller.environment.livemode:
        raise Problem(403, "environment_not_allowed", "A test key cannot manage production keys.")
    if lacking := sorted(scopes - caller.scopes):
        raise Problem(
            403,
            "missing_scope",
            f"This key lacks {', '.join(lacking)}, and cannot manage keys that have more than itself.",
            extra={"scope": lacking[0]},
        )


def check_room(plan: Plan, keys: list[StoredKey], *, environment: Environment) -> None:
    """Raise a 409 `Problem` where the plan allows no further key; keys that were rotated away do not count."""
    livemode = environment.livemode
    present = sum(key.environment.livemode == livemode and key.replaced_by is None for key in keys)
    limit = plan.live_keys if livemode else plan.test_keys
    if present >= limit:
        kind = "production" if livemode else "test"
        raise Problem(
            409,
            "too_many_keys",
            f"The plan {plan.name} has {limit} {kind} keys at a time. Rotate one, or revoke one first.",
        )
