"""The address that a call comes from, and limits on calls that need no key."""

from aiohttp import web

from winnow_gateway.call import Call
from winnow_gateway.limits.policies import Policy, limit_exceeded
from winnow_gateway.metrics import LIMITED
from winnow_gateway.services import Services


def client_address(request: web.BaseRequest, *, proxies: int) -> str:
    """The client's network address: the connection's, or what the outermost of our proxies wrote into X-Forwarded-For.

    What stands further left in that header was written by the client itself.
    """
    if proxies:
        hops = [hop.strip() for line in request.headers.getall("X-Forwarded-For", []) for hop in line.split(",")]
        if len(hops) >= proxies:
            return hops[-proxies]
    return request.remote or "unknown"


def client_pseudonym(services: Services, call: Call) -> str:
    """What stands for the client's address in the names of counters."""
    return services.pepper.address(client_address(call.request, proxies=services.settings.proxies))


async def limit_calls(services: Services, subject: str, policy: Policy) -> None:
    """Count a call that has no key by a pseudonym of whoever sends it; raises a 429 `Problem`."""
    admission = await services.limiter.admit(subject, (policy,))
    if not admission.admitted:
        LIMITED.labels(policy.name).inc()
        raise limit_exceeded(admission.standings, admission.violated)
