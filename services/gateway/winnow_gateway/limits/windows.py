"""Windows: where units of a policy are counted. A port, its fallback in memory, and the switch between two.

Units are taken from several policies at once, from all or from none. A window begins when the first unit is taken from
it and ends after the policy's seconds; counts only grow inside it.
"""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from winnow_gateway.limits.policies import Policy

Monotonic = Callable[[], float]
"""Seconds that only grow."""


class Want(NamedTuple):
    """At least one unit of a policy is wanted, and up to so many are taken."""

    policy: Policy
    units: int


class Taken(NamedTuple):
    """What was got of one policy: units, how many everybody has taken, and when the window ends."""

    granted: int
    used: int
    ends_in: float


class Unavailable(Exception):
    """The windows cannot be reached in time."""


class Windows(Protocol):
    """Counts units per subject (a tenant, or a pseudonym of an address) and policy."""

    async def take(self, subject: str, wants: Sequence[Want]) -> Sequence[Taken]:
        """Take from all policies, or from none where one is used up; raises `Unavailable`."""


class LocalWindows:
    """Windows of this process alone: what limits fall back to while Redis is away."""

    def __init__(self, *, clock: Monotonic = time.monotonic, maximum: int = 100_000) -> None:
        self._clock = clock
        self._maximum = maximum
        self._windows: dict[tuple[str, str], tuple[int, float]] = {}

    async def take(self, subject: str, wants: Sequence[Want]) -> Sequence[Taken]:
        """See `Windows`."""
        now = self._clock()
        before = [self._at(subject, want.policy, now) for want in wants]
        admitted = all(used < want.policy.limit for want, (used, _) in zip(wants, before, strict=True))
        taken = []
        for want, (used, ends_at) in zip(wants, before, strict=True):
            granted = min(want.units, want.policy.limit - used) if admitted else 0
            if granted:
                self._windows[subject, want.policy.name] = used + granted, ends_at
            taken.append(Taken(granted, used + granted, ends_at - now))
        if len(self._windows) > self._maximum:
            self._forget(now)
        return taken

    def _at(self, subject: str, policy: Policy, now: float) -> tuple[int, float]:
        used, ends_at = self._windows.get((subject, policy.name), (0, 0.0))
        return (used, ends_at) if now < ends_at else (0, now + policy.seconds)

    def _forget(self, now: float) -> None:
        """Drop what has ended, and everything where that is not enough: memory is bounded, limits fail open."""
        self._windows = {key: value for key, value in self._windows.items() if now < value[1]}
        if len(self._windows) > self._maximum:
            self._windows.clear()


class FailoverWindows:
    """Windows that are used while they answer, and others while they do not.

    After a failure everybody goes to the fallback for `rest` seconds; then one call tries again while the others still
    fall back, so that a server that hangs costs one caller its time-out and not all of them.
    """

    def __init__(
        self,
        first: Windows,
        fallback: Windows,
        *,
        rest: float = 1.0,
        clock: Monotonic = time.monotonic,
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        self._first = first
        self._fallback = fallback
        self._rest = rest
        self._clock = clock
        self._failed = failed
        self._closed_until: float | None = None

    async def take(self, subject: str, wants: Sequence[Want]) -> Sequence[Taken]:
        """See `Windows`; never raises `Unavailable`."""
        now = self._clock()
        if self._closed_until is not None:
            if now < self._closed_until:
                return await self._fallback.take(subject, wants)
            self._closed_until = now + self._rest
        try:
            taken = await self._first.take(subject, wants)
        except Unavailable:
            self._closed_until = self._clock() + self._rest
            self._failed()
            return await self._fallback.take(subject, wants)
        self._closed_until = None
        return taken
