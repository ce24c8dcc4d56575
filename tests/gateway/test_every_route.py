"""What the table promises holds for every route in it."""

from typing import Any

import pytest
from winnow_contracts.topic import Kind
from winnow_contracts.topics import PIPELINE_REQUESTS, SCORING_REQUESTS
from winnow_gateway.leads import BATCH_ID, LEAD_ID, UPLOAD_ID
from winnow_gateway.routes.route import Route
from winnow_gateway.routes.router import Router
from winnow_gateway.routes.scoring import SCORE_ID
from winnow_gateway.routes.table import TABLE
from winnow_gateway.scopes import Scope
from yarl import URL

from .conftest import Api, House, StandIn, open_account

PUBLIC = {"createAccount", "createSession", "getOpenApi", "getDocs", "getDocsFile"}
SENDING = [route for route in TABLE if route.sends is not None]
SCOPED = [route for route in TABLE if route.scope is not None]
IN_PATH = {"domain": "a.com", "id": "sr_abc123", "name": "page.css", "job_id": BATCH_ID}
IDS = {"/v1/scores": SCORE_ID, "/api/uploads": UPLOAD_ID, "/api/batches": BATCH_ID, "/v1/leads": LEAD_ID}
NEEDED_QUERIES = {"exportPerson": {"lead_id": LEAD_ID}}


def path_of(route: Route) -> str:
    of_its_kind = next((id for prefix, id in IDS.items() if route.path.startswith(prefix)), IN_PATH["id"])
    return route.path.format_map(IN_PATH | {"id": of_its_kind})


def example(route: Route) -> Any:
    return next(iter(route.body_examples.values()), None)


def named(route: Route) -> str:
    return route.name


async def call(api: Api, route: Route, *, key: str | None = "") -> Any:
    if route.streamed:
        data, headers = example(route).encode(), {"Content-Type": "text/csv"}
        return await api.call(route.method, path_of(route), key=key, data=data, headers=headers)
    address = str(URL(path_of(route)).with_query(NEEDED_QUERIES.get(route.name)))
    return await api.call(route.method, address, key=key, json=example(route))


@pytest.mark.parametrize("route", SENDING, ids=named)
async def test_the_example_of_a_route_becomes_its_message(
    house: House, pipeline: StandIn, api: Api, route: Route
) -> None:
    answer = await call(api, route)

    assert route.sends is not None
    assert answer.status == 200, answer.body
    ((name, request),) = [*house.scoring.seen, *pipeline.seen]
    assert name == route.sends.type.name
    assert isinstance(request.data, route.sends.type.model)


async def test_without_a_key_nothing_but_sign_up_log_in_and_documents_answers(anonymous: Api) -> None:
    answers = {route.name: await call(anonymous, route, key=None) for route in TABLE if route.name not in PUBLIC}

    assert {(answer.status, answer.json()["detail"]) for answer in answers.values()} == {(401, "Invalid API key")}
    assert {route.name for route in TABLE if not route.authenticated} == PUBLIC


async def test_without_its_scope_no_route_answers(house: House, pipeline: StandIn, api: Api) -> None:
    api.key = await open_account(api, plan="enterprise", email="grace@example.com")
    keys: dict[Scope, str] = {}
    for scope in Scope:
        others = sorted(set(Scope) - {scope})
        made = await api.post("/v1/keys", {"name": scope, "scopes": others})
        keys[scope] = made.json()["api_key"]

    answers = [(route.scope, await call(api, route, key=keys[route.scope])) for route in SCOPED if route.scope]

    assert {(answer.status, answer.json()["scope"] == scope) for scope, answer in answers} == {(403, True)}
    assert house.scoring.seen == pipeline.seen == []


def test_every_message_of_a_service_has_a_route() -> None:
    local = {"companies.import", "customers.import", "requests.get"}
    local |= {"uploads.add", "batches.process", "batches.list", "batches.download"}
    sent = {route.sends.type.name for route in SENDING if route.sends is not None}

    topics = (SCORING_REQUESTS, PIPELINE_REQUESTS)
    assert sent | local == {message.name for topic in topics for message in topic.messages}


def test_reads_are_gets_and_commands_are_not() -> None:
    kinds = {(route.method == "GET", route.sends.type.kind) for route in SENDING if route.sends is not None}

    assert kinds - {(False, Kind.READ)} == {(True, Kind.READ), (False, Kind.COMMAND)}
    assert [
        route.name for route in SENDING if route.method != "GET" and route.sends and route.sends.type.kind is Kind.READ
    ] == ["verifyScoreNow", "previewMappedUpload", "exportPersonPrivately", "lintRuleVersion"]


def test_only_scores_cost() -> None:
    assert {route.name: route.records for route in TABLE if route.records} == {
        "scoreCompany": 1,
        "scoreCompanies": 1,
        "score": 1,
        "scoreBatch": 1,
    }


def test_every_route_has_a_message_or_a_function_and_a_name_of_its_own() -> None:
    assert all((route.sends is None) is not (route.local is None) for route in TABLE)
    assert len({route.name for route in TABLE}) == len(TABLE)


@pytest.mark.parametrize("route", TABLE, ids=named)
def test_the_router_finds_every_route(route: Route) -> None:
    found = Router(TABLE).find(path_of(route))

    assert found is not None
    assert found.methods[route.method] is route
    names = [name for name in IN_PATH if f"{{{name}}}" in route.path]
    assert path_of(route) == route.path.format_map(found.values)
    assert list(found.values) == names


@pytest.mark.parametrize(
    ("path", "name", "values"),
    [
        ("/v1/companies/export", "exportCompanies", {}),
        ("/v1/companies/b%2Fc", "getCompany", {"domain": "b/c"}),
        ("/v1/companies/%C3%BC.de", "getCompany", {"domain": "ü.de"}),
        ("/v1/rules/publish/publish", None, {"id": "publish"}),
    ],
)
def test_a_fixed_segment_wins_and_a_placeholder_is_decoded(path: str, name: str | None, values: dict[str, str]) -> None:
    found = Router(TABLE).find(path)

    assert found is not None
    assert found.values == values
    assert name is None or found.methods["GET"].name == name


def test_two_routes_for_one_call_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="two routes"):
        Router([TABLE[0], TABLE[0]])
