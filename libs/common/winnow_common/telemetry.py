"""Traces, when a collector is configured; else nothing of OpenTelemetry is loaded and a span costs next to nothing.

The trace context crosses the log as a `traceparent` string (https://www.w3.org/TR/trace-context/#traceparent-header).
Without a collector the caller's context is still handed on as it came, so that Winnow breaks no trace that goes
through it.

Spans hold names, ids and counts: no statement's parameters, and of an exception its class alone, since messages quote
data.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

_SHAPE = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

Attributes = Mapping[str, str | float | bool]


class Tracing(Protocol):
    """What `tracing` does with spans while it is loaded."""

    def traceparent(self) -> str | None:
        """The context of the current span."""

    def span(self, name: str, traceparent: str | None, attributes: Attributes) -> AbstractContextManager[None]:
        """A span of that context, or of the current one."""


_NOTHING = nullcontext()
_active: Tracing | None = None
_carried: ContextVar[str | None] = ContextVar("traceparent", default=None)


def current_traceparent() -> str | None:
    """The trace context to send along: that of the current span, or the one that was handed to us."""
    return _carried.get() if _active is None else _active.traceparent()


def current_trace_ids() -> tuple[str, str] | None:
    """Trace id and span id in hexadecimal, for lines of the log."""
    traceparent = current_traceparent()
    return None if traceparent is None else (traceparent[3:35], traceparent[36:52])


def span(
    name: str, *, traceparent: str | None = None, **attributes: str | float | bool
) -> AbstractContextManager[None]:
    """A span of the current trace, or of the one in `traceparent`; what is no trace context is not taken for one."""
    if traceparent is not None and _SHAPE.fullmatch(traceparent) is None:
        traceparent = None
    if _active is not None:
        return _active.span(name, traceparent, attributes)
    return _NOTHING if traceparent is None else _carry(traceparent)


@contextmanager
def configure(
    *, service: str, instance: str, endpoint: str | None, exporter: "SpanExporter | None" = None
) -> Iterator[None]:
    """Trace until the context ends, which sends what is left within bounded time.

    `endpoint` is the base URL of a collector (OTLP over HTTP); `exporter` takes its place in tests. Without either
    nothing happens. The usual OTEL_ variables say how much is sampled and how it is batched.
    """
    global _active  # noqa: PLW0603 - tracing belongs to the process, as OpenTelemetry's own provider does
    if endpoint is None and exporter is None:
        yield
        return
    from winnow_common import tracing  # noqa: PLC0415 - most processes do without these imports

    made = exporter if exporter is not None else tracing.to_collector(endpoint or "")
    with tracing.provide(service=service, instance=instance, exporter=made) as _active:
        try:
            yield
        finally:
            _active = None


@contextmanager
def _carry(traceparent: str) -> Iterator[None]:
    token = _carried.set(traceparent)
    try:
        yield
    finally:
        _carried.reset(token)
