"""Every metric of the plumbing, with one line of what it means."""

from prometheus_client import Counter, Gauge, Histogram

HANDLED = Counter("winnow_messages_handled", "Messages handled, by type and what came of it.", ["type", "outcome"])
BATCH_SIZE = Histogram(
    "winnow_batch_messages",
    "Messages handled in one transaction.",
    buckets=(1, 3, 10, 30, 100, 300, 500, 1000),
)
BATCH_SECONDS = Histogram("winnow_batch_seconds", "Time from reading a batch to having answered it, in seconds.")
HALVED = Counter("winnow_batches_halved", "Batches cut in two to find the message that fails.")
RETRIED = Counter("winnow_batches_retried", "Batches tried again because something was away.")
DEAD_LETTERS = Counter("winnow_dead_letters", "Messages put aside for the operator, by type.", ["type"])
QUARANTINED = Gauge("winnow_tenants_quarantined", "Tenants whose messages are refused for now, since they all fail.")
RELAYED = Counter("winnow_facts_relayed", "Facts that left the outbox for the log.")
RELAY_FAILURES = Counter("winnow_relay_failures", "Times the relay found the log or the database away.")
ASKED = Counter(
    "winnow_requests_asked", "Requests published by this process, by topic and how they ended.", ["topic", "end"]
)
WAITING = Gauge("winnow_requests_waiting", "Requests whose reply this process waits for.")
