"""Whether mailboxes exist, asked of a real mail server."""

import asyncio
import os
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from winnow_pipeline.contacts.mail_hosts import MailHost, Mails
from winnow_pipeline.contacts.mailbox_process import guard, is_public, read_reply
from winnow_pipeline.contacts.mailboxes import MailboxAnswer, MailboxProbes

HOSTS = {
    "acme.example": MailHost(Mails.ACCEPTS, ("localhost",)),
    "all.example": MailHost(Mails.ACCEPTS, ("localhost",)),
    "grey.example": MailHost(Mails.ACCEPTS, ("localhost",)),
    "xn--bcher-kva.example": MailHost(Mails.BY_ADDRESS, ("localhost",)),
    "nowhere.example": MailHost(Mails.ACCEPTS, ("nowhere.invalid",)),
    "refuses.example": MailHost(Mails.NULL_MX),
}


class Mailboxes:
    """Knows jane, and says so in the ways of mail servers."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.senders: set[str] = set()

    async def handle_MAIL(  # noqa: N802 - the server's interface
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.senders.add(address)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - the server's interface
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked.append(address)
        local, _, domain = address.partition("@")
        if domain == "grey.example":
            return "450 4.2.0 Greylisted" if local != "jane" else "250 OK"
        if local == "jane" or domain == "all.example":
            return "250 OK"
        return "452 4.2.2 Mailbox full" if local == "full" else "550 5.1.1 No such user"


def child_of(probes: MailboxProbes) -> Process:
    child = probes._process._process
    assert child is not None
    return child


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 31, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def mailboxes() -> Mailboxes:
    return Mailboxes()


@pytest.fixture
async def port(mailboxes: Mailboxes) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mailboxes, hostname="mail.example"), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def probes(port: int, clock: Clock) -> AsyncIterator[MailboxProbes]:
    probes = MailboxProbes(sender="probe@winnow.example", clock=clock, port=port, private=True, a_day=3)
    yield probes
    await probes.close()


async def test_what_servers_say_of_mailboxes(probes: MailboxProbes, mailboxes: Mailboxes) -> None:
    addresses = ["jane@acme.example", "joe@acme.example", "full@acme.example", "jane@bücher.example"]

    found = await probes.ask(addresses, HOSTS)

    assert found == {
        "jane@acme.example": MailboxAnswer.EXISTS,
        "joe@acme.example": MailboxAnswer.MISSING,
        "full@acme.example": MailboxAnswer.FULL,
        "jane@bücher.example": MailboxAnswer.EXISTS,
    }
    assert mailboxes.senders == {"probe@winnow.example"}


async def test_a_domain_that_takes_everything_is_found_and_asked_once(
    probes: MailboxProbes, mailboxes: Mailboxes
) -> None:
    first = await probes.ask(["jane@all.example"], HOSTS)
    asked = len(mailboxes.asked)
    second = await probes.ask(["joe@all.example"], HOSTS)

    assert first == {"jane@all.example": MailboxAnswer.CATCH_ALL}
    assert second == {"joe@all.example": MailboxAnswer.CATCH_ALL}
    assert asked == len(mailboxes.asked) == 1


async def test_a_yes_of_a_server_that_never_says_no_is_no_answer(probes: MailboxProbes) -> None:
    assert await probes.ask(["jane@grey.example"], HOSTS) == {"jane@grey.example": MailboxAnswer.NO_ANSWER}


@pytest.mark.parametrize(
    "address",
    [
        "jane@nowhere.example",
        "jane@refuses.example",
        "jane@unknown.example",
        "jane@[127.0.0.1]",
        '"jane doe"@acme.example',
        "jané@acme.example",
    ],
)
async def test_nobody_is_asked_about_what_cannot_be_answered(
    probes: MailboxProbes, mailboxes: Mailboxes, address: str
) -> None:
    assert await probes.ask([address], HOSTS) == {address: MailboxAnswer.NO_ANSWER}
    assert mailboxes.asked == []


async def test_a_domain_is_asked_about_so_many_mailboxes_a_day(
    probes: MailboxProbes, mailboxes: Mailboxes, clock: Clock
) -> None:
    addresses = [f"joe{number}@acme.example" for number in range(5)]
    found = await probes.ask(addresses, HOSTS)
    more = await probes.ask(["jane@acme.example"], HOSTS)
    clock.now += timedelta(days=1)
    tomorrow = await probes.ask(["jane@acme.example"], HOSTS)

    assert [*found.values()].count(MailboxAnswer.MISSING) == 3
    assert more == {"jane@acme.example": MailboxAnswer.NO_ANSWER}
    assert tomorrow == {"jane@acme.example": MailboxAnswer.EXISTS}


async def test_a_server_at_a_private_address_is_not_reached(port: int, mailboxes: Mailboxes) -> None:
    probes = MailboxProbes(sender="probe@winnow.example", port=port)

    found = await probes.ask(["jane@acme.example"], HOSTS)
    await probes.close()

    assert found == {"jane@acme.example": MailboxAnswer.NO_ANSWER}
    assert mailboxes.asked == []


async def test_the_process_holds_nothing_of_its_parents(probes: MailboxProbes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_PIPELINE_MASTER_KEY", "secret")
    await probes.ask(["jane@acme.example"], HOSTS)

    assert Path(f"/proc/{child_of(probes).pid}/environ").read_bytes() == b""
    assert os.environ["WINNOW_PIPELINE_MASTER_KEY"] == "secret"


async def test_a_process_that_dies_is_started_again(probes: MailboxProbes) -> None:
    await probes.ask(["jane@acme.example"], HOSTS)
    child = child_of(probes)
    child.kill()
    await child.wait()

    answers = [await probes.ask(["jane@acme.example"], HOSTS) for _ in range(2)]

    assert answers[-1] == {"jane@acme.example": MailboxAnswer.EXISTS}


async def test_closing_twice_does_no_harm(probes: MailboxProbes) -> None:
    await probes.close()
    await probes.close()


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("fe80::1%eth0", False),
        ("localhost", False),
    ],
)
def test_only_public_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize("address", [("8.8.8.8", 80), ("127.0.0.1", 25), ("localhost", 25), "/run/socket", b"\0x"])
def test_the_guard_refuses_everything_but_mail_servers(address: object) -> None:
    hook = guard(25, private=False)

    hook("socket.connect", (None, ("8.8.8.8", 25)))
    hook("open", ("/etc/hosts",))
    with pytest.raises(PermissionError):
        hook("socket.connect", (None, address))


@pytest.mark.parametrize(
    ("code", "message", "answer"),
    [
        (250, "2.1.5 OK", "exists"),
        (251, "User not local; will forward", "exists"),
        (550, "5.1.1 The email account that you tried to reach does not exist.", "missing"),
        (550, "Requested action not taken: mailbox unavailable", "missing"),
        (550, "No such user here", "missing"),
        (550, "5.7.1 Service unavailable; client host blocked using Spamhaus", "no_answer"),
        (550, "Access denied, unknown user policy", "no_answer"),
        (554, "Relay access denied", "no_answer"),
        (552, "5.2.2 Over quota", "full"),
        (452, "4.2.2 Mailbox full", "full"),
        (452, "4.5.3 Too many recipients", "no_answer"),
        (450, "4.2.0 Greylisted", "no_answer"),
        (421, "Try again later", "no_answer"),
        (252, "Cannot VRFY user", "no_answer"),
    ],
)
def test_only_what_says_that_there_is_no_mailbox_is_missing(code: int, message: str, answer: str) -> None:
    assert read_reply(code, message) == answer
