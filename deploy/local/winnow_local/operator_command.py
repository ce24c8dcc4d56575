"""`python -m winnow_local run SERVICE …`: a service's command for its operator, on the stack that runs in this home.

python -m winnow_local run scoring dlq list
"""

import os
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

from winnow_local import endpoints
from winnow_local.credentials import load_or_create
from winnow_local.errors import StackError
from winnow_local.home import Home
from winnow_local.services import SERVICES, Role, Wiring
from winnow_local.settings import StackSettings


def run(arguments: list[str]) -> int:
    """Become `python -m winnow_<service> …`, told where everything is. Raises StackError where no stack runs."""
    service = arguments[0] if arguments else ""
    if service not in SERVICES:
        raise StackError(
            f"run takes a service ({', '.join(SERVICES)}) and its command, such as `run scoring dlq list`."
        )
    environment = environment_of(service, home=Home(StackSettings.from_environment(os.environ).home))
    command = [sys.executable, "-m", f"winnow_{service}", *arguments[1:]]
    os.execve(sys.executable, command, {**os.environ, **environment})  # noqa: S606 - our own interpreter, without a shell


def environment_of(service: str, *, home: Home) -> Mapping[str, str]:
    """The variables that the service's processes in the stack of this home are given."""
    try:
        found = endpoints.read(home.endpoints)
    except FileNotFoundError:
        raise StackError(f"No stack runs in {home.folder}. `make up` starts one.") from None
    credentials = load_or_create(home.secrets, roles=SERVICES)
    wiring = Wiring(
        postgres=found.postgres,
        kafka=found.kafka,
        redis=found.redis,
        objects=home.objects.as_uri(),
        master_key=credentials.master_key,
        pepper=credentials.pepper,
        port=urlsplit(found.gateway).port or 80,
        log_level="warning",
    )
    return wiring.environment(Role(service=service), instance="operator", operations_port=0)
