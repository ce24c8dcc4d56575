"""Accounts, sessions and API keys."""

from winnow_gateway import accounts, keys
from winnow_gateway.handlers import accounts as account_handlers
from winnow_gateway.handlers import keys as key_handlers
from winnow_gateway.routes.route import Answer, Refusal, Route
from winnow_gateway.scopes import Scope

ACCOUNT_ID = "acc_0198f2c5a1b27c3d8e4f5a6b7c8d9e0f"
KEY_ID = "key_0198f2c5a1b27c3d8e4f5a6b7c8d9e0f"
EXAMPLE_API_KEY = "wk_live_<shown once>"
EXAMPLE_KEY = {
    "id": KEY_ID,
    "name": "CRM synchronisation",
    "hint": "wk_live_…x7Qz",
    "environment": "production",
    "scopes": ["companies:read", "score"],
    "created_at": "2026-11-02T09:30:00Z",
    "expires_at": None,
    "last_used_at": None,
    "replaced_by": None,
}

KEY_NOT_FOUND = Refusal(404, "key_not_found", "Key not found")
SECRET_SHOWN = Refusal(
    409, "secret_shown_before", "This request was done before; its secret was shown then and is not kept."
)
ENVIRONMENT_NOT_ALLOWED = Refusal(403, "environment_not_allowed", "A test key cannot manage production keys.")
RATE_LIMITED = Refusal(429, "rate_limit_exceeded", "Rate limit exceeded")
BUSY = Refusal(503, "busy", "Too many sign-ups and log-ins at this moment. Try again in a few seconds.")

ROUTES = (
    Route(
        method="POST",
        path="/v1/accounts",
        name="createAccount",
        tag="Accounts",
        summary="Open an account",
        description="Answers with a first production key, which is shown this once.",
        answers={
            201: Answer(
                "The account and its first key.",
                accounts.AccountCreated,
                {"account_id": ACCOUNT_ID, "api_key": EXAMPLE_API_KEY},
            )
        },
        refusals=(
            Refusal(403, "sign_up_closed", "Accounts are made by the operator of this installation."),
            Refusal(403, "invitation_required", "Sign-up needs an invitation code, in `invitation`."),
            Refusal(409, "email_taken", "There is an account with this e-mail address. Log in instead."),
            SECRET_SHOWN,
            RATE_LIMITED,
            BUSY,
        ),
        authenticated=False,
        body=accounts.CreateAccount,
        body_examples={
            "default": {"email": "ada@example.com", "password": "correct horse battery", "company": "Example Ltd"}
        },
        local=account_handlers.create_account,
    ),
    Route(
        method="POST",
        path="/v1/sessions",
        name="createSession",
        tag="Accounts",
        summary="Log in",
        description="Answers with a token that stands in for a key, with every scope, for 12 hours.",
        answers={
            201: Answer(
                "The session and its token.",
                accounts.SessionCreated,
                {
                    "session_id": "ses_0198f2c5a1b27c3d8e4f5a6b7c8d9e0f",
                    "account_id": ACCOUNT_ID,
                    "token": "ws_<shown once>",
                    "expires_at": "2026-11-02T21:30:00Z",
                },
            )
        },
        refusals=(
            Refusal(401, "wrong_login", "Wrong e-mail address or password"),
            SECRET_SHOWN,
            RATE_LIMITED,
            BUSY,
        ),
        authenticated=False,
        body=accounts.CreateSession,
        body_examples={"default": {"email": "ada@example.com", "password": "correct horse battery"}},
        local=account_handlers.create_session,
    ),
    Route(
        method="DELETE",
        path="/v1/sessions/current",
        name="deleteCurrentSession",
        tag="Accounts",
        summary="Log out",
        answers={204: Answer("The token works no more.")},
        refusals=(Refusal(403, "not_a_session", "Only the token of a session can end one."),),
        idempotent=False,
        local=account_handlers.delete_current_session,
    ),
    Route(
        method="GET",
        path="/v1/keys",
        name="listKeys",
        tag="Keys",
        summary="List keys",
        description="All keys that work, oldest first, without their secrets.",
        answers={
            200: Answer("The keys.", keys.KeyList, {"data": [EXAMPLE_KEY], "has_more": False, "next_cursor": None})
        },
        scope=Scope.KEYS_READ,
        local=key_handlers.list_keys,
    ),
    Route(
        method="POST",
        path="/v1/keys",
        name="createKey",
        tag="Keys",
        summary="Make a key",
        description="At most as strong as the one that makes it. The secret is shown this once.",
        answers={201: Answer("The key and its secret.", keys.KeyCreated, {**EXAMPLE_KEY, "api_key": EXAMPLE_API_KEY})},
        refusals=(
            ENVIRONMENT_NOT_ALLOWED,
            Refusal(409, "too_many_keys", "The plan has fewer keys at a time. Rotate one, or revoke one first."),
            SECRET_SHOWN,
            Refusal(422, "already_expired", "expires_at is in the past."),
        ),
        scope=Scope.KEYS_WRITE,
        body=keys.CreateKey,
        body_examples={"default": {"name": "CRM synchronisation", "scopes": ["score", "companies:read"]}},
        local=key_handlers.create_key,
        links={"deleteKey": {"id": "$response.body#/id"}, "rotateKey": {"id": "$response.body#/id"}},
    ),
    Route(
        method="DELETE",
        path="/v1/keys/{id}",
        name="deleteKey",
        tag="Keys",
        summary="Revoke a key",
        description="At once here; gateways that know the key forget it within five seconds.",
        answers={204: Answer("The key works no more.")},
        refusals=(KEY_NOT_FOUND, ENVIRONMENT_NOT_ALLOWED),
        scope=Scope.KEYS_WRITE,
        path_model=keys.KeyPath,
        local=key_handlers.delete_key,
    ),
    Route(
        method="POST",
        path="/v1/keys/{id}/rotate",
        name="rotateKey",
        tag="Keys",
        summary="Rotate a key",
        description="Makes a key of the same name, scopes and environment; the old one works on for the overlap.",
        answers={
            201: Answer("The new key and its secret.", keys.KeyCreated, {**EXAMPLE_KEY, "api_key": EXAMPLE_API_KEY})
        },
        refusals=(
            KEY_NOT_FOUND,
            ENVIRONMENT_NOT_ALLOWED,
            Refusal(409, "already_rotated", "Another key has taken this one's place. Rotate that one."),
            SECRET_SHOWN,
        ),
        scope=Scope.KEYS_WRITE,
        path_model=keys.KeyPath,
        body=keys.RotateKey,
        body_required=False,
        body_examples={"default": {"overlap_seconds": 3600}},
        local=key_handlers.rotate_key,
        links={"deleteKey": {"id": "$response.body#/id"}},
    ),
)
