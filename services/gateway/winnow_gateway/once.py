"""Work of the gateway's own that is done once for each Idempotency-Key, by the same inbox that services have.

The answer is stored in the transaction that does the work. An answer that shows a secret is not stored: what is stored
in its place is the refusal that a repetition gets, with the id of what was made.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from winnow_common import inbox
from winnow_common.errors import Problem
from winnow_common.inbox import NOBODY, AlreadyHandled, Handled, Identity, Stored
from winnow_common.postgres import Connection, transaction

from winnow_gateway.answers import answer
from winnow_gateway.call import Call
from winnow_gateway.services import Services


@dataclass(frozen=True, slots=True)
class Done:
    """An answer, and what a repetition gets instead of it where it showed a secret."""

    status: int
    body: bytes = b""
    repeat: Problem | None = None


def shown_once(id: str) -> Problem:
    """What a repetition gets where the answer showed a secret."""
    return Problem(
        409,
        "secret_shown_before",
        f"This request was done before and made {id}. Its secret was shown then and is not kept.",
        extra={"id": id},
    )


Work = Callable[[Connection], Awaitable[Done]]


async def once(services: Services, call: Call, work: Work, *, data: Any) -> web.Response:
    """Do the work in a transaction, unless the same request was answered before: then give that answer.

    `data` is what the caller sent; it goes into a keyed hash, since it may hold a password. A `Problem` that the work
    raises undoes it, and is stored like an answer.
    """
    if not call.identity.keyed:
        async with transaction(services.pool) as connection:
            done = await work(connection)
        return answer(done.status, done.body)
    identity = _identity(services, call, data)
    while True:
        stored = await _find(services, call, identity)
        if stored is not None:
            stored.check(identity.fingerprint)
            call.headers["Idempotency-Replayed"] = "true"
            return answer(stored.status or 200, stored.body or b"")
        try:
            return await _work_and_remember(services, call, work, identity)
        except AlreadyHandled:
            continue


async def _work_and_remember(services: Services, call: Call, work: Work, identity: Identity) -> web.Response:
    try:
        async with transaction(services.pool) as connection:
            done = await work(connection)
            await inbox.remember(connection, [_handled(call, identity, done)], now=call.now)
    except Problem as problem:
        if problem.status < 500 and problem.status != 429:
            refused = Done(problem.status, problem.body(call.identity.id))
            async with services.pool.acquire() as connection:
                await inbox.remember(connection, [_handled(call, identity, refused)], now=call.now)
        raise
    return answer(done.status, done.body)


async def _find(services: Services, call: Call, identity: Identity) -> Stored | None:
    async with services.pool.acquire() as connection:
        return (await inbox.find(connection, [identity], now=call.now)).get(0)


def _handled(call: Call, identity: Identity, done: Done) -> Handled:
    if done.repeat is None:
        return Handled(identity, done.status, done.body)
    return Handled(identity, done.repeat.status, done.repeat.body(call.identity.id))


def _identity(services: Services, call: Call, data: Any) -> Identity:
    return Identity(
        tenant=NOBODY if call.principal is None else call.principal.tenant,
        day=inbox.day_of(call.now),
        id=call.identity.id,
        previous_id=call.identity.previous_id,
        fingerprint=services.pepper.fingerprint(call.matched.name, data),
    )
