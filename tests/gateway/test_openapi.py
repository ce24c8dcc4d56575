"""The OpenAPI document says what the table says, exactly, and is the one that was committed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import validate
from winnow_gateway.openapi.document import openapi_document, openapi_json
from winnow_gateway.openapi.reference import reference
from winnow_gateway.openapi.refusals import refusals_of
from winnow_gateway.routes.route import Route
from winnow_gateway.routes.table import TABLE

from .conftest import Api

DOCS = Path(__file__).parents[2] / "docs"
SHOWN = [route for route in TABLE if not route.hidden]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi_document(TABLE)


def resolved(document: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """A component, where the value is a reference to one."""
    while "$ref" in value:
        found: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def operations(document: dict[str, Any]) -> Iterator[tuple[Route, dict[str, Any]]]:
    for route in SHOWN:
        yield route, document["paths"][route.path][route.method.lower()]


def check(document: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    """Raise where a value does not fit a schema of the document."""
    whole = {**schema, "components": document["components"]}
    jsonschema_rs.validator_for(whole, validate_formats=True).validate(value)


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    validate(document)


def test_the_committed_documents_are_those_of_the_table() -> None:
    assert (DOCS / "openapi.json").read_bytes() == openapi_json(TABLE, indent=True)
    assert (DOCS / "api.md").read_text(encoding="utf-8") == reference(TABLE)


def test_every_route_is_described_with_every_answer_it_can_give(document: dict[str, Any]) -> None:
    described = {route.name: set(operation["responses"]) for route, operation in operations(document)}

    assert described == {
        route.name: {str(status) for status in (*route.answers, *refusals_of(route))} for route in SHOWN
    }


def test_every_example_of_a_body_fits_its_schema(document: dict[str, Any]) -> None:
    for route, operation in operations(document):
        if route.body is not None:
            content = operation["requestBody"]["content"]["application/json"]
            assert content["examples"], route.name
            for each in content["examples"].values():
                check(document, content["schema"], each["value"])


def test_every_example_of_an_answer_fits_its_schema(document: dict[str, Any]) -> None:
    checked = 0
    for _, operation in operations(document):
        for response in operation["responses"].values():
            for content in resolved(document, response).get("content", {}).values():
                examples = [each["value"] for each in content.get("examples", {}).values()]
                for example in [*examples, *([content["example"]] if "example" in content else [])]:
                    check(document, content["schema"], example)
                    checked += 1
    assert checked > 200


def test_bodies_take_no_unknown_members(document: dict[str, Any]) -> None:
    for route, operation in operations(document):
        if route.body is not None:
            schema = resolved(document, operation["requestBody"]["content"]["application/json"]["schema"])
            assert schema["additionalProperties"] is False, route.name


def test_keys_are_asked_for_where_they_are_needed_with_the_scope(document: dict[str, Any]) -> None:
    for route, operation in operations(document):
        expected = [{"key": [route.scope.value] if route.scope else []}] if route.authenticated else []
        assert operation["security"] == expected, route.name


def test_links_lead_to_operations_and_fill_their_parameters(document: dict[str, Any]) -> None:
    by_name = {operation["operationId"]: operation for _, operation in operations(document)}
    links = [
        link
        for _, operation in operations(document)
        for response in operation["responses"].values()
        for link in resolved(document, response).get("links", {}).values()
    ]

    assert len(links) >= 10
    for link in links:
        wanted = {parameter.get("name") for parameter in by_name[link["operationId"]]["parameters"]}
        assert set(link["parameters"]) <= wanted


def test_every_component_is_used(document: dict[str, Any]) -> None:
    text = openapi_json(TABLE).decode()

    unused = [
        f"{kind}/{name}"
        for kind in ("schemas", "responses", "headers", "parameters")
        for name in document["components"][kind]
        if f'"#/components/{kind}/{name}"' not in text
    ]

    assert unused == []


async def test_the_served_document_is_the_same_and_is_sent_once(anonymous: Api) -> None:
    first = await anonymous.get("/openapi.json")
    second = await anonymous.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})

    assert first.body == openapi_json(TABLE)
    assert (second.status, second.body) == (304, b"")


async def test_the_server_is_where_callers_reach_it(document: dict[str, Any]) -> None:
    elsewhere = openapi_document(TABLE, public_url="https://api.example.com")

    assert document["servers"] == [{"url": "/"}]
    assert elsewhere["servers"] == [{"url": "https://api.example.com"}]


async def test_an_answer_has_the_headers_that_the_document_requires(document: dict[str, Any], api: Api) -> None:
    answers = {
        "score": await api.post("/v1/scoring", {"domain": "a.com"}),
        "listKeys": await api.get("/v1/keys"),
        "getKeys": await api.get("/v1/keys?unknown=1"),
    }
    described = {operation["operationId"]: operation for _, operation in operations(document)}

    for name, status in (("score", "200"), ("listKeys", "200")):
        headers = described[name]["responses"][status]["headers"]
        required = [header for header, each in headers.items() if resolved(document, each)["required"]]
        assert [header for header in required if header not in answers[name].headers] == []
