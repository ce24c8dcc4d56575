"""`winnow companies load-directory`: companies that all accounts are compared with, for the operator."""

from __future__ import annotations

import json as json_text
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from winnow.cli.importing import Format, Mapping, read_mapping
from winnow.cli.operator import DEFAULT_SERVICE, OperatorCommand, printed_by
from winnow.cli.progress import counting
from winnow.cli.tables import plain, rows_summary
from winnow.cli.terminal import Json, Terminal, terminal
from winnow.results import RejectedRow, Result
from winnow.results.companies import ImportFailure


class Loading(Result):
    """How far the service's command is; the last line that it prints has the first rejected rows in `errors`."""

    rows: int = 0
    loaded: int = 0
    rejected: int = 0
    errors: Sequence[RejectedRow] = ()
    error: ImportFailure | None = None


def load_directory(
    context: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(help="The file, where the service can read it.")],
    mapping: Mapping = None,
    format: Format = None,
    command: OperatorCommand = None,
    json: Json = False,
) -> None:
    """Load the directory that all accounts share, for the operator: CSV, JSON or NDJSON, as `import` reads it."""
    here = terminal(context)
    arguments = ["load", str(file)]
    if format is not None:
        arguments += ["--format", format.value]
    if mapping:
        arguments += ["--mapping", json_text.dumps(read_mapping(mapping))]
    told: dict[str, Any] = {}
    try:
        with counting(here.err, f"Loading {file.name}") as bar:
            for told in printed_by(DEFAULT_SERVICE, "directory", arguments, command=command):
                bar.at(Loading.model_validate(told).rows)
    finally:
        # A file that could be read in part is told of in the same way, and then fails the command.
        if told:
            _show(here, told, json=json)


def _show(here: Terminal, told: dict[str, Any], *, json: bool) -> None:
    if json:
        here.dump(told)
        return
    loading = Loading.model_validate(told)
    sentence = f"{loading.loaded:,} of {loading.rows:,} rows loaded, {loading.rejected:,} rejected."
    here.show(rows_summary(sentence, loading.errors, rejected=loading.rejected))
    if loading.error is not None:
        here.err.print(plain(loading.error.detail, style="red"))
