"""What this service counts beside the consumer loop's own metrics (`winnow_common.metrics`)."""

from prometheus_client import Counter, Gauge, Histogram

ROWS = Counter("winnow_pipeline_rows", "Rows of batches that were decided, by what became of them.", ["status"])
BATCHES = Counter("winnow_pipeline_batches", "Batches that ended, by how.", ["status"])
STEPS = Histogram(
    "winnow_pipeline_step_seconds",
    "Seconds that a step of a batch took, by kind.",
    ["kind"],
    buckets=(0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300),
)
STEPS_FAILED = Counter(
    "winnow_pipeline_steps_failed", "Steps that failed for a reason nobody foresaw, by kind.", ["kind"]
)
LEASES_LOST = Counter("winnow_pipeline_leases_lost", "Steps whose lease ran out, so that somebody else took them over.")
PAUSED = Gauge("winnow_pipeline_paused", "1 while steps wait for the outbox to drain.")
SOURCE_CALLS = Counter(
    "winnow_pipeline_source_calls", "Calls of sources of company data, by source and how they ended.", ["source", "end"]
)
