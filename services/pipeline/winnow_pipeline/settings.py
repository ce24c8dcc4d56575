"""What the pipeline is told by its environment (prefix WINNOW_PIPELINE_)."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode, SettingsConfigDict
from winnow_common.consumer import BATCH
from winnow_common.settings import CommonSettings, MasterKey


def _listed(value: object) -> object:
    """Texts between commas."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


class Settings(CommonSettings):
    """See `winnow_common.settings.CommonSettings` for what every service has."""

    model_config = SettingsConfigDict(env_prefix="WINNOW_PIPELINE_")

    batch: int = Field(default=BATCH, ge=1, le=5000)
    """Messages that are handled in one transaction at most."""
    pool_size: int = Field(default=10, ge=4, le=100)
    """Connections to PostgreSQL."""
    processes: int = Field(default=2, ge=1, le=64)
    """Processes that the role `chunks` computes in, beside its own."""
    presets: Path | None = None
    """A folder of further files of presets: how exports of other vendors name their columns."""
    previous_master_keys: Annotated[tuple[MasterKey, ...], NoDecode, BeforeValidator(_listed)] = ()
    """Older master keys, in base64 and separated by commas, that keys of tenants may still be wrapped by."""
    upload_days: int = Field(default=7, ge=1, le=30)
    """How long a file waits to be processed before it is deleted."""
    retention_days: int = Field(default=400, ge=1, le=3650)
    """How long leads are kept after their batch ended."""
    nameservers: Listed = ()
    """DNS servers as `address` or `address:port`, separated by commas; those of the system unless given."""
    dns_timeout: float = Field(default=2.0, gt=0, le=30)
    """Seconds that an answer about a mail domain is waited for; without one the address is of unknown status."""
    dns: bool = True
    """Whether mail domains are looked up at all; without it addresses with no other fault are of unknown status."""
    probe_mailboxes: bool = False
    """Whether mail servers are asked for single mailboxes (SMTP up to RCPT TO); read the operations guide first."""
    probe_sender: str = ""
    """The address that such questions come from, of a domain of yours."""
