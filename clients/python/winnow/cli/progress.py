"""Progress bars for long work, on stderr, and only where that is a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. `at` says how far it is, and of how much where that was not known before."""

    progress: Progress
    task: TaskID

    def at(self, completed: int, total: int | None = None) -> None:
        self.progress.update(self.task, completed=completed, total=total or None)

    def advance(self, by: int) -> None:
        self.progress.advance(self.task, by)


@contextmanager
def counting(console: Console, description: str, /, *, total: int | None = None) -> Iterator[Bar]:
    """A bar that counts things."""
    with _bar(console, description, MofNCompleteColumn(), total=total) as bar:
        yield bar


@contextmanager
def sending(console: Console, description: str, /) -> Iterator[Bar]:
    """A bar that counts bytes."""
    with _bar(console, description, TransferSpeedColumn(), total=None) as bar:
        yield bar


@contextmanager
def _bar(console: Console, description: str, figures: ProgressColumn, /, *, total: int | None) -> Iterator[Bar]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        figures,
        TimeRemainingColumn(),
    )
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        yield Bar(progress, progress.add_task(description, total=total))
