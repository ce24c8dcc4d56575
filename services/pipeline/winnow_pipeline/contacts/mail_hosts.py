"""Whether domains take mail, asked of DNS by `aiodns` and remembered for as long as DNS says.

For each domain its MX records, and where it has none its addresses, which then take its mail (RFC 5321, 5.1). A domain
is asked about once however many ask at the same time, within its own budget of time; a limited number of domains is
asked about at once. Where nothing answered for a while, nobody is asked for a moment: a network that is down costs
seconds, not hours. What is not answered is `no_answer`, and never taken for an answer; nor is "there is no such domain"
believed of servers that know nothing of a domain that certainly exists, as in a network that is cut off.

For one event loop. The memory is bounded; the oldest go first.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

import aiodns
import pycares
from winnow_common.clock import Clock


class Mails(StrEnum):
    """What became of asking where a domain's mail goes."""

    ACCEPTS = "accepts"
    """It names hosts for its mail."""
    BY_ADDRESS = "by_address"
    """It names none, but has an address itself."""
    NULL_MX = "null_mx"
    """It says that it takes no mail (RFC 7505)."""
    NO_MX = "no_mx"
    """It has neither mail hosts nor an address."""
    NO_DOMAIN = "no_domain"
    """There is no such domain."""
    NO_ANSWER = "no_answer"
    """Nobody said anything in time, or only that something is broken."""


@dataclass(frozen=True, slots=True)
class MailHost:
    """What DNS said of one domain."""

    mails: Mails
    exchanges: tuple[str, ...] = ()
    """Hosts that take its mail, the preferred ones first."""


NO_ANSWER: Final = MailHost(Mails.NO_ANSWER)

_SHORTEST: Final = timedelta(minutes=5)
_LONGEST: Final = timedelta(days=1)
_NEGATIVE: Final = timedelta(minutes=30)
_UNANSWERED: Final = timedelta(seconds=30)
_ABSENT: Final = frozenset({Mails.NO_DOMAIN, Mails.NO_MX})
_SILENCE: Final = 100
"""Domains without an answer in a row after which nobody is asked for a moment."""
_PAUSE: Final = timedelta(seconds=10)


class _Known(NamedTuple):
    host: MailHost
    until: datetime


