"""`endpoints.json`: how programs find a running stack. It exists while the stack is ready; it is replaced whole."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from winnow_local.credentials import write_private


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """The content of the file."""

    gateway: str
    """Base URL of the API."""
    docs: str
    api_key: str
    """A key of the first account, production environment."""
    kafka: str
    """`host:port`."""
    redis: str
    postgres: dict[str, str]
    """A URL per service, for its own role."""
    processes: dict[str, list[int]] = field(default_factory=dict)
    """Process ids of every child by server or service; the roles of a service stand under the service's name."""


def write(endpoints: Endpoints, *, path: Path) -> None:
    """Replace the file in one step; mode 0600, since it holds a key and passwords."""
    write_private(path, text=json.dumps(asdict(endpoints), indent=2) + "\n")


def read(path: Path) -> Endpoints:
    """The endpoints of a running stack. Raises FileNotFoundError where none is ready."""
    return Endpoints(**json.loads(path.read_text()))
