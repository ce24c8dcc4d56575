"""Whether domains take mail, by the DNS (RFC 5321 5.1, RFC 7505): asked once, remembered, and never waited for long.

A domain with MX records takes mail; one whose only MX is "." refuses it; one without MX takes it at its address, if it
has one. A server that fails or does not answer in time has said nothing: its domain is asked again later.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import aiodns
import pycares
from winnow_common.clock import Clock

REMEMBERED: Final = 200_000
_KNOWN_FOR: Final = timedelta(hours=6)
_MISSING_FOR: Final = timedelta(hours=1)
_UNANSWERED_FOR: Final = timedelta(minutes=2)
"""The budget of a domain whose servers are away: one question in so long."""
_AT_ONCE: Final = 100
_NOT_FOUND: Final = 4
"""ARES_ENOTFOUND: the domain does not exist."""
_NO_DATA: Final = 1
"""ARES_ENODATA: it exists, and has no such record."""


class HostState(StrEnum):
    """What the DNS says of a mail domain."""

    ACCEPTS = "accepts"
    NULL_MX = "null_mx"
    NO_MX = "no_mx"
    NO_DOMAIN = "no_domain"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class MailHost:
    """A mail domain, with the servers that take its mail in their order."""

    state: HostState
    servers: tuple[str, ...] = ()


class MailHosts:
    """Asks the DNS; for any number of callers in one event loop."""

    def __init__(self, *, nameservers: Sequence[str], timeout: float, clock: Clock) -> None:
        self._clock = clock
        self._timeout = timeout
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._known: OrderedDict[str, tuple[MailHost, datetime]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[MailHost]] = {}
        hosts = [server.rpartition(":")[0] or server for server in nameservers]
        ports = {int(server.rpartition(":")[2]) for server in nameservers if ":" in server}
        options: dict[str, Any] = {"udp_port": ports.pop(), "tcp_port": 53} if len(ports) == 1 else {}
        if "udp_port" in options:
            options["tcp_port"] = options["udp_port"]
        self._resolver = aiodns.DNSResolver(nameservers=hosts or None, timeout=timeout, tries=1, **options)

    async def look_up(self, domains: Iterable[str]) -> dict[str, MailHost]:
        """What is known of these domains, all of them. Never raises for a server that is away."""
        now = self._clock()
        found: dict[str, MailHost] = {}
        missing: list[str] = []
        for domain in domains:
            known = self._known.get(domain)
            if known is not None and known[1] > now:
                found[domain] = known[0]
            else:
                missing.append(domain)
        tasks = {domain: self._ask(domain) for domain in missing}
        for domain, task in tasks.items():
            found[domain] = await asyncio.shield(task)
        return found

    async def close(self) -> None:
        """Ask nobody any more."""
        for task in list(self._asking.values()):
            task.cancel()
        await self._resolver.close()

    def _ask(self, domain: str) -> "asyncio.Task[MailHost]":
        task = self._asking.get(domain)
        if task is None:
            task = self._asking[domain] = asyncio.create_task(self._answer(domain))
            task.add_done_callback(lambda _: self._asking.pop(domain, None))
        return task

    async def _answer(self, domain: str) -> MailHost:
        async with self._gate:
            try:
                async with asyncio.timeout(self._timeout * 1.5):
                    host = await self._resolved(domain)
            except TimeoutError:
                host = MailHost(HostState.NO_ANSWER)
        self._remember(domain, host)
        return host

    async def _resolved(self, domain: str) -> MailHost:
        try:
            records = await self._resolver.query(domain, "MX")
        except aiodns.error.DNSError as error:
            code = error.args[0] if error.args else None
            if code == _NOT_FOUND:
                return MailHost(HostState.NO_DOMAIN)
            return await self._by_address(domain) if code == _NO_DATA else MailHost(HostState.NO_ANSWER)
        servers = tuple(record.host.rstrip(".") for record in sorted(records, key=lambda record: record.priority))
        if not any(servers):
            return MailHost(HostState.NULL_MX)
        return MailHost(HostState.ACCEPTS, servers)

    async def _by_address(self, domain: str) -> MailHost:
        silent = False
        for kind in ("A", "AAAA"):
            try:
                if await self._resolver.query(domain, kind):
                    return MailHost(HostState.ACCEPTS, (domain,))
            except aiodns.error.DNSError as error:
                silent |= not error.args or error.args[0] not in {_NOT_FOUND, _NO_DATA}
        return MailHost(HostState.NO_ANSWER if silent else HostState.NO_MX)

    def _remember(self, domain: str, host: MailHost) -> None:
        kept = {HostState.ACCEPTS: _KNOWN_FOR, HostState.NO_ANSWER: _UNANSWERED_FOR}.get(host.state, _MISSING_FOR)
        self._known[domain] = host, self._clock() + kept
        self._known.move_to_end(domain)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
