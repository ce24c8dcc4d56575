"""`Winnow` and `AsyncWinnow`: the same methods, one that blocks and one to be awaited."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

import httpx

from winnow.binding import D
from winnow.calls import Perform
from winnow.configuration import configuration_path, read_configuration
from winnow.connection import Connection, connect
from winnow.drivers import TIMEOUT, AsyncDriver, BlockingDriver
from winnow.groups.access import Accounts, Keys, Sessions
from winnow.groups.batches import Batches
from winnow.groups.companies import Companies
from winnow.groups.customers import Customers
from winnow.groups.leads import Leads
from winnow.groups.privacy import Privacy
from winnow.groups.rules import Rules
from winnow.groups.scoring import Requests, Scores, Scoring
from winnow.groups.similarity import SimilarityScoring
from winnow.retries import Retries, Retry, perform


class Client(Scoring[D], SimilarityScoring[D]):
    """The operations, by what they are about; scoring itself stands on the client."""

    def __init__(self, driver: D) -> None:
        super().__init__(driver)
        self.accounts: Accounts[D] = Accounts(driver)
        self.sessions: Sessions[D] = Sessions(driver)
        self.keys: Keys[D] = Keys(driver)
        self.companies: Companies[D] = Companies(driver)
        self.customers: Customers[D] = Customers(driver)
        self.rules: Rules[D] = Rules(driver)
        self.scores: Scores[D] = Scores(driver)
        self.batches: Batches[D] = Batches(driver)
        self.leads: Leads[D] = Leads(driver)
        self.privacy: Privacy[D] = Privacy(driver)
        self.requests: Requests[D] = Requests(driver)

    @property
    def url(self) -> str:
        """The server's address."""
        return self.driver.connection.url


class Winnow(Client[BlockingDriver]):
    """The blocking client. Use it in a `with`, or `close` it.

    Address and key come from the arguments, from WINNOW_URL and WINNOW_API_KEY, or from what
    `winnow login` left. `on_retry` hears of each failure that is tried again.
    """

    def __init__(
        self,
        *,
        url: str | None = None,
        api_key: str | None = None,
        timeout: httpx.Timeout | float = TIMEOUT,
        retries: Retries | None = None,
        on_retry: Callable[[Retry], None] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        driver = BlockingDriver(
            connection=_connection(url, api_key),
            http=httpx.Client(timeout=timeout),
            perform=_performing(retries, on_retry),
            sleep=sleep,
        )
        super().__init__(driver)

    def close(self) -> None:
        """Close the connections."""
        self.driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncWinnow(Client[AsyncDriver]):
    """The asynchronous client: as `Winnow`, with `async with`, `await` and `async for`."""

    def __init__(
        self,
        *,
        url: str | None = None,
        api_key: str | None = None,
        timeout: httpx.Timeout | float = TIMEOUT,
        retries: Retries | None = None,
        on_retry: Callable[[Retry], None] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        driver = AsyncDriver(
            connection=_connection(url, api_key),
            http=httpx.AsyncClient(timeout=timeout),
            perform=_performing(retries, on_retry),
            sleep=sleep,
        )
        super().__init__(driver)

    async def close(self) -> None:
        """Close the connections."""
        await self.driver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


def _connection(url: str | None, api_key: str | None) -> Connection:
    return connect(url, api_key, configuration=read_configuration(configuration_path()))


def _performing(retries: Retries | None, on_retry: Callable[[Retry], None] | None) -> Perform:
    return functools.partial(perform, retries=retries or Retries(), on_retry=on_retry or _say_nothing)


def _say_nothing(_retry: Retry) -> None:
    """Retries are nobody's business unless somebody asks."""
