"""The stack that the demo works on: the one that runs in this home, or one of its own that ends with it."""

from __future__ import annotations

import asyncio
import fcntl
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from winnow import Retries, Unreachable, Winnow, WinnowError

from winnow_local import endpoints
from winnow_local.endpoints import Endpoints
from winnow_local.errors import StackError
from winnow_local.home import Home
from winnow_local.processes import Command, Process

READY_WITHIN_S = 180.0
"""A first start fetches Kafka's jars."""

_STOP_WITHIN_S = 12.0
_LOOK_EVERY_S = 0.1


@contextmanager
def running_stack(home: Home, *, say: Callable[[str], None]) -> Iterator[Endpoints]:
    """The endpoints of a stack that answers. Raises StackError where none can be had."""
    found = _answering(home)
    if found is not None:
        yield found
    elif _is_claimed(home):
        say(f"A stack is starting in {home.folder}; waiting until it is ready.")
        yield _wait(home, may_go_on=lambda: _is_claimed(home))
    else:
        with _own_stack(home, say=say) as started:
            yield started


@contextmanager
def _own_stack(home: Home, *, say: Callable[[str], None]) -> Iterator[Endpoints]:
    say("No stack runs, so one is started, and stopped at the end; `make up` starts one that stays.")
    command = Command(name="stack", argv=(sys.executable, "-m", "winnow_local", "up"))
    process = Process(command, sink=_ignore)
    try:
        yield _wait(home, may_go_on=lambda: process.exit_status is None, last_words=process.output_tail)
    finally:
        asyncio.run(process.stop(within=_STOP_WITHIN_S))


def _wait(home: Home, *, may_go_on: Callable[[], bool], last_words: Callable[[], str] = lambda: "") -> Endpoints:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        found = _answering(home)
        if found is not None:
            return found
        if not may_go_on():
            break
        time.sleep(_LOOK_EVERY_S)
    raise StackError(f"The stack did not become ready. {last_words()}".strip())


def _ignore(_line: str) -> None:
    """The stack's log is in its home; its last lines are kept for when it fails."""


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
