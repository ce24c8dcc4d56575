"""The journal of a run: what is known of each row so far, on disk as soon as it is known.

The first line names what the answers depend on, by a hash, and the run; each other line is a row's number and its
outcome. Nothing of the rows themselves is in it. Lines are appended in whole requests and synced, so a kill costs at
most the requests that were on their way; a line that was torn is cut off when the run goes on. One run writes it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from uuid import uuid4

import typer
from pydantic import BaseModel, ConfigDict, ValidationError

from winnow.cli.prospects.outcome import Outcome


class Head(BaseModel):
    """What the run is: `depends_on` is equal for runs that would get the same answers, `run` is its own."""

    model_config = ConfigDict(frozen=True)

    depends_on: str
    run: str


class Line(BaseModel):
    """A row that is done."""

    model_config = ConfigDict(frozen=True)

    row: int
    outcome: Outcome


def journal_path(output: Path, /) -> Path:
    """Where the journal of a run that writes `output` is."""
    return output.with_name(output.name + ".partial.jsonl")


class Journal:
    """The journal at `path`, open for appending. `done` is what was there, and what was added since."""

    def __init__(self, path: Path, file: IO[bytes], head: Head, done: dict[int, Outcome]) -> None:
        self.path = path
        self.run = head.run
        self.done = done
        self._file = file

    def add(self, outcomes: Mapping[int, Outcome], /) -> None:
        """Keep these; they are on disk when this returns."""
        lines = (Line(row=row, outcome=outcome).model_dump_json() + "\n" for row, outcome in outcomes.items())
        self._file.write("".join(lines).encode())
        self._sync()
        self.done.update(outcomes)

    def remove(self) -> None:
        """Forget the run, whose output stands."""
        self.path.unlink()

    def _sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()


def open_journal(path: Path, /, *, depends_on: str, restart: bool) -> Journal:
    """The journal of this run: the one that an earlier run left, unless `restart`, else a new one.

    Raises `typer.BadParameter` where the one that is there belongs to another run, since it was paid for.
    """
    if restart or not path.exists():
        return _begun(path, Head(depends_on=depends_on, run=str(uuid4())))
    file = path.open("r+b")
    head = _head(file.readline())
    done = {} if head is None else _read(file)
    if head is not None and head.depends_on == depends_on:
        return Journal(path, file, head, done)
    file.close()
    if done:
        raise typer.BadParameter(
            f"{path} was left by a run over another file, or with other columns, another server or another key. "
            "Finish that one, or begin anew with --restart, which drops what it got."
        )
    return _begun(path, Head(depends_on=depends_on, run=str(uuid4())))


def _begun(path: Path, head: Head) -> Journal:
    # Scores are the account's business, so the journal is its owner's alone while it lasts.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    file = os.fdopen(descriptor, "r+b")
    file.write(head.model_dump_json().encode() + b"\n")
    journal = Journal(path, file, head, {})
    journal.add({})
    return journal


def _head(line: bytes) -> Head | None:
    try:
        return Head.model_validate_json(line) if line.endswith(b"\n") else None
    except ValidationError:
        return None


def _read(file: IO[bytes]) -> dict[int, Outcome]:
    """The rows that are whole; the file is cut after them and stands at its end."""
    done: dict[int, Outcome] = {}
    end = file.tell()
    for text in file:
        try:
            line = Line.model_validate_json(text)
        except ValidationError:
            break
        if not text.endswith(b"\n"):
            break
        done[line.row] = line.outcome
        end += len(text)
    file.seek(end)
    file.truncate()
    return done
