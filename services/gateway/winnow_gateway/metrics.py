"""Every metric of the gateway, with one line of what it means."""

from prometheus_client import Counter, Gauge, Histogram

ANSWERED = Counter("winnow_gateway_answers", "Answers, by operation and status.", ["operation", "status"])
SECONDS = Histogram(
    "winnow_gateway_seconds",
    "Time from a request's headers to its answer, by operation, in seconds.",
    ["operation"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
IN_FLIGHT = Gauge("winnow_gateway_in_flight", "Requests that are being answered.")
LIMITED = Counter("winnow_gateway_limited", "Calls refused for a limit, by policy.", ["policy"])
LIMITS_FELL_BACK = Counter("winnow_gateway_limits_fell_back", "Times Redis did not answer and limits became local.")
LOOKUPS = Counter(
    "winnow_gateway_credential_lookups", "Credentials looked up in PostgreSQL, by what was found.", ["found"]
)
REPLAYED = Counter("winnow_gateway_replayed", "Answers that an earlier call of the same request had stored.")
RECALLED = Counter("winnow_gateway_recalled", "Known answers looked for in Redis, by what was found.", ["found"])
UPLOADED_BYTES = Counter("winnow_gateway_uploaded_bytes", "Bytes of files of leads taken in.")
DOWNLOADED_BYTES = Counter("winnow_gateway_downloaded_bytes", "Bytes of files of results sent.")
STREAMS = Gauge("winnow_gateway_streams", "Callers that follow a batch.")
IMPORTED_BYTES = Counter("winnow_gateway_imported_bytes", "Bytes of files taken in.")
