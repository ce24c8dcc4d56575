"""What this service counts beside the consumer loop's own metrics (`winnow_common.metrics`)."""

from prometheus_client import Counter, Gauge, Histogram

SCORES = Counter("winnow_scoring_scores", "Scores by rules computed and stored.")
IMPORT_ROWS = Counter("winnow_scoring_import_rows", "Rows of imports, by what became of them.", ["outcome"])
IMPORTS = Counter("winnow_scoring_imports", "Imports that ended, by how.", ["status"])
IMPORTS_PAUSED = Gauge("winnow_scoring_imports_paused", "1 while imports wait for the outbox to drain.")
CACHE_ANSWERS = Counter(
    "winnow_scoring_cache_answers", "Similarity answers that were to be kept, by what became of them.", ["outcome"]
)
CACHE_UNREADABLE = Counter("winnow_scoring_cache_unreadable", "Records that the keeper of answers could not read.")
CACHE_BEHIND = Gauge("winnow_scoring_cache_behind_seconds", "How long a change took to be known to the cache, at most.")
MODELS_BUILT = Histogram(
    "winnow_scoring_model_build_seconds",
    "Seconds that models of similarity took to build.",
    buckets=(0.1, 0.3, 1, 3, 10, 30, 100, 300),
)
MODELS_LOADED = Counter("winnow_scoring_models_loaded", "Models of similarity read from the object store.")
COMPARED = Counter("winnow_scoring_compared", "Similarity requests, by what came of them.", ["outcome"])
BULK_CHUNKS = Counter("winnow_scoring_bulk_chunks", "Chunks of batches scored.")
BULK_LEADS = Counter("winnow_scoring_bulk_leads", "Leads of batches scored.")
WAITING = Gauge(
    "winnow_scoring_waiting", "Requests that had waited for a profile or a model, and were answered at the last look."
)
