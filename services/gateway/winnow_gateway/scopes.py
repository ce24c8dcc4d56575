"""What a key may do."""

from collections.abc import Iterable
from enum import StrEnum


class Scope(StrEnum):
    """A permission. Sessions have all of them; a key has those it was given, and never gains one by itself.

    What programs of a customer may do stays what the customer said, whatever comes after; a session makes a key that
    may do more.
    """

    SCORE = "score"
    COMPANIES_READ = "companies:read"
    COMPANIES_WRITE = "companies:write"
    RULES_READ = "rules:read"
    RULES_WRITE = "rules:write"
    SCORES_READ = "scores:read"
    LEADS_READ = "leads:read"
    LEADS_WRITE = "leads:write"
    PRIVACY = "privacy"
    """Everything that is stored of one person: to have it, and to erase it."""
    KEYS_READ = "keys:read"
    KEYS_WRITE = "keys:write"


ALL_SCOPES = frozenset(Scope)


def known_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """The scopes of these names; what a later version has added means nothing here, and takes nothing away."""
    return frozenset(Scope(name) for name in names if name in _NAMES)


_NAMES = frozenset(scope.value for scope in Scope)
