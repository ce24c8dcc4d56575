"""Settings that every service has. They come from the environment alone, are read once in `__main__`, and never change.

A service subclasses `CommonSettings` with its prefix:

    class Settings(CommonSettings):
        model_config = SettingsConfigDict(env_prefix="WINNOW_SCORING_")
"""

import base64
import binascii
import sys
from enum import StrEnum
from typing import Annotated, NoReturn, TypeVar

from pydantic import BeforeValidator, Field, SecretBytes, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

MASTER_KEY_BYTES = 32


class LogFormat(StrEnum):
    """Who reads the log."""

    CONSOLE = "console"
    """People: aligned and coloured."""
    JSON = "json"
    """Machines: one object a line."""


class LogLevel(StrEnum):
    """The least severe line that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _master_key(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        key = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("must be base64") from None
    if len(key) != MASTER_KEY_BYTES:
        raise ValueError(f"must be {MASTER_KEY_BYTES} bytes in base64, and is {len(key)}")
    return key


MasterKey = Annotated[SecretBytes, BeforeValidator(_master_key)]
"""32 bytes, written in base64."""


class CommonSettings(BaseSettings):
    """What every process of Winnow is told. Values of secrets show as `**********` wherever they are printed."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    postgres: SecretStr
    """URL of the database, with the service's own role; the role's search_path is its schema."""
    kafka: str
    """`host:port`, several separated by commas."""
    objects: str
    """Where sealed objects are: `file:///folder` or `s3://bucket/prefix`."""
    master_key: MasterKey
    """Wraps the data key of every sealed object."""
    instance: str = Field(default="0", pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    """Name of this process among those of its service."""
    operations_host: str = "127.0.0.1"
    operations_port: int = Field(default=0, ge=0, le=65535)
    """Of /healthz, /readyz and /metrics; 0 takes a free one."""
    log: LogFormat = LogFormat.JSON
    log_level: LogLevel = LogLevel.INFO
    otlp_endpoint: str | None = None
    """Base URL of an OpenTelemetry collector (OTLP over HTTP); without one nothing is traced."""


S = TypeVar("S", bound=BaseSettings)


def load(settings: type[S]) -> S:
    """The settings from the environment; ends the process with status 2 and says which variables are wrong and why."""
    try:
        return settings()
    except ValidationError as error:
        _refuse(settings, error)


def _refuse(settings: type[BaseSettings], error: ValidationError) -> NoReturn:
    prefix = settings.model_config.get("env_prefix", "")
    for fault in error.errors(include_input=False, include_url=False, include_context=False):
        variable = (prefix + "_".join(str(part) for part in fault["loc"])).upper()
        sys.stderr.write(f"{variable}: {fault['msg'].removeprefix('Value error, ')}\n")
    raise SystemExit(2)
