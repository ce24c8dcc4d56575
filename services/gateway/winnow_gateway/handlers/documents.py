"""Serves the OpenAPI document and the reference page, to anybody."""

from typing import Annotated, Final

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from winnow_common.errors import Problem

from winnow_gateway.call import Call
from winnow_gateway.documents import Document
from winnow_gateway.inputs import read_inputs
from winnow_gateway.services import Services

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Everything from here. The page's script writes its style sheet into the page, hence the one exception."""


class AssetPath(BaseModel):
    """Which file of the reference page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(max_length=100)]


async def get_openapi(services: Services, call: Call) -> web.Response:
    """The description of the API."""
    return _serve(call, services.documents.openapi)


async def get_page(services: Services, call: Call) -> web.Response:
    """The reference page."""
    return _serve(call, services.documents.page)


async def get_asset(services: Services, call: Call) -> web.Response:
    """A file of the reference page."""
    path: AssetPath = (await read_inputs(call)).path
    document = services.documents.assets.get(path.name)
    if document is None:
        raise Problem(404, "not_found", "There is no such file.")
    return _serve(call, document)


def _serve(call: Call, document: Document) -> web.Response:
    headers = {
        "ETag": document.tag,
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    }
    if call.request.headers.get("If-None-Match") == document.tag:
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = document.content_type
    if document.encoding is None:
        return web.Response(body=document.body, headers=headers)
    headers["Vary"] = "Accept-Encoding"
    if document.encoding not in call.request.headers.get("Accept-Encoding", ""):
        return web.Response(body=document.plain(), headers=headers)
    return web.Response(body=document.body, headers={**headers, "Content-Encoding": document.encoding})
