"""The two places that do I/O: one loop that blocks, one that awaits, over the same calls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

import httpx

from winnow.calls import Answer, Call, Pause, Perform, Request
from winnow.connection import Connection
from winnow.errors import Unreachable, UnusableArgument, WinnowError

T = TypeVar("T")

TIMEOUT = httpx.Timeout(60.0, connect=5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockingDriver:
    """Runs calls on the caller's thread. May be used by several threads, as httpx may."""

    connection: Connection
    http: httpx.Client
    perform: Perform
    sleep: Callable[[float], None] = time.sleep

    def run(self, call: Call[T]) -> T:
        """Carry out what `call` yields until it returns."""
        answer: Answer | None = None
        failure: WinnowError | None = None
        try:
            while True:
                effect = call.throw(failure) if failure else call.send(answer)
                answer, failure = None, None
                if isinstance(effect, Pause):
                    self.sleep(effect.seconds)
                    continue
                try:
                    answer = self._send(effect)
                except httpx.RequestError as error:
                    failure = unsent(error, url=self.connection.url)
        except StopIteration as finished:
            result: T = finished.value
            return result

    def stream(self, answering: Call[Answer]) -> Generator[bytes, None, None]:
        """The body of the answer that `answering` to a streamed request ends with, as it arrives."""
        response = self.run(answering).response
        if response is None:
            return
        try:
            yield from response.iter_bytes()
        except httpx.RequestError as error:
            raise unsent(error, url=self.connection.url) from error
        finally:
            response.close()

    def close(self) -> None:
        self.http.close()

    def _send(self, request: Request) -> Answer:
        content = request.file.pieces() if request.file else None
        prepared = self.http.build_request(**self.connection.arguments(request), content=content)
        response = self.http.send(prepared, stream=True)
        if request.streamed and response.status_code == httpx.codes.OK:
            return _answer(response, open_response=response)
        try:
            response.read()
        finally:
            response.close()
        return _answer(response)


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncDriver:
    """Runs calls as coroutines; cancelling one closes its connection and sends nothing more."""

    connection: Connection
    http: httpx.AsyncClient
    perform: Perform
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def run(self, call: Call[T]) -> T:
        """Carry out what `call` yields until it returns."""
        answer: Answer | None = None
        failure: WinnowError | None = None
        try:
            while True:
                effect = call.throw(failure) if failure else call.send(answer)
                answer, failure = None, None
                if isinstance(effect, Pause):
                    await self.sleep(effect.seconds)
                    continue
                try:
                    answer = await self._send(effect)
                except httpx.RequestError as error:
                    failure = unsent(error, url=self.connection.url)
        except StopIteration as finished:
            result: T = finished.value
            return result

    async def stream(self, answering: Call[Answer]) -> AsyncGenerator[bytes, None]:
        """The body of the answer that `answering` to a streamed request ends with, as it arrives."""
        response = (await self.run(answering)).response
        if response is None:
            return
        try:
            async for piece in response.aiter_bytes():
                yield piece
        except httpx.RequestError as error:
            raise unsent(error, url=self.connection.url) from error
        finally:
            await response.aclose()

    async def close(self) -> None:
        await self.http.aclose()

    async def _send(self, request: Request) -> Answer:
        content = request.file.pieces_async() if request.file else None
        prepared = self.http.build_request(**self.connection.arguments(request), content=content)
        response = await self.http.send(prepared, stream=True)
        if request.streamed and response.status_code == httpx.codes.OK:
            return _answer(response, open_response=response)
        try:
            await response.aread()
        finally:
            await response.aclose()
        return _answer(response)


def unsent(error: httpx.RequestError, /, *, url: str) -> WinnowError:
    """What a failure of the network, or of what was to be sent, means in words."""
    reason = str(error) or type(error).__name__
    match error:
        case httpx.LocalProtocolError():
            return UnusableArgument(f"This cannot be sent: {reason}.")
        case httpx.TimeoutException():
            return Unreachable(f"{url} did not answer in time ({type(error).__name__}).")
        case _:
            return Unreachable(f"Cannot reach {url}: {reason}.")


def _answer(response: httpx.Response, *, open_response: httpx.Response | None = None) -> Answer:
    return Answer(
        status=response.status_code,
        headers={name.lower(): value for name, value in response.headers.items()},
        body=b"" if open_response else response.content,
        response=open_response,
    )
