"""Customers over HTTP: hosts are published, addresses refused where they stand, files sealed."""

from typing import Any

import pytest
from winnow_common.outcome import Outcome, Request
from winnow_contracts.topics import SCORING_REQUESTS

from .conftest import Answer, Api, House


@pytest.fixture
def taking(house: House) -> House:
    """The stand-in takes customers and their files."""

    async def accept(_: Request[Any]) -> Outcome:
        return Outcome.json({"customers": 2, "model_version": 7}, status=202)

    async def take(_: Request[Any]) -> Outcome:
        return Outcome.json({"import_id": "imp_1", "status": "queued"}, status=202)

    for name in ("customers.put", "customers.add", "customers.delete"):
        house.scoring.on(name, accept)
    house.scoring.on("customers.import", take)
    return house


async def send_file(api: Api, body: bytes, *, query: str = "", kind: str = "text/csv") -> Answer:
    return await api.call("POST", f"/v1/customers/import{query}", data=body, headers={"Content-Type": kind})


@pytest.mark.parametrize(("method", "name"), [("PUT", "customers.put"), ("POST", "customers.add")])
async def test_customers_are_sent_as_hosts_with_their_weights(taking: House, api: Api, method: str, name: str) -> None:
    customers = [{"domain": "https://jane@acme.com/jane", "weight": 2.5}, {"domain": "Other.com"}]

    answer = await api.call(method, "/v1/customers", json={"customers": customers})

    (request,) = taking.scoring.requests(name)
    assert (answer.status, answer.json()) == (202, {"customers": 2, "model_version": 7})
    assert answer.headers["Retry-After"] == "1"
    given = request.data.model_dump(exclude_unset=True)["customers"]
    assert given == [{"domain": "acme.com", "weight": 2.5}, {"domain": "Other.com"}]


async def test_an_empty_list_says_that_there_are_no_customers(taking: House, api: Api) -> None:
    put = await api.put("/v1/customers", {"customers": []})
    added = await api.post("/v1/customers", {"customers": []})

    assert (put.status, added.status) == (202, 422)


@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_addresses_among_customers_are_pointed_at_and_nothing_is_published(
    taking: House, api: Api, method: str
) -> None:
    customers = [{"domain": "acme.com"}, {"domain": "jane@acme.com"}, {"domain": "bob@acme.com"}]

    answer = await api.call(method, "/v1/customers", json={"customers": customers})

    problem = answer.json()
    assert (answer.status, problem["code"]) == (422, "invalid_request")
    assert [error["pointer"] for error in problem["errors"]] == ["/customers/1/domain", "/customers/2/domain"]
    assert b"jane" not in answer.body
    assert taking.log.records(SCORING_REQUESTS.name) == []


@pytest.mark.parametrize("weight", [0, -1, "heavy", 1e16, True, None])
async def test_a_weight_that_is_none_is_refused_where_it_stands(taking: House, api: Api, weight: Any) -> None:
    answer = await api.put("/v1/customers", {"customers": [{"domain": "acme.com", "weight": weight}]})

    assert (answer.status, answer.json()["errors"][0]["pointer"]) == (422, "/customers/0/weight")


async def test_five_thousand_customers_are_taken_at_once(taking: House, api: Api) -> None:
    customers = [{"domain": f"customer-{number}.example.com", "weight": number + 1} for number in range(5000)]

    taken = await api.put("/v1/customers", {"customers": customers})
    refused = await api.put("/v1/customers", {"customers": [*customers, {"domain": "one-more.com"}]})

    assert (taken.status, refused.status) == (202, 422)


async def test_a_customer_is_taken_off_by_its_host(taking: House, api: Api) -> None:
    taken = await api.delete("/v1/customers/https%3A%2F%2Facme.com%2Fjane")
    refused = await api.delete("/v1/customers/jane@acme.com")

    (request,) = taking.scoring.requests("customers.delete")
    assert (taken.status, request.data.domain) == (202, "acme.com")
    assert (refused.status, refused.json()["code"]) == (400, "invalid_domain")


async def test_customers_are_listed_by_pages(house: House, api: Api) -> None:
    await api.get("/v1/customers?limit=7&cursor=abc")

    (request,) = house.scoring.requests("customers.list")
    assert (request.data.limit, request.data.cursor) == (7, "abc")


async def test_a_file_of_customers_is_sealed_and_handed_on_by_reference(taking: House, api: Api) -> None:
    answer = await send_file(
        api,
        b"Site,Revenue\nacme.com,7\n",
        query="?mapping=%7B%22Site%22%3A%22domain%22%2C%22Revenue%22%3A%22weight%22%7D",
    )

    (request,) = taking.scoring.requests("customers.import")
    assert (answer.status, answer.headers["Location"]) == (202, "/v1/imports/imp_1")
    assert request.data.mapping == {"Site": "domain", "Revenue": "weight"}
    pieces = [piece async for piece in api.gateway.services.sealed.read(request.data.object, tenant=request.tenant)]
    assert b"".join(pieces) == b"Site,Revenue\nacme.com,7\n"


async def test_a_file_of_customers_is_no_file_of_companies(taking: House, api: Api) -> None:
    headers = {"Idempotency-Key": "same", "Content-Type": "text/csv"}

    for path in ("/v1/customers/import", "/v1/companies/import"):
        await api.call("POST", path, data=b"domain\nacme.com\n", headers=headers)

    assert [name for name, _ in taking.scoring.seen] == ["customers.import", "companies.import"]
