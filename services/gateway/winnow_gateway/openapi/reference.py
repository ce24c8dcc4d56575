"""The written reference (docs/api.md): the route table in the order of its tags, for reading without a browser."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import orjson
from pydantic import BaseModel

from winnow_gateway.openapi.document import DESCRIPTION, TAGS
from winnow_gateway.openapi.refusals import refusals_of
from winnow_gateway.openapi.schemas import Schemas
from winnow_gateway.routes.route import Route

_HEAD = """\
# The HTTP API

<!-- Generated from the route table by `python -m winnow_gateway openapi`. -->

`GET /openapi.json` describes all of this for programs, and `GET /docs` is a page to read and try it on.

"""


def reference(table: Sequence[Route]) -> str:
    """The reference as Markdown."""
    shown = [route for route in table if not route.hidden]
    return _HEAD + DESCRIPTION + "\n" + "".join(_overview(shown)) + "".join(_chapters(shown))


def _overview(table: Sequence[Route]) -> Iterator[str]:
    yield "| call | what for | scope |\n| --- | --- | --- |\n"
    for route in table:
        scope = f"`{route.scope}`" if route.scope else ("any key" if route.authenticated else "no key")
        anchor = f"#{route.method.lower()}-{_anchor(route.path)}"
        yield f"| [`{route.method} {route.path}`]({anchor}) | {route.summary} | {scope} |\n"
    yield "\n"


def _chapters(table: Sequence[Route]) -> Iterator[str]:
    schemas = Schemas(table)
    for tag, routes in groupby(table, key=lambda route: route.tag):
        yield f"## {tag}\n\n{TAGS[tag]}\n\n"
        for route in routes:
            yield from _call(route, schemas)


def _call(route: Route, schemas: Schemas) -> Iterator[str]:
    yield f"### {route.method} {route.path}\n\n{route.summary}. {route.description}".rstrip() + "\n\n"
    if route.records:
        each = "" if route.times is None else ", at most, for each item"
        yield f"Costs {route.records} record of the month{each}.\n\n"
    for place, model in (("path", route.path_model), ("query", route.query)):
        if model is not None:
            yield from _parameters(place, model, schemas)
    for name, value in route.body_examples.items():
        yield "Send" + ("" if name == "default" else f" {name}") + ":\n\n" + _block(value)
    for status, answer in route.answers.items():
        yield f"{status}: {answer.description}\n\n"
        if answer.example is not None:
            yield _block(answer.example)
    own = [refusal for status in refusals_of(route).values() for refusal in status if refusal in route.refusals]
    for refusal in own:
        yield f"* {refusal.status} `{refusal.code}`: {refusal.detail}\n"
    if own:
        yield "\n"


def _parameters(place: str, model: type[BaseModel], schemas: Schemas) -> Iterator[str]:
    yield f"| in the {place} | type | |\n| --- | --- | --- |\n"
    for name, required, schema in schemas.parameters(model):
        kind = schema.type.value if schema.type is not None and not isinstance(schema.type, list) else ""
        described = (schema.description or "").replace("|", "\\|")
        yield f"| `{name}`{' (required)' if required else ''} | {kind} | {described} |\n"
    yield "\n"


def _block(value: Any) -> str:
    if isinstance(value, str):
        return f"```\n{value.rstrip()}\n```\n\n"
    return f"```json\n{orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()}\n```\n\n"


def _anchor(path: str) -> str:
    """As GitHub makes it of a heading."""
    return "".join(letter for letter in path.lower() if letter.isalnum() or letter in "-_")
