"""What every service's `python -m winnow_<service>` does alike: find the command, migrate, tend dead letters."""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from winnow_common.dead_letter_command import dlq
from winnow_common.postgres import MigrationFailed, migrate
from winnow_common.settings import CommonSettings

Command = Callable[[Sequence[str]], int]
"""Takes the arguments after its name, and returns the exit status."""


def run(arguments: Sequence[str], commands: Mapping[str, Command], *, service: str) -> int:
    """Carry out a command; the first of them where none is named, status 2 where there is none of that name."""
    name, *rest = arguments or tuple(commands)[:1]
    command = commands.get(name)
    if command is None:
        sys.stderr.write(f"python -m winnow_{service} [{'|'.join(commands)}]\n")
        return 2
    return command(rest)


def migrate_schema(settings: CommonSettings, *, package: str) -> int:
    """Bring a service's schema up to date: the plumbing's migrations, then those beside its `package` file."""
    folders = [Path(file).parent / "migrations" for file in (__file__, package)]
    try:
        applied = migrate(settings.postgres.get_secret_value(), *folders)
    except MigrationFailed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"the database is up to date; applied: {', '.join(applied) or 'nothing new'}\n")
    return 0


def dead_letters(arguments: Sequence[str], settings: CommonSettings, *, service: str) -> int:
    """List, show and replay dead letters."""
    return asyncio.run(dlq(arguments, settings, service=service))
