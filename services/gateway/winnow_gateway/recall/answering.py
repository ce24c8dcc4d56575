"""A call that is answered from what is known: asked before it is counted, given after.

Only calls without an Idempotency-Key: what such a key stands for is stored by the scoring service.
"""

import orjson
from aiohttp import web
from winnow_common.errors import Problem
from winnow_contracts.similarity import CERTAINTY

from winnow_gateway.answers import answer
from winnow_gateway.call import IDEMPOTENCY_KEY, Call
from winnow_gateway.identifiers import Named
from winnow_gateway.inputs import read_inputs
from winnow_gateway.recall.cache import Asked, Hit
from winnow_gateway.routes.route import Recalls
from winnow_gateway.services import Services

CACHE_STATUS = "Cache-Status"
_MISS = "winnow; fwd=miss"
_BYPASS = "winnow; fwd=bypass"


class Recall:
    """The search for the answer to one call."""

    def __init__(self, services: Services, call: Call, recalls: Recalls) -> None:
        self._services = services
        self._call = call
        self._recalls = recalls
        self._named: Named | None = None
        self._asked: Asked | None = None
        self._began = IDEMPOTENCY_KEY in call.request.headers

    async def begin(self) -> None:
        """Ask, unless that was done, where the body is here already.

        No turn of the event loop passes, so that the call is counted on the same trip. What is wrong with the body is
        for whoever reads it next to say: the call counts all the same.
        """
        if self._call.request.content.is_eof():
            try:
                await self._ask()
            except Problem as problem:
                self._call.fault = problem

    async def finish(self) -> web.Response | None:
        """The answer, where it is known; raises a `Problem` for a bad body."""
        await self._ask()
        hit = None if self._asked is None else await self._asked
        call = self._call
        if hit is None or self._named is None:
            call.headers[CACHE_STATUS] = _BYPASS if self._asked is None else _MISS
            return None
        call.headers[CACHE_STATUS] = f"winnow; hit; ttl={hit.ttl_ms // 1000}"
        call.headers["Age"] = str(hit.age_ms // 1000)
        return answer(200, _body(hit, self._named, call))

    async def _ask(self) -> None:
        if self._began:
            return
        self._began = True
        self._named = self._recalls(await read_inputs(self._call))
        if self._named is not None:
            caller = self._call.caller
            self._asked = self._services.answer_cache.ask(
                caller.tenant, self._named.domain, livemode=caller.environment.livemode
            )


def _body(hit: Hit, named: Named, call: Call) -> bytes:
    """The answer with what names the request and what the caller sent, put in before its last brace."""
    resolved = orjson.dumps(
        {
            "domain": named.domain,
            "matched_on": named.by,
            "confidence": CERTAINTY[named.by],
            "candidates": [],
            "disagreement": [],
        }
    )
    livemode = b"true" if call.caller.environment.livemode else b"false"
    request_id = str(call.identity.id).encode()
    return b'%b,"resolved":%b,"livemode":%b,"request_id":"%b"}' % (hit.answer[:-1], resolved, livemode, request_id)
