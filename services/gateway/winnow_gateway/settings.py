"""What the gateway is told by its environment (prefix WINNOW_GATEWAY_)."""

import base64
import binascii
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretBytes, SecretStr
from pydantic_settings import SettingsConfigDict
from winnow_common.settings import CommonSettings

PEPPER_BYTES = 32


class SignUp(StrEnum):
    """Who may open an account."""

    OPEN = "open"
    INVITE = "invite"
    """Whoever knows the invitation code."""
    CLOSED = "closed"


def _pepper(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        secret = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("must be base64") from None
    if len(secret) < PEPPER_BYTES:
        raise ValueError(f"must be at least {PEPPER_BYTES} bytes in base64, and is {len(secret)}")
    return secret


class Settings(CommonSettings):
    """See `winnow_common.settings.CommonSettings` for what every service has."""

    model_config = SettingsConfigDict(env_prefix="WINNOW_GATEWAY_")

    redis: SecretStr
    """URL of Redis or Valkey: limits and answers that are known, and nothing of value."""
    pepper: Annotated[SecretBytes, BeforeValidator(_pepper)]
    """Secret of the hashes of keys and e-mail addresses; with another one, no key and no log-in works any more."""
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = ""
    """Where callers reach the API, for its description; empty: wherever they fetched it from."""
    signup: SignUp = SignUp.OPEN
    invitation: SecretStr | None = None
    """The code that sign-up asks for where it is `invite`."""
    sign_ups_per_hour: int = Field(default=120, ge=1)
    """From one address."""
    plans: Path | None = None
    """A plans.toml; the packaged one unless set."""
    default_plan: str = "free"
    """Of new accounts."""
    proxies: int = Field(default=0, ge=0, le=10)
    """How many proxies of ours stand before the gateway and add to X-Forwarded-For."""
    longest_wait: float = Field(default=30.0, gt=0)
    """Seconds after which a call is answered 504, where its route does not say sooner: less than proxies wait."""
    largest_upload: int = Field(default=1024**3, ge=1)
    """Bytes of a file of leads."""
    uploads_at_once: int = Field(default=32, ge=1)
    """Files of leads that arrive here at once, each of which takes about 20 MB of memory."""
    downloads_at_once: int = Field(default=32, ge=1)
    """Files of results that are sent from here at once, each of which takes about 8 MB of memory."""
    streams_at_once: int = Field(default=200, ge=1)
    """Callers that follow a batch here at once."""
    longest_stream: float = Field(default=3600.0, gt=0)
    """Seconds after which a stream of events ends; whoever follows it comes back by itself."""
    longest_render: float = Field(default=120.0, gt=0)
    """Seconds that a download waits for its file to be written."""
    access_log: bool = True
    """Whether each answer is a line of the log."""
    pool_size: int = Field(default=10, ge=1, le=100)
