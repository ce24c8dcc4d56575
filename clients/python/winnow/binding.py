"""How one description of an operation becomes a method of both clients.

A group is generic in its driver: `Rules[BlockingDriver]` belongs to `Winnow`, `Rules[AsyncDriver]`
to `AsyncWinnow`. The decorators below are descriptors: on the first, `rules.get(id)` returns a
`Rule`; on the second, an awaitable one. Type checkers see both, with the arguments as written.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from winnow.calls import Answer, Call, Perform, Request
from winnow.drivers import AsyncDriver, BlockingDriver
from winnow.event_stream import EventReader
from winnow.results import BatchEvent, Result, parse_events, parse_linked_page, parse_page
from winnow.saving import Saving, save, save_async

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
    """A list that is read page by page: the request of the first page, and what its items are.

    The pages of a `linked` one are bare arrays, and the next is where the answer's Link header says.
    """

    request: Request
    item: type[R]
    linked: bool = False

    def page(
        self, query: Mapping[str, str], /, *, perform: Perform
    ) -> Call[tuple[Sequence[R], Mapping[str, str] | None]]:
        """The items of the page that `query` asks for, and the query of the next one, None after the last."""
        answer = yield from perform(Request(method="GET", path=self.request.path, query=query))
        if self.linked:
            return parse_linked_page(self.item, answer)
        page = parse_page(self.item, answer)
        if not page.has_more or page.next_cursor is None:
            return page.data, None
        return page.data, {**self.request.query, "cursor": page.next_cursor}


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
    """A method that gives the body of an answer to a streamed request as bytes, as they arrive."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[Answer]]) -> None:
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


class feed(Generic[P]):  # noqa: N801
    """A method that gives the events that an answer consists of, each as it arrives."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[Answer]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, group: None, owner: type) -> feed[P]: ...
    @overload
    def __get__(self, group: Group[BlockingDriver], owner: type) -> Callable[P, Iterator[BatchEvent]]: ...
    @overload
    def __get__(self, group: Group[AsyncDriver], owner: type) -> Callable[P, AsyncIterator[BatchEvent]]: ...

    def __get__(self, group: Group[Any] | None, owner: type) -> object:
        if group is None:
            return self
        driver = group.driver
        iterate = _events if isinstance(driver, BlockingDriver) else _events_async
        return _bound(group, self._describe, functools.partial(iterate, driver))


class download(Generic[P]):  # noqa: N801
    """A method that writes the body of an answer to a file, and gives the file's path."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Saving]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, group: None, owner: type) -> download[P]: ...
    @overload
    def __get__(self, group: Group[BlockingDriver], owner: type) -> Callable[P, Path]: ...
    @overload
    def __get__(self, group: Group[AsyncDriver], owner: type) -> Callable[P, Coroutine[Any, Any, Path]]: ...

    def __get__(self, group: Group[Any] | None, owner: type) -> object:
        if group is None:
            return self
        driver = group.driver
        carry_out = save if isinstance(driver, BlockingDriver) else save_async
        return _bound(group, self._describe, functools.partial(carry_out, driver.stream))


def _bound(
    group: Group[Any], describe: Callable[..., Any], carry_out: Callable[[Any], object]
) -> Callable[..., object]:
    @functools.wraps(describe)
    def method(*arguments: Any, **options: Any) -> object:
        return carry_out(describe(group, *arguments, **options))

    return method


def _items(driver: BlockingDriver, pages: Listing[R]) -> Iterator[R]:
    query: Mapping[str, str] | None = pages.request.query
    while query is not None:
        items, query = driver.run(pages.page(query, perform=driver.perform))
        yield from items


async def _items_async(driver: AsyncDriver, pages: Listing[R]) -> AsyncIterator[R]:
    query: Mapping[str, str] | None = pages.request.query
    while query is not None:
        items, query = await driver.run(pages.page(query, perform=driver.perform))
        for item in items:
            yield item


def _events(driver: BlockingDriver, answering: Call[Answer]) -> Iterator[BatchEvent]:
    reading = EventReader()
    for piece in driver.stream(answering):
        yield from parse_events(reading.read(piece))


async def _events_async(driver: AsyncDriver, answering: Call[Answer]) -> AsyncIterator[BatchEvent]:
    reading = EventReader()
    async for piece in driver.stream(answering):
        for event in parse_events(reading.read(piece)):
            yield event
