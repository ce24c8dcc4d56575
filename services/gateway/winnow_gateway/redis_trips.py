"""Round trips to Redis or Valkey that everybody shares: what is asked for in one turn of the event loop goes together.

While a trip is under way, whoever comes waits for the next, so that a busy gateway makes few trips of many questions.
Each question is a Lua script. A trip that fails or takes longer than `TIMEOUT` fails everybody who waits, also for the
next: a server that hangs costs a caller that time once.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, NamedTuple, Protocol

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import NoScriptError, ResponseError
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
    """The trips over one connection, one at a time.

    A trip connects where there is no connection. One that does not come to its end cuts it (redis-py does so), so that
    no reply is taken for that of another question.
    """

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection
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
                await self._send([("SCRIPT", "LOAD", script.text)])
            again = await self._run([questions[place] for place in unknown])
            for place, reply in zip(unknown, again, strict=True):
                replies[place] = reply
        return replies

    async def _run(self, questions: Sequence[Question]) -> list[Any]:
        return await self._send(
            [("EVALSHA", script.sha, len(keys), *keys, *arguments) for script, keys, arguments in questions]
        )

    async def _send(self, commands: Sequence[tuple[str | int, ...]]) -> list[Any]:
        """The replies to commands, or `ResponseError`s. A pipeline of redis-py would take twice the time."""
        connection = self._connection
        await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
        replies: list[Any] = []
        for _ in commands:
            try:
                replies.append(await connection.read_response())
            except ResponseError as error:
                replies.append(error)
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


@asynccontextmanager
async def open_trips(url: str) -> AsyncIterator[Trips]:
    """Trips to the server at a URL, which need not be there yet."""
    async with redis.open_redis(url, timeout=TIMEOUT) as client:
        connection = client.connection_pool.make_connection()  # type: ignore[no-untyped-call]
        connection.socket_timeout = None  # a trip has a time of its own
        try:
            yield Trips(connection)
        finally:
            await connection.disconnect()
