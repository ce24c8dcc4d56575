"""Health, readiness and metrics on a port of their own, away from the API.

`/healthz` answers while the event loop turns; `/readyz` is 200 when every check passes and names those that do not;
`/metrics` is Prometheus' text. What a check's error says stays in the log, since anybody on the network may ask here.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiohttp import web
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import choose_encoder

from winnow_common import http, logs
from winnow_common.errors import Problem

CHECK_TIMEOUT = 2.0

Check = Callable[[], Awaitable[object]]
"""Returns when the thing works, raises when it does not."""

_log = logs.get(__name__)


class Operations:
    """What the operator asks a process."""

    def __init__(self, *, registry: CollectorRegistry = REGISTRY) -> None:
        self._registry = registry
        self._checks: dict[str, Check] = {}
        self._failing: frozenset[str] = frozenset()
        self.port = 0
        """The port it listens on, once it is served."""

    def add_check(self, name: str, check: Check) -> None:
        """Readiness needs this to pass, within two seconds."""
        self._checks[name] = check

    @asynccontextmanager
    async def serve(self, *, host: str, port: int) -> AsyncIterator["Operations"]:
        """Answer on that port (0: a free one) until the context ends."""
        async with http.serve(self._answer, host=host, port=port, drain=1.0) as self.port:
            yield self

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        match request.path:
            case "/healthz":
                return _json({"status": "alive"})
            case "/readyz":
                return await self._readiness()
            case "/metrics":
                return self._metrics(request)
        raise Problem(404, "not_found", "There are /healthz, /readyz and /metrics.")

    async def _readiness(self) -> web.Response:
        outcomes = await asyncio.gather(*(_outcome(check) for check in self._checks.values()))
        checks = dict(zip(self._checks, outcomes, strict=True))
        failing = {name: outcome for name, outcome in checks.items() if outcome != "ok"}
        if failing.keys() != self._failing:
            self._failing = frozenset(failing)
            _log.info("readiness changed", failing=failing)
        status = "not ready" if failing else "ready"
        return _json({"status": status, "checks": checks}, status=503 if failing else 200)

    def _metrics(self, request: web.BaseRequest) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self._registry), headers={"Content-Type": content_type})


async def _outcome(check: Check) -> str:
    """`ok`, or the class of what the check raised."""
    try:
        async with asyncio.timeout(CHECK_TIMEOUT):
            await check()
    except Exception as error:  # noqa: BLE001 - whatever it is, the process is not ready
        return type(error).__name__
    return "ok"


def _json(value: Any, *, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(value), status=status, content_type=http.JSON_TYPE)
