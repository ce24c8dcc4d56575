"""As much of the Compose file format as `docker-compose.yml` uses; a key that is not here is a mistake there."""

import re
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
Duration = Annotated[str, StringConstraints(pattern=r"^[0-9]+s$")]
PortMapping = Annotated[str, StringConstraints(pattern=r"^127\.0\.0\.1:\$\{[A-Z]+:-[0-9]+\}:[0-9]+$")]
Command = list[str]

_VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>[A-Z_]+)(?::(?P<kind>[?-])(?P<rest>[^}]*))?\}")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Build(Strict):
    context: Literal["."]
    dockerfile: str
    args: dict[str, str]


class Healthcheck(Strict):
    test: Command
    interval: Duration
    timeout: Duration
    retries: Annotated[int, Field(ge=1)]


class Dependency(Strict):
    condition: Literal["service_started", "service_healthy", "service_completed_successfully"]


class Service(Strict):
    image: str
    build: Build | None = None
    entrypoint: Command | None = None
    command: Command | None = None
    environment: dict[str, str] = Field(default_factory=dict)
    ports: list[PortMapping] = Field(default_factory=list)
    volumes: list[str] = Field(default_factory=list)
    healthcheck: Healthcheck | None = None
    restart: Literal["unless-stopped"] | None = None
    read_only: bool = False
    tmpfs: list[str] = Field(default_factory=list)
    cap_drop: list[Literal["ALL"]] = Field(default_factory=list)
    security_opt: list[Literal["no-new-privileges:true"]] = Field(default_factory=list)
    depends_on: dict[Name, Dependency] = Field(default_factory=dict)


class Compose(Strict):
    name: Name
    services: dict[Name, Service]
    volumes: dict[Name, None]


def read_compose(path: Path) -> Compose:
    """The file, anchors and merges resolved, variables as they stand."""
    return Compose.model_validate(yaml.safe_load(path.read_text()))


def variables(text: str) -> dict[str, str | None]:
    """The variables that the file takes from `.env`, with their defaults; None where one has to be given."""
    found: dict[str, str | None] = {}
    for match in _VARIABLE.finditer(text):
        default = match["rest"] if match["kind"] == "-" else None
        found[match["name"]] = found.get(match["name"]) or default
    return found


def resolve(text: str, *, values: dict[str, str]) -> str:
    """`text` with its variables replaced, as Compose does it."""
    return _VARIABLE.sub(lambda match: values[match["name"]], text).replace("$$", "$")
