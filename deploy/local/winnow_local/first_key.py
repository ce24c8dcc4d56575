"""The API key that every start shows: of the first account, made on the first start, checked on later ones."""

import asyncio
import json
import os
import subprocess
from pathlib import Path

from winnow_local.credentials import Credentials, save
from winnow_local.errors import StackError
from winnow_local.readiness import http_status
from winnow_local.services import Role, Wiring

_UNAUTHORIZED = 401
_PROBE_PATH = "/v1/keys"


async def ensure(credentials: Credentials, *, path: Path, wiring: Wiring) -> str:
    """The key in `credentials` where the running gateway still knows it; otherwise a new one, which is saved."""
    known = credentials.api_key
    if known is not None:
        status = await http_status(wiring.port, path=_PROBE_PATH, headers=f"Authorization: Bearer {known}\r\n")
        if status != _UNAUTHORIZED:
            return known
    made = await asyncio.to_thread(_bootstrap, wiring)
    save(credentials.with_api_key(made), path)
    return made


def _bootstrap(wiring: Wiring) -> str:
    """Make the first account, or another key for it. The answer is read here and never logged: it holds the key."""
    command = wiring.command(Role(service="gateway", role="bootstrap"), instance="bootstrap")
    done = subprocess.run(
        command.full_argv(),
        env={**os.environ, **command.environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    try:
        last_line = done.stdout.strip().splitlines()[-1]
        return str(json.loads(last_line)["api_key"])
    except (IndexError, ValueError, KeyError, TypeError):
        raise StackError(
            f"The first account could not be made (exit status {done.returncode}): "
            f"{done.stderr.strip() or done.stdout.strip()}"
        ) from None
