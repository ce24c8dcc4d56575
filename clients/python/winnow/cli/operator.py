"""Commands for the operator, who can reach what no API does.

What they need lies in each service's own database. So they run the service's operator command and read
what it prints: wherever `--command` says, such as
`kubectl exec deploy/scoring -- python -m winnow_scoring dlq`; otherwise here, with the service's own
settings where the environment has them, else on the stack that `make up` runs.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

OperatorCommand = Annotated[
    str | None,
    typer.Option("--command", help="What runs the service's command, where it is not installed."),
]

DEFAULT_SERVICE = "scoring"
LOCAL_STACK = "winnow_local"


def printed_by(service: str, name: str, arguments: Sequence[str], *, command: str | None) -> Iterator[dict[str, Any]]:
    """The JSON lines that a service's command `name` prints, as they come; its failure ends this command too."""
    words = [*_words(service, name, command), *arguments]
    try:
        process = subprocess.Popen(words, stdout=subprocess.PIPE)
    except OSError as error:
        raise typer.BadParameter(f"{words[0]} cannot be run: {error.strerror}.") from error
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip():
                yield json.loads(line)
    if process.returncode:
        raise typer.Exit(1)


def _words(service: str, name: str, command: str | None) -> list[str]:
    if command is not None:
        return shlex.split(command)
    module = f"winnow_{service}"
    if not _is_installed(module):
        raise typer.BadParameter(
            f"The service {service!r} is not installed here; say with --command how to run its {name}."
        )
    if f"{module.upper()}_POSTGRES" not in os.environ and _is_installed(LOCAL_STACK):
        return [sys.executable, "-m", LOCAL_STACK, "run", service, name]
    return [sys.executable, "-m", module, name]


def _is_installed(module: str) -> bool:
    return module.isidentifier() and importlib.util.find_spec(module) is not None
