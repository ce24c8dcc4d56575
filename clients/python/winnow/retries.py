"""When a failed request is sent again, and how long to wait before that."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from winnow.calls import Answer, Call, Request, accepted, get, pause, segment, transmit
from winnow.errors import APIError, TimedOut, Unreachable, WinnowError
from winnow.results import StoredAnswer, parse

RETRIED_STATUSES = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A failure that is about to be tried again, for whoever wants to show it."""

    attempt: int
    seconds: float
    error: WinnowError


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """Exponential back-off with jitter. Times are in seconds.

    A wait is drawn from the upper half of `first_delay` * 2**n, so that clients that failed together
    do not return together. What `Retry-After` asks for is never undercut; where it asks for more
    than `longest_wait` (a monthly limit, say), the error is raised at once. Of the answers of the API
    those with one of `statuses` are tried again.
    """

    attempts: int = 6
    first_delay: float = 0.25
    longest_delay: float = 10.0
    longest_wait: float = 90.0
    statuses: frozenset[int] = RETRIED_STATUSES
    random: Callable[[], float] = field(default=random.random)

    def delay(self, error: WinnowError, /, *, attempt: int) -> float | None:
        """How long to wait after the failure of `attempt` (from 1); None: give up."""
        if attempt >= self.attempts or not may_be_retried(error, statuses=self.statuses):
            return None
        backoff: float = min(self.longest_delay, self.first_delay * 2.0 ** (attempt - 1))
        jittered = backoff * (0.5 + self.random() / 2)
        asked = error.retry_after if isinstance(error, APIError) else None
        if asked is None:
            return jittered
        if asked > self.longest_wait:
            return None
        return asked + self.first_delay * self.random()


def may_be_retried(error: WinnowError, /, *, statuses: frozenset[int] = RETRIED_STATUSES) -> bool:
    """Whether the same request may succeed later.

    Every request is safe to repeat: reads change nothing, commands carry a key, and a question without a key
    (`calls.question`) is free when it is asked again.
    """
    if isinstance(error, APIError):
        return error.status in statuses
    return isinstance(error, Unreachable)


def perform(request: Request, /, *, retries: Retries, on_retry: Callable[[Retry], None]) -> Call[Answer]:
    """Send `request` until it succeeds or `retries` gives up, then raise the last error.

    A command that timed out goes on at the server, so its answer is asked for before it is sent once more.
    """
    attempt = 0
    unanswered: str | None = None
    while True:
        attempt += 1
        try:
            stored = (yield from _stored_answer(unanswered)) if unanswered else None
            return stored or (yield from transmit(request))
        except WinnowError as error:
            seconds = retries.delay(error, attempt=attempt)
            if seconds is None:
                raise
            unanswered = _request_that_goes_on(request, error)
            on_retry(Retry(attempt=attempt, seconds=seconds, error=error))
        yield from pause(seconds)


def _request_that_goes_on(request: Request, error: WinnowError) -> str | None:
    """The id under which the server keeps the answer of a command that timed out."""
    if isinstance(error, TimedOut) and request.method != "GET" and request.authenticated:
        return error.request_id
    return None


def _stored_answer(request_id: str) -> Call[Answer | None]:
    """The answer of an earlier request, None while there is none; raises the refusal where it was one."""
    try:
        told = yield from transmit(get(f"/v1/requests/{segment(request_id)}"))
        stored = parse(StoredAnswer, told)
    except WinnowError:
        return None
    body = b"" if stored.body is None else json.dumps(stored.body).encode()
    return accepted(Answer(status=stored.status, headers={"content-type": "application/json"}, body=body))
