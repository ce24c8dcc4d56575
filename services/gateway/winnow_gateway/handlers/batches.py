"""Batches: begun by the name or the id of an upload, and listed as an array."""

from typing import Final
from urllib.parse import urlencode

import orjson
from aiohttp import web
from winnow_contracts import batches
from winnow_contracts.pages import PageRequest

from winnow_gateway.answers import json_answer
from winnow_gateway.call import Call
from winnow_gateway.file_names import label
from winnow_gateway.inputs import read_inputs
from winnow_gateway.leads import process_upload
from winnow_gateway.routes.route import to_pipeline
from winnow_gateway.sending import ask, passed_on
from winnow_gateway.services import Services

PROCESS: Final = to_pipeline(
    type=batches.PROCESS, message=lambda inputs: inputs.body, location="/api/batches/{batch_id}"
)
LIST: Final = to_pipeline(type=batches.LIST, message=lambda inputs: inputs.query)


async def process_file(services: Services, call: Call) -> web.Response:
    """Process an upload; a name goes to the pipeline as the digest that it was kept under."""
    given: batches.ProcessFile = (await read_inputs(call)).body
    digest = None
    if given.filename is not None:
        name = label(given.filename).encode("utf-8", "replace")
        digest = services.sealed.digest(name, tenant=call.caller.tenant)
    reply = await ask(services, call, PROCESS, process_upload(given, name_digest=digest))
    return passed_on(call, reply, PROCESS)


async def list_batches(services: Services, call: Call) -> web.Response:
    """A page of batches as an array, with the next page in `Link` (RFC 8288)."""
    query: PageRequest = (await read_inputs(call)).query
    reply = await ask(services, call, LIST, query)
    answer = passed_on(call, reply, LIST)
    if reply.status != 200:
        return answer
    page = orjson.loads(reply.body)
    if page["has_more"]:
        following = urlencode({"cursor": page["next_cursor"], "limit": query.limit})
        call.headers["Link"] = f'<{call.path}?{following}>; rel="next"'
    return json_answer(page["data"])
