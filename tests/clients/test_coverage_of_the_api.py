"""The client calls what the gateway has, and all of it, by the gateway's own route table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from winnow.calls import Request, transmit
from winnow.client import Client
from winnow_gateway.routes.router import Router
from winnow_gateway.routes.table import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from winnow.binding import Listing
    from winnow.calls import Call
    from winnow.saving import Saving

DOCUMENTS = {"/openapi.json", "/docs", "/docs/{name}"}
SAID_ANOTHER_WAY = {
    ("POST", "/v1/rules/{id}/lint"),
    ("GET", "/v1/scores/{id}/verify"),
    ("GET", "/v1/privacy/export"),
}
"""The client asks for what lint found by GET, has a score verified by POST, and names nobody in an address."""


class Recorder:
    """A driver that notes the first request of a call and ends it there."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.perform = transmit

    def run(self, call: Call[Any]) -> None:
        request = next(call)
        assert isinstance(request, Request)
        self.requests.append(request)

    def stream(self, answering: Call[Any]) -> None:
        self.run(answering)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    def note(driver: Recorder, pages: Listing[Any]) -> None:
        driver.requests.append(pages.request)

    def follow(driver: Recorder, answering: Call[Any]) -> None:
        driver.run(answering)

    def save(stream: Callable[[Call[Any]], None], saving: Saving) -> None:
        stream(saving.answering)

    monkeypatch.setattr("winnow.binding._items_async", note)
    monkeypatch.setattr("winnow.binding._events_async", follow)
    monkeypatch.setattr("winnow.binding.save_async", save)
    return Recorder()


def call_everything(client: Any, file: Path) -> None:
    """Every operation, with arguments that make it send something."""
    rule: dict[str, Any] = {"name": "ICP", "conditions": []}
    client.accounts.create("a@example.com", password="p")
    client.sessions.create("a@example.com", password="p")
    client.sessions.end()
    client.keys.list()
    client.keys.create("laptop")
    client.keys.revoke("key_1")
    client.keys.rotate("key_1")
    client.companies.put("acme.com")
    client.companies.get("acme.com")
    client.companies.delete("acme.com")
    client.companies.list(industry="a", country="b", tag="c", technology="d", matching="e", page_size=5)
    client.companies.list(min_employees=1, max_employees=2)
    client.companies.import_file(file, mapping={"Website": "domain"})
    client.companies.imports()
    client.companies.import_handle("imp_1").status()
    client.companies.export(format="csv")
    client.rules.create(rule)
    client.rules.put("sr_1", rule, publish=True)
    client.rules.get("sr_1", version=1)
    client.rules.list()
    client.rules.delete("sr_1")
    client.rules.versions("sr_1")
    client.rules.publish("sr_1", version=1)
    client.rules.rollback("sr_1")
    client.rules.lint("sr_1", version=1)
    client.score("acme.com", "sr_1")
    client.score_batch(["acme.com"], "sr_1")
    client.scores.list(domain="acme.com")
    client.scores.get("sco_1")
    client.scores.verify("sco_1")
    client.scores.counterfactual("sco_1")
    client.requests.get("0190")


def call_everything_of_similarity(client: Any, file: Path) -> None:
    client.customers.put(["acme.com"])
    client.customers.add({"acme.com": 2.0})
    client.customers.list(page_size=5)
    client.customers.delete("acme.com")
    client.customers.import_file(file, mapping={"Website": "domain"})
    client.customers.wait(1)
    client.similarity()
    client.score_company(domain="acme.com")
    client.score_companies([{"email": "ada@acme.com"}])


def call_everything_of_leads(client: Any, file: Path) -> None:
    client.batches.upload(file)
    client.batches.preview("upl_1")
    client.batches.preview("upl_1", mapping={"Mail": "email"})
    client.batches.process("upl_1", rule_id="sr_1", require=[], max_credits=5, lead_events=True)
    client.batches.get("batch_1")
    client.batches.list(page_size=5)
    client.batches.events("batch_1")
    client.batches.cancel("batch_1")
    client.batches.retry("batch_1")
    client.batches.rows("batch_1", format="ndjson", status="all")
    client.batches.save("batch_1", file.with_name("leads.csv"))
    client.leads.get("lead_1")
    client.leads.list(batch_id="batch_1", status="qualified", page_size=5)
    client.leads.unmerge("lead_1")
    client.privacy.erase(email="ada@acme.com")
    client.privacy.export(phone="+4930123456")


def test_every_call_of_the_api_is_a_method_of_the_client_and_the_other_way_round(
    recorder: Recorder, tmp_path: Path
) -> None:
    file = tmp_path / "companies.csv"
    file.write_text("domain\n")
    client: Any = Client(recorder)
    router = Router(TABLE)

    call_everything(client, file)
    call_everything_of_similarity(client, file)
    call_everything_of_leads(client, file)

    called = set()
    for request in recorder.requests:
        found = router.find(request.path)
        assert found is not None, request.path
        route = found.methods[request.method]
        known = set() if route.query is None else set(route.query.model_fields)
        assert set(request.query) <= known, request
        assert request.authenticated == route.authenticated, request
        called.add((route.method, route.path))
    offered = {(route.method, route.path) for route in TABLE if route.path not in DOCUMENTS}
    assert called == offered - SAID_ANOTHER_WAY
