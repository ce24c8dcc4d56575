"""The secrets of a stack: made once, kept in `secrets.json` (mode 0600) beside the data that needs them."""

import base64
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from winnow_local.errors import StackError

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Passwords, keys and, after the first start, the API key that is shown at the end of each start."""

    superuser: str
    roles: dict[str, str]
    """Passwords of the services' roles in PostgreSQL."""
    valkey: str
    master_key: str
    """32 bytes in base64: wraps the keys of all sealed objects."""
    pepper: str
    """32 bytes in base64: under it API keys are hashed."""
    api_key: str | None = None

    def with_api_key(self, api_key: str) -> "Credentials":
        """The same with another API key."""
        return replace(self, api_key=api_key)


def load_or_create(path: Path, *, roles: Sequence[str]) -> Credentials:
    """Read the file, or make it; roles that came later get a password then.

    Raises StackError where the file is no such file: its data cannot be read without it, so nothing is overwritten.
    """
    if not path.exists():
        made = Credentials(
            superuser=_password(),
            roles={role: _password() for role in roles},
            valkey=_password(),
            master_key=_key(),
            pepper=_key(),
        )
        save(made, path)
        return made
    try:
        found = Credentials(**json.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        raise StackError(
            f"{path} cannot be read ({error}). Put it back from a copy, or give up the data it belongs to: "
            f"`rm -r {path.parent}` and start again."
        ) from error
    if missing := [role for role in roles if role not in found.roles]:
        found = replace(found, roles={**found.roles, **{role: _password() for role in missing}})
        save(found, path)
    return found


def save(credentials: Credentials, path: Path) -> None:
    """Write the file as a whole or not at all."""
    write_private(path, text=json.dumps(asdict(credentials), indent=2) + "\n")


def write_private(path: Path, *, text: str) -> None:
    """Replace a file in one step by one that only its owner can read."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def _password() -> str:
    return secrets.token_urlsafe(24)


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
