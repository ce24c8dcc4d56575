"""Answers: JSON bodies, refusals, and the headers that stand on all of them."""

from typing import Any
from uuid import UUID

import orjson
from aiohttp import web
from pydantic import BaseModel
from winnow_common import logs
from winnow_common.errors import Problem, TemporaryError
from winnow_common.http import JSON_TYPE, PROBLEM_TYPE, problem_response
from winnow_common.postgres import is_transient

from winnow_gateway.call import Call

_log = logs.get(__name__)


def answer(status: int, body: bytes) -> web.Response:
    """An answer with a body of JSON, a problem document where the status is one of refusal, or without a body."""
    if not body:
        return web.Response(status=status)
    return web.Response(status=status, body=body, content_type=JSON_TYPE if status < 400 else PROBLEM_TYPE)


def json_answer(value: Any, *, status: int = 200) -> web.Response:
    """An answer with this value as JSON."""
    return answer(status, as_json(value))


def model_answer(model: BaseModel, *, status: int = 200) -> web.Response:
    """An answer with this model as JSON."""
    return answer(status, model.model_dump_json().encode())


def as_json(value: Any) -> bytes:
    """The value as JSON; times are UTC and end in Z."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


def retry_later(code: str, detail: str, *, seconds: int = 2) -> Problem:
    """A 503 `Problem` that says when to try again."""
    return Problem(503, code, detail, headers={"Retry-After": str(seconds)})


def refusal(call: Call, error: Exception) -> web.Response:
    """The answer for whatever was raised; what nobody foresaw is logged and answered 500."""
    return problem_response(_problem(call.identity.id, error), call.identity.id)


def _problem(request_id: UUID, error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if is_transient(error) or isinstance(error, TemporaryError):
        _log.warning("a call could not be answered", request_id=str(request_id), error=type(error).__name__)
        return retry_later("unavailable", "Something that is needed is away for the moment. Try again.")
    _log.error("a call failed", request_id=str(request_id), exc_info=error)
    return Problem(500, "internal_error", "Something went wrong on our side. The request id names it.")
