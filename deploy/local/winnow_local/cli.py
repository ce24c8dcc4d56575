"""The commands behind `make up` and its neighbours; a failure is told in words, without a traceback."""

import asyncio
import errno
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from winnow_local.errors import StackError


def main(arguments: list[str]) -> int:
    """Run the command that the first argument names, `up` where there is none; returns the exit status."""
    name = arguments[0] if arguments else "up"
    command = _COMMANDS.get(name)
    try:
        if command is None:
            raise StackError(f"There is no command {name!r}; there are {', '.join(_COMMANDS)}.")
        return command(arguments[1:])
    except StackError as failure:
        return _fail(str(failure))
    except OSError as failure:
        if failure.errno != errno.ENOSPC:
            raise
        place = failure.filename or "the stack"
        return _fail(f"The disk of {place} is full. Make room, then run the same command again: nothing is lost.")


def _up(_arguments: list[str]) -> int:
    """Start everything and keep it running."""
    from winnow_local.up import up  # noqa: PLC0415 (each command loads only what it needs)

    return up()


def _demo(arguments: list[str]) -> int:
    """The whole job on real companies."""
    from winnow_local import demo  # noqa: PLC0415

    return demo.main(arguments)


def _run(arguments: list[str]) -> int:
    """An operator's command of a service, on the stack that runs."""
    from winnow_local.operator_command import run  # noqa: PLC0415

    return run(arguments)


def _jars(_arguments: list[str]) -> int:
    """Fetch Kafka's jars."""
    from winnow_local.jars import fetch_jars  # noqa: PLC0415

    fetch_jars()
    return 0


def _lock(_arguments: list[str]) -> int:
    """Write the lock of Kafka's jars anew, after its version was changed."""
    from winnow_local.jars import write_lock  # noqa: PLC0415

    write_lock(Path(__file__).with_name("kafka.lock"))
    return 0


def _warm(_arguments: list[str]) -> int:
    """Fetch Kafka's jars and train its cache, so that the next start takes seconds."""
    from winnow_local.kafka import train_ahead_of_time_cache  # noqa: PLC0415

    asyncio.run(train_ahead_of_time_cache(say=lambda text: print(f"setup: {text}", flush=True)))
    return 0


_COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "up": _up,
    "demo": _demo,
    "jars": _jars,
    "lock": _lock,
    "run": _run,
    "warm": _warm,
}


def _fail(text: str) -> int:
    Console(stderr=True).print(Text(text, style="bold red"), soft_wrap=True)
    return 1
