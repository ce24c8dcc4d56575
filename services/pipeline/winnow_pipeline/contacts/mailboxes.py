"""Whether single mailboxes exist, by asking their servers (SMTP up to RCPT TO); off unless the operator allows it.

A domain is asked about few mailboxes, one connection at a time, and first about one that cannot be: whoever takes that
takes everything. Servers are public addresses on port 25, nothing else, whatever the DNS says. Most networks do not let
port 25 out, and many servers do not tell; no answer is unknown.
"""

import asyncio
import ipaddress
import socket
from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final
from uuid import uuid4

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from winnow_pipeline.contacts.mail_hosts import HostState, MailHost

MOST_PER_DOMAIN: Final = 20
"""Mailboxes that a domain is asked about for one chunk."""
_AT_ONCE: Final = 20
_TIMEOUT: Final = 10.0
_SMTP: Final = 25
_FULL: Final = frozenset({452, 552})
_MISSING: Final = frozenset({550, 551, 553})


class MailboxAnswer(StrEnum):
    """What a server says of a mailbox."""

    EXISTS = "exists"
    MISSING = "missing"
    FULL = "full"
    CATCH_ALL = "catch_all"
    UNKNOWN = "unknown"


class MailboxProbes:
    """Asks servers. `port` and `private` are for servers in tests."""

    def __init__(self, *, sender: str, port: int = _SMTP, private: bool = False) -> None:
        self._sender = sender
        self._port = port
        self._private = private
        self._gate = asyncio.Semaphore(_AT_ONCE)

    async def ask(self, addresses: Iterable[str], hosts: Mapping[str, MailHost]) -> dict[str, MailboxAnswer]:
        """What is said of these addresses; never raises for a server that does not want to talk."""
        by_domain: defaultdict[str, list[str]] = defaultdict(list)
        for address in addresses:
            domain = address.rpartition("@")[2]
            host = hosts.get(domain)
            if host is not None and host.state is HostState.ACCEPTS and address.isascii():
                by_domain[domain].append(address)
        found = await asyncio.gather(
            *(self._ask(domain, asked[:MOST_PER_DOMAIN], hosts[domain]) for domain, asked in by_domain.items())
        )
        return {address: answer for answers in found for address, answer in answers.items()}

    async def close(self) -> None:
        """Nothing is kept open between questions."""

    async def _ask(self, domain: str, asked: list[str], host: MailHost) -> dict[str, MailboxAnswer]:
        async with self._gate:
            for server in host.servers[:2]:
                address = await self._address_of(server)
                if address is None:
                    continue
                try:
                    async with asyncio.timeout(_TIMEOUT * 2):
                        return await self._converse(address, domain, asked)
                except (SMTPException, OSError, TimeoutError, ValueError):
                    continue
        return dict.fromkeys(asked, MailboxAnswer.UNKNOWN)

    async def _address_of(self, server: str) -> str | None:
        """An address of the server that may be connected to: public, so that nobody's DNS points into this network."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(server, self._port, type=socket.SOCK_STREAM)
        except OSError:
            return None
        for *_, place in found:
            if self._private or ipaddress.ip_address(place[0]).is_global:
                return str(place[0])
        return None

    async def _converse(self, address: str, domain: str, asked: list[str]) -> dict[str, MailboxAnswer]:
        client = SMTP(hostname=address, port=self._port, timeout=_TIMEOUT, use_tls=False, start_tls=False)
        await client.connect()
        try:
            await client.ehlo()
            await client.mail(self._sender)
            if await self._mailbox(client, f"{uuid4().hex}@{domain}") is MailboxAnswer.EXISTS:
                return dict.fromkeys(asked, MailboxAnswer.CATCH_ALL)
            return {each: await self._mailbox(client, each) for each in asked}
        finally:
            client.close()

    async def _mailbox(self, client: SMTP, address: str) -> MailboxAnswer:
        try:
            await client.rcpt(address)
        except SMTPResponseException as error:
            if error.code in _FULL:
                return MailboxAnswer.FULL
            return MailboxAnswer.MISSING if error.code in _MISSING else MailboxAnswer.UNKNOWN
        return MailboxAnswer.EXISTS
