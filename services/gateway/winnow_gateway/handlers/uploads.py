"""Files of leads: sealed while they stream in, from a form or as they are, then handed to the pipeline by reference.

Memory stays the same whatever the size. A name is a label and is sealed too.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final, NamedTuple

import orjson
from aiohttp import web
from winnow_common.errors import Problem, Violation
from winnow_common.http import stream_body
from winnow_common.requests import Reply
from winnow_common.sealed import TooLarge
from winnow_common.sealed_values import seal_text
from winnow_contracts import uploads
from winnow_contracts.sealed import SealedReference

from winnow_gateway.call import Call
from winnow_gateway.file_names import LONGEST, label
from winnow_gateway.forms import FORM_TYPE, LARGEST_REST, read_file
from winnow_gateway.inputs import read_inputs
from winnow_gateway.leads import UploadQuery
from winnow_gateway.metrics import UPLOADED_BYTES
from winnow_gateway.routes.route import to_pipeline
from winnow_gateway.sealing import discard
from winnow_gateway.sending import ask, passed_on
from winnow_gateway.services import Services

KEPT_FOR: Final = timedelta(days=8)
"""A day more than a file waits to be processed, so that the batch that begins last still finds it."""

SENDS: Final = to_pipeline(type=uploads.ADD, message=lambda inputs: inputs.body, wait=15.0)


class _Arriving(NamedTuple):
    """A file that is on its way."""

    name: str
    content: AsyncIterator[bytes]


async def upload_file(services: Services, call: Call) -> web.Response:
    """Take a file in; 200 with its id, once the pipeline has noted it."""
    query: UploadQuery = (await read_inputs(call)).query
    _check_size(call.request, services.settings.largest_upload)
    tenant = call.caller.tenant
    with services.uploads.take(tenant):
        arriving = await _arriving(call.request, query.filename)
        file = await _seal(services, call, arriving.content)
    kept = False
    try:
        if file.size == 0:
            raise _empty()
        UPLOADED_BYTES.inc(file.size)
        name = seal_text(services.sealed, arriving.name, tenant=tenant)
        message = uploads.AddUpload(object=file, name=name)
        kept = True  # from here on it may be on the log, whatever is raised
        reply = await ask(services, call, SENDS, message, mark={"name": name.digest, "sha256": file.sha256})
        kept = 200 <= reply.status < 300 and not reply.replayed
        return passed_on(call, _with_name(reply, arriving.name), SENDS)
    finally:
        if not kept:
            await discard(services.sealed, file, tenant=tenant)


def _check_size(request: web.BaseRequest, largest: int) -> None:
    around = LARGEST_REST if request.content_type == FORM_TYPE else 0
    if (request.content_length or 0) > largest + around:
        raise _too_large(largest)
    if not request.body_exists:
        raise _empty()


async def _arriving(request: web.BaseRequest, filename: str | None) -> _Arriving:
    """The file's name and content; `filename` of the query names what comes without a name."""
    if request.content_type != FORM_TYPE:
        return _Arriving(_named(filename), stream_body(request))
    form = await read_file(request)
    return _Arriving(_named(form.name or filename), form.content)


def _named(text: str | None) -> str:
    name = label(text or "")
    if not name or len(name) > LONGEST:
        detail = f"Say what the file is called, in 1 to {LONGEST:,} characters."
        summary = "The request is not valid; see errors."
        raise Problem(422, "invalid_request", summary, errors=(Violation("?filename", detail),))
    return name


async def _seal(services: Services, call: Call, content: AsyncIterator[bytes]) -> SealedReference:
    """Encrypt the file while it arrives; nothing of it stays where it breaks off or is too long."""
    largest = services.settings.largest_upload
    try:
        return await services.sealed.write(
            content, tenant=call.caller.tenant, expires=call.now + KEPT_FOR, maximum=largest
        )
    except TooLarge:
        raise _too_large(largest) from None


def _with_name(reply: Reply, name: str) -> Reply:
    if not 200 <= reply.status < 300:
        return reply
    return Reply(reply.status, orjson.dumps({"filename": name, **orjson.loads(reply.body)}), reply.replayed)


def _empty() -> Problem:
    return Problem(400, "empty_body", "The body is empty; send the file as it is.")


def _too_large(largest: int) -> Problem:
    detail = f"The file is larger than {largest:,} bytes. Compress it with gzip, or send it in parts."
    return Problem(413, "body_too_large", detail)
