"""What is noted of each answer.

Metrics, and one line of log with the operation instead of the path, and never the query.
"""

from functools import cache

from prometheus_client import Counter, Histogram
from winnow_common import logs

from winnow_gateway.call import Call
from winnow_gateway.metrics import ANSWERED, SECONDS

_log = logs.get("winnow_gateway.access")


class AccessLog:
    """Notes answers. A path is never written: it can hold whatever a caller put there."""

    def __init__(self, *, lines: bool) -> None:
        self._lines = lines

    def note(self, call: Call, *, status: int, seconds: float) -> None:
        """Count an answer, and write its line."""
        operation = "unmatched" if call.route is None else call.route.name
        _answered(operation, status).inc()
        _seconds(operation).observe(seconds)
        if self._lines:
            _log.info(
                "answered",
                operation=operation,
                method=call.request.method,
                status=status,
                milliseconds=round(seconds * 1000, 2),
                request_id=str(call.identity.id),
                tenant=None if call.principal is None else call.principal.subject,
            )


@cache
def _answered(operation: str, status: int) -> Counter:
    return ANSWERED.labels(operation, str(status))


@cache
def _seconds(operation: str) -> Histogram:
    return SECONDS.labels(operation)
