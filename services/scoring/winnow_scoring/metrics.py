"""What this service counts beside the consumer loop's own metrics (`winnow_common.metrics`)."""

from prometheus_client import Counter, Gauge

SCORES = Counter("winnow_scoring_scores", "Scores computed and stored.")
IMPORT_ROWS = Counter("winnow_scoring_import_rows", "Rows of imports, by what became of them.", ["outcome"])
IMPORTS = Counter("winnow_scoring_imports", "Imports that ended, by how.", ["status"])
IMPORTS_PAUSED = Gauge("winnow_scoring_imports_paused", "1 while imports wait for the outbox to drain.")
CACHE_ANSWERS = Counter(
    "winnow_scoring_cache_answers", "Similarity answers that were to be kept, by what became of them.", ["outcome"]
)
CACHE_UNREADABLE = Counter("winnow_scoring_cache_unreadable", "Records that the keeper of answers could not read.")
CACHE_BEHIND = Gauge("winnow_scoring_cache_behind_seconds", "How long a change took to be known to the cache, at most.")
