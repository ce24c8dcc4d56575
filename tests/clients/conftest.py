"""A small Winnow server for the client's tests: real HTTP on a real port, true to the contract.

It keeps what it is told in dictionaries, checks keys, and replays answers by Idempotency-Key as the
gateway does. Tests make it fail with `api.fail(…)`, which takes effect before anything is done, and
with `api.lose_answers(…)`, which cuts the connection after the work was done.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from winnow import Retries, Winnow
from winnow.cli.app import main

from tests.clients.similarity_api import SimilarityApi, SimilarityState

KEY = "wk_test_0123456789"
PASSWORD = "correct horse battery staple"
PAGE = 3

LINES = [
    {"condition": "Industry is Technology", "matched": True, "points": 25, "missing": False},
    {"condition": "Uses Stripe", "matched": True, "points": 30, "missing": False},
    {"condition": "Country is US", "matched": False, "points": 0, "missing": True},
]


@dataclass(frozen=True, slots=True)
class Received:
    """A request as the server saw it."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An answer that is given instead of the real one."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    code: str = "unavailable"
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class WinnowServer:
    """What the server knows, what it was asked, and how it is told to fail."""

    url: str = ""
    companies: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    imports: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    failures: deque[Failure] = field(default_factory=deque)
    failure_after: tuple[int, Failure] | None = None
    answers_to_lose: int = 0
    stored: dict[str, tuple[bytes, int, bytes]] = field(default_factory=dict)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    works_done: int = 0
    similarity: SimilarityState = field(default_factory=SimilarityState)

    def fail(self, *failures: Failure) -> None:
        self.failures.extend(failures)

    def fail_after(self, count: int, failure: Failure) -> None:
        """Answer `count` more requests that do not fail otherwise, and the one after them with `failure`."""
        self.failure_after = (count, failure)

    def next_failure(self) -> Failure | None:
        if self.failures:
            return self.failures.popleft()
        if self.failure_after is None:
            return None
        count, failure = self.failure_after
        self.failure_after = (count - 1, failure) if count else None
        return None if count else failure

    def lose_answers(self, count: int) -> None:
        self.answers_to_lose = count

    def sent(self, method: str, path: str) -> list[Received]:
        return [one for one in self.received if (one.method, one.path) == (method, path)]


def problem(status: int, code: str, detail: str, **extra: Any) -> web.Response:
    document = {
        "type": "about:blank",
        "title": "",
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": "0190-req",
    } | extra
    return web.json_response(document, status=status, content_type="application/problem+json")


