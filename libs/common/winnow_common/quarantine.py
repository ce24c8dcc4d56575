"""How many messages may die before somebody has to look.

Dead letters of several tenants beyond a share of what was handled mean a bad deploy, which must not empty a topic: the
consumer stops. Dead letters of one tenant mean that tenant's data: it is refused for a while, so that the others go on.
Pure and single-threaded; times are monotonic seconds.
"""

from collections import Counter, deque
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When is enough."""

    window: float = 60.0
    """Seconds that are looked at."""
    share: float = 0.1
    """Dead letters per handled message, those of the worst tenant left out, beyond which the consumer stops."""
    at_least: int = 20
    """Fewer dead letters than this, of one tenant or of several, prove nothing."""
    tenants: int = 3
    """So many tenants with dead letters are several."""
    quarantine: float = 60.0
    """Seconds for which a tenant is refused."""


class TooManyDeadLetters(Exception):
    """Messages of several tenants fail beyond the share: the consumer stops before it empties the topic."""


@dataclass(slots=True)
class Quarantine:
    """Counts deaths and says who is refused."""

    limits: Limits = field(default_factory=Limits)
    _deaths: deque[tuple[float, UUID]] = field(default_factory=deque)
    _handled: deque[tuple[float, int]] = field(default_factory=deque)
    _until: dict[UUID, float] = field(default_factory=dict)

    def handled(self, count: int, *, now: float) -> None:
        """So many messages were handled, the dead ones included."""
        self._handled.append((now, count))

    def died(self, tenant: UUID, *, now: float) -> None:
        """A message of this tenant failed for good.

        Raises `TooManyDeadLetters`, before the message is put aside, where that is one too many.
        """
        self._forget(now)
        self._deaths.append((now, tenant))
        deaths = Counter(other for _, other in self._deaths)
        if deaths[tenant] >= self.limits.at_least:
            self._until[tenant] = now + self.limits.quarantine
        if len(deaths) < self.limits.tenants or len(self._deaths) < self.limits.at_least:
            return
        spread = len(self._deaths) - max(deaths.values())
        handled = max(sum(count for _, count in self._handled), len(self._deaths))
        if spread > self.limits.share * handled:
            raise TooManyDeadLetters(
                f"{len(self._deaths)} of the last {handled} messages failed, of {len(deaths)} tenants"
            )

    def refuses(self, tenant: UUID, *, now: float) -> bool:
        """Whether this tenant's messages are refused at the moment."""
        until = self._until.get(tenant)
        if until is None:
            return False
        if until <= now:
            del self._until[tenant]
            return False
        return True

    @property
    def size(self) -> int:
        """How many tenants are refused."""
        return len(self._until)

    def _forget(self, now: float) -> None:
        while self._deaths and self._deaths[0][0] <= now - self.limits.window:
            self._deaths.popleft()
        while self._handled and self._handled[0][0] <= now - self.limits.window:
            self._handled.popleft()
