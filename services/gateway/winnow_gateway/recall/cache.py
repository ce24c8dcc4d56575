"""The answers that the scoring service keeps in Redis (`winnow_contracts.similarity_cache`), as the gateway reads them.

All callers of one tenant that ask before a trip begins ask together. While Redis does not answer nobody asks it, but
for one caller a second: what is not found here is answered by the scoring service.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple
from uuid import UUID

from redis.exceptions import ResponseError
from winnow_contracts.similarity_cache import KEPT_MS, entry_key, model_key

from winnow_gateway.limits.windows import Monotonic
from winnow_gateway.metrics import RECALLED
from winnow_gateway.redis_trips import Question, Script, Trips

_RECALL: Final = Script.packaged(__package__, "recall.lua")
_LARGEST_GROUP: Final = 64
"""Answers of one reply: some kilobytes each."""

_HITS = RECALLED.labels("hit")
_MISSES = RECALLED.labels("miss")
_FAILURES = RECALLED.labels("away")


class Hit(NamedTuple):
    """An answer: JSON without what names the request or what the caller sent, and how long it stays good."""

    answer: bytes
    ttl_ms: int

    @property
    def age_ms(self) -> int:
        """Since it was computed."""
        return KEPT_MS - self.ttl_ms


Asked = asyncio.Future[Hit | None]
"""What will be found; None where there is nothing, or Redis does not say. Never an exception."""


class AnswerCache:
    """Looks for answers."""

    def __init__(
        self, trips: Trips, *, is_current: Callable[[], bool], rest: float = 1.0, clock: Monotonic = time.monotonic
    ) -> None:
        self._trips = trips
        self._is_current = is_current
        self._door = _Door(rest, clock)
        self._groups: dict[UUID, _Group] = {}

    def ask(self, tenant: UUID, domain: str, *, livemode: bool) -> Asked | None:
        """Ask for the answer for a registrable domain; None where nobody is to ask now, or answers may be too old."""
        if not self._is_current() or not self._door.lets_in():
            return None
        group = self._groups.get(tenant)
        if group is None or len(group.asked) >= _LARGEST_GROUP:
            group = self._groups[tenant] = _Group(tenant, groups=self._groups, door=self._door)
            self._trips.board(group)
        return group.join(entry_key(tenant, domain, livemode=livemode))


class _Door:
    """Shut for `rest` seconds whenever Redis did not answer; after that one caller finds out whether it does."""

    def __init__(self, rest: float, clock: Monotonic) -> None:
        self._rest = rest
        self._clock = clock
        self._shut_until: float | None = None

    def lets_in(self) -> bool:
        if self._shut_until is None:
            return True
        if self._clock() < self._shut_until:
            return False
        self.shut()
        return True

    def open(self) -> None:
        self._shut_until = None

    def shut(self) -> None:
        self._shut_until = self._clock() + self._rest


class _Group:
    """Those who ask for answers of one tenant on one trip."""

    def __init__(self, tenant: UUID, *, groups: "dict[UUID, _Group]", door: _Door) -> None:
        self._tenant = tenant
        self._groups = groups
        self._door = door
        self.asked: dict[str, list[Asked]] = {}
        """By entry."""

    def join(self, entry: str) -> Asked:
        asked: Asked = asyncio.get_running_loop().create_future()
        self.asked.setdefault(entry, []).append(asked)
        return asked

    def depart(self) -> Question:
        self._leave()
        return Question(_RECALL, (model_key(self._tenant), *self.asked))

    def arrive(self, reply: Any) -> None:
        self._door.open()
        for answer, ttl_ms, waiting in zip(reply[::2], reply[1::2], self.asked.values(), strict=True):
            hit = Hit(answer, min(ttl_ms, KEPT_MS)) if answer and ttl_ms > 0 else None
            (_MISSES if hit is None else _HITS).inc(len(waiting))
            _tell(waiting, hit)

    def strand(self, error: BaseException) -> None:
        self._leave()
        if not isinstance(error, ResponseError):  # which the others get no sooner or later
            self._door.shut()
        _FAILURES.inc(sum(map(len, self.asked.values())))
        for waiting in self.asked.values():
            _tell(waiting, None)

    def _leave(self) -> None:
        """Nobody can join any more."""
        if self._groups.get(self._tenant) is self:
            del self._groups[self._tenant]


def _tell(waiting: list[Asked], hit: Hit | None) -> None:
    for asked in waiting:
        if not asked.done():
            asked.set_result(hit)
