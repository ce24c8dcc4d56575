"""Whether domains take mail, asked of a real name server."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from dnslib import QTYPE, RCODE, RR, DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSLogger, DNSServer
from winnow_pipeline.contacts.mail_hosts import MailHost, MailHosts, Mails

RECORDS = {
    ("good.example", "MX"): "good.example 60 MX 20 b.good.example\ngood.example 60 MX 10 A.good.example",
    ("short.example", "MX"): "short.example 0 MX 10 a.good.example",
    ("alias.example", "MX"): "alias.example 60 CNAME good.example\ngood.example 60 MX 10 a.good.example",
    ("refuses.example", "MX"): "refuses.example 60 MX 0 .",
    ("old.example", "A"): "old.example 60 A 192.0.2.1",
    ("known.example", "NS"): "known.example 60 NS a.good.example",
    ("new.example", "AAAA"): "new.example 60 AAAA 2001:db8::1",
}
CODES = {"missing.example": RCODE.NXDOMAIN, "broken.example": RCODE.SERVFAIL, "closed.example": RCODE.REFUSED}


class Zone(BaseResolver):  # type: ignore[misc]  # dnslib has no types
    """Answers from `RECORDS`, and counts; `held.example` is answered when `release` is set."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget what was."""
        self.asked: list[tuple[str, str]] = []
        self.release = Event()
        self.silent = False

    def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord | None:
        name, kind = str(request.q.qname).rstrip(".").lower(), QTYPE[request.q.qtype]
        self.asked.append((name, kind))
        reply = request.reply()
        if name == "held.example":
            self.release.wait(30)
        if self.silent:
            reply.header.rcode = RCODE.SERVFAIL
        elif name in CODES:
            reply.header.rcode = CODES[name]
        elif record := RECORDS.get((name, kind)):
            reply.add_answer(*RR.fromZone(record))
        return reply


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 31, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True, slots=True)
class Served:
    zone: Zone
    address: str


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One server for all tests: it takes half a second to stop."""
    zone = Zone()
    server = DNSServer(zone, address="127.0.0.1", port=0, logger=DNSLogger("-request,-reply,-truncated,-error"))
    server.start_thread()
    yield Served(zone, f"127.0.0.1:{server.server.server_address[1]}")
    server.stop()
    server.server.server_close()


@pytest.fixture
def zone(served: Served) -> Iterator[Zone]:
    served.zone.begin()
    yield served.zone
    served.zone.release.set()


@pytest.fixture
def nameserver(served: Served, zone: Zone) -> str:
    return served.address


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def hosts(nameserver: str, clock: Clock) -> AsyncIterator[MailHosts]:
    hosts = MailHosts(nameservers=(nameserver,), timeout=10.0, clock=clock)
    yield hosts
    await hosts.close()


@pytest.mark.parametrize(
    ("domain", "host"),
    [
        ("good.example", MailHost(Mails.ACCEPTS, ("a.good.example", "b.good.example"))),
        ("alias.example", MailHost(Mails.ACCEPTS, ("a.good.example",))),
        ("refuses.example", MailHost(Mails.NULL_MX)),
        ("old.example", MailHost(Mails.BY_ADDRESS, ("old.example",))),
        ("new.example", MailHost(Mails.BY_ADDRESS, ("new.example",))),
        ("empty.example", MailHost(Mails.NO_MX)),
        ("missing.example", MailHost(Mails.NO_DOMAIN)),
        ("broken.example", MailHost(Mails.NO_ANSWER)),
        ("closed.example", MailHost(Mails.NO_ANSWER)),
    ],
)
async def test_what_dns_says_of_a_domain(hosts: MailHosts, domain: str, host: MailHost) -> None:
    assert await hosts.look_up([domain]) == {domain: host}


async def test_more_domains_than_may_be_asked_about_at_once_take_turns(nameserver: str, clock: Clock) -> None:
    hosts = MailHosts(nameservers=(nameserver,), timeout=30.0, clock=clock, at_once=8)
    domains = [f"host-{number}.example" for number in range(100)]

    found = await hosts.look_up(domains)
    await hosts.close()

    assert found == dict.fromkeys(domains, MailHost(Mails.NO_MX))


async def test_whoever_asks_at_the_same_time_shares_one_question(hosts: MailHosts, zone: Zone) -> None:
    first = asyncio.create_task(hosts.look_up(["held.example"]))
    second = asyncio.create_task(hosts.look_up(["held.example"]))
    while not zone.asked:
        await asyncio.sleep(0)
    zone.release.set()

    assert await first == await second
    assert zone.asked.count(("held.example", "MX")) == 1


async def test_who_stops_waiting_takes_nobody_else_down(hosts: MailHosts, zone: Zone) -> None:
    first = asyncio.create_task(hosts.look_up(["held.example"]))
    second = asyncio.create_task(hosts.look_up(["held.example"]))
    while not zone.asked:
        await asyncio.sleep(0)
    first.cancel()
    zone.release.set()

    assert await second == {"held.example": MailHost(Mails.NO_MX)}


async def test_an_answer_is_remembered_for_five_minutes_at_least(hosts: MailHosts, zone: Zone, clock: Clock) -> None:
    await hosts.look_up(["short.example"])
    clock.now += timedelta(minutes=4, seconds=59)
    await hosts.look_up(["short.example"])
    remembered = len(zone.asked)
    clock.now += timedelta(seconds=2)
    await hosts.look_up(["short.example"])

    assert (remembered, len(zone.asked)) == (1, 2)


async def test_that_there_is_no_domain_is_remembered_too(hosts: MailHosts, zone: Zone, clock: Clock) -> None:
    await hosts.look_up(["missing.example"])
    clock.now += timedelta(minutes=29)
    await hosts.look_up(["missing.example"])

    assert zone.asked == [("missing.example", "MX")]


async def test_a_domain_without_an_answer_is_soon_asked_again(hosts: MailHosts, zone: Zone, clock: Clock) -> None:
    zone.silent = True
    before = await hosts.look_up(["good.example"])
    zone.silent = False
    clock.now += timedelta(seconds=31)
    after = await hosts.look_up(["good.example"])

    assert before["good.example"].mails is Mails.NO_ANSWER
    assert after["good.example"].mails is Mails.ACCEPTS


async def test_the_oldest_is_forgotten_first(nameserver: str, zone: Zone, clock: Clock) -> None:
    hosts = MailHosts(nameservers=(nameserver,), timeout=10.0, clock=clock, remembered=2)
    for domain in ("short.example", "refuses.example", "missing.example", "missing.example", "short.example"):
        await hosts.look_up([domain])
    await hosts.close()

    assert [name for name, _ in zone.asked] == ["short.example", "refuses.example", "missing.example", "short.example"]


async def test_a_name_server_that_says_nothing_costs_the_budget_of_a_domain(nameserver: str, clock: Clock) -> None:
    hosts = MailHosts(nameservers=(nameserver,), timeout=0.05, clock=clock)

    found = await hosts.look_up(["held.example"])
    await hosts.close()

    assert found == {"held.example": MailHost(Mails.NO_ANSWER)}


async def test_nobody_is_asked_for_a_moment_where_nobody_answers(hosts: MailHosts, zone: Zone, clock: Clock) -> None:
    zone.silent = True
    await hosts.look_up(f"host-{number}.example" for number in range(100))
    asked = len(zone.asked)
    zone.silent = False
    during = await hosts.look_up(["good.example"])
    after_pause = len(zone.asked)
    clock.now += timedelta(seconds=11)
    after = await hosts.look_up(["good.example"])

    assert during["good.example"].mails is Mails.NO_ANSWER
    assert after_pause == asked
    assert after["good.example"].mails is Mails.ACCEPTS


async def test_closing_answers_whoever_waits(nameserver: str, zone: Zone, clock: Clock) -> None:
    hosts = MailHosts(nameservers=(nameserver,), timeout=30.0, clock=clock)
    waiting = asyncio.create_task(hosts.look_up(["held.example"]))
    while not zone.asked:
        await asyncio.sleep(0)

    await hosts.close()

    assert await waiting == {"held.example": MailHost(Mails.NO_ANSWER)}


@pytest.mark.parametrize(
    ("witness", "mails"), [("known.example", Mails.NO_DOMAIN), ("missing.example", Mails.NO_ANSWER)]
)
async def test_servers_that_do_not_know_the_world_are_not_believed(served: Served, witness: str, mails: Mails) -> None:
    hosts = MailHosts(nameservers=[served.address], timeout=2.0, clock=Clock(), witness=witness)

    found = await hosts.look_up(["missing.example", "good.example"])
    await hosts.close()

    assert found["missing.example"].mails is mails
    assert found["good.example"].mails is Mails.ACCEPTS
