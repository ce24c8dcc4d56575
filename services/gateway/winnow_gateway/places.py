"""How much of what takes long a process does at once: so many in all, and a quarter of them for one tenant.

Each upload and download holds a few megabytes and each stream a question every second, whatever the limits of calls.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from winnow_common.errors import Problem

SHARE: Final = 4


class Places:
    """Places for one kind of work."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._of_tenant = max(1, most // SHARE)
        self._taken: Counter[UUID] = Counter()

    @property
    def taken(self) -> int:
        """How many are."""
        return self._taken.total()

    @contextmanager
    def take(self, tenant: UUID) -> Iterator[None]:
        """A place until the context ends; raises a 503 `Problem` where there is none."""
        if self.taken >= self._most or self._taken[tenant] >= self._of_tenant:
            detail = "There are as many of these calls under way as there may be. Try again in a few seconds."
            raise Problem(503, "too_many_at_once", detail, headers={"Retry-After": "5"})
        self._taken[tenant] += 1
        try:
            yield
        finally:
            self._taken[tenant] -= 1
            if not self._taken[tenant]:
                del self._taken[tenant]
