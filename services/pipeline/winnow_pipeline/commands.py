"""What `python -m winnow_pipeline` can do: serve, chunks, migrate, master-keys, dlq."""

from collections.abc import Mapping, Sequence
from typing import Final

from winnow_common import commands, lifecycle
from winnow_common.commands import Command
from winnow_common.settings import load

from winnow_pipeline import master_keys_command
from winnow_pipeline.app import serve, work
from winnow_pipeline.settings import Settings

SERVICE: Final = "pipeline"


def answer_requests(_: Sequence[str]) -> int:
    """Answer requests from the log until told to stop."""
    lifecycle.main(load(Settings), serve, service=SERVICE)


def work_on_chunks(_: Sequence[str]) -> int:
    """Take batches through their phases until told to stop."""
    lifecycle.main(load(Settings), work, service=SERVICE)


def migrate_schema(_: Sequence[str]) -> int:
    """Bring the schema up to date."""
    return commands.migrate_schema(load(Settings), package=__file__)


def tend_master_keys(arguments: Sequence[str]) -> int:
    """Say what tenants' keys are wrapped by, and wrap them by the newest master key."""
    return master_keys_command.run(arguments, load(Settings))


def dead_letters(arguments: Sequence[str]) -> int:
    """List, show and replay dead letters."""
    return commands.dead_letters(arguments, load(Settings), service=SERVICE)


COMMANDS: Final[Mapping[str, Command]] = {
    "serve": answer_requests,
    "chunks": work_on_chunks,
    "migrate": migrate_schema,
    "master-keys": tend_master_keys,
    "dlq": dead_letters,
}


def run(arguments: Sequence[str]) -> int:
    """Carry out a command; `serve` where none is named. The exit status of the process."""
    return commands.run(arguments, COMMANDS, service=SERVICE)
