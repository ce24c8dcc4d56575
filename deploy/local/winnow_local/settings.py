"""What `make up` can be told; all of it by the environment, all of it optional."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from winnow_local.errors import StackError
from winnow_local.services import ROLES

PREFERRED_PORT = 8080
_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSettings:
    """One stack: where its state is, which port it answers on, how many of what, and servers that exist already."""

    home: Path
    port: int | None = None
    """Of the gateway; None takes 8080 where that is free and any other port where it is not."""
    scale: Mapping[str, int] = field(default_factory=dict)
    """Processes per role; one where nothing is said."""
    log_level: str = "info"
    kafka: str | None = None
    """`host:port` of a Kafka to use instead of starting one."""
    postgres: str | None = None
    """URL of a PostgreSQL to use instead of starting one, for a role that may create databases and roles."""
    redis: str | None = None
    """URL of a Valkey or Redis to use instead of starting one."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "StackSettings":
        """Read WINNOW_HOME, PORT, SCALE, LOG_LEVEL, WINNOW_KAFKA, WINNOW_POSTGRES and WINNOW_REDIS; empty is unset.

        Raises StackError where one of them cannot be meant.
        """
        given = {name: value for name, value in environment.items() if value}
        level = given.get("LOG_LEVEL", "info").lower()
        if level not in _LEVELS:
            raise StackError(f"LOG_LEVEL is {level!r}; it can be {', '.join(_LEVELS)}.")
        return cls(
            home=Path(given.get("WINNOW_HOME", ".winnow")).expanduser().resolve(),
            port=_port(given["PORT"]) if "PORT" in given else None,
            scale=_scale(given.get("SCALE", "")),
            log_level=level,
            kafka=given.get("WINNOW_KAFKA"),
            postgres=given.get("WINNOW_POSTGRES"),
            redis=given.get("WINNOW_REDIS"),
        )


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise StackError(f"PORT is {text!r}; it has to be a number from 1 to 65535, as in `make up PORT=8080`.")
    return int(text)


def _scale(text: str) -> dict[str, int]:
    scale: dict[str, int] = {}
    known = [role.label for role in ROLES]
    for part in text.replace(",", " ").split():
        label, _, count = part.partition("=")
        if label not in known or not count.isdecimal() or not 1 <= int(count) <= 64:
            raise StackError(
                f'SCALE says {part!r}; it is a list such as `make up SCALE="scoring=2 gateway=2"`, '
                f"with 1 to 64 of {', '.join(known)}."
            )
        scale[label] = int(count)
    return scale
