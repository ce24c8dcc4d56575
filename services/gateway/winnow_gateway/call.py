"""One HTTP request while it is answered: who sent it, what is known of it, and the headers that its answer gets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web
from winnow_common.errors import Problem
from winnow_common.identifiers import uuid7
from winnow_contracts.event import Environment

from winnow_gateway.authentication import Principal
from winnow_gateway.idempotency import RequestIdentity, identify
from winnow_gateway.limits.policies import Standing
from winnow_gateway.routes.route import Inputs, Route

IDEMPOTENCY_KEY = "Idempotency-Key"


@dataclass(slots=True)
class Call:
    """A request on its way through the gateway. Owned by the one task that answers it."""

    request: web.BaseRequest
    path: str
    """As it stands in the request line, without the query."""
    now: datetime
    route: Route | None = None
    inputs: Inputs | None = None
    """What the caller sent, once it was read."""
    fault: Problem | None = None
    """What was found to be wrong with it before it was time to say so."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Of the path's placeholders."""
    principal: Principal | None = None
    standings: tuple[Standing, ...] = ()
    charged: int = 0
    """Credits that the call cost."""
    headers: dict[str, str] = field(default_factory=dict)
    """Further headers of the answer."""
    identity: RequestIdentity = field(default_factory=lambda: RequestIdentity(uuid7()))

    @property
    def matched(self) -> Route:
        """The route; only while one answers."""
        if self.route is None:
            raise RuntimeError("no route was found")
        return self.route

    @property
    def caller(self) -> Principal:
        """Who calls; only for routes that authenticate."""
        if self.principal is None:
            raise RuntimeError("the route does not authenticate")
        return self.principal

    def identify(self) -> None:
        """Take the identity that the Idempotency-Key gives, where one was sent and the route honours it.

        Raises a 400 `Problem` for a malformed one.
        """
        header = self.request.headers.get(IDEMPOTENCY_KEY)
        if header is None or self.route is None or not self.route.takes_idempotency_key:
            return
        principal = self.principal
        self.identity = identify(
            header,
            tenant=None if principal is None else principal.tenant,
            environment=Environment.PRODUCTION if principal is None else principal.environment,
            method=self.request.method,
            path=self.path,
            now=self.now,
        )
