"""Lines of the log: one format for all, in two shapes, and nothing secret in them."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
import structlog
from asyncpg import UniqueViolationError
from asyncpg.exceptions import UndefinedTableError
from pydantic import BaseModel
from winnow_common import logs, telemetry
from winnow_common.settings import LogFormat, LogLevel
from winnow_common.tracebacks import WITHHELD

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave the logging of the test process as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


def configure(format: LogFormat) -> StringIO:
    stream = StringIO()
    logs.configure(format=format, level=LogLevel.INFO, service="scoring", instance="2", stream=stream)
    return stream


@pytest.fixture
def lines() -> Lines:
    """What was written, as JSON."""
    stream = configure(LogFormat.JSON)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def text() -> Callable[[], str]:
    """What was written, for people."""
    return configure(LogFormat.CONSOLE).getvalue


class TestChattyLibraries:
    def test_the_same_line_is_written_once_in_a_while(self) -> None:
        now = [100.0]
        seldom = logs.Seldom(seconds=10, clock=lambda: now[0])

        def said(name: str, text: str, *values: object) -> bool:
            return seldom.filter(logging.LogRecord(name, logging.ERROR, "", 0, text, values, None))

        assert said("aiokafka.client", "no node %s", 1)
        assert not said("aiokafka.client", "no node %s", 2)
        assert said("aiokafka.client", "no broker")
        now[0] += 10
        assert said("aiokafka.client", "no node %s", 3)

    def test_lines_of_ours_are_all_written(self, lines: Lines) -> None:
        for _ in range(3):
            logs.get("winnow_common.relay").warning("facts wait")
            logging.getLogger("aiokafka.client").error("no node %s", 1)
        assert [line["event"] for line in lines()].count("facts wait") == 3
        assert [line["event"] for line in lines()].count("no node 1") == 1


class TestJson:
    def test_a_line_says_what_when_how_bad_and_who(self, lines: Lines) -> None:
        logs.get("winnow.rules").info("rule published", rule="sr_1", version=3)
        (line,) = lines()
        assert line.pop("timestamp").endswith("Z")
        assert line == {
            "event": "rule published",
            "level": "info",
            "logger": "winnow.rules",
            "service": "scoring",
            "instance": "2",
            "rule": "sr_1",
            "version": 3,
        }

    def test_lines_of_libraries_look_the_same(self, lines: Lines) -> None:
        logging.getLogger("some.library").warning("lost %d of %s", 2, "three", extra={"topic": "requests"})
        (line,) = lines()
        assert (line["event"], line["level"], line["logger"]) == ("lost 2 of three", "warning", "some.library")
        assert (line["topic"], line["service"]) == ("requests", "scoring")

    def test_what_is_below_the_level_is_not_written(self, lines: Lines) -> None:
        logs.get("quiet").debug("detail")
        logging.getLogger("quiet.library").debug("detail")
        assert lines() == []

    def test_chatty_libraries_are_heard_from_warnings_on(self, lines: Lines) -> None:
        logging.getLogger("aiokafka.consumer").info("joined group")
        logging.getLogger("aiokafka.consumer").warning("left group")
        assert [line["event"] for line in lines()] == ["left group"]

    async def test_bound_values_stand_on_lines_of_the_same_task_only(self, lines: Lines) -> None:
        async def work(tenant: str) -> None:
            logs.bind(tenant=tenant)
            await asyncio.sleep(0)
            logs.get("bound").info("done")

        await asyncio.gather(work("a"), work("b"))
        logs.get("bound").info("outside")
        assert [line.get("tenant") for line in lines()] == ["a", "b", None]

    def test_what_is_taken_off_is_gone(self, lines: Lines) -> None:
        logs.bind(tenant="a", request_id="r")
        logs.unbind("tenant")
        logs.get("unbound").info("done")
        (line,) = lines()
        assert (line.get("tenant"), line["request_id"]) == (None, "r")

    def test_a_line_names_its_trace(self, lines: Lines) -> None:
        trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
        with telemetry.span("request", traceparent=f"00-{trace}-{span}-01"):
            logs.get("traced").info("done")
        (line,) = lines()
        assert (line["trace_id"], line["span_id"]) == (trace, span)

    def test_values_that_json_does_not_know_are_written_as_text(self, lines: Lines) -> None:
        logs.get("odd").info("odd", of=object, key={1: "x"})
        (line,) = lines()
        assert (line["of"], line["key"]) == ("<class 'object'>", {"1": "x"})


class TestSecrets:
    @pytest.mark.parametrize("name", sorted(logs.SECRET_NAMES | {"Password", "API_KEY"}))
    def test_a_value_under_the_name_of_a_secret_is_masked(self, lines: Lines, name: str) -> None:
        logs.get("masked").info("signed up", **{name: "hunter2"}, headers={name: "hunter2", "accept": "x"})
        (line,) = lines()
        assert "hunter2" not in json.dumps(line)
        assert line["headers"]["accept"] == "x"

    @pytest.mark.parametrize(
        "secret",
        [
            "wk_live_4fKq2mZx9",
            "wk_test_4fKq2mZx9",
            "jane.doe+x@example.co.uk",
            "postgresql://scoring:hunter2@db/winnow",
        ],
    )
    def test_what_looks_like_a_secret_is_masked_wherever_it_stands(self, lines: Lines, secret: str) -> None:
        logs.get("masked").info(f"cannot use {secret}.", url=secret)
        logging.getLogger("library").warning("cannot use %s", secret)
        ours, theirs = lines()
        assert not any(part in json.dumps([ours, theirs]) for part in ("4fKq", "jane", "hunter2"))
        assert ours["event"].startswith("cannot use ")
        assert theirs["event"].startswith("cannot use ")

    def test_ordinary_values_stay(self, lines: Lines) -> None:
        logs.get("plain").info("took 3 @ 5", key_id="key_1", url="http://127.0.0.1:8080/v1", count=3)
        (line,) = lines()
        assert (line["event"], line["key_id"], line["url"]) == ("took 3 @ 5", "key_1", "http://127.0.0.1:8080/v1")


SECRET = "hunter2"  # by name below, since tracebacks show the lines of the code


class Person(BaseModel):
    age: int


def fail_to_parse() -> None:
    Person.model_validate({"age": SECRET})


def fail_to_convert() -> None:
    int(SECRET)


def fail_to_find() -> None:
    {"age": 1}[SECRET]


def fail_to_insert() -> None:
    error = UniqueViolationError(f"duplicate key value: ({SECRET})")
    error.constraint_name, error.table_name = "person_pkey", "person"
    raise error


def fail_together() -> None:
    raise ExceptionGroup("two", [ValueError(SECRET), KeyError(SECRET)])


def fail_twice() -> None:
    try:
        int(SECRET)
    except ValueError as error:
        raise RuntimeError("cannot start") from error


class TestExceptions:
    def test_a_traceback_says_what_where_and_why(self, lines: Lines) -> None:
        try:
            fail_twice()
        except RuntimeError:
            logs.get("failing").exception("failed")
        (line,) = lines()
        assert "in fail_twice" in line["exception"]
        assert line["exception"].endswith("RuntimeError: cannot start")
        assert line["exception"].index("ValueError: " + WITHHELD) < line["exception"].index("RuntimeError")

    @pytest.mark.parametrize(
        "work", [fail_to_parse, fail_to_convert, fail_to_find, fail_to_insert, fail_together, fail_twice]
    )
    def test_what_an_exception_quotes_is_withheld(self, lines: Lines, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            logs.get("quoting").error("failed", exc_info=error)
            logging.getLogger("library").exception("failed")
        ours, theirs = lines()
        assert "hunter2" not in json.dumps([ours, theirs])
        assert work.__name__ in ours["exception"]
        assert WITHHELD in theirs["exception"]

    def test_an_error_of_the_database_names_table_and_constraint(self, lines: Lines) -> None:
        try:
            fail_to_insert()
        except UniqueViolationError:
            logs.get("inserting").exception("failed")
        assert f"UniqueViolationError: 23505 person person_pkey {WITHHELD}" in lines()[0]["exception"]

    def test_an_error_that_quotes_no_data_keeps_its_message(self, lines: Lines) -> None:
        logs.get("missing").error("failed", exc_info=UndefinedTableError('relation "score" does not exist'))
        assert lines()[0]["exception"].endswith('UndefinedTableError: relation "score" does not exist')

    def test_an_exception_that_is_its_own_cause_ends(self, lines: Lines) -> None:
        first, second = RuntimeError("first"), RuntimeError("second")
        first.__cause__, second.__cause__ = second, first
        logs.get("circular").error("failed", exc_info=first)
        assert lines()[0]["exception"].count("RuntimeError: first") == 1


class TestForPeople:
    def test_levels_are_aligned(self, text: Callable[[], str]) -> None:
        logs.get("aligned").info("short")
        logs.get("aligned").warning("longer")
        info, warning = text().splitlines()
        assert info.index("short") == warning.index("longer")

    def test_a_pipe_gets_no_colours(self, text: Callable[[], str]) -> None:
        logs.get("plain").error("failed", exc_info=RuntimeError("why"))
        written = text()
        assert "\x1b[" not in written
        assert "RuntimeError: why" in written

    def test_colours_can_be_asked_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FORCE_COLOR", "1")
        stream = configure(LogFormat.CONSOLE)
        logs.get("coloured").warning("look")
        assert "\x1b[" in stream.getvalue()
