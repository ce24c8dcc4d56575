"""Round trips to Redis or Valkey that everybody shares: what is asked for in one turn of the event loop goes together.

While a trip is under way, whoever comes waits for the next, so that a busy gateway makes few trips of many questions.
Each question is a Lua script. A trip that fails or takes longer than `TIMEOUT` fails everybody who waits, also for the
next: a server that hangs costs a caller that time once.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, NamedTuple, Protocol

from redis.asyncio import Redis
from redis.exceptions import NoScriptError
from winnow_common import redis

TIMEOUT = 0.15
"""Seconds for a trip, connecting included: neither limits nor known answers are worth a longer wait."""


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script, known to the server by its hash once it was loaded."""

    text: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha", hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest())

    @classmethod
    def packaged(cls, package: str, name: str) -> "Script":
        """A script that comes with a package."""
        return cls(files(package).joinpath(name).read_text(encoding="utf-8"))


class Question(NamedTuple):
    """A script and what it is run with."""

    script: Script
    keys: Sequence[str]
    arguments: Sequence[str | int] = ()


class Passenger(Protocol):
    """Somebody who travels."""

    def depart(self) -> Question:
        """The question, asked for when the trip begins: until then more may join in it."""

    def arrive(self, reply: Any) -> None:
        """It was answered so."""

    def strand(self, error: BaseException) -> None:
        """There is no answer."""


class Trips:
    """The trips of a client, one at a time."""

    def __init__(self, client: "Redis") -> None:
        self._client = client
        self._boarding: list[Passenger] = []
        self._travelling: asyncio.Task[None] | None = None

    def board(self, passenger: Passenger) -> None:
        """Go along on the next trip, which begins after this turn of the event loop at the earliest."""
        self._boarding.append(passenger)
        if self._travelling is None:
            self._travelling = asyncio.create_task(self._travel(), name="trips to Redis")

    async def ask(self, question: Question) -> Any:
        """The answer to a question; raises `winnow_common.redis.Away`, or what the server makes of the script."""
        passenger = _One(question)
        self.board(passenger)
        return await passenger.answer

    async def _travel(self) -> None:
        passengers: list[Passenger] = []
        try:
            while self._boarding:
                passengers, self._boarding = self._boarding, []
                async with asyncio.timeout(TIMEOUT):
                    replies = await self._exchange([passenger.depart() for passenger in passengers])
                for passenger, reply in zip(passengers, replies, strict=True):
                    if isinstance(reply, Exception):
                        passenger.strand(reply)
                    else:
                        passenger.arrive(reply)
        except BaseException as error:
            for passenger in (*passengers, *self._boarding):
                passenger.strand(error)
            self._boarding = []
            if not isinstance(error, redis.Away):
                raise
        finally:
            self._travelling = None

    async def _exchange(self, questions: Sequence[Question]) -> list[Any]:
        replies = await self._run(questions)
        unknown = [place for place, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if unknown:
            for script in {questions[place].script for place in unknown}:
                await self._client.script_load(script.text)
            again = await self._run([questions[place] for place in unknown])
            for place, reply in zip(unknown, again, strict=True):
                replies[place] = reply
        return replies

    async def _run(self, questions: Sequence[Question]) -> list[Any]:
        pipeline = self._client.pipeline(transaction=False)
        for script, keys, arguments in questions:
            pipeline.evalsha(script.sha, len(keys), *keys, *arguments)
        replies: list[Any] = await pipeline.execute(raise_on_error=False)
        return replies


class _One:
    """A passenger with a question of its own."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def depart(self) -> Question:
        return self._question

    def arrive(self, reply: Any) -> None:
        if not self.answer.done():
            self.answer.set_result(reply)

    def strand(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


def open_redis(url: str) -> AbstractAsyncContextManager["Redis"]:
    """A client that waits no longer than a trip may take; it connects when it is first used."""
    return redis.open_redis(url, timeout=TIMEOUT)
