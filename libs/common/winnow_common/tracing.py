"""OpenTelemetry, loaded by `telemetry.configure` alone, and only when there is somebody to send spans to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status, StatusCode, Tracer, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from winnow_common.telemetry import Attributes

INSTRUMENTED = ("asyncpg",)
"""Libraries whose calls become spans, where their instrumentation is installed."""
EXPORT_TIMEOUT = 3.0


class OpenTelemetry:
    """Makes spans, and reads and writes their context; see `telemetry.Tracing`."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._propagator = TraceContextTextMapPropagator()

    def traceparent(self) -> str | None:
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier)
        return carrier.get("traceparent")

    @contextmanager
    def span(self, name: str, traceparent: str | None, attributes: Attributes) -> Iterator[None]:
        parent = None if traceparent is None else self._propagator.extract({"traceparent": traceparent})
        with self._tracer.start_as_current_span(
            name, context=parent, attributes=attributes, record_exception=False, set_status_on_exception=False
        ):
            try:
                yield
            except Exception as error:
                current = get_current_span()
                current.set_attribute("error.type", type(error).__qualname__)
                current.set_status(Status(StatusCode.ERROR))
                raise


@contextmanager
def provide(*, service: str, instance: str, exporter: SpanExporter) -> Iterator[OpenTelemetry]:
    """What makes spans that go to the exporter; on exit the last ones are sent, for as long as one export may take."""
    provider = TracerProvider(
        resource=Resource.create({"service.name": service, "service.instance.id": instance}), shutdown_on_exit=False
    )
    processor = BatchSpanProcessor(_WithoutMessages(exporter))
    provider.add_span_processor(processor)
    instrumentors = [
        entry.load()() for entry in entry_points(group="opentelemetry_instrumentor") if entry.name in INSTRUMENTED
    ]
    for instrumentor in instrumentors:
        instrumentor.instrument(tracer_provider=provider)
    try:
        yield OpenTelemetry(provider.get_tracer("winnow"))
    finally:
        for instrumentor in instrumentors:
            instrumentor.uninstrument()
        processor.force_flush(int(EXPORT_TIMEOUT * 1000))
        provider.shutdown()


def to_collector(endpoint: str) -> SpanExporter:
    """Sends spans to the collector at this base URL, by OTLP over HTTP."""
    return OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_TIMEOUT)


class _WithoutMessages(SpanExporter):
    """Takes messages and tracebacks of exceptions off spans: PostgreSQL's quote the values of a row."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_without_messages(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


_KEPT = (
    *("name", "context", "parent", "resource", "attributes", "links", "kind"),
    *("start_time", "end_time", "instrumentation_scope"),
)


def _without_messages(span: ReadableSpan) -> ReadableSpan:
    kept: dict[str, Any] = {name: getattr(span, name) for name in _KEPT}
    return ReadableSpan(**kept, status=Status(span.status.status_code))
