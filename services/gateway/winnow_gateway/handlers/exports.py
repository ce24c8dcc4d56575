"""The tenant's companies as one file: pages of the list, written out as they arrive."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

import orjson
from aiohttp import web
from winnow_common import logs
from winnow_common.errors import Problem
from winnow_common.identifiers import uuid7
from winnow_contracts import profiles
from winnow_contracts.company_files import csv_header, csv_row, ndjson_row
from winnow_contracts.topics import SCORING_REQUESTS

from winnow_gateway.call import Call
from winnow_gateway.companies import ExportQuery, list_companies
from winnow_gateway.headers import answer_headers
from winnow_gateway.idempotency import RequestIdentity
from winnow_gateway.inputs import read_inputs
from winnow_gateway.routes.route import Sends
from winnow_gateway.sending import ask, passed_on
from winnow_gateway.services import Services

PAGE: Final = 1000
TRIES: Final = 5
"""For a page: a reader of half a file should not start again for one answer that was late."""

SENDS: Final = Sends(topic=SCORING_REQUESTS, type=profiles.LIST, message=lambda inputs: inputs.query)

_log = logs.get(__name__)

Row = Callable[[Mapping[str, Any]], bytes]
Page = Mapping[str, Any]


async def export_companies(services: Services, call: Call) -> web.StreamResponse:
    """Stream all companies that pass the filters.

    A refusal of the first page is the answer; when a later one cannot be had, the connection is cut, so that nobody
    takes half a file for a whole one.
    """
    query: ExportQuery = (await read_inputs(call)).query
    reply = await ask(services, call, SENDS, list_companies(query, cursor=None, limit=PAGE))
    if reply.status != 200:
        return passed_on(call, reply, SENDS)
    first: Page = orjson.loads(reply.body)
    csv = query.format == "csv"
    row: Row = csv_row if csv else ndjson_row
    response = web.StreamResponse(headers=answer_headers(services.months, call))
    response.content_type = "text/csv" if csv else "application/x-ndjson"
    response.charset = "utf-8" if csv else None
    response.headers["Content-Disposition"] = f'attachment; filename="companies.{query.format}"'
    await response.prepare(call.request)
    if csv:
        await response.write(csv_header())
    async for page in _pages(services, call, query, first):
        await response.write(b"".join(map(row, page["data"])))
    await response.write_eof()
    return response


async def _pages(services: Services, call: Call, query: ExportQuery, first: Page) -> AsyncIterator[Page]:
    page = first
    yield page
    while page["has_more"]:
        page = await _next(services, call, query, page["next_cursor"])
        yield page


async def _next(services: Services, call: Call, query: ExportQuery, cursor: str) -> Page:
    for attempt in range(TRIES):
        call.identity = RequestIdentity(uuid7())
        try:
            reply = await ask(services, call, SENDS, list_companies(query, cursor=cursor, limit=PAGE))
        except Problem as problem:
            _log.warning("a page of an export did not come", attempt=attempt, code=problem.code)
            continue
        if reply.status == 200:
            page: Page = orjson.loads(reply.body)
            return page
        _log.warning("a page of an export was refused", attempt=attempt, status=reply.status)
    raise ConnectionAbortedError("the export cannot go on")
