"""Making, listing, rotating and ending API keys."""

from datetime import timedelta
from uuid import UUID

from aiohttp import web
from winnow_common.errors import Problem
from winnow_common.postgres import Connection

from winnow_gateway.answers import model_answer
from winnow_gateway.call import Call
from winnow_gateway.inputs import read_inputs
from winnow_gateway.keys import (
    CreateKey,
    KeyCreated,
    KeyList,
    RotateKey,
    check_power,
    check_room,
    key_id,
    key_not_found,
    shown,
)
from winnow_gateway.once import Done, once, shown_once
from winnow_gateway.services import Services
from winnow_gateway.store import accounts as account_store
from winnow_gateway.store import keys as store
from winnow_gateway.store.keys import StoredKey


async def list_keys(services: Services, call: Call) -> web.Response:
    """All keys that work, oldest first."""
    await read_inputs(call)
    async with services.pool.acquire() as connection:
        keys = await store.list_keys(connection, tenant=call.caller.tenant, now=call.now)
    return model_answer(KeyList(data=[shown(key) for key in keys], has_more=False, next_cursor=None))


async def create_key(services: Services, call: Call) -> web.Response:
    """Make a key, at most as strong as the caller's."""
    given: CreateKey = (await read_inputs(call)).body
    caller = call.caller
    scopes = given.scopes or caller.scopes
    check_power(caller, environment=given.environment, scopes=scopes)
    if given.expires_at is not None and given.expires_at <= call.now:
        raise Problem(422, "already_expired", "expires_at is in the past.")

    async def work(connection: Connection) -> Done:
        plan = services.plan(await account_store.lock_account(connection, caller.tenant))
        present = await store.list_keys(connection, tenant=caller.tenant, now=call.now)
        check_room(plan, present, environment=given.environment)
        key, secret = await services.registration.key(
            connection,
            tenant=caller.tenant,
            name=given.name,
            now=call.now,
            environment=given.environment,
            scopes=scopes,
            expires_at=given.expires_at,
        )
        return _created(key, secret)

    return await once(services, call, work, data=given.model_dump(mode="json", exclude_unset=True))


async def rotate_key(services: Services, call: Call) -> web.Response:
    """Make a key that takes another's place, which goes on working for the overlap."""
    inputs = await read_inputs(call)
    given: RotateKey = inputs.body
    caller, old_id = call.caller, key_id(inputs.path.id)

    async def work(connection: Connection) -> Done:
        old = await _locked(connection, call, old_id)
        check_power(caller, environment=old.environment, scopes=old.scopes)
        if old.replaced_by is not None:
            raise Problem(409, "already_rotated", "Another key has taken this one's place. Rotate that one.")
        key, secret = await services.registration.key(
            connection,
            tenant=caller.tenant,
            name=old.name,
            now=call.now,
            environment=old.environment,
            scopes=old.scopes,
            expires_at=old.expires_at,
        )
        ends_at = call.now + timedelta(seconds=given.overlap_seconds)
        await store.replace_key(connection, tenant=caller.tenant, id=old_id, replaced_by=key.id, expires_at=ends_at)
        return _created(key, secret)

    answer = await once(services, call, work, data=given.model_dump(mode="json"))
    services.authentication.forget(caller.tenant)
    return answer


async def delete_key(services: Services, call: Call) -> web.Response:
    """End a key at once; gateways that know it forget it within five seconds."""
    caller, ended_id = call.caller, key_id((await read_inputs(call)).path.id)

    async def work(connection: Connection) -> Done:
        key = await _locked(connection, call, ended_id)
        check_power(caller, environment=key.environment, scopes=frozenset())
        await store.revoke_key(connection, tenant=caller.tenant, id=ended_id, now=call.now)
        return Done(204)

    answer = await once(services, call, work, data={})
    services.authentication.forget(caller.tenant)
    return answer


async def _locked(connection: Connection, call: Call, id: UUID) -> StoredKey:
    """One of the caller's keys, while nobody else changes any of them."""
    await account_store.lock_account(connection, call.caller.tenant)
    keys = await store.list_keys(connection, tenant=call.caller.tenant, now=call.now)
    found = next((key for key in keys if key.id == id), None)
    if found is None:
        raise key_not_found()
    return found


def _created(key: StoredKey, secret: str) -> Done:
    answer = KeyCreated(**shown(key).model_dump(), api_key=secret)
    return Done(201, answer.model_dump_json().encode(), repeat=shown_once(answer.id))
