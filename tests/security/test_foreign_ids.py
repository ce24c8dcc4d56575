"""Another tenant's id is answered as if it did not exist, on every path, and nothing of theirs changes."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from winnow_local.running import RunningStack

from .conftest import Tenant

pytestmark = pytest.mark.stack

_VOLATILE = re.compile(r'"(request_id|created_at|updated_at|observed_at|data_as_of|published_at)":"[^"]*"')


@dataclass(frozen=True, slots=True)
class Operation:
    """A method on a path of the document that names something."""

    method: str
    path: str
    body: Any
    idempotent: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@pytest.fixture(scope="module")
def owned(open_stack: RunningStack, tenants: tuple[Tenant, Tenant]) -> Mapping[str, str]:
    """What the first tenant has: a value for every kind of path parameter."""
    del open_stack
    owner, _ = tenants
    attributes = {"industry": "Technology", "country": "US", "technologies": ["Stripe"]}
    assert owner.call("PUT", "/v1/companies/theirs.com", json=attributes).status_code == 201
    assert owner.call("PUT", "/v1/rules/sr_theirs", json=RULE).status_code == 201
    assert owner.call("POST", "/v1/customers", json={"customers": [{"domain": "theirs.com"}]}).status_code == 202
    imported = owner.call(
        "POST",
        "/v1/companies/import",
        data=b"domain,name\nimported.com,Imported\n",
        headers={"Content-Type": "text/csv"},
    )
    scored = owner.call("POST", "/v1/scoring", json={"domain": "theirs.com", "rule_id": "sr_theirs"})
    key = owner.call("POST", "/v1/keys", json={"name": "second", "environment": "development"})
    batch_id, lead_id = _processed(owner)
    return {
        "companies": "theirs.com",
        "customers": "theirs.com",
        "rules": "sr_theirs",
        "imports": imported.json()["import_id"],
        "scores": scored.json()["score_id"],
        "requests": scored.json()["request_id"],
        "keys": _key_id(key),
        "uploads": _uploaded(owner),
        "batches": batch_id,
        "download": batch_id,
        "leads": lead_id,
    }


RULE = {"name": "Theirs", "conditions": [{"attribute": "industry", "operator": "has", "points": 50}], "publish": True}

UNKNOWN = {
    "companies": "unknown-nowhere.com",
    "customers": "unknown-nowhere.com",
    "rules": "sr_unknown",
    "imports": "imp_01a1fe018e9c753da322e91eaadeaa1c",
    "scores": "sco_01a1fe018e9c753da322e91eaadeaa1c",
    "requests": "f3322d75-609c-5e02-92bd-1c64e04cf821",
    "keys": "key_01a1fe018e9c753da322e91eaadeaa1c",
    "uploads": "upl_01a1fe018e9c753da322e91eaadeaa1c",
    "batches": "batch_01a1fe018e9c753da322e91eaadeaa1c",
    "download": "batch_01a1fe018e9c753da322e91eaadeaa1c",
    "leads": "lead_01a1fe018e9c753da322e91eaadeaa1c",
}


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Every method on every path with a parameter, with a body from its example."""
    for path, methods in document["paths"].items():
        if "{" not in path:
            continue
        for method, operation in methods.items():
            if method in {"get", "put", "post", "delete", "patch"}:
                content = operation.get("requestBody", {}).get("content", {}).get("application/json")
                yield Operation(method.upper(), path, _example(content), method in {"get", "put", "delete"})


def test_every_operation_answers_a_foreign_id_as_an_unknown_one(
    tenants: tuple[Tenant, Tenant], owned: Mapping[str, str]
) -> None:
    owner, stranger = tenants
    assert stranger.call("PUT", "/v1/rules/sr_default", json=RULE).status_code == 201
    before = _everything(owner, owned)
    document = requests.get(f"{owner.url}/openapi.json", timeout=30).json()
    found = list(operations(document))

    told_apart = [
        f"{operation}: {foreign} and not {unknown}"
        for operation in found
        if (foreign := _answer(stranger, operation, owned)) != (unknown := _answer(stranger, operation, UNKNOWN))
    ]

    assert len(found) >= 15
    assert {operation.path.split("/")[2] for operation in found} == set(UNKNOWN)
    assert told_apart == []
    assert _everything(owner, owned) == before


