"""Password hashes: argon2id in threads, at most two at once, since each takes 64 MiB and a core for some 50 ms."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from winnow_common.errors import Problem

AT_ONCE = 2
WAITING = 16
"""Callers that may wait for a free thread; more are sent away, so that nobody waits longer than some seconds."""

T = TypeVar("T")


class Passwords:
    """Hashes passwords and checks them. Parameters are argon2-cffi's, which are the low-memory ones of RFC 9106."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._free = asyncio.Semaphore(AT_ONCE)
        self._present = 0
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """The encoded hash; raises a 503 `Problem` when too many wait."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, password: str, *, stored: str | None) -> bool:
        """Whether the password is the one of that hash; for a hash of None, no, after the same work."""
        return await self._run(lambda: self._matches(password, stored))

    def _matches(self, password: str, stored: str | None) -> bool:
        if self._nobody is None:
            self._nobody = self._hasher.hash("of nobody")
        try:
            return self._hasher.verify(stored or self._nobody, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._present >= AT_ONCE + WAITING:
            raise Problem(
                503,
                "busy",
                "Too many sign-ups and log-ins at this moment. Try again in a few seconds.",
                headers={"Retry-After": "5"},
            )
        self._present += 1
        try:
            async with self._free:
                return await asyncio.to_thread(work)
        finally:
            self._present -= 1
