"""Answers a call over the log: publishes the route's message, waits for the reply and passes it on untouched."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import orjson
from aiohttp import web
from pydantic import BaseModel
from winnow_common import telemetry
from winnow_common.errors import Problem
from winnow_common.identifiers import uuid7
from winnow_common.log import LogUnavailable, MessageTooLarge
from winnow_common.outbox import message_key
from winnow_common.requests import NoReply, Reply
from winnow_common.sealed_values import write_whole
from winnow_contracts.event import Event
from winnow_contracts.topic import Kind

from winnow_gateway.answers import answer, retry_later
from winnow_gateway.call import Call
from winnow_gateway.idempotency import RequestIdentity, fingerprint
from winnow_gateway.inputs import read_inputs
from winnow_gateway.metrics import REPLAYED
from winnow_gateway.routes.route import Route, Sends
from winnow_gateway.sealing import discard
from winnow_gateway.services import Services

SOURCE = "winnow/gateway"

MESSAGES_KEPT: Final = timedelta(days=7)
"""As long as a command stays on the log: what it refers to is of no use after that."""
READS_KEPT: Final = timedelta(minutes=10)
"""Long after anybody waits for the answer of a read."""


async def send(services: Services, call: Call, route: Route, sends: Sends) -> web.Response:
    """The answer of the service that the route's message goes to."""
    inputs = await read_inputs(call)
    message = sends.message(inputs)
    if sends.personal:
        return passed_on(call, await ask_sealed(services, call, sends, message), sends)
    if not route.costs:
        return passed_on(call, await ask(services, call, sends, message), sends)
    charge = await services.months.charge(call.caller, call.identity, records=route.records_of(inputs))
    reply = await ask(services, call, sends, message)
    if not 200 <= reply.status < 300:
        await services.months.give_back(charge, replayed=reply.replayed)
        return passed_on(call, reply, sends)
    records = min(charge.records, _records(reply, sends, most=charge.records))
    await services.months.keep(charge, records=records)
    if not reply.replayed and call.caller.environment.livemode:
        call.charged = records
    if sends.restore is not None:
        reply = replace(reply, body=sends.restore(reply.body, inputs))
    return passed_on(call, reply, sends)


def _records(reply: Reply, sends: Sends, *, most: int) -> int:
    """How many scored records a success is; an answer that was stored does not say, but shows what has a score."""
    if reply.records is not None:
        return reply.records
    return sends.scored(reply.body) if reply.replayed and sends.scored is not None else most


async def ask_sealed(services: Services, call: Call, sends: Sends, body: BaseModel) -> Reply:
    """The reply to what is of a person: the service gets it as a sealed object, which goes when a command was answered.

    That of a read stays for its few minutes, since a read that is delivered again is done again.
    """
    tenant, command = call.caller.tenant, sends.type.kind is Kind.COMMAND
    kept_for = MESSAGES_KEPT if command else READS_KEPT
    content = body.model_dump_json(exclude_none=True).encode()
    sealed = await write_whole(services.sealed, content, tenant=tenant, expires=call.now + kept_for)
    message = sends.type.model(object=sealed)
    reply = await ask(services, call, sends, message, mark={"sha256": sealed.sha256})
    if command:
        await discard(services.sealed, sealed, tenant=tenant)
    return reply


async def ask(services: Services, call: Call, sends: Sends, message: BaseModel, *, mark: Any = None) -> Reply:
    """The reply to a message, opened; raises a 503 or 504 `Problem` where there is none.

    `mark` stands for the data where its fingerprint must not depend on how it was stored (see `handlers.imports`).
    """
    wait = min(sends.wait, services.settings.longest_wait)
    data = message.model_dump_json(exclude_unset=True).encode()
    identity = call.identity
    event = Event(
        id=identity.id,
        source=SOURCE,
        type=sends.type.name,
        time=call.now,
        data=data,
        tenant=call.caller.tenant,
        subject=sends.subject(message) or None,
        traceparent=telemetry.current_traceparent(),
        reply_to=services.requests.reply_to,
        budget_ms=int(wait * 1000),
        environment=call.caller.environment,
        fingerprint=fingerprint(sends.type.name, mark or orjson.loads(data)) if identity.keyed else None,
        previous_id=identity.previous_id,
    )
    key = message_key(call.caller.tenant, event.subject or "")
    try:
        reply = await services.requests.ask(sends.topic, event, key=key, timeout=wait)
    except NoReply:
        raise _no_answer_yet(call, sends) from None
    except LogUnavailable:
        raise retry_later(
            "log_unavailable", "The request may not have been taken. Send it again, with the same Idempotency-Key."
        ) from None
    except MessageTooLarge:
        raise Problem(413, "body_too_large", "The request is larger than 512 KiB once it is read.") from None
    if sends.reveal is None or not 200 <= reply.status < 300:
        return reply
    return replace(reply, body=await sends.reveal(services.sealed, reply.body, tenant=call.caller.tenant))


async def ask_again(services: Services, call: Call, sends: Sends, message: BaseModel) -> Reply:
    """The reply to a further read of a call that asks several times; as `ask`."""
    first = call.identity
    call.identity = RequestIdentity(uuid7())
    try:
        return await ask(services, call, sends, message)
    finally:
        call.identity = first


def passed_on(call: Call, reply: Reply, sends: Sends) -> web.Response:
    """A reply as an HTTP answer."""
    if reply.replayed:
        REPLAYED.inc()
        call.headers["Idempotency-Replayed"] = "true"
    if reply.status in (201, 202) and sends.location is not None:
        call.headers["Location"] = sends.location.format_map(orjson.loads(reply.body))
    if reply.status == 202:
        call.headers["Retry-After"] = "1"
    if sends.reveal is not None:
        call.headers["Cache-Control"] = "no-store"
    if reply.status in (429, 503, 504):
        call.headers["Retry-After"] = "2"
    return answer(reply.status, reply.body)


def _no_answer_yet(call: Call, sends: Sends) -> Problem:
    headers = {"Retry-After": "2"}
    if sends.type.kind is Kind.READ:
        return Problem(504, "no_answer", "There was no answer in time. Ask again.", headers=headers)
    place = f"/v1/requests/{call.identity.id}"
    return Problem(
        504,
        "no_answer_yet",
        f"There was no answer in time, but the request goes on. GET {place} gives its answer when it is there.",
        headers={**headers, "Location": place},
    )
