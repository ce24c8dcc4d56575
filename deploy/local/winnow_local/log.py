"""One log for a stack: a name, a level and a colour for every process, and a file for each under `logs/`.

Services write JSON, the servers each have a format of their own; here they become the same kind of line. What servers
say is mostly of use after something went wrong, so it goes to the files and only their errors are shown.
"""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.text import Text

from winnow_local.processes import LineSink

SUPERVISOR = "winnow"
_SEVERITY = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
_LEVEL_STYLES = {"debug": "dim", "info": "green", "warning": "yellow", "error": "bold red", "critical": "bold red"}
_NAME_STYLES = ("cyan", "magenta", "blue", "bright_cyan", "bright_magenta", "bright_blue", "bright_green")
_NAME_WIDTH = 10
_LARGEST_FILE = 10_000_000
_NOT_SHOWN = {"event", "level", "logger", "timestamp", "service", "instance", "exception", "trace_id", "span_id"}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a process said."""

    level: str
    text: str
    details: str = ""
    traceback: str = ""


Reader = Callable[[str], Line]


class Journal:
    """Writes what every process says; its sinks may be called from any thread."""

    def __init__(self, console: Console, *, folder: Path, level: str) -> None:
        self._console = console
        self._folder = folder
        self._shown_from = _SEVERITY[level]
        self._files: dict[str, TextIO] = {}
        self._styles: dict[str, str] = {}
        self._lock = threading.Lock()

    def say(self, text: str, *, level: str = "info") -> None:
        """A line of the supervisor itself."""
        self._write(SUPERVISOR, Line(level, text), raw=text)

    def show(self, text: Text) -> None:
        """Something that is no line of a log, such as the URL at the end of a start."""
        self._console.print(text, soft_wrap=True)

    def service_sink(self, name: str) -> LineSink:
        """Takes the lines of a service."""
        return lambda raw: self._write(name, read_service_line(raw), raw=raw)

    def server_sink(self, name: str) -> LineSink:
        """Takes the lines of PostgreSQL, Valkey or Kafka, and shows only errors unless everything is asked for."""
        read = _SERVER_READERS[name]
        least = self._shown_from if self._shown_from <= _SEVERITY["debug"] else _SEVERITY["error"]
        return lambda raw: self._write(name, read(raw), raw=raw, shown_from=least)

    def close(self) -> None:
        """Close the files."""
        with self._lock:
            for file in self._files.values():
                file.close()
            self._files.clear()

    def _write(self, name: str, line: Line, *, raw: str, shown_from: int | None = None) -> None:
        with self._lock:
            self._file(name).write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ} {raw}\n")
            if _SEVERITY[line.level] >= (self._shown_from if shown_from is None else shown_from):
                self._console.print(self._styled(name, line), soft_wrap=True)

    def _styled(self, name: str, line: Line) -> Text:
        style = self._styles.setdefault(name, _NAME_STYLES[len(self._styles) % len(_NAME_STYLES)])
        return Text.assemble(
            (f"{datetime.now(UTC).astimezone():%H:%M:%S} ", "dim"),
            (f"{name:<{_NAME_WIDTH}} ", style),
            (f"{line.level:<8}", _LEVEL_STYLES[line.level]),
            line.text,
            (f"  {line.details}" if line.details else "", "dim"),
            (f"\n{line.traceback}" if line.traceback else "", "red"),
        )

    def _file(self, name: str) -> TextIO:
        if name not in self._files:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"{name}.log"
            if path.exists() and path.stat().st_size > _LARGEST_FILE:
                path.replace(path.with_suffix(".log.1"))
            self._files[name] = path.open("a", buffering=1)
        return self._files[name]


def read_service_line(raw: str) -> Line:
    """A line of structlog's JSON; anything else (a print, a traceback before logging is set up) passes as it is."""
    try:
        event = json.loads(raw)
    except ValueError:
        return Line("info", raw)
    if not isinstance(event, dict) or str(event.get("level")) not in _SEVERITY:
        return Line("info", raw)
    # The Kafka client tells every step of joining a group, failures that it repairs itself included.
    level = "debug" if str(event.get("logger")).startswith("aiokafka") else str(event["level"])
    details = " ".join(f"{name}={value}" for name, value in event.items() if name not in _NOT_SHOWN)
    return Line(level, str(event.get("event", "")), details, str(event.get("exception", "")))


def read_postgres_line(raw: str) -> Line:
    """`ERROR` and `FATAL` are a client's errors (a repeat of a unique key, a connection too early); `PANIC` is ours."""
    severity, _, text = raw.partition(":  ")
    levels = {"WARNING": "warning", "ERROR": "warning", "FATAL": "warning", "PANIC": "error", "LOG": "info"}
    return Line(levels[severity], text) if severity in levels else Line("info", raw)


def read_valkey_line(raw: str) -> Line:
    """`#` marks what Valkey thinks worth a warning, which includes every end; errors of its configuration are `***`."""
    if raw.startswith("***"):
        return Line("error", raw)
    return Line("warning" if " # " in raw[:60] else "info", raw)


def read_kafka_line(raw: str) -> Line:
    """`LEVEL Logger - message`, as slf4j-simple is told to write."""
    found = re.match(r"(ERROR|WARN|INFO|DEBUG|TRACE) (.*)", raw)
    levels = {"ERROR": "error", "WARN": "warning", "INFO": "info", "DEBUG": "debug", "TRACE": "debug"}
    return Line(levels[found[1]], found[2]) if found else Line("info", raw)


_SERVER_READERS: dict[str, Reader] = {
    "postgres": read_postgres_line,
    "valkey": read_valkey_line,
    "kafka": read_kafka_line,
}
