"""What is noted of each answer: metrics, and a line of log with the operation instead of the path, never the query.

For machines the lines are made here and written ten times a second: through the logging library a line costs as much
as a fifth of the call that it is about.
"""

import asyncio
import sys
from collections.abc import Callable
from functools import cache
from typing import Final

import orjson
from prometheus_client import Counter, Histogram
from winnow_common import logs
from winnow_common.settings import LogFormat

from winnow_gateway.call import Call
from winnow_gateway.metrics import ANSWERED, SECONDS

_LOGGER: Final = "winnow_gateway.access"
_log = logs.get(_LOGGER)

Fields = dict[str, str | int | float | None]


class JsonLines:
    """Gathers lines for `delay` seconds and writes them together. A process that is killed loses that much."""

    def __init__(self, *, instance: str, delay: float = 0.1) -> None:
        self._common: Fields = {
            "event": "answered",
            "level": "info",
            "logger": _LOGGER,
            "service": "gateway",
            "instance": instance,
        }
        self._delay = delay
        self._waiting: list[bytes] = []

    def __call__(self, fields: Fields, *, timestamp: str) -> None:
        """Add a line, as `winnow_common.logs` would write it."""
        if not self._waiting:
            asyncio.get_running_loop().call_later(self._delay, self.flush)
        self._waiting.append(orjson.dumps({**self._common, "timestamp": timestamp, **fields}))

    def flush(self) -> None:
        """Write what was gathered."""
        if self._waiting:
            lines, self._waiting = self._waiting, []
            sys.stdout.write(b"\n".join(lines).decode() + "\n")
            sys.stdout.flush()


class AccessLog:
    """Notes answers. A path is never written: it can hold whatever a caller put there."""

    def __init__(self, *, format: LogFormat | None, instance: str) -> None:
        """Without a format only metrics are kept."""
        self._json = JsonLines(instance=instance)
        self._write: Callable[..., None] | None = None
        if format is LogFormat.JSON:
            self._write = self._json
        elif format is LogFormat.CONSOLE:
            self._write = _write_console

    def note(self, call: Call, *, status: int, seconds: float) -> None:
        """Count an answer, and write its line."""
        operation = "unmatched" if call.route is None else call.route.name
        _answered(operation, status).inc()
        _seconds(operation).observe(seconds)
        if self._write is not None:
            fields: Fields = {
                "operation": operation,
                "method": call.request.method,
                "status": status,
                "milliseconds": round(seconds * 1000, 2),
                "request_id": str(call.identity.id),
                "tenant": None if call.principal is None else call.principal.subject,
            }
            self._write(fields, timestamp=call.now.isoformat())

    def flush(self) -> None:
        """Write what waits to be written; when the gateway ends."""
        self._json.flush()


def _write_console(fields: Fields, *, timestamp: str) -> None:  # noqa: ARG001 - the console line has its own
    _log.info("answered", **fields)


@cache
def _answered(operation: str, status: int) -> Counter:
    return ANSWERED.labels(operation, str(status))


@cache
def _seconds(operation: str) -> Histogram:
    return SECONDS.labels(operation)