class Api:
    """The routes over one `WinnowServer`."""

    def __init__(self, server: WinnowServer) -> None:
        self.server = server

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self.protocol], client_max_size=2**26)
        app.add_routes(
            [
                web.post("/v1/accounts", self.create_account),
                web.post("/v1/sessions", self.create_session),
                web.delete("/v1/sessions/current", self.end_session),
                web.get("/v1/keys", self.list_keys),
                web.post("/v1/keys", self.create_key),
                web.post("/v1/keys/{id}/rotate", self.create_key),
                web.delete("/v1/keys/{id}", self.revoke_key),
                web.get("/v1/companies", self.list_companies),
                web.get("/v1/companies/export", self.export_companies),
                web.post("/v1/companies/import", self.import_companies),
                web.put("/v1/companies/{domain}", self.put_company),
                web.get("/v1/companies/{domain}", self.get_company),
                web.get("/v1/imports/{id}", self.get_import),
                web.post("/v1/rules", self.create_rule),
                web.get("/v1/rules", self.list_rules),
                web.put("/v1/rules/{id}", self.create_rule),
                web.get("/v1/rules/{id}", self.get_rule),
                web.get("/v1/rules/{id}/lint", self.lint_rule),
                web.post("/v1/scoring", self.score),
                web.post("/v1/scoring/batch", self.score_batch),
                web.get("/v1/requests/{id}", self.get_request),
                *SimilarityApi(self.server.similarity, self.server.imports).routes(),
            ]
        )
        return app

    @web.middleware
    async def protocol(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Record, fail as told, check the key, and answer a repeated command from memory."""
        body = await request.read()
        seen = Received(request.method, request.path, dict(request.query), dict(request.headers), body)
        self.server.received.append(seen)
        if failure := self.server.next_failure():
            return _failed(failure)
        is_open = request.path.startswith(("/v1/accounts", "/v1/sessions"))
        if not is_open and request.headers.get("Authorization") not in {f"Bearer {KEY}", "Bearer session"}:
            return problem(401, "invalid_api_key", "Invalid API key")
        response = await self._once(request, handler, body)
        if self.server.answers_to_lose and request.transport is not None:
            self.server.answers_to_lose -= 1
            request.transport.close()
        return response

    async def _once(self, request: web.Request, handler: Any, body: bytes) -> web.StreamResponse:
        key = request.headers.get("Idempotency-Key")
        if key in self.server.stored:
            payload, status, answer = self.server.stored[key]
            if payload != body:
                return problem(422, "idempotency_key_reused", "The key was used with another payload")
            return web.Response(
                body=answer,
                status=status,
                content_type="application/json",
                headers={"Idempotency-Replayed": "true"},
            )
        response: web.Response = await handler(request)
        if key is not None and response.status < 500:
            self.server.works_done += 1
            self.server.stored[key] = (body, response.status, _bytes(response))
        return response

    async def create_account(self, request: web.Request) -> web.Response:
        return web.json_response({"account_id": "acc_1", "api_key": KEY}, status=201)

    async def create_session(self, request: web.Request) -> web.Response:
        if (await request.json())["password"] != PASSWORD:
            return problem(401, "invalid_credentials", "E-mail or password is wrong")
        return web.json_response({"token": "session", "account_id": "acc_1"}, status=201)

    async def end_session(self, request: web.Request) -> web.Response:
        return web.Response(status=204)

    async def list_keys(self, request: web.Request) -> web.Response:
        return web.json_response({"data": list(self.server.keys.values()), "has_more": False})

    async def create_key(self, request: web.Request) -> web.Response:
        name = (await request.json()).get("name", "rotated")
        made = {"id": f"key_{len(self.server.keys)}", "name": name, "scopes": ["score"]}
        self.server.keys[made["id"]] = made
        return web.json_response(made | {"api_key": KEY}, status=201)

    async def revoke_key(self, request: web.Request) -> web.Response:
        if self.server.keys.pop(request.match_info["id"], None) is None:
            return problem(404, "key_not_found", "Key not found")
        return web.Response(status=204)

    async def put_company(self, request: web.Request) -> web.Response:
        domain = request.match_info["domain"]
        self.server.companies[domain] = {"domain": domain, **await request.json()}
        return web.json_response(self.server.companies[domain] | {"field_of_the_future": 1})

    async def get_company(self, request: web.Request) -> web.Response:
        found = self.server.companies.get(request.match_info["domain"])
        return web.json_response(found) if found else problem(404, "domain_not_found", "Domain not found")

    async def list_companies(self, request: web.Request) -> web.Response:
        start = int(request.query.get("cursor", "0"))
        rows = list(self.server.companies.values())
        more = len(rows) > start + PAGE
        cursor = str(start + PAGE) if more else None
        page = {"data": rows[start : start + PAGE], "has_more": more, "next_cursor": cursor}
        return web.json_response(page)

    async def export_companies(self, request: web.Request) -> web.Response:
        if request.query["format"] == "ndjson":
            lines = [json.dumps(row) for row in self.server.companies.values()]
            return web.Response(text="\n".join(lines) + "\n", content_type="application/x-ndjson")
        lines = ["domain", *self.server.companies]
        return web.Response(text="\n".join(lines) + "\n", content_type="text/csv")

    async def import_companies(self, request: web.Request) -> web.Response:
        mapping = json.loads(request.query.get("mapping", "{}"))
        text = await request.text()
        if request.content_type == "text/csv":
            rows = list(csv.DictReader(io.StringIO(text)))
        elif request.content_type == "application/x-ndjson":
            rows = [json.loads(line) for line in text.splitlines() if line]
        else:
            rows = json.loads(text)
        named = [{mapping.get(name, name): value for name, value in row.items()} for row in rows]
        good = [row for row in named if _is_domain(row["domain"])]
        errors = [
            {"line": number, "reason": "Invalid domain format"}
            for number, row in enumerate(named, 1)
            if not _is_domain(row["domain"])
        ]
        self.server.companies |= {row["domain"]: row for row in good}
        size = len(text.encode())
        import_id = f"imp_{len(self.server.imports)}"
        known = {"import_id": import_id, "rows": 0, "imported": 0, "rejected": 0, "errors": [], "bytes_total": size}
        done = {"rows": len(named), "imported": len(good), "rejected": len(errors), "errors": errors}
        self.server.imports[import_id] = [
            known | {"status": "queued", "bytes_read": 0},
            known | {"status": "running", "rows": 1, "imported": 1, "bytes_read": size // 2},
            known | {"status": "completed", "bytes_read": size} | done,
        ]
        headers = {"Location": f"/v1/imports/{import_id}", "Retry-After": "1"}
        return web.json_response({"import_id": import_id, "status": "queued"}, status=202, headers=headers)

    async def get_import(self, request: web.Request) -> web.Response:
        states = self.server.imports[request.match_info["id"]]
        return web.json_response(states.pop(0) if len(states) > 1 else states[0])

    async def create_rule(self, request: web.Request) -> web.Response:
        definition = await request.json()
        status = "published" if definition.pop("publish", False) else "draft"
        if not definition.get("conditions"):
            faults = [{"detail": "at least one condition", "pointer": "/conditions"}]
            return problem(422, "invalid_rule", "The rule cannot be compiled", errors=faults)
        made = {
            "id": request.match_info.get("id", "sr_new"),
            "name": definition["name"],
            "version": 1,
            "latest_version": 1,
            "status": status,
            "published_version": 1 if status == "published" else None,
            "default": False,
            "definition": definition,
            "lint": [{"code": "unreachable_tier", "pointer": "/tiers/hot", "detail": "hot is out of reach"}],
        }
        self.server.rules[made["id"]] = made
        return web.json_response(made, status=201)

    async def list_rules(self, request: web.Request) -> web.Response:
        return web.json_response({"data": list(self.server.rules.values()), "has_more": False})

    async def lint_rule(self, request: web.Request) -> web.Response:
        rule = self.server.rules[request.match_info["id"]]
        return web.json_response({"id": rule["id"], "version": 1, "lint": rule["lint"]})

    async def get_rule(self, request: web.Request) -> web.Response:
        found = self.server.rules.get(request.match_info["id"])
        return web.json_response(found) if found else problem(404, "rule_not_found", "Scoring rule not found")

    async def score(self, request: web.Request) -> web.Response:
        domain = (await request.json())["domain"]
        if domain not in self.server.companies:
            return problem(404, "domain_not_found", "Domain not found")
        return web.json_response(_score(domain))

    async def score_batch(self, request: web.Request) -> web.Response:
        domains = (await request.json())["domains"]
        if len(domains) > 100:
            return problem(422, "too_many_domains", "At most 100 domains")
        unknown = {"code": "domain_not_found", "detail": "Domain not found"}
        known = self.server.companies
        return web.json_response(
            [_score(one) if one in known else {"domain": one, "error": unknown} for one in domains]
        )

    async def get_request(self, request: web.Request) -> web.Response:
        request_id = request.match_info["id"]
        if request_id not in self.server.answers:
            return problem(404, "request_not_found", "No answer of this request")
        status, body = self.server.answers[request_id]
        return web.json_response({"request_id": request_id, "status": status, "body": body})


def _is_domain(text: str) -> bool:
    return "." in text and "@" not in text


def _score(domain: str) -> dict[str, Any]:
    return {
        "domain": domain,
        "rule_id": "sr_icp",
        "rule_name": "ICP Score",
        "rule_version": 3,
        "score": 55,
        "tier": "warm",
        "breakdown": LINES,
        "data_as_of": "2026-11-01T00:00:00Z",
        "missing": ["country"],
    }


def _failed(failure: Failure) -> web.Response:
    if failure.body is not None:
        return web.Response(status=failure.status, headers=failure.headers, body=failure.body)
    response = problem(failure.status, failure.code, "Not now", **failure.extra)
    response.headers.update(failure.headers)
    return response


def _bytes(response: web.Response) -> bytes:
    return response.body if isinstance(response.body, bytes) else b""


async def _serve(server: WinnowServer, ready: Future[Callable[[], object]]) -> None:
    """Serve until the function that `ready` gets is called."""
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    runner = web.AppRunner(Api(server).application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    ready.set_result(lambda: loop.call_soon_threadsafe(stopping.set))
    await stopping.wait()
    # A connection that the kernel has accepted becomes a transport within the next turns of the loop. One that comes to
    # be while its server is closing is closed by nobody (100 of 120 transports leaked; none with these turns).
    for _ in range(5):
        await asyncio.sleep(0)
    await runner.cleanup()


@pytest.fixture
def api() -> Iterator[WinnowServer]:
    """A server of the test's own, in a thread, so that blocking clients can be tested too."""
    server, ready = WinnowServer(), Future[Callable[[], object]]()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(server, ready)))
    thread.start()
    stop = ready.result(10)
    yield server
    stop()
    thread.join(10)


