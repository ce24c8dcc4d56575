"""Where a command writes: results to stdout, everything else to stderr.

So `winnow … --json | jq` sees results alone, and progress bars appear only where somebody looks.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.console import Console, RenderableType

from winnow import AsyncWinnow, Retries, Retry, Winnow
from winnow.retries import RETRIED_STATUSES

Json = Annotated[bool, typer.Option("--json", help="Print JSON: one document, or one per line of a list.")]

RETRIES = Retries(attempts=4)
"""Somebody watches: a server that is not there is told after two seconds rather than eight."""

UNATTENDED = Retries(statuses=RETRIED_STATUSES - {429})
"""Long work is worth more patience. Limits are waited for by whoever has several requests under way."""

PIPED_WIDTH = 140
"""Columns of a table that is not shown on a terminal."""


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPED_WIDTH
    return Console(stderr=stderr, width=width, highlight=False, soft_wrap=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """The two streams, and the server that was asked for on the command line."""

    url: str | None = None
    out: Console = field(default_factory=lambda: _console(stderr=False))
    err: Console = field(default_factory=lambda: _console(stderr=True))

    @contextmanager
    def client(self, *, url: str | None = None, api_key: str | None = None) -> Iterator[Winnow]:
        """A client that says on stderr what it tries again."""
        address = url or self.url
        with Winnow(url=address, api_key=api_key, retries=RETRIES, on_retry=self.tell_retry) as made:
            yield made

    def async_client(self) -> AsyncWinnow:
        """A client for many requests beside each other; whoever asks for it opens it."""
        return AsyncWinnow(url=self.url, retries=UNATTENDED, on_retry=self.tell_retry)

    def tell_retry(self, retry: Retry) -> None:
        self.note(f"{retry.error} Trying again in {retry.seconds:.1f} s.")

    def note(self, sentence: str) -> None:
        """Say something that is not the result."""
        self.err.print(sentence, style="dim", markup=False)

    def show(self, renderable: RenderableType) -> None:
        """Print a result for people."""
        self.out.print(renderable)

    def say(self, sentence: str) -> None:
        """Print a sentence as the result."""
        self.out.print(sentence, markup=False)

    def dump(self, value: object) -> None:
        """Print one result for programs, on a line of its own."""
        sys.stdout.write(as_json(value) + "\n")

    def dump_all(self, values: Iterable[object]) -> None:
        """Print results for programs, each as it comes."""
        for value in values:
            self.dump(value)


def as_json(value: object) -> str:
    """`value` as one line of JSON."""
    if isinstance(value, BaseModel):
        return value.model_dump_json(exclude_none=True)
    return json.dumps(value, ensure_ascii=False)


def terminal(context: typer.Context) -> Terminal:
    """The terminal of this run."""
    found = context.find_object(Terminal)
    return found if found is not None else Terminal()
