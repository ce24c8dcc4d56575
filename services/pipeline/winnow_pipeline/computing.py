"""Processes that compute beside the worker's own, one call at a time each.

A slot keeps its process, so that what a call leaves behind (caches, a chunk half-way) is there for the next one. A
process that dies takes down its call alone: `ProcessLost` is raised, and the next call has a new one. Nothing of the
parent is inherited but its environment; a process ends with its parent.
"""

import asyncio
import ctypes
import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Final, ParamSpec, TypeVar

_DIE_WITH_PARENT: Final = 1
"""PR_SET_PDEATHSIG of prctl(2)."""

P = ParamSpec("P")
T = TypeVar("T")


class ProcessLost(Exception):
    """The process died in the middle of a call."""


class Slot:
    """One process. Not to be shared: a second call waits for the first."""

    def __init__(self) -> None:
        self._executor = _executor()

    async def call(self, function: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> T:
        """What the function returns, computed there. Raises what it raises, and `ProcessLost`."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._executor, partial(function, *arguments, **named))
        except BrokenProcessPool:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = _executor()
            raise ProcessLost from None

    def close(self) -> None:
        """End the process without waiting for a call in hand."""
        processes = list((self._executor._processes or {}).values())  # noqa: SLF001  there is no other way to end them
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()


def _executor() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)


def _begin() -> None:
    """Leave signals to the parent, which drains, and end when it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
