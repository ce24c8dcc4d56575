"""Shows the demo's work: a bar while something runs, a line when it is done."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text
from winnow import Retry
from winnow.cli import progress

from winnow_local.demo.job import Bar


@dataclass(frozen=True, slots=True)
class ConsoleStage:
    """A stage on a console; where that is no terminal, only the lines are printed."""

    console: Console

    def counting(self, description: str, /, *, total: int | None = None) -> AbstractContextManager[Bar]:
        return progress.counting(self.console, f"  {description}", total=total)

    def done(self, sentence: str, /) -> None:
        self.console.print(Text.assemble(("  ✓ ", "green"), sentence))

    def tell_retry(self, retry: Retry, /) -> None:
        """Say that something is tried again."""
        self.note(f"{retry.error} Trying again in {retry.seconds:.1f} s.")

    def note(self, sentence: str, /) -> None:
        """Say something that is no result."""
        self.console.print(Text(f"    {sentence}", style="dim"))