class MailHosts:
    """Asks DNS, and remembers."""

    def __init__(
        self,
        *,
        nameservers: Sequence[str],
        timeout: float,
        clock: Clock,
        at_once: int = 200,
        remembered: int = 200_000,
        witness: str | None = None,
    ) -> None:
        """`nameservers` are `address` or `address:port`, the system's where there are none.

        `timeout` in seconds is the budget of one domain, for all that has to be asked about it. `witness` is a domain
        that exists for certain: servers that do not know it are not believed that another does not exist.
        """
        self._witness = witness
        self._seen_until: datetime | None = None
        self._nameservers = tuple(nameservers)
        self._timeout = timeout
        self._clock = clock
        self._remembered = remembered
        self._turns = asyncio.Semaphore(at_once)
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._asking: dict[str, asyncio.Task[MailHost]] = {}
        self._resolver: aiodns.DNSResolver | None = None
        self._unanswered = 0
        self._paused_until: datetime | None = None

    async def look_up(self, domains: Iterable[str]) -> dict[str, MailHost]:
        """What is known of each domain (in the form that DNS knows). Whatever the network does, it is an answer."""
        found: dict[str, MailHost] = {}
        asked: dict[str, asyncio.Task[MailHost]] = {}
        now = self._clock()
        for domain in domains:
            known = self._known.get(domain)
            if known is not None and known.until > now:
                found[domain] = known.host
            elif domain not in asked:
                asked[domain] = self._asking.get(domain) or self._ask_once(domain)
        if asked:
            await asyncio.wait(asked.values())
        for domain, task in asked.items():
            found[domain] = NO_ANSWER if task.cancelled() else task.result()
        return found

    async def close(self) -> None:
        """Give up what is being asked; whoever waits for it gets no answer."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._resolver is not None:
            await self._resolver.close()
            self._resolver = None

    def _ask_once(self, domain: str) -> asyncio.Task[MailHost]:
        task = asyncio.get_running_loop().create_task(self._ask(domain))
        self._asking[domain] = task
        task.add_done_callback(lambda _: self._asking.pop(domain, None))
        return task

    async def _ask(self, domain: str) -> MailHost:
        async with self._turns:
            if self._paused_until is not None and self._clock() < self._paused_until:
                return NO_ANSWER
            host, keep = NO_ANSWER, _UNANSWERED
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timeout):
                    found, holds = await self._resolve(domain)
                    if found.mails not in _ABSENT or await self._is_believed():
                        host, keep = found, holds
        self._remember(domain, host, keep)
        return host

    async def _is_believed(self) -> bool:
        """Whether the servers know the witness, who is asked about once in a while."""
        now = self._clock()
        if self._witness is None or (self._seen_until is not None and now < self._seen_until):
            return True
        try:
            await self._query(self._witness, "NS")
        except aiodns.error.DNSError:
            return False
        self._seen_until = now + _NEGATIVE
        return True

    def _remember(self, domain: str, host: MailHost, keep: timedelta) -> None:
        now = self._clock()
        if host.mails is Mails.NO_ANSWER:
            self._unanswered += 1
            if self._unanswered >= _SILENCE:
                self._unanswered, self._paused_until = 0, now + _PAUSE
        else:
            self._unanswered, self._paused_until = 0, None
        self._known[domain] = _Known(host, now + keep)
        self._known.move_to_end(domain)
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)

    async def _resolve(self, domain: str) -> tuple[MailHost, timedelta]:
        """What DNS says, and how long that holds."""
        try:
            answer = await self._query(domain, "MX")
        except aiodns.error.DNSError as failure:
            if failure.args[0] == pycares.errno.ARES_ENOTFOUND:
                return MailHost(Mails.NO_DOMAIN), _NEGATIVE
            if failure.args[0] == pycares.errno.ARES_ENODATA:
                return await self._by_address(domain)
            return NO_ANSWER, _UNANSWERED
        records = [
            (record.data, record.ttl) for record in answer.answer if isinstance(record.data, pycares.MXRecordData)
        ]
        if not records:
            return await self._by_address(domain)
        keep = _bounded(min(ttl for _, ttl in records))
        ordered = sorted(records, key=lambda record: (record[0].priority, record[0].exchange))
        named = tuple(exchange for data, _ in ordered if (exchange := data.exchange.rstrip(".").lower()))
        return (MailHost(Mails.ACCEPTS, named) if named else MailHost(Mails.NULL_MX)), keep

    async def _by_address(self, domain: str) -> tuple[MailHost, timedelta]:
        """Of a domain without MX records."""
        broken = False
        for kind in ("A", "AAAA"):
            try:
                answer = await self._query(domain, kind)
            except aiodns.error.DNSError as failure:
                absent = failure.args[0] in (pycares.errno.ARES_ENODATA, pycares.errno.ARES_ENOTFOUND)
                broken = broken or not absent
                continue
            ttls = [
                record.ttl
                for record in answer.answer
                if isinstance(record.data, (pycares.ARecordData, pycares.AAAARecordData))
            ]
            if ttls:
                return MailHost(Mails.BY_ADDRESS, (domain,)), _bounded(min(ttls))
        return (NO_ANSWER, _UNANSWERED) if broken else (MailHost(Mails.NO_MX), _NEGATIVE)

    async def _query(self, domain: str, kind: str) -> pycares.DNSResult:
        if self._resolver is None:
            nameservers = self._nameservers or None
            self._resolver = aiodns.DNSResolver(nameservers=nameservers, timeout=self._timeout / 4, tries=3)
        return await self._resolver.query_dns(domain, kind)


def _bounded(ttl: int) -> timedelta:
    return min(max(timedelta(seconds=ttl), _SHORTEST), _LONGEST)
