"""Where similarity answers are kept in Redis: written by the scoring service's cache keeper, read by the gateway.

Nothing of value and nothing of a person is in it, and it may be flushed at any moment. All keys of a tenant share a
hash slot, so that one script reads them in one round trip.

`model_key` holds the version of the tenant's model as decimal digits. An entry is a hash: `company` (the version of the
profile as of which the entry stands), and, unless it only says that the company has changed, `model` (the version that
the answer was computed by) and `answer` (JSON: the answer without what names the request or what the caller sent). An
answer is good while `model` equals what `model_key` holds.
"""

from typing import Final
from uuid import UUID

KEPT_MS: Final = 5 * 60 * 1000
"""Milliseconds for which an answer is good, from when it was computed; a repeat of a request within them is free."""

CHANGED_MS: Final = 2 * KEPT_MS
"""Milliseconds for which an entry remembers that its company has changed: longer than any answer that was computed
before may arrive and be taken for good."""


def model_key(tenant: UUID) -> str:
    """Where the version of the tenant's model is."""
    return f"similarity:{{{tenant}}}:model"


def entry_key(tenant: UUID, domain: str, *, livemode: bool) -> str:
    """Where the answer for a registrable domain is."""
    return f"similarity:{{{tenant}}}:{'live' if livemode else 'test'}:{domain}"
