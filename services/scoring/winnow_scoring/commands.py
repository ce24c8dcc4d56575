"""What `python -m winnow_scoring` can do: serve, imports, migrate, dlq."""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import winnow_common
from winnow_common import lifecycle
from winnow_common.dead_letter_command import dlq
from winnow_common.postgres import MigrationFailed, migrate
from winnow_common.settings import load

from winnow_scoring.app import serve, take_in
from winnow_scoring.settings import Settings

SERVICE: Final = "scoring"

Command = Callable[[Sequence[str]], int]


def answer_requests(_: Sequence[str]) -> int:
    """Answer requests from the log until told to stop."""
    return lifecycle.main(load(Settings), serve, service=SERVICE)


def take_in_files(_: Sequence[str]) -> int:
    """Take in files of companies until told to stop."""
    return lifecycle.main(load(Settings), take_in, service=SERVICE)


def migrate_schema(_: Sequence[str]) -> int:
    """Bring the schema up to date."""
    folders = [Path(package).parent / "migrations" for package in (winnow_common.__file__, __file__)]
    try:
        migrate(load(Settings).postgres.get_secret_value(), *folders)
    except MigrationFailed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def dead_letters(arguments: Sequence[str]) -> int:
    """List, show and replay dead letters."""
    return asyncio.run(dlq(arguments, load(Settings), service=SERVICE))


COMMANDS: Final[Mapping[str, Command]] = {
    "serve": answer_requests,
    "imports": take_in_files,
    "migrate": migrate_schema,
    "dlq": dead_letters,
}


def run(arguments: Sequence[str]) -> int:
    """Carry out a command; `serve` where none is named. The exit status of the process."""
    name, *rest = arguments or ("serve",)
    command = COMMANDS.get(name)
    if command is None:
        sys.stderr.write(f"python -m winnow_scoring [{'|'.join(COMMANDS)}]\n")
        return 2
    return command(rest)
