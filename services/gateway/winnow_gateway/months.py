"""The month: scored records count against the plan, each request once, and only where a score came out.

A request is counted before it is sent, as the most that it can be, and given back when its answer says that nothing was
done; of a success that is fewer records, the rest is given back. What nobody knows (no
answer in time, a log that did not acknowledge) stays counted; a repetition of the request finds its reservation and
settles it. Plans that count nothing never touch the database.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from winnow_common import logs
from winnow_common.clock import Clock
from winnow_common.postgres import Pool, Transient

from winnow_gateway.authentication import Principal
from winnow_gateway.idempotency import RequestIdentity
from winnow_gateway.limits.policies import Standing, limit_exceeded
from winnow_gateway.store import months as store
from winnow_gateway.store.months import Usage

_log = logs.get(__name__)

_UNUSED = Usage(None, 0)
_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Charge:
    """What a request costs at most if it succeeds."""

    principal: Principal
    identity: RequestIdentity
    records: int
    counted: bool
    """False: a key or plan for which nothing is counted."""
    mine: bool
    """Whether this call made the reservation, rather than an earlier one of the same request."""


class _Owed(NamedTuple):
    """What is still to be given back of a request: all but `kept` records, or everything where that is None."""

    tenant: UUID
    request: UUID
    kept: int | None


class Months:
    """Counts records, and knows how each tenant's month stood when it was last seen."""

    def __init__(self, pool: Pool, *, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._seen: OrderedDict[UUID, Usage] = OrderedDict()
        self._owed: deque[_Owed] = deque()

    def observe(self, tenant: UUID, usage: Usage) -> None:
        """Remember how a tenant's month stands."""
        self._seen[tenant] = usage
        self._seen.move_to_end(tenant)
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)

    def standing(self, principal: Principal, *, now: datetime) -> Standing:
        """How the account's month stands as far as this process knows.

        Exact after a call that was counted here, at most five seconds old otherwise.
        """
        unused = principal.policies.records
        if not principal.plan.records_counted:
            return unused
        usage = self._seen.get(principal.tenant, _UNUSED)
        ends_in = _ends_in(usage, now)
        if ends_in <= 0:
            return unused
        return Standing(unused.policy, max(0, unused.policy.limit - usage.used), ends_in)

    async def charge(self, principal: Principal, identity: RequestIdentity, *, records: int) -> Charge:
        """Count the records of a request; raises a 429 `Problem` where the month has no room for them."""
        if not (principal.environment.livemode and principal.plan.records_counted):
            return Charge(principal, identity, records, counted=False, mine=False)
        reservation = await store.reserve(
            self._pool,
            tenant=principal.tenant,
            request=identity.id,
            previous=identity.previous_id,
            records=records,
            limit=principal.plan.records_per_month,
            now=self._clock(),
        )
        self.observe(principal.tenant, reservation.usage)
        if not (reservation.known or reservation.counted):
            standing = self.standing(principal, now=self._clock())
            raise limit_exceeded([standing], [standing.policy.name])
        return Charge(principal, identity, records, counted=True, mine=reservation.counted)

    async def keep(self, charge: Charge, *, records: int) -> None:
        """Of a success: keep so many of the records that were counted, and give the rest back.

        They are counted again where another call of the same request has given them back meanwhile.
        """
        if not charge.counted:
            return
        owed = None if records >= charge.records else _Owed(charge.principal.tenant, charge.identity.id, records)
        try:
            if not charge.mine:
                await self._ensure(charge, records=records)
            if owed is not None:
                await self._pay(owed)
        except Transient:
            _log.warning("could not settle the records of a success; trying again later")
            if owed is not None:
                self._owed.append(owed)

    async def give_back(self, charge: Charge, *, replayed: bool) -> None:
        """Of a refusal: give back what this call has counted.

        A stored refusal is the request's answer for good, so it gives back whoever counted.
        """
        if not charge.counted or not (charge.mine or replayed):
            return
        owed = _Owed(charge.principal.tenant, charge.identity.id, None)
        try:
            await self._pay(owed)
        except Transient:
            _log.warning("could not settle the records of a refusal; trying again later")
            self._owed.append(owed)

    async def pay_owed(self) -> None:
        """Give back what could not be given back when it was due."""
        while self._owed:
            owed = self._owed.popleft()
            try:
                await self._pay(owed)
            except BaseException:
                self._owed.append(owed)
                raise

    async def _ensure(self, charge: Charge, *, records: int) -> None:
        reservation = await store.reserve(
            self._pool,
            tenant=charge.principal.tenant,
            request=charge.identity.id,
            previous=charge.identity.previous_id,
            records=records,
            limit=_ANY,
            now=self._clock(),
        )
        self.observe(charge.principal.tenant, reservation.usage)

    async def _pay(self, owed: _Owed) -> None:
        tenant, request, kept = owed
        if kept is None:
            usage = await store.give_back(self._pool, tenant=tenant, request=request)
        else:
            usage = await store.keep(self._pool, tenant=tenant, request=request, records=kept)
        if usage is not None:
            self.observe(tenant, usage)


_ANY = 2**62
"""A limit that is never reached: the work is done and must be counted."""


def _ends_in(usage: Usage, now: datetime) -> float:
    if usage.started_at is None:
        return 0.0
    return (usage.started_at + store.MONTH - now).total_seconds()
