"""Traces, when a collector is configured; otherwise no SDK is loaded and a span costs next to nothing.

The trace context crosses the log as a `traceparent` string (https://www.w3.org/TR/trace-context/#traceparent-header). Without
a collector the caller's context is still handed on unchanged, so that Winnow does not break a trace that goes through it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

_tracer: "Tracer | None" = None
_carried: ContextVar[str | None] = ContextVar("traceparent", default=None)


def valid(traceparent: str | None) -> str | None:
    """The trace context as it was sent, or None where it is not one."""
    return traceparent if traceparent is not None and _TRACEPARENT.fullmatch(traceparent) else None


def current_traceparent() -> str | None:
    """The trace context to send along: of the current span, or the one that was handed to us."""
    if _tracer is None:
        return _carried.get()
    from opentelemetry.trace import get_current_span

    context = get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def current_trace_ids() -> tuple[str, str] | None:
    """Trace id and span id in hexadecimal, for lines of the log."""
    traceparent = current_traceparent()
    return None if traceparent is None else (traceparent[3:35], traceparent[36:52])


@contextmanager
def span(name: str, *, traceparent: str | None = None, **attributes: str | int | float | bool) -> Iterator[None]:
    """A span of the current trace, or of the one in `traceparent` (checked; nonsense starts a new trace).

    An exception marks the span with its class alone, since messages may quote data.
    """
    if _tracer is None:
        token = _carried.set(valid(traceparent)) if traceparent is not None else None
        try:
            yield
        finally:
            if token is not None:
                _carried.reset(token)
        return
    from opentelemetry.trace import Status, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({"traceparent": traceparent}) if traceparent else None
    with _tracer.start_as_current_span(
        name, context=context, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except Exception as error:
            current.set_attribute("error.type", type(error).__qualname__)
            current.set_status(Status(StatusCode.ERROR))
            raise


@contextmanager
def configure(
    *, service: str, instance: str, endpoint: str | None, exporter: "SpanExporter | None" = None
) -> Iterator[None]:
    """Trace until the context ends, which sends what is left. Without an endpoint (or an exporter) nothing happens."""
    global _tracer
    if endpoint is None and exporter is None:
        yield
        return
    from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    if exporter is None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=5)
    provider = TracerProvider(
        resource=Resource.create({"service.name": service, "service.instance.id": instance}), shutdown_on_exit=False
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    instrumentor = AsyncPGInstrumentor(capture_parameters=False)
    instrumentor.instrument(tracer_provider=provider)
    _tracer = provider.get_tracer("winnow")
    try:
        yield
    finally:
        _tracer = None
        instrumentor.uninstrument()
        provider.shutdown()
