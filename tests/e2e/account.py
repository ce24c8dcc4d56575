"""An account of a running stack, as a program with HTTP has it, and the processes behind it."""

import os
import secrets
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from winnow_local.home import processes_of
from winnow_local.running import RunningStack


@dataclass(frozen=True, slots=True)
class Account:
    """Calls with one key."""

    url: str
    key: str
    session: requests.Session = field(default_factory=requests.Session)

    @classmethod
    def first(cls, stack: RunningStack) -> "Account":
        """That of the machine's owner, whom no limit holds up."""
        return cls(stack.endpoints.gateway, stack.endpoints.api_key)

    @classmethod
    def new(cls, stack: RunningStack) -> "Account":
        """Somebody who signs up."""
        url = stack.endpoints.gateway
        body = {"email": f"{secrets.token_hex(8)}@example.com", "password": secrets.token_urlsafe(16)}
        answer = requests.post(f"{url}/v1/accounts", json=body, timeout=30)
        assert answer.status_code == 201, answer.text
        return cls(url, answer.json()["api_key"])

    def call(self, method: str, path: str, **about: Any) -> requests.Response:
        """The answer to a call."""
        headers = {"Authorization": f"Bearer {self.key}"} | about.pop("headers", {})
        return self.session.request(method, self.url + path, headers=headers, timeout=60, **about)

    def get(self, path: str) -> Any:
        """The JSON of a success."""
        return _success(self.call("GET", path))

    def put(self, path: str, body: Any) -> Any:
        """The JSON of a success."""
        return _success(self.call("PUT", path, json=body))

    def post(self, path: str, body: Any) -> Any:
        """The JSON of a success."""
        return _success(self.call("POST", path, json=body))

    def score(self, domain: str) -> Any:
        """The answer for a domain."""
        return self.post("/v1/score", {"domain": domain})

    def customers(self, *domains: str) -> int:
        """These are the customers; the version of the model that will know them."""
        version: int = self.put("/v1/customers", {"customers": [{"domain": domain} for domain in domains]})[
            "model_version"
        ]
        return version

    def until_model(self, version: int) -> None:
        """Return when companies are compared by this version of the model, or a later one."""
        waited_for(lambda: (self.get("/v1/similarity")["model_version"] or 0) >= version)


def waited_for(condition: Callable[[], Any], *, within: float = 60.0) -> Any:
    """What a condition says when it holds; fails when it does not in time."""
    deadline = time.monotonic() + within
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)
    return found


def processes(stack: RunningStack, *words: str) -> list[int]:
    """The ids of a stack's processes whose command has these words."""
    return [process for process in processes_of(stack.home.folder) if set(words) <= set(_read(process, "cmdline"))]


def kill(stack: RunningStack, *words: str) -> None:
    """End them at once; the stack starts them again."""
    for process in processes(stack, *words):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def operations_ports(stack: RunningStack) -> set[int]:
    """Where the services' processes show their metrics."""
    variables = [line for process in processes_of(stack.home.folder) for line in _read(process, "environ")]
    return {int(value) for name, _, value in (line.partition("=") for line in variables) if "OPERATIONS_PORT" in name}


def _read(process: int, name: str) -> list[str]:
    try:
        return Path(f"/proc/{process}/{name}").read_text(errors="replace").split("\0")
    except OSError:
        return []


def _success(answer: requests.Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None
