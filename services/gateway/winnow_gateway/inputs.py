"""Reads what a caller sent: path, query and body, each strictly and by the model that the route names."""

from typing import Any

from aiohttp import web
from winnow_common.errors import Problem, Violation
from winnow_common.http import parse, read_json

from winnow_gateway.call import Call
from winnow_gateway.routes.route import LARGEST_BODY, Inputs, Route


async def read_inputs(call: Call) -> Inputs:
    """Path, query and JSON body of a call, read once; raises a `Problem` for what is wrong with them."""
    if call.fault is not None:
        raise call.fault
    if call.inputs is None:
        call.inputs = await _read(call)
    return call.inputs


async def _read(call: Call) -> Inputs:
    route = call.matched
    path = None if route.path_model is None else parse(route.path_model, call.values, prefix="?")
    query = _read_query(call, route)
    body = None
    if route.body is not None and not route.streamed:
        body = parse(route.body, await _read_body(call.request, route))
    return Inputs(path, query, body)


def _read_query(call: Call, route: Route) -> Any:
    if "?" not in call.request.raw_path and route.query is None:
        return None
    query = call.request.query
    given = {}
    for name, value in query.items():
        if name in given:
            raise _invalid_query(name, "is given twice")
        if route.query is None or name not in route.query.model_fields:
            raise _invalid_query(name, "is not a parameter of this call")
        given[name] = value
    return None if route.query is None else parse(route.query, given, prefix="?")


def _invalid_query(name: str, fault: str) -> Problem:
    violation = Violation("?" + name[:100], f"The parameter {fault}.")
    return Problem(422, "invalid_request", "The request is not valid; see errors.", errors=(violation,))


async def _read_body(request: web.BaseRequest, route: Route) -> Any:
    if not request.body_exists and not route.body_required:
        return {}
    return await read_json(request, maximum=LARGEST_BODY)
