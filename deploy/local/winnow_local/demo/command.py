"""The command itself: find data and a stack, do the job, show what came of it."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text
from winnow import Winnow, WinnowError

from winnow_local.demo import job, report
from winnow_local.demo.datasets import find_datasets
from winnow_local.demo.progress import ConsoleStage
from winnow_local.demo.stack import FoundStack, any_stack
from winnow_local.errors import StackError
from winnow_local.home import Home
from winnow_local.settings import StackSettings

INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Run the demo; returns the exit status."""
    if arguments:
        raise StackError(f"demo takes no arguments, and was given {' '.join(arguments)!r}.")
    console = Console(highlight=False)
    home = Home(StackSettings.from_environment(os.environ).home)
    stage = ConsoleStage(console)
    try:
        with any_stack(home, say=stage.note) as stack:
            _demonstrate(stack, stage=stage)
    except WinnowError as error:
        raise StackError(f"The demo stopped: {error}") from error
    except KeyboardInterrupt:
        console.print("Interrupted.")
        return INTERRUPTED
    return 0


def _demonstrate(stack: FoundStack, *, stage: ConsoleStage) -> None:
    endpoints, console = stack.endpoints, stage.console
    source, datasets = find_datasets()
    console.print(Text.assemble(("Winnow demo", "bold"), f"  on {endpoints.gateway}"))
    stage.note(f"{source}.")
    with Winnow(url=endpoints.gateway, api_key=endpoints.api_key, on_retry=stage.tell_retry) as client:
        outcome = job.run(client, datasets, stage=stage, clock=time.perf_counter)
    report.show(outcome, console=console)
    best = outcome.scores[0].domain if outcome.scores else None
    console.print(report.next_steps(url=endpoints.gateway if stack.stays else None, best=best))
