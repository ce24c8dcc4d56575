"""Authentication: who calls, from the Authorization header, with a cache of at most five seconds.

A revoked key works for five seconds at most, and PostgreSQL is asked once for as many calls as arrive meanwhile:
look-ups of the same credential are shared, and one that is half its time old is renewed in the background, so that a
busy key never waits. Unknown credentials are remembered too. While PostgreSQL is away, what is cached goes on until its
time and everything else is refused with 503: authentication fails closed.
"""

import asyncio
import os
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from winnow_common.clock import Clock
from winnow_common.errors import Problem
from winnow_contracts.event import Environment

from winnow_gateway.credentials import Prefix, is_well_formed
from winnow_gateway.limits.policies import PolicySet, policies_of
from winnow_gateway.limits.windows import Monotonic
from winnow_gateway.plans import Plan, Plans
from winnow_gateway.scopes import Scope
from winnow_gateway.store.keys import Credential

FRESH_FOR = 5.0
RENEWED_AFTER = 2.5
LARGEST_CACHE = 20_000

Lookup = Callable[[str], Awaitable[Credential | None]]
"""The credential of a text that is well formed; None where nobody has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who calls, and what that allows."""

    tenant: UUID
    credential: UUID
    subject: str
    """The tenant's id as text: what limits are counted by."""
    session: bool
    environment: Environment
    scopes: frozenset[Scope]
    plan: Plan
    policies: PolicySet
    expires_at: datetime | None


def invalid_key() -> Problem:
    """The refusal of a call without a valid credential; the same words whatever is wrong with it."""
    return Problem(401, "invalid_api_key", "Invalid API key", headers={"WWW-Authenticate": "Bearer"})


@dataclass(frozen=True, slots=True)
class _Cached:
    principal: Principal | None
    asked_at: float


class Authentication:
    """Finds principals. `lookup` may raise; its failures are not cached and reach every caller that waits for it.

    The cache knows credentials by a hash under a key of this process: faster than the one that is stored, and of no use
    to anybody who reads the memory.
    """

    def __init__(
        self,
        lookup: Lookup,
        *,
        plans: Plans,
        default_plan: str,
        clock: Clock,
        monotonic: Monotonic = time.monotonic,
        maximum: int = LARGEST_CACHE,
    ) -> None:
        self._lookup = lookup
        self._plans = plans
        self._default_plan = default_plan
        self._clock = clock
        self._monotonic = monotonic
        self._maximum = maximum
        self._secret = os.urandom(32)
        self._cache: OrderedDict[bytes, _Cached] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[Principal | None]] = {}
        self._policies: Mapping[tuple[str, bool], PolicySet] = {
            (name, environment.livemode): policies_of(plan, environment)
            for name, plan in plans.items()
            for environment in (Environment.PRODUCTION, Environment.STAGING)
        }

    async def principal(self, header: str | None) -> Principal:
        """Who the Authorization header stands for; raises a 401 `Problem`, or what the look-up raises."""
        scheme, _, text = (header or "").partition(" ")
        if scheme.lower() != "bearer":
            raise invalid_key()
        digest = blake2b(text.encode("utf-8", "surrogateescape"), key=self._secret, digest_size=16).digest()
        cached = self._cache.get(digest)
        age = FRESH_FOR if cached is None else self._monotonic() - cached.asked_at
        if cached is None or age >= FRESH_FOR:
            if not is_well_formed(text):
                raise invalid_key()
            principal = await asyncio.shield(self._ask(text, digest))
        else:
            principal = cached.principal
            if age >= RENEWED_AFTER:
                self._ask(text, digest)
        if principal is None or (principal.expires_at is not None and principal.expires_at <= self._clock()):
            raise invalid_key()
        return principal

    def forget(self, tenant: UUID) -> None:
        """Look the tenant's credentials up again: something about them has changed."""
        gone = [
            digest
            for digest, cached in self._cache.items()
            if cached.principal is not None and cached.principal.tenant == tenant
        ]
        for digest in gone:
            del self._cache[digest]

    def _ask(self, text: str, digest: bytes) -> asyncio.Task[Principal | None]:
        task = self._asking.get(digest)
        if task is None:
            task = self._asking[digest] = asyncio.create_task(self._load(text, digest), name="authentication")
            task.add_done_callback(lambda done: self._asked(digest, done))
        return task

    def _asked(self, digest: bytes, task: asyncio.Task[Principal | None]) -> None:
        del self._asking[digest]
        if not task.cancelled():
            task.exception()

    async def _load(self, text: str, digest: bytes) -> Principal | None:
        asked_at = self._monotonic()
        credential = await self._lookup(text)
        principal = None if credential is None else self._principal(text, credential)
        self._cache[digest] = _Cached(principal, asked_at)
        self._cache.move_to_end(digest)
        if len(self._cache) > self._maximum:
            self._cache.popitem(last=False)
        return principal

    def _principal(self, text: str, credential: Credential) -> Principal:
        plan = self._plans.get(credential.plan) or self._plans[self._default_plan]
        return Principal(
            tenant=credential.tenant,
            credential=credential.id,
            subject=str(credential.tenant),
            session=text.startswith(Prefix.SESSION),
            environment=credential.environment,
            scopes=credential.scopes,
            plan=plan,
            policies=self._policies[plan.name, credential.environment.livemode],
            expires_at=credential.expires_at,
        )
