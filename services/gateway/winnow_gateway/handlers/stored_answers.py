"""The answer of an earlier request, from whichever service gave it."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from winnow_common import inbox
from winnow_common.errors import Problem
from winnow_common.requests import Reply
from winnow_contracts.replies import GET_REQUEST, GetRequest
from winnow_contracts.topics import TOPICS

from winnow_gateway.answers import json_answer
from winnow_gateway.call import Call
from winnow_gateway.inputs import read_inputs
from winnow_gateway.routes.route import Sends
from winnow_gateway.sending import ask, passed_on
from winnow_gateway.services import Services

SENDS: Final = tuple(
    Sends(topic=topic, type=GET_REQUEST, message=lambda inputs: inputs.path, wait=5.0)
    for topic in TOPICS
    if GET_REQUEST in topic.messages
)
"""To every service that answers requests."""


class RequestPath(BaseModel):
    """Which request."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[
        UUID, Field(description="`request_id` of an answer.", examples=["0198f2c5-a1b2-7c3d-8e4f-5a6b7c8d9e0f"])
    ]


class StoredAnswer(BaseModel):
    """An answer as it was given."""

    request_id: UUID
    status: Annotated[int, Field(ge=200, le=499)]
    body: Annotated[Any, Field(description="The body; null where there was none.")] = None


async def get_request(services: Services, call: Call) -> web.Response:
    """The stored answer: the gateway's own, else the first that a service has."""
    asked: RequestPath = (await read_inputs(call)).path
    async with services.pool.acquire() as connection:
        stored = await inbox.answer_of(connection, tenant=call.caller.tenant, id=asked.id, now=call.now)
    if stored is not None:
        body = orjson.Fragment(stored.body) if stored.body else None
        return json_answer({"request_id": asked.id, "status": stored.status, "body": body})
    return passed_on(call, await _first(services, call, GetRequest(id=asked.id)), SENDS[0])


async def _first(services: Services, call: Call, message: GetRequest) -> Reply:
    """The first reply that is not 404; raises what kept a service from answering where no other has the answer."""
    asked = [asyncio.create_task(ask(services, call, sends, message)) for sends in SENDS]
    unknown: Reply | None = None
    failure: Problem | None = None
    try:
        for next_reply in asyncio.as_completed(asked):
            try:
                reply = await next_reply
            except Problem as problem:
                failure = problem
                continue
            if reply.status != HTTPStatus.NOT_FOUND:
                return reply
            unknown = reply
    finally:
        for task in asked:
            task.cancel()
    if failure is not None or unknown is None:
        raise failure or RuntimeError("no service answers requests")
    return unknown