def test_a_strangers_rule_cannot_be_scored_by_and_a_strangers_company_is_unknown(
    tenants: tuple[Tenant, Tenant],
) -> None:
    owner, stranger = tenants
    assert owner.call("PUT", "/v1/rules/sr_secret", json=RULE).status_code == 201
    owner.call("PUT", "/v1/companies/secret.com", json={"industry": "Technology"})
    stranger.call("PUT", "/v1/companies/mine.com", json={"industry": "Technology"})

    by_rule = stranger.call("POST", "/v1/scoring", json={"domain": "mine.com", "rule_id": "sr_secret"})
    of_company = stranger.call("POST", "/v1/scoring", json={"domain": "secret.com"})

    assert (by_rule.status_code, by_rule.json()["detail"]) == (404, "Scoring rule not found")
    assert (of_company.status_code, of_company.json()["detail"]) == (404, "Domain not found")


def _answer(tenant: Tenant, operation: Operation, ids: Mapping[str, str]) -> tuple[int, str]:
    """Status and body, without what differs between any two calls, and without the id itself."""
    value = ids[operation.path.split("/")[2]]
    path = re.sub(r"\{[^}]*\}", value, operation.path)
    answer = tenant.call(operation.method, path, json=operation.body)
    text = _VOLATILE.sub(r'"\1":""', answer.text).replace(value, "ID")
    return answer.status_code, text


def _everything(owner: Tenant, owned: Mapping[str, str]) -> list[str]:
    """What the owner sees of its own."""
    paths = [
        f"/v1/companies/{owned['companies']}",
        f"/v1/rules/{owned['rules']}",
        f"/v1/rules/{owned['rules']}/versions",
        f"/v1/scores/{owned['scores']}",
        f"/api/uploads/{owned['uploads']}/preview",
        f"/api/batches/{owned['batches']}",
        f"/api/download/{owned['download']}",
        f"/v1/leads/{owned['leads']}",
    ]
    seen = [owner.call("GET", path) for path in paths]
    assert all(answer.status_code == 200 for answer in seen)
    keys = owner.call("GET", "/v1/keys").json()["data"]
    customers = owner.call("GET", "/v1/customers").json()["data"]
    ids = sorted(key["id"] for key in keys) + [customer["domain"] for customer in customers]
    return [_VOLATILE.sub("", answer.text) for answer in seen] + ids


def _example(content: Mapping[str, Any] | None) -> Any:
    if content is None:
        return None
    if "example" in content:
        return content["example"]
    examples = content.get("examples")
    return next(iter(examples.values()))["value"] if examples else json.loads("{}")


def _uploaded(owner: Tenant) -> str:
    file = b"first_name,last_name,company,domain\nAda,Lovelace,Theirs,theirs.com\n"
    headers = {"Content-Type": "text/csv"}
    answer = owner.call("POST", "/api/upload?filename=theirs.csv", data=file, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["upload_id"])


def _processed(owner: Tenant) -> tuple[str, str]:
    """The ids of a batch that is over and of its lead."""
    answer = owner.call("POST", "/api/process", json={"upload_id": _uploaded(owner)})
    assert answer.status_code == 202, answer.text
    batch_id = str(answer.json()["batch_id"])
    deadline = time.monotonic() + 60
    while owner.call("GET", f"/api/batches/{batch_id}").json()["status"] != "completed":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    (lead,) = owner.call("GET", f"/v1/leads?batch_id={batch_id}").json()["data"]
    return batch_id, str(lead["lead_id"])


def _key_id(answer: requests.Response) -> str:
    assert answer.status_code == 201, answer.text
    body: Mapping[str, str] = answer.json()
    return body["id"]
