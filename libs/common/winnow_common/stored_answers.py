"""`requests.get`: the answer of a request that its caller did not see, from the inbox of the service that gave it."""

import orjson
from winnow_contracts.replies import GET_REQUEST, GetRequest

from winnow_common import inbox
from winnow_common.clock import Clock
from winnow_common.errors import Problem
from winnow_common.outcome import Outcome, Read, Request
from winnow_common.postgres import Connection


def stored_answers(clock: Clock) -> Read[GetRequest]:
    """The handler that every service has; 404 where this service answered no such request within a day."""

    async def handle(request: Request[GetRequest], connection: Connection) -> Outcome:
        stored = await inbox.answer_of(connection, tenant=request.tenant, id=request.data.id, now=clock())
        if stored is None or stored.status is None:
            raise Problem(
                404, "request_not_found", "No stored answer to a request of that id. Answers are kept for 24 hours."
            )
        body = orjson.Fragment(stored.body) if stored.body else None
        return Outcome.json({"request_id": request.data.id, "status": stored.status, "body": body})

    return Read(GET_REQUEST, GetRequest, handle)
