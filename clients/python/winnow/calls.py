"""What a call to the API is: a generator that says what to send and is told what came back.

Every operation is written once, as a generator that yields `Request` and `Pause` and returns its
typed result. It does no I/O, so it is neither blocking nor asynchronous; `drivers` holds the two
small loops that run it, and `binding` gives both clients the method. Retries, batches and waiting
for long work are generators too, composed with `yield from`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote
from uuid import uuid4

from winnow.errors import UnexpectedAnswer, UnusableArgument, error_from_answer

if TYPE_CHECKING:
    import httpx

    from winnow.uploads import FileBody

IDEMPOTENCY_KEY = "Idempotency-Key"
_IDEMPOTENCY_KEY = re.compile(r"[!#-\[\]-~]{1,255}")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request, before a driver gives it a base URL, a key and a connection.

    `streamed` leaves the body of an answer 200 unread, for the driver to hand out in pieces.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: object | None = None
    file: FileBody | None = None
    authenticated: bool = True
    streamed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server said. `headers` have lower-case names; `body` is empty while streamed."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    response: httpx.Response | None = None

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait this long before going on."""

    seconds: float


Call = Generator[Request | Pause, Answer | None, T]
Perform = Callable[[Request], Call[Answer]]


def get(path: str, /, *, query: Mapping[str, object] | None = None) -> Request:
    """A read: repeating it changes nothing, so it carries no idempotency key."""
    return Request(method="GET", path=path, query=written_query(query or {}))


def command(
    method: str,
    path: str,
    /,
    *,
    json: object | None = None,
    file: FileBody | None = None,
    query: Mapping[str, object] | None = None,
    idempotency_key: str | None = None,
    authenticated: bool = True,
) -> Request:
    """A request that changes or costs something: one idempotency key, kept over every retry."""
    return Request(
        method=method,
        path=path,
        query=written_query(query or {}),
        headers=_named(str(uuid4()) if idempotency_key is None else idempotency_key),
        json=json,
        file=file,
        authenticated=authenticated,
    )


def question(path: str, /, *, json: object | None = None, idempotency_key: str | None = None) -> Request:
    """A POST that the server may be asked again at no cost: it has an idempotency key only where one is given."""
    return Request(
        method="POST", path=path, headers={} if idempotency_key is None else _named(idempotency_key), json=json
    )


def _named(idempotency_key: str) -> dict[str, str]:
    if not _IDEMPOTENCY_KEY.fullmatch(idempotency_key):
        raise UnusableArgument("An idempotency key has 1 to 255 visible ASCII characters, no quotes or backslashes.")
    return {IDEMPOTENCY_KEY: idempotency_key}


def streamed(path: str, /, *, query: Mapping[str, object] | None = None, accept: str | None = None) -> Request:
    """A read whose answer is handed out as it arrives."""
    headers = {} if accept is None else {"Accept": accept}
    return Request(method="GET", path=path, query=written_query(query or {}), headers=headers, streamed=True)


def written_query(values: Mapping[str, object]) -> dict[str, str]:
    """Query parameters as text; those that are None are left out."""
    return {name: str(value) for name, value in values.items() if value is not None}


def segment(value: str) -> str:
    """`value` as one segment of a path, whatever characters it has.

    Nothing, `.` and `..` would name another path, in spite of any escape (RFC 3986, 5.2.4), so they are refused.
    """
    if value in {"", ".", ".."}:
        raise UnusableArgument(f"{value!r} names nothing.")
    return quote(value, safe="")


def transmit(request: Request) -> Call[Answer]:
    """Send `request` once; raises the error that the answer describes, or `Unreachable`."""
    answer = yield request
    if answer is None:
        raise TypeError("a driver answers a request with an Answer")
    return accepted(answer)


def accepted(answer: Answer, /) -> Answer:
    """`answer` if it is one of success; raises the error that it describes otherwise."""
    if answer.succeeded:
        return answer
    if answer.status < 400:
        raise UnexpectedAnswer.of(status=answer.status, headers=answer.headers)
    raise error_from_answer(status=answer.status, headers=answer.headers, body=answer.body)


def pause(seconds: float) -> Call[None]:
    """Wait, on whatever clock the driver has."""
    yield Pause(seconds)
