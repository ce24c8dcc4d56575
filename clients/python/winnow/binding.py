"""How one description of an operation becomes a method of both clients.

A group is generic in its driver: `Rules[BlockingDriver]` belongs to `Winnow`, `Rules[AsyncDriver]`
to `AsyncWinnow`. The decorators below are descriptors: on the first, `rules.get(id)` returns a
`Rule`; on the second, an awaitable one. Type checkers see both, with the arguments as written.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from winnow.calls import Call, Perform, Request
from winnow.drivers import AsyncDriver, BlockingDriver
from winnow.results import Page, Result, parse_page

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R", bound=Result)
D = TypeVar("D", bound=BlockingDriver | AsyncDriver)


class Group(Generic[D]):
    """Operations that belong together, over one driver."""

    def __init__(self, driver: D) -> None:
        self.driver: D = driver

    @property
    def _perform(self) -> Perform:
        """Send a request with retries."""
        return self.driver.perform


class call(Generic[P, T]):  # noqa: N801 - a decorator, written like one
    """A method that answers once."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[T]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, group: None, owner: type) -> call[P, T]: ...
    @overload
    def __get__(self, group: Group[BlockingDriver], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, group: Group[AsyncDriver], owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...

    def __get__(self, group: Group[Any] | None, owner: type) -> object:
        if group is None:
            return self
        return _bound(group, self._describe, group.driver.run)


@dataclass(frozen=True, slots=True)
class Listing(Generic[R]):
    """A list that is read page by page: the request of the first page, and what its items are."""

    request: Request
    item: type[R]

    def page(self, cursor: str | None, /, *, perform: Perform) -> Call[Page[R]]:
        query = dict(self.request.query) | ({"cursor": cursor} if cursor else {})
        request = Request(method="GET", path=self.request.path, query=query)
        answer = yield from perform(request)
        return parse_page(self.item, answer)


class listing(Generic[P, R]):  # noqa: N801
    """A method that gives every item of a list, asking for the next page when it is reached."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Listing[R]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, group: None, owner: type) -> listing[P, R]: ...
    @overload
    def __get__(self, group: Group[BlockingDriver], owner: type) -> Callable[P, Iterator[R]]: ...
    @overload
    def __get__(self, group: Group[AsyncDriver], owner: type) -> Callable[P, AsyncIterator[R]]: ...

    def __get__(self, group: Group[Any] | None, owner: type) -> object:
        if group is None:
            return self
        driver = group.driver
        iterate = _items if isinstance(driver, BlockingDriver) else _items_async
        return _bound(group, self._describe, functools.partial(iterate, driver))


class stream(Generic[P]):  # noqa: N801
    """A method that gives the body of an answer as bytes, as they arrive."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Request]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, group: None, owner: type) -> stream[P]: ...
    @overload
    def __get__(self, group: Group[BlockingDriver], owner: type) -> Callable[P, Iterator[bytes]]: ...
    @overload
    def __get__(self, group: Group[AsyncDriver], owner: type) -> Callable[P, AsyncIterator[bytes]]: ...

    def __get__(self, group: Group[Any] | None, owner: type) -> object:
        if group is None:
            return self
        return _bound(group, self._describe, group.driver.stream)


def _bound(
    group: Group[Any], describe: Callable[..., Any], carry_out: Callable[[Any], object]
) -> Callable[..., object]:
    @functools.wraps(describe)
    def method(*arguments: Any, **options: Any) -> object:
        return carry_out(describe(group, *arguments, **options))

    return method


def _items(driver: BlockingDriver, pages: Listing[R]) -> Iterator[R]:
    cursor: str | None = None
    while True:
        page = driver.run(pages.page(cursor, perform=driver.perform))
        yield from page.data
        cursor = page.next_cursor
        if not page.has_more or cursor is None:
            return


async def _items_async(driver: AsyncDriver, pages: Listing[R]) -> AsyncIterator[R]:
    cursor: str | None = None
    while True:
        page = await driver.run(pages.page(cursor, perform=driver.perform))
        for item in page.data:
            yield item
        cursor = page.next_cursor
        if not page.has_more or cursor is None:
            return
