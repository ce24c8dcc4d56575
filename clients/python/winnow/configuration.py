"""The file that `winnow login` leaves: an address and a key, readable by its owner alone."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from winnow.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What is remembered between runs."""

    url: str | None = None
    api_key: str | None = field(default=None, repr=False)


def configuration_path(environment: Mapping[str, str] = os.environ) -> Path:
    """`winnow/config.json` under XDG_CONFIG_HOME, which is `~/.config` unless set."""
    folder = environment.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(folder) / "winnow" / "config.json"


def read_configuration(path: Path, /) -> Configuration:
    """The configuration at `path`; an absent file is an empty one."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Configuration()
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{path} cannot be read ({error}); mend or delete it, then run `winnow login`."
        ) from error
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path} holds no JSON object; delete it, then run `winnow login`.")
    return Configuration(url=document.get("url"), api_key=document.get("api_key"))


def write_configuration(path: Path, configuration: Configuration, /) -> None:
    """Replace the file at `path` in one step; it never exists with a mode wider than 0600."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    document = {"url": configuration.url, "api_key": configuration.api_key}
    # mkstemp makes the file with mode 0600, whatever the umask.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".config-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=2)
            file.write("\n")
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
