"""What scoring is told by its environment (prefix WINNOW_SCORING_)."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict
from winnow_common.consumer import BATCH
from winnow_common.settings import CommonSettings


class Settings(CommonSettings):
    """See `winnow_common.settings.CommonSettings` for what every service has."""

    model_config = SettingsConfigDict(env_prefix="WINNOW_SCORING_")

    batch: int = Field(default=BATCH, ge=1, le=5000)
    """Messages that are handled in one transaction at most."""
    pool_size: int = Field(default=8, ge=4, le=100)
    """Connections to PostgreSQL: one for the batch in hand, four for reads, the others for relay and maintenance."""
    redis: SecretStr | None = None
    """URL of Redis or Valkey, for the role `keeper` alone: answers that may be lost, and nothing of value."""
