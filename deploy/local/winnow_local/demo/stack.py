"""The stack that the demo works on: the one that runs in this home, or one of its own that ends with it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from winnow import Retries, Unreachable, Winnow, WinnowError

from winnow_local import endpoints, running
from winnow_local.endpoints import Endpoints
from winnow_local.errors import StackError
from winnow_local.home import Home

READY_WITHIN_S = 180.0
"""A first start fetches Kafka's jars."""

_LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundStack:
    """A stack that answers; one that was started for the demo does not stay after it."""

    endpoints: Endpoints
    stays: bool


@contextmanager
def any_stack(
    home: Home, *, say: Callable[[str], None], environment: Mapping[str, str] = os.environ
) -> Iterator[FoundStack]:
    """A stack that answers. Raises StackError where none can be had."""
    found = _answering(home)
    if found is not None:
        yield FoundStack(endpoints=found, stays=True)
    elif _is_claimed(home):
        say(f"A stack is starting in {home.folder}; waiting until it is ready.")
        yield FoundStack(endpoints=_wait_for_claimed(home), stays=True)
    else:
        say("No stack runs, so one is started, and stopped at the end; `make up` starts one that stays.")
        with running.running_stack(home.folder, environment=environment, within=READY_WITHIN_S) as own:
            yield FoundStack(endpoints=own.endpoints, stays=False)


def _wait_for_claimed(home: Home) -> Endpoints:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and _is_claimed(home):
        found = _answering(home)
        if found is not None:
            return found
        time.sleep(_LOOK_EVERY_S)
    raise StackError(f"The stack in {home.folder} did not become ready; its logs are in {home.logs}.")


def _answering(home: Home) -> Endpoints | None:
    """The endpoints in this home, if a gateway is there: a supervisor that was killed leaves the file behind."""
    try:
        found = endpoints.read(home.endpoints)
    except FileNotFoundError:
        return None
    try:
        with Winnow(url=found.gateway, api_key=found.api_key, retries=Retries(attempts=1)) as client:
            next(client.rules.list(), None)
    except Unreachable:
        return None
    except WinnowError:
        # It answers, and will say the same to the demo, which tells it.
        return found
    return found


def _is_claimed(home: Home) -> bool:
    """Whether a supervisor lives in this home."""
    try:
        lock = (home.folder / "lock").open("r+")
    except FileNotFoundError:
        return False
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
