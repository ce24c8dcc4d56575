"""What `python -m winnow_scoring` can do: serve, imports, models, keeper, bulk, migrate, directory, dlq."""

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from winnow_common import commands, lifecycle
from winnow_common.commands import Command
from winnow_common.settings import load

from winnow_scoring import directory_command
from winnow_scoring.app import build, keep, score_in_bulk, serve, take_in
from winnow_scoring.settings import Settings

SERVICE: Final = "scoring"


def answer_requests(_: Sequence[str]) -> int:
    """Answer requests from the log until told to stop."""
    lifecycle.main(load(Settings), serve, service=SERVICE)


def take_in_files(_: Sequence[str]) -> int:
    """Take in files of companies until told to stop."""
    lifecycle.main(load(Settings), take_in, service=SERVICE)


def build_models(_: Sequence[str]) -> int:
    """Build models of similarity until told to stop."""
    lifecycle.main(load(Settings), build, service=SERVICE)


def score_batches(_: Sequence[str]) -> int:
    """Score the leads of batches until told to stop."""
    lifecycle.main(load(Settings), score_in_bulk, service=SERVICE)


def keep_cache(_: Sequence[str]) -> int:
    """Keep similarity answers in Redis until told to stop."""
    settings = load(Settings)
    if settings.redis is not None:
        lifecycle.main(settings, partial(keep, redis_url=settings.redis.get_secret_value()), service=SERVICE)
    sys.stderr.write("WINNOW_SCORING_REDIS: the role keeper needs the URL of Redis or Valkey\n")
    return 2


def migrate_schema(_: Sequence[str]) -> int:
    """Bring the schema up to date."""
    return commands.migrate_schema(load(Settings), package=__file__)


def tend_directory(arguments: Sequence[str]) -> int:
    """Load, count and clear the companies that all tenants share."""
    return directory_command.run(arguments, load(Settings))


def dead_letters(arguments: Sequence[str]) -> int:
    """List, show and replay dead letters."""
    return commands.dead_letters(arguments, load(Settings), service=SERVICE)


COMMANDS: Final[Mapping[str, Command]] = {
    "serve": answer_requests,
    "imports": take_in_files,
    "models": build_models,
    "keeper": keep_cache,
    "bulk": score_batches,
    "migrate": migrate_schema,
    "directory": tend_directory,
    "dlq": dead_letters,
}


def run(arguments: Sequence[str]) -> int:
    """Carry out a command; `serve` where none is named. The exit status of the process."""
    return commands.run(arguments, COMMANDS, service=SERVICE)
