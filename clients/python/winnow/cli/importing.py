"""What `import` does for companies and for customers: send a file, and wait until it is taken in."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from winnow.cli.progress import sending
from winnow.cli.terminal import Terminal
from winnow.drivers import BlockingDriver
from winnow.groups.imports import TakesFiles
from winnow.results import ImportStatus
from winnow.uploads import CONTENT_TYPES


class ImportFormat(StrEnum):
    """Formats that import reads."""

    CSV = "csv"
    JSON = "json"
    NDJSON = "ndjson"

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[f".{self}"]


ImportedFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file.")]
Mapping = Annotated[
    list[str] | None,
    typer.Option("--map", help='A header and its attribute: --map "Website=domain"'),
]
Format = Annotated[ImportFormat | None, typer.Option("--format", help="Told from the name unless given.")]


def imported(
    here: Terminal,
    group: TakesFiles[BlockingDriver],
    file: Path,
    *,
    mapping: dict[str, str],
    format: ImportFormat | None,
) -> ImportStatus:
    """Send `file` to a group and wait for the end, with a bar for each."""
    content_type = format.content_type if format else None
    with sending(here.err, f"Sending {file.name}") as bar:
        running = group.import_file(file, mapping=mapping, content_type=content_type, progress=bar.at)
    with sending(here.err, "Importing") as bar:
        return running.wait(progress=lambda status: bar.at(status.bytes_read, status.bytes_total))


def read_mapping(assignments: Iterable[str], /) -> dict[str, str]:
    """`["Website=domain"]` as a mapping. Raises `typer.BadParameter` for what is none."""
    mapping: dict[str, str] = {}
    for assignment in assignments:
        # The header may hold an equals sign, an attribute never does.
        header, equals, attribute = assignment.rpartition("=")
        if not equals or not header or not attribute:
            raise typer.BadParameter(f"{assignment!r} is not of the form header=attribute.")
        mapping[header] = attribute
    return mapping
