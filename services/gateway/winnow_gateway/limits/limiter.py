"""The limiter: admits a call when every policy has a unit for it.

Large plans take a lease of units at once (a 64th of the limit, at most 500) into this process's memory, refilled by one
caller while the others wait, so that a hot key costs no round trip per request. A lease is worth nothing after its
window, reckoned from before the round trip that took it, so the limit is never exceeded however many gateways there
are; what a lease leaves unspent is lost to its tenant for that window. Small plans take one unit per call and are
exact.
"""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass

from winnow_gateway.limits.policies import Admission, Policy, Standing
from winnow_gateway.limits.windows import Monotonic, Want, Windows

SHARE = 64
LARGEST_LEASE = 500
_REFUSED_FOR = 1.0
"""Seconds for which a used-up window is not asked again, so that refusals cost no round trip either."""


@dataclass(slots=True)
class _Lease:
    """Units of one policy that belong to this process."""

    policy: Policy
    left: int = 0
    used: int = 0
    """By everybody, as of the last refill."""
    ends_at: float = 0.0
    refused_until: float = 0.0

    @property
    def size(self) -> int:
        return max(1, min(LARGEST_LEASE, self.policy.limit // SHARE))

    def spendable(self, now: float) -> bool:
        return self.left > 0 and now < self.ends_at

    def standing(self, now: float) -> Standing:
        if now >= self.ends_at:
            return Standing(self.policy, self.policy.limit, self.policy.seconds)
        return Standing(self.policy, self.policy.limit - self.used + self.left, self.ends_at - now)


@dataclass(slots=True)
class _Subject:
    """The leases of a subject, one for each of its policies."""

    leases: tuple[_Lease, ...]
    refilled: asyncio.Event | None = None
    """While somebody refills: set when that is done."""
    waiting: int = 0

    def spend(self, now: float) -> Admission | None:
        """A unit of each policy, or None where a lease has none."""
        for lease in self.leases:
            if lease.left <= 0 or now >= lease.ends_at:
                return None
        for lease in self.leases:
            lease.left -= 1
        return Admission(self.standings(now))

    def refusal(self, now: float) -> Admission | None:
        """The refusal where a policy is known to be used up, else None."""
        violated = tuple(
            lease.policy.name for lease in self.leases if now < lease.refused_until and not lease.spendable(now)
        )
        return Admission(self.standings(now), violated) if violated else None

    def standings(self, now: float) -> tuple[Standing, ...]:
        return tuple([lease.standing(now) for lease in self.leases])


class Limiter:
    """Admits calls; for as many subjects at a time as `maximum`, the least recently seen of which lose their leases."""

    def __init__(self, windows: Windows, *, clock: Monotonic = time.monotonic, maximum: int = 20_000) -> None:
        self._windows = windows
        self._clock = clock
        self._maximum = maximum
        self._subjects: OrderedDict[tuple[str, tuple[Policy, ...]], _Subject] = OrderedDict()

    async def admit(self, subject: str, policies: tuple[Policy, ...]) -> Admission:
        """Take one unit of each policy for a call of the subject, or of none."""
        known = self._known(subject, policies)
        while True:
            now = self._clock()
            decided = known.spend(now) or known.refusal(now)
            if decided is not None:
                return decided
            known.waiting += 1
            try:
                if known.refilled is None:
                    await self._refill(subject, known, now)
                else:
                    await known.refilled.wait()
            finally:
                known.waiting -= 1

    async def _refill(self, subject: str, known: _Subject, now: float) -> None:
        """Take units for all who wait, who then go on together; called by one caller at a time."""
        refilled = known.refilled = asyncio.Event()
        try:
            short = [lease for lease in known.leases if not lease.spendable(now)]
            wants = [Want(lease.policy, max(lease.size, known.waiting)) for lease in short]
            for lease, taken in zip(short, await self._windows.take(subject, wants), strict=True):
                lease.left, lease.used, lease.ends_at = taken.granted, taken.used, now + taken.ends_in
                if taken.granted == 0 and taken.used >= lease.policy.limit:
                    lease.refused_until = min(lease.ends_at, now + _REFUSED_FOR)
        finally:
            known.refilled = None
            refilled.set()

    def _known(self, subject: str, policies: tuple[Policy, ...]) -> _Subject:
        key = subject, policies
        known = self._subjects.get(key)
        if known is None:
            known = self._subjects[key] = _Subject(tuple(map(_Lease, policies)))
            if len(self._subjects) > self._maximum:
                self._subjects.popitem(last=False)
        else:
            self._subjects.move_to_end(key)
        return known
