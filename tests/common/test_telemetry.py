"""Traces go through Winnow whole, with or without a collector, and hold no data."""

import subprocess
import sys
from contextlib import AbstractContextManager

import pytest
from asyncpg import UniqueViolationError
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from winnow_common import telemetry
from winnow_common.postgres import Pool, open_pool, transaction

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALLERS = f"00-{TRACE}-{PARENT}-01"

NONSENSE = [
    "",
    "nonsense",
    CALLERS.upper(),
    CALLERS + "-00",
    f"00-{'0' * 32}-{PARENT}-01",
    f"00-{TRACE}-{'0' * 16}-01",
    f"ff-{TRACE}-{PARENT}-01",
    CALLERS + "\r\nX: y",
]


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


def tracing(exporter: InMemorySpanExporter) -> AbstractContextManager[None]:
    return telemetry.configure(service="winnow-test", instance="7", endpoint=None, exporter=exporter)


async def add(pool: Pool, person: str) -> None:
    async with transaction(pool) as connection:
        await connection.execute("INSERT INTO person VALUES ($1)", person)


class TestWithoutACollector:
    def test_the_callers_context_is_handed_on_as_it_came(self) -> None:
        with telemetry.span("request", traceparent=CALLERS):
            assert telemetry.current_traceparent() == CALLERS
            with telemetry.span("inner"):
                assert telemetry.current_traceparent() == CALLERS
        assert telemetry.current_traceparent() is None

    @pytest.mark.parametrize("nonsense", NONSENSE)
    def test_what_is_no_trace_context_is_not_handed_on(self, nonsense: str) -> None:
        with telemetry.span("request", traceparent=nonsense):
            assert telemetry.current_traceparent() is None

    def test_lines_of_the_log_can_name_the_callers_trace(self) -> None:
        with telemetry.span("request", traceparent=CALLERS):
            assert telemetry.current_trace_ids() == (TRACE, PARENT)
        assert telemetry.current_trace_ids() is None

    def test_nothing_of_opentelemetry_is_loaded(self) -> None:
        script = (
            "import sys\n"
            "from winnow_common import lifecycle, telemetry\n"
            "with telemetry.configure(service='s', instance='0', endpoint=None), telemetry.span('x'): pass\n"
            "print([name for name in sys.modules if name.startswith('opentelemetry')])"
        )
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert run.stdout.strip() == "[]"


class TestWithACollector:
    def test_a_span_belongs_to_the_callers_trace(self, exporter: InMemorySpanExporter) -> None:
        with (
            tracing(exporter),
            telemetry.span("request", traceparent=CALLERS, messages=3),
        ):
            own = telemetry.current_traceparent()
        (span,) = exporter.get_finished_spans()
        assert span.parent is not None
        assert f"{span.context.trace_id:032x}" == TRACE
        assert f"{span.parent.span_id:016x}" == PARENT
        assert own == f"00-{TRACE}-{span.context.span_id:016x}-01"
        assert dict(span.attributes or {}) == {"messages": 3}
        assert span.resource.attributes["service.name"] == "winnow-test"
        assert span.resource.attributes["service.instance.id"] == "7"

    @pytest.mark.parametrize("nonsense", NONSENSE)
    def test_what_is_no_trace_context_begins_a_trace(self, exporter: InMemorySpanExporter, nonsense: str) -> None:
        with (
            tracing(exporter),
            telemetry.span("request", traceparent=nonsense),
        ):
            pass
        (span,) = exporter.get_finished_spans()
        assert span.parent is None

    def test_a_context_crosses_from_one_service_to_the_next(self, exporter: InMemorySpanExporter) -> None:
        with tracing(exporter):
            with telemetry.span("gateway"):
                sent = telemetry.current_traceparent()
            with telemetry.span("scoring", traceparent=sent):
                pass
        gateway, scoring = exporter.get_finished_spans()
        assert scoring.parent is not None
        assert scoring.parent.span_id == gateway.context.span_id

    def test_an_error_is_marked_by_its_class_alone(self, exporter: InMemorySpanExporter) -> None:
        def fail() -> None:
            with telemetry.span("request"):
                raise KeyError("hunter2")

        with tracing(exporter), pytest.raises(KeyError):
            fail()
        (span,) = exporter.get_finished_spans()
        assert span.status.status_code is StatusCode.ERROR
        assert dict(span.attributes or {}) == {"error.type": "KeyError"}
        assert "hunter2" not in span.to_json()

    async def test_statements_are_spans_of_the_trace_without_their_parameters(
        self, exporter: InMemorySpanExporter, database: str
    ) -> None:
        with tracing(exporter):
            async with open_pool(database, size=1, name="test") as pool:
                await pool.execute("CREATE TABLE person (email text PRIMARY KEY)")
                with telemetry.span("request", traceparent=CALLERS):
                    await add(pool, "jane@example.com")
                    with pytest.raises(UniqueViolationError, match=r"jane@example\.com"):
                        await add(pool, "jane@example.com")
        spans = [span for span in exporter.get_finished_spans() if f"{span.context.trace_id:032x}" == TRACE]
        assert [span.name for span in spans].count("INSERT") == 2
        assert not [span for span in spans if "jane" in span.to_json()]
        assert [span.status.status_code for span in spans if span.name == "INSERT"] == [
            StatusCode.UNSET,
            StatusCode.ERROR,
        ]

    def test_afterwards_nothing_is_traced_any_more(self, exporter: InMemorySpanExporter) -> None:
        with tracing(exporter):
            pass
        with telemetry.span("late"):
            assert telemetry.current_traceparent() is None
        assert exporter.get_finished_spans() == ()

    def test_a_collector_that_is_away_does_not_hold_up_the_end(self) -> None:
        script = (
            "import logging; logging.disable()\n"
            "from winnow_common import telemetry\n"
            "with telemetry.configure(service='s', instance='0', endpoint='http://127.0.0.1:1'):\n"
            "    with telemetry.span('x'): pass\n"
            "print('ended')"
        )
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=20)
        assert run.stdout.strip() == "ended"
