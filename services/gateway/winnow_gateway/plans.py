"""Plans: what an account may use, from a file of the deployment that is checked when the gateway starts."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

_BOUND = 1_000_000_000_000


class InvalidPlans(ValueError):
    """The plans file cannot be used; the message says where and why."""


class Plan(BaseModel):
    """The limits of one plan."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str
    requests_per_minute: int = Field(ge=1, le=_BOUND)
    """Calls with any key of the account."""
    records_per_month: int = Field(ge=1, le=_BOUND)
    """Scored records with production keys in 30 days."""
    records_counted: bool = True
    """False: `records_per_month` is shown and nothing is counted."""
    live_keys: int = Field(ge=1, le=_BOUND)
    """Production keys at a time."""
    test_keys: int = Field(ge=0, le=_BOUND)
    """Staging and development keys at a time."""
    test_requests_per_month: int = Field(ge=1, le=_BOUND)
    """Calls with staging and development keys in 30 days."""


Plans = Mapping[str, Plan]

_PLANS = TypeAdapter(dict[str, Plan])


def load_plans(path: Path | None = None, *, default: str) -> Plans:
    """The plans of a file, or the packaged ones.

    Raises `InvalidPlans`, also where there is none of the name `default`.
    """
    source = path or files("winnow_gateway").joinpath("plans.toml")
    try:
        tables: dict[str, Any] = tomllib.loads(source.read_text(encoding="utf-8"))
        plans = _PLANS.validate_python({name: _named(name, table) for name, table in tables.items()})
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise InvalidPlans(f"{source}: {error}") from error
    if default not in plans:
        raise InvalidPlans(
            f"{source}: there is no plan {default!r}, which new accounts get; there are {', '.join(plans)}"
        )
    return plans


def _named(name: str, table: object) -> object:
    return table | {"name": name} if isinstance(table, dict) else table
