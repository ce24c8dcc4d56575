"""One log: what services and servers write becomes the same kind of line, and everything is kept in files."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from winnow_local.log import (
    Journal,
    Line,
    read_kafka_line,
    read_postgres_line,
    read_service_line,
    read_valkey_line,
)


def test_line_of_a_service_keeps_its_level_and_its_values() -> None:
    raw = json.dumps({"event": "rule published", "level": "warning", "rule": "sr_1", "instance": "scoring"})

    assert read_service_line(raw) == Line("warning", "rule published", "rule=sr_1")


def test_what_the_kafka_client_says_of_itself_is_for_debugging() -> None:
    raw = json.dumps({"event": "Marking the coordinator dead", "level": "warning", "logger": "aiokafka.consumer.group"})

    assert read_service_line(raw).level == "debug"


def test_traceback_of_a_service_is_shown_whole() -> None:
    raw = json.dumps({"event": "failed", "level": "error", "exception": "Traceback\n  ValueError: x"})

    assert read_service_line(raw).traceback == "Traceback\n  ValueError: x"


@pytest.mark.parametrize("raw", ["plain words", "[1, 2]", '{"level": "loud"}', '{"level": ["info"]}', "{", ""])
def test_line_that_is_no_event_passes_as_it_is(raw: str) -> None:
    assert read_service_line(raw) == Line("info", raw)


def test_lines_of_servers_get_levels() -> None:
    assert read_postgres_line("PANIC:  could not write").level == "error"
    assert read_postgres_line("FATAL:  the database system is starting up").level == "warning"
    assert read_postgres_line("LOG:  ready").text == "ready"
    assert read_kafka_line("ERROR Log - disk failed") == Line("error", "Log - disk failed")
    assert read_valkey_line("*** FATAL CONFIG FILE ERROR ***").level == "error"


def test_servers_are_kept_in_files_and_only_their_errors_are_shown(tmp_path: Path) -> None:
    shown = StringIO()
    journal = Journal(Console(file=shown, width=200), folder=tmp_path, level="info")
    sink = journal.server_sink("kafka")

    sink("WARN Log - slow disk")
    sink("ERROR Log - no disk")
    journal.close()

    assert "slow disk" not in shown.getvalue()
    assert "no disk" in shown.getvalue()
    assert len((tmp_path / "kafka.log").read_text().splitlines()) == 2


def test_line_with_brackets_is_shown_as_it_is(tmp_path: Path) -> None:
    shown = StringIO()
    journal = Journal(Console(file=shown, width=200), folder=tmp_path, level="info")

    journal.service_sink("scoring")("[bold]not markup[/bold] [/x]")
    journal.close()

    assert "[bold]not markup[/bold] [/x]" in shown.getvalue()
