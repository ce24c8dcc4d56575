"""The process that talks to mail servers: reads questions as lines of JSON, writes answers as lines of JSON.

It knows nothing but what it is asked, and ends when nobody asks any more. A hook of the interpreter refuses every
connection but to the port of mail servers at public addresses, wherever a name leads. Servers are asked by SMTP up to
RCPT TO (no mail is sent), one connection to a host at a time, and first for a mailbox that cannot be there: whoever
takes that one takes all. Only what says that there is no such mailbox counts as `missing`; refusals by policy do not.
"""

import argparse
import asyncio
import contextlib
import ipaddress
import json
import re
import secrets
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakValueDictionary

import aiosmtplib

_NOT_GLOBAL: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16"))
"""Addresses that stand for others (RFC 6052, RFC 3056)."""
_LONGEST_LINE: Final = 1 << 20
_TAKEN: Final = (250, 251)
_FULL: Final = re.compile(r"\b[45]\.2\.2\b|quota|mailbox (?:is )?full|over ?quota|insufficient storage", re.IGNORECASE)
_MISSING: Final = re.compile(r"\b5\.1\.(?:1|6|10)\b")
_MISSING_WORDS: Final = re.compile(
    r"(?:no such|unknown|invalid|non-?existent) (?:user|recipient|mailbox|address|account|person)"
    r"|(?:user|recipient|mailbox|address|account)\b.{0,60}"
    r"(?:not (?:found|exist|known)|unknown|unavailable|does ?n[o']t exist)",
    re.IGNORECASE | re.DOTALL,
)
_POLICY: Final = re.compile(r"\b[45]\.7\.\d|spam|block|blacklist|denied|policy|relay|reputation|listed", re.IGNORECASE)


def is_public(address: str) -> bool:
    """Whether an IP address is one that anybody can be reached at."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and any(parsed in network for network in _NOT_GLOBAL):
        return False
    return parsed.is_global and not parsed.is_multicast


def guard(port: int, *, private: bool) -> Callable[[str, tuple[Any, ...]], None]:
    """A hook for `sys.addaudithook` that lets connections through to `port` of public addresses, and no others."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            return
        address = arguments[1]
        inward = not isinstance(address, tuple) or address[1] != port or not (private or is_public(address[0]))
        if inward:
            raise PermissionError("no connections but to mail servers")

    return hook


def read_reply(code: int, message: str) -> str:
    """What the reply to RCPT TO says of a mailbox, as `MailboxAnswer` has it."""
    if code in _TAKEN:
        return "exists"
    if code in (452, 552) or (code in (422, 450, 550, 554) and _FULL.search(message)):
        return "full" if _FULL.search(message) or code == 552 else "no_answer"
    if code in (550, 551, 553, 554):
        if _MISSING.search(message):
            return "missing"
        if not _POLICY.search(message) and _MISSING_WORDS.search(message):
            return "missing"
    return "no_answer"


@dataclass(frozen=True, slots=True)
class Prober:
    """Asks servers, one connection to a host at a time."""

    sender: str
    port: int
    timeout: float
    private: bool
    _hosts: "WeakValueDictionary[str, asyncio.Lock]" = field(default_factory=WeakValueDictionary)

    async def ask(self, domain: str, exchanges: Sequence[str], mailboxes: Sequence[str]) -> list[str]:
        """An answer for each mailbox; the first host that talks decides."""
        for exchange in exchanges:
            lock = self._hosts.setdefault(exchange, asyncio.Lock())
            async with lock:
                for address in await self._addresses(exchange):
                    with contextlib.suppress(OSError, aiosmtplib.SMTPException, TimeoutError, ValueError):
                        return await self._talk(address, domain, mailboxes)
        return ["no_answer"] * len(mailboxes)

    async def _addresses(self, exchange: str) -> list[str]:
        """Where a host is to be reached, at most two of its addresses."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(exchange, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return []
        addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
        return [address for address in addresses if self.private or is_public(address)][:2]

    async def _talk(self, address: str, domain: str, mailboxes: Sequence[str]) -> list[str]:
        name = self.sender.rpartition("@")[2] or None
        server = aiosmtplib.SMTP(
            hostname=address, port=self.port, timeout=self.timeout, local_hostname=name, start_tls=False
        )
        async with server:
            await server.ehlo()
            await server.mail(self.sender)
            control = await _reply(server, f"{secrets.token_hex(12)}@{domain}")
            if control == "exists":
                return ["catch_all"] * len(mailboxes)
            answers = [await _reply(server, mailbox) for mailbox in mailboxes]
        # Of a server that does not say no to what cannot be there, a yes says nothing.
        return answers if control == "missing" else ["no_answer" if each == "exists" else each for each in answers]


async def _reply(server: aiosmtplib.SMTP, mailbox: str) -> str:
    try:
        found = await server.rcpt(mailbox)
    except aiosmtplib.SMTPRecipientRefused as refused:
        return read_reply(refused.code, refused.message)
    return read_reply(found.code, found.message)


async def serve(prober: Prober) -> None:
    """Answer questions from standard input until it ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_LONGEST_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tasks: set[asyncio.Task[None]] = set()
    async for line in reader:
        task = loop.create_task(_answer(prober, json.loads(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


async def _answer(prober: Prober, asked: dict[str, Any]) -> None:
    answers = await prober.ask(asked["domain"], asked["exchanges"], asked["mailboxes"])
    sys.stdout.write(json.dumps({"number": asked["number"], "answers": answers}) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Read the switches, shut the door, and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sender", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--timeout", type=float, required=True)
    parser.add_argument("--private", action="store_true")
    given = parser.parse_args()
    sys.addaudithook(guard(given.port, private=given.private))
    prober = Prober(sender=given.sender, port=given.port, timeout=given.timeout, private=given.private)
    asyncio.run(serve(prober))


if __name__ == "__main__":
    main()
