"""Sign-up, log-in and log-out."""

import hmac
from typing import Any

from aiohttp import web
from pydantic import SecretStr
from winnow_common.errors import Problem
from winnow_common.identifiers import uuid7
from winnow_common.postgres import Connection

from winnow_gateway.accounts import (
    SESSION_LENGTH,
    AccountCreated,
    CreateAccount,
    CreateSession,
    SessionCreated,
    account_name,
    session_name,
)
from winnow_gateway.addresses import client_pseudonym, limit_calls
from winnow_gateway.call import Call
from winnow_gateway.credentials import Prefix, new_credential
from winnow_gateway.inputs import read_inputs
from winnow_gateway.limits.policies import Policy
from winnow_gateway.once import Done, once, shown_once
from winnow_gateway.services import Services
from winnow_gateway.settings import Settings, SignUp
from winnow_gateway.store import accounts as store
from winnow_gateway.store.accounts import Session

LOG_INS_OF_ADDRESS = Policy("log_ins_of_address", 100, 300)
LOG_INS_OF_EMAIL = Policy("log_ins_of_email", 20, 900)


async def create_account(services: Services, call: Call) -> web.Response:
    """Open an account with a first production key."""
    await limit_calls(services, f"sign-up:{client_pseudonym(services, call)}", services.sign_ups)
    given: CreateAccount = (await read_inputs(call)).body
    check_admission(services.settings, given.invitation)
    password_hash = await services.passwords.hash(given.password.get_secret_value())

    async def work(connection: Connection) -> Done:
        tenant = await services.registration.account(
            connection,
            email=given.email,
            company=given.company,
            password_hash=password_hash,
            plan=services.settings.default_plan,
            now=call.now,
        )
        if tenant is None:
            raise Problem(409, "email_taken", "There is an account with this e-mail address. Log in instead.")
        _, secret = await services.registration.key(connection, tenant=tenant, name="First key", now=call.now)
        answer = AccountCreated(account_id=account_name(tenant), api_key=secret)
        return Done(201, answer.model_dump_json().encode(), repeat=shown_once(answer.account_id))

    return await once(services, call, work, data=_revealed(given))


async def create_session(services: Services, call: Call) -> web.Response:
    """Log in; an unknown e-mail address takes as long and gets the same answer as a wrong password."""
    await limit_calls(services, f"log-in:{client_pseudonym(services, call)}", LOG_INS_OF_ADDRESS)
    given: CreateSession = (await read_inputs(call)).body
    email_hash = services.pepper.email(given.email)
    await limit_calls(services, f"log-in:{email_hash.hex()[:24]}", LOG_INS_OF_EMAIL)
    async with services.pool.acquire() as connection:
        login = await store.find_login(connection, email_hash)
    stored = None if login is None else login.password_hash
    matches = await services.passwords.verify(given.password.get_secret_value(), stored=stored)
    if login is None or not matches:
        raise Problem(401, "wrong_login", "Wrong e-mail address or password", headers={"WWW-Authenticate": "Bearer"})

    async def work(connection: Connection) -> Done:
        token = new_credential(Prefix.SESSION)
        session = Session(
            tenant=login.tenant,
            id=uuid7(),
            token_hash=services.pepper.credential(token),
            created_at=call.now,
            expires_at=call.now + SESSION_LENGTH,
        )
        await store.insert_session(connection, session)
        answer = SessionCreated(
            session_id=session_name(session.id),
            account_id=account_name(session.tenant),
            token=token,
            expires_at=session.expires_at,
        )
        return Done(201, answer.model_dump_json().encode(), repeat=shown_once(answer.session_id))

    return await once(services, call, work, data=_revealed(given))


async def delete_current_session(services: Services, call: Call) -> web.Response:
    """Log out."""
    caller = call.caller
    if not caller.session:
        raise Problem(
            403, "not_a_session", "Only the token of a session can end one. Keys end by DELETE /v1/keys/{id}."
        )
    async with services.pool.acquire() as connection:
        await store.delete_session(connection, tenant=caller.tenant, id=caller.credential)
    services.authentication.forget(caller.tenant)
    return web.Response(status=204)


def check_admission(settings: Settings, invitation: str | None) -> None:
    """Raise a 403 `Problem` where sign-up is closed, or asks for another code."""
    if settings.signup is SignUp.CLOSED:
        raise Problem(403, "sign_up_closed", "Accounts are made by the operator of this installation.")
    if settings.signup is SignUp.INVITE:
        code = settings.invitation
        expected = b"" if code is None else code.get_secret_value().encode()
        if not expected or not hmac.compare_digest((invitation or "").encode(), expected):
            raise Problem(403, "invitation_required", "Sign-up needs an invitation code, in `invitation`.")


def _revealed(given: CreateAccount | CreateSession) -> dict[str, Any]:
    """What was sent, with the password readable: for the keyed hash alone."""
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in given.model_dump(exclude_none=True).items()
    }
