"""Input that a command reads from a file or from stdin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

File = Annotated[Path, typer.Argument(help="A JSON file; `-` reads stdin.", allow_dash=True)]


def read_text(path: Path, /) -> str:
    """The text at `path`, or of stdin for `-`."""
    try:
        if str(path) == "-":
            return typer.get_text_stream("stdin").read()
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{path} is not UTF-8 (byte {error.start}).") from error


def read_object(path: Path, /) -> dict[str, Any]:
    """The JSON object at `path`."""
    try:
        document = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise typer.BadParameter(f"{path} is not JSON: {error.msg} ({place}).") from error
    if not isinstance(document, dict):
        raise typer.BadParameter(f"{path} holds no JSON object.")
    return document
