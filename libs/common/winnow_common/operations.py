"""Health, readiness and metrics on a port of their own, away from the API.

`/healthz` answers while the event loop runs; `/readyz` when every check passes; `/metrics` is Prometheus' text format.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest

from winnow_common import logs

CHECK_TIMEOUT = 2.0

Check = Callable[[], Awaitable[None]]
"""Returns when the thing works, raises when it does not."""

_log = logs.get(__name__)


class Operations:
    """What the operator asks a process."""

    def __init__(self, *, registry: CollectorRegistry = REGISTRY) -> None:
        self._registry = registry
        self._checks: dict[str, Check] = {}
        self.port = 0
        """The port it listens on, once it is served."""

    def add_check(self, name: str, check: Check) -> None:
        """Readiness needs this to pass, within two seconds."""
        self._checks[name] = check

    @asynccontextmanager
    async def serve(self, *, host: str, port: int) -> AsyncIterator["Operations"]:
        """Answer on that port (0: a free one) until the context ends."""
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            self.port = runner.addresses[0][1]
            yield self
        finally:
            await runner.cleanup()

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def _readyz(self, _: web.Request) -> web.Response:
        results = await asyncio.gather(*(self._run(name, check) for name, check in self._checks.items()))
        ready = all(result == "ok" for result in results)
        body = {"status": "ready" if ready else "not ready", "checks": dict(zip(self._checks, results, strict=True))}
        return web.json_response(body, status=200 if ready else 503)

    async def _run(self, name: str, check: Check) -> str:
        try:
            async with asyncio.timeout(CHECK_TIMEOUT):
                await check()
        except Exception as error:
            _log.warning("not ready", check=name, error=type(error).__name__)
            return type(error).__name__
        return "ok"

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=generate_latest(self._registry), content_type="text/plain", charset="utf-8")
