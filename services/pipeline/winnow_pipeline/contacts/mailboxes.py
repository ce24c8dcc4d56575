"""Whether single mailboxes exist, asked of the servers that take their mail, where the operator allows it.

Servers are talked to by a process of its own (`mailbox_process`), which is started with an empty environment, so that
it holds no secret, and which can reach nothing but mail servers at public addresses. This side decides who is asked:
only domains that take mail, only plain addresses, and each domain only about so many mailboxes in a day. A domain that
takes every mailbox is remembered, and not asked again. No failure is raised: what is not answered is `no_answer`.

For one event loop.
"""

import asyncio
import contextlib
import re
import sys
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import orjson
from winnow_common.clock import Clock, system_clock

from winnow_pipeline.contacts.mail_hosts import MailHost, Mails
from winnow_pipeline.contacts.normalizing import asked_domain

SMTP_PORT: Final = 25

_PLAIN: Final = re.compile(r"[A-Za-z0-9_!#$%&'*+\-/=?^`{|}~.]{1,64}")
_EXCHANGES: Final = 2
"""Hosts of a domain that are tried."""
_DAY: Final = timedelta(days=1)
_REMEMBERED: Final = 50_000
_LONGEST_ANSWER: Final = 1 << 20


class MailboxAnswer(StrEnum):
    """What a mail server said of a mailbox."""

    EXISTS = "exists"
    MISSING = "missing"
    FULL = "full"
    CATCH_ALL = "catch_all"
    """The domain takes mail for every mailbox, whether or not it exists."""
    NO_ANSWER = "no_answer"


@dataclass(slots=True)
class _Domain:
    """What a domain was asked in the last day."""

    since: datetime
    asked: int = 0
    takes_all: bool = False


class MailboxProbes:
    """Asks mail servers, from the address `sender`, of a domain of the operator's."""

    def __init__(
        self,
        *,
        sender: str,
        clock: Clock = system_clock,
        timeout: float = 30.0,
        a_day: int = 50,
        at_once: int = 20,
        port: int = SMTP_PORT,
        private: bool = False,
    ) -> None:
        """`timeout` in seconds is for a domain, `a_day` the number of its mailboxes that are asked about in a day.

        `port` and `private` are for tests: another port, and servers that are not at public addresses.
        """
        self._clock = clock
        self._timeout = timeout
        self._a_day = a_day
        self._turns = asyncio.Semaphore(at_once)
        self._domains: OrderedDict[str, _Domain] = OrderedDict()
        switches = ["--private"] if private else []
        self._process = _Process([f"--sender={sender}", f"--port={port}", f"--timeout={timeout / 2}", *switches])

    async def ask(self, addresses: Iterable[str], hosts: Mapping[str, MailHost]) -> dict[str, MailboxAnswer]:
        """What servers said of each address; `hosts` by domain, as DNS knows it."""
        found: dict[str, MailboxAnswer] = {}
        wanted: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for address in addresses:
            found[address] = MailboxAnswer.NO_ANSWER
            local, domain = address.rpartition("@")[0], asked_domain(address)
            host = hosts.get(domain) if domain is not None else None
            if domain is not None and host is not None and host.exchanges and _PLAIN.fullmatch(local):
                wanted[domain][f"{local}@{domain}"] = address
        async with asyncio.TaskGroup() as group:
            tasks = {
                domain: group.create_task(self._ask_domain(domain, list(mailboxes), hosts[domain]))
                for domain, mailboxes in wanted.items()
            }
        for domain, task in tasks.items():
            found |= {wanted[domain][mailbox]: answer for mailbox, answer in task.result().items()}
        return found

    async def close(self) -> None:
        """End the process; whoever waits for it gets no answer."""
        await self._process.close()

    async def _ask_domain(self, domain: str, mailboxes: Sequence[str], host: MailHost) -> dict[str, MailboxAnswer]:
        if host.mails not in (Mails.ACCEPTS, Mails.BY_ADDRESS):
            return {}
        known = self._known(domain)
        if known.takes_all:
            return dict.fromkeys(mailboxes, MailboxAnswer.CATCH_ALL)
        allowed = mailboxes[: max(0, self._a_day - known.asked)]
        if not allowed:
            return {}
        known.asked += len(allowed)
        request = {"domain": domain, "exchanges": host.exchanges[:_EXCHANGES], "mailboxes": allowed}
        answers: Sequence[str] = ()
        async with self._turns:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timeout):
                    answers = await self._process.ask(request)
        found = {mailbox: MailboxAnswer(answer) for mailbox, answer in zip(allowed, answers, strict=False)}
        if MailboxAnswer.CATCH_ALL in found.values():
            known.takes_all = True
            return dict.fromkeys(mailboxes, MailboxAnswer.CATCH_ALL)
        return found

    def _known(self, domain: str) -> _Domain:
        now = self._clock()
        known = self._domains.get(domain)
        if known is None or known.since + _DAY <= now:
            known = self._domains[domain] = _Domain(now)
        self._domains.move_to_end(domain)
        while len(self._domains) > _REMEMBERED:
            self._domains.popitem(last=False)
        return known


class _Process:
    """The process that talks to servers, by lines of JSON; started when it is first needed, and again if it is lost."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = arguments
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[Sequence[str]]] = {}
        self._number = 0
        self._starting = asyncio.Lock()

    async def ask(self, request: Mapping[str, object]) -> Sequence[str]:
        """Answers in the order of the mailboxes; none where the process is lost."""
        process = await self._started()
        if process is None or process.stdin is None:
            return ()
        self._number += 1
        number = self._number
        answer: asyncio.Future[Sequence[str]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            process.stdin.write(orjson.dumps({**request, "number": number}) + b"\n")
            await process.stdin.drain()
            answers = await answer
        except OSError:
            return ()
        finally:
            del self._waiting[number]
        return answers

    async def close(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if self._reading is not None:
            await self._reading

    async def _started(self) -> asyncio.subprocess.Process | None:
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                command = [sys.executable, "-I", "-m", "winnow_pipeline.contacts.mailbox_process", *self._arguments]
                pipe = asyncio.subprocess.PIPE
                try:
                    self._process = await asyncio.create_subprocess_exec(
                        *command, env={}, cwd="/", stdin=pipe, stdout=pipe, limit=_LONGEST_ANSWER
                    )
                except OSError:
                    return None
                self._reading = asyncio.get_running_loop().create_task(self._read(self._process))
            return self._process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            async for line in process.stdout:
                told = orjson.loads(line)
                answer = self._waiting.get(told["number"])
                if answer is not None and not answer.done():
                    answer.set_result(told["answers"])
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_result(())
