"""What a key may do."""

from enum import StrEnum


class Scope(StrEnum):
    """A permission. Sessions have all of them; a key has those it was given."""

    SCORE = "score"
    COMPANIES_READ = "companies:read"
    COMPANIES_WRITE = "companies:write"
    RULES_READ = "rules:read"
    RULES_WRITE = "rules:write"
    SCORES_READ = "scores:read"
    KEYS_READ = "keys:read"
    KEYS_WRITE = "keys:write"


ALL_SCOPES = frozenset(Scope)
