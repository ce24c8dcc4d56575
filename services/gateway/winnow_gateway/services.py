"""What the routes' functions work with; made once, in `app`."""

import asyncio
from dataclasses import dataclass

from winnow_common.clock import Clock
from winnow_common.postgres import Pool
from winnow_common.requests import Requests
from winnow_common.sealed import SealedStore

from winnow_gateway.authentication import Authentication
from winnow_gateway.credentials import Pepper
from winnow_gateway.documents import Documents
from winnow_gateway.housekeeping import LastUses
from winnow_gateway.limits.limiter import Limiter
from winnow_gateway.limits.policies import Policy
from winnow_gateway.months import Months
from winnow_gateway.passwords import Passwords
from winnow_gateway.places import Places
from winnow_gateway.plans import Plan, Plans
from winnow_gateway.recall.cache import AnswerCache
from winnow_gateway.recall.pulse import Pulse
from winnow_gateway.registration import Registration
from winnow_gateway.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The parts of a running gateway."""

    settings: Settings
    clock: Clock
    pool: Pool
    requests: Requests
    sealed: SealedStore
    pepper: Pepper
    plans: Plans
    registration: Registration
    authentication: Authentication
    limiter: Limiter
    answer_cache: AnswerCache
    pulse: Pulse
    """Of whoever keeps the answers."""
    months: Months
    last_uses: LastUses
    passwords: Passwords
    documents: Documents
    sign_ups: Policy
    """Accounts that one address may open."""
    uploads: Places
    downloads: Places
    streams: Places
    closing: asyncio.Event
    """Set when the gateway is about to end: what only waits should end too."""

    def plan(self, name: str) -> Plan:
        """The plan of that name, or the default one where the file knows it no more."""
        return self.plans.get(name) or self.plans[self.settings.default_plan]
