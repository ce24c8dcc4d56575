"""A stack with two tenants, neither of whom is held up by limits."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from winnow_local.running import RunningStack, running_stack


@dataclass(frozen=True, slots=True)
class Tenant:
    """An account and its key, as a caller has them."""

    url: str
    key: str

    def call(self, method: str, path: str, **arguments: object) -> requests.Response:
        """Send a request with the tenant's key."""
        headers = {"Authorization": f"Bearer {self.key}"} | dict(arguments.pop("headers", {}))  # type: ignore[call-overload]
        return requests.request(method, self.url + path, headers=headers, timeout=30, **arguments)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def open_stack(open_folders: Callable[[], Path]) -> Iterator[RunningStack]:
    """A stack whose new accounts are on the plan without limits, and which asks no DNS about mail."""
    environment = {"WINNOW_GATEWAY_DEFAULT_PLAN": "unlimited", "WINNOW_PIPELINE_DNS": "false"}
    with running_stack(open_folders(), environment=environment) as running:
        yield running


@pytest.fixture(scope="module")
def tenants(open_stack: RunningStack) -> tuple[Tenant, Tenant]:
    """Two accounts that know nothing of each other."""
    return _sign_up(open_stack), _sign_up(open_stack)


def _sign_up(stack: RunningStack) -> Tenant:
    url = stack.endpoints.gateway
    body = {"email": f"{secrets.token_hex(8)}@example.com", "password": secrets.token_urlsafe(16)}
    answer = requests.post(f"{url}/v1/accounts", json=body, timeout=30)
    assert answer.status_code == 201, answer.text
    return Tenant(url, answer.json()["api_key"])