@pytest.fixture(autouse=True)
def _own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the configuration of whoever runs it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("WINNOW_URL", raising=False)
    monkeypatch.delenv("WINNOW_API_KEY", raising=False)


@pytest.fixture
def slept() -> list[float]:
    """The seconds that `client` would have waited."""
    return []


@pytest.fixture
def client(api: WinnowServer, slept: list[float]) -> Iterator[Winnow]:
    """A client of `api` that notes its waits instead of waiting, and draws no jitter."""
    retries = Retries(random=lambda: 1.0, first_delay=1.0)
    with Winnow(url=api.url, api_key=KEY, retries=retries, sleep=slept.append) as made:
        yield made


@pytest.fixture
def failing() -> type[Failure]:
    """Makes the answers that `api.fail` gives."""
    return Failure


@dataclass(frozen=True, slots=True)
class Printed:
    """What a command left behind."""

    code: int
    out: str
    err: str

    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def winnow(
    api: WinnowServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Printed]:
    """Runs `winnow …` against `api` with a key."""
    monkeypatch.setenv("WINNOW_URL", api.url)
    monkeypatch.setenv("WINNOW_API_KEY", KEY)

    def run(*arguments: str) -> Printed:
        monkeypatch.setattr(sys, "argv", ["winnow", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Printed(int(ended.value.code or 0), printed.out, printed.err)

    return run
