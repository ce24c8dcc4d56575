"""Files of companies and customers: sealed while they stream in, then handed to the scoring service by reference."""

from datetime import timedelta
from functools import partial
from typing import Final

from aiohttp import web
from winnow_common.errors import Problem
from winnow_common.http import stream_body
from winnow_common.requests import Reply
from winnow_common.sealed import TooLarge
from winnow_contracts import customers, imports
from winnow_contracts.sealed import SealedReference
from winnow_contracts.topics import SCORING_REQUESTS

from winnow_gateway.call import Call
from winnow_gateway.inputs import read_inputs
from winnow_gateway.metrics import IMPORTED_BYTES
from winnow_gateway.routes.route import Sends
from winnow_gateway.sending import ask, passed_on
from winnow_gateway.services import Services

LARGEST_FILE: Final = 256 * 1024 * 1024
CONTENT_TYPES: Final = ("text/csv", "application/json", "application/x-ndjson")
KEPT_FOR: Final = timedelta(days=7)
"""As long as its message stays on the log: an import that was not taken in by then never will be."""

_taken_in = partial(
    Sends,
    topic=SCORING_REQUESTS,
    message=lambda inputs: inputs.body,
    wait=15.0,
    location="/v1/imports/{import_id}",
)
COMPANIES: Final = _taken_in(type=imports.IMPORT)
CUSTOMERS: Final = _taken_in(type=customers.IMPORT)


async def import_file(sends: Sends, services: Services, call: Call) -> web.Response:
    """Take a file in; 202 with where to look, once the scoring service has noted it."""
    mapping = (await read_inputs(call)).query.mapping
    _check_headers(call.request)
    file = await _seal(services, call)
    IMPORTED_BYTES.inc(file.size)
    given = {"content_type": call.request.content_type, "mapping": mapping}
    kept = True
    try:
        message = sends.type.model(object=file, **given)
        reply = await ask(services, call, sends, message, mark={**given, "sha256": file.sha256})
        kept = _is_taken(reply)
        return passed_on(call, reply, sends)
    finally:
        if not kept:
            await services.sealed.delete(file, tenant=call.caller.tenant)


def _check_headers(request: web.BaseRequest) -> None:
    if request.content_type not in CONTENT_TYPES:
        raise Problem(415, "unsupported_media_type", f"Send {', '.join(CONTENT_TYPES)}, and say so in Content-Type.")
    if (request.content_length or 0) > LARGEST_FILE:
        raise _too_large()
    if not request.body_exists:
        raise Problem(400, "empty_body", "The body is empty; send the file as it is.")


async def _seal(services: Services, call: Call) -> SealedReference:
    """Encrypt the body while it arrives; nothing of it stays where it breaks off or is too long."""
    try:
        return await services.sealed.write(
            stream_body(call.request),
            tenant=call.caller.tenant,
            expires=call.now + KEPT_FOR,
            maximum=LARGEST_FILE,
        )
    except TooLarge:
        raise _too_large() from None


def _is_taken(reply: Reply) -> bool:
    """Whether the reply says that the file is wanted; the answer of an earlier call is about that call's file."""
    return 200 <= reply.status < 300 and not reply.replayed


def _too_large() -> Problem:
    return Problem(413, "body_too_large", "The file is larger than 256 MiB. Send it in parts.")
