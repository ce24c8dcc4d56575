"""The HTTP server: every request goes through `Server.answer`, in this order and with nothing in between.

route → authenticate → limits → scope → the answer that is known, the route's function, or its message over the log →
headers → metrics and access log.

It is the function that `winnow_common.http.serve` calls.
"""

import time

from aiohttp import web
from winnow_common import telemetry
from winnow_common.errors import Problem

from winnow_gateway.access_log import AccessLog
from winnow_gateway.answers import refusal
from winnow_gateway.call import Call
from winnow_gateway.headers import answer_headers
from winnow_gateway.limits.policies import limit_exceeded
from winnow_gateway.metrics import IN_FLIGHT, LIMITED
from winnow_gateway.recall.answering import Recall
from winnow_gateway.routes.route import Route
from winnow_gateway.routes.router import Found, Router
from winnow_gateway.sending import send
from winnow_gateway.services import Services


class Server:
    """Answers requests by the route table."""

    def __init__(self, services: Services, router: Router, *, access_log: AccessLog) -> None:
        self._services = services
        self._router = router
        self._access_log = access_log
        self._in_flight = 0
        IN_FLIGHT.set_function(lambda: self._in_flight)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """The answer to a request.

        Raises nothing, but `ConnectionAbortedError` where an answer that had begun cannot go on: the connection is then
        cut.
        """
        started = time.perf_counter()
        path = request.raw_path.partition("?")[0]
        call = Call(request, path, self._services.clock())
        self._in_flight += 1
        try:
            response = await self._respond(call)
        except Exception as error:
            response = refusal(call, error)
            if request.writer.output_size > 0:
                raise ConnectionAbortedError("the answer has begun, and cannot be taken back") from error
        finally:
            self._in_flight -= 1
        if not response.prepared:
            response.headers.update(answer_headers(self._services.months, call))
        self._access_log.note(call, status=response.status, seconds=time.perf_counter() - started)
        return response

    async def _respond(self, call: Call) -> web.StreamResponse:
        found = self._router.find(call.path)
        route = call.route = None if found is None else _method(call.request.method, found)
        if route is None:
            raise await self._unmatched(call, found)
        if found is not None:
            call.values = found.values
        with telemetry.span(route.name, traceparent=call.request.headers.get("traceparent")):
            return await self._serve(call, route)

    async def _serve(self, call: Call, route: Route) -> web.StreamResponse:
        recall = None
        if route.authenticated:
            await self._authenticate(call)
            if route.recalls is not None:
                recall = Recall(self._services, call, route.recalls)
                await recall.begin()
            await self._count(call)
            if route.scope is not None and route.scope not in call.caller.scopes:
                raise Problem(
                    403, "missing_scope", f"This key lacks the scope {route.scope}.", extra={"scope": route.scope}
                )
        call.identify()
        if recall is not None and (known := await recall.finish()) is not None:
            return known
        if route.sends is not None:
            return await send(self._services, call, route, route.sends)
        if route.local is not None:
            return await route.local(self._services, call)
        raise NotImplementedError(f"{route.name} has neither message nor function")

    async def _authenticate(self, call: Call) -> None:
        """Say who calls, or raise the `Problem` that refuses it."""
        header = call.request.headers.get("Authorization")
        call.principal = await self._services.authentication.principal(header)

    async def _count(self, call: Call) -> None:
        """Count the call, or raise the `Problem` that refuses it."""
        principal = call.caller
        admission = await self._services.limiter.admit(principal.subject, principal.policies.requests)
        call.standings = admission.standings
        if not principal.session:
            self._services.last_uses.note(principal.tenant, principal.credential, call.now)
        if not admission.admitted:
            for policy in admission.violated:
                LIMITED.labels(policy).inc()
            raise limit_exceeded(admission.standings, admission.violated)

    async def _unmatched(self, call: Call, found: Found | None) -> Problem:
        """The refusal of a path or method that is not in the table; a call with a key counts all the same."""
        if "Authorization" in call.request.headers:
            await self._authenticate(call)
            await self._count(call)
        if found is None:
            return Problem(404, "not_found", "There is nothing at this path. GET /openapi.json lists what there is.")
        allowed = ", ".join(sorted(found.methods))
        return Problem(405, "method_not_allowed", f"This path takes {allowed}.", headers={"Allow": allowed})


def _method(method: str, found: Found) -> Route | None:
    return found.methods.get("GET" if method == "HEAD" else method)
