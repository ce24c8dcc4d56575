"""The requests of a run: a bounded number beside each other, until all rows are done or something lasting fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from uuid import NAMESPACE_OID, uuid5

from winnow import (
    AsyncWinnow,
    InvalidRequest,
    PayloadTooLarge,
    RateLimited,
    SimilarityScore,
    UnexpectedAnswer,
    WinnowError,
)
from winnow.cli.prospects.gate import Gate
from winnow.cli.prospects.outcome import Outcome, outcome_of, refused
from winnow.cli.prospects.reading import Prospect

NOTHING_TO_COMPARE_WITH = frozenset({"no_customers", "model_building"})
"""Reasons that are no row's: every other row would get them too, and another run will not."""


class NothingToCompareWith(WinnowError):
    """There is no model yet that could say anything of any company."""


class Scoring:
    """Scores rows and hands their outcomes to `keep`, which may not wait.

    `run` is part of every request's idempotency key: a request that was answered while this process was killed is
    answered once more, and not charged, when the run goes on.
    """

    def __init__(
        self, client: AsyncWinnow, *, run: str, gate: Gate, keep: Callable[[Mapping[int, Outcome]], None]
    ) -> None:
        self._client = client
        self._run = run
        self._gate = gate
        self._keep = keep
        self._failure: Exception | None = None

    async def all(self, prospects: Sequence[Prospect], /, *, rows: int, concurrency: int) -> None:
        """Score `prospects`, so many `rows` to a request, and raise what ended that early.

        Requests that are on their way when something fails are waited for, since they are paid for.
        """
        requests = _portions(prospects, rows)
        await asyncio.gather(*(self._work(requests) for _ in range(concurrency)))
        if self._failure is not None:
            raise self._failure

    async def _work(self, requests: Iterator[Sequence[Prospect]]) -> None:
        """Carry out one request after the other, while nothing has failed."""
        for prospects in requests:
            if self._failure is not None:
                return
            try:
                await self._score(prospects)
            except (WinnowError, OSError) as error:
                self._failure = self._failure or error
                self._gate.open()
                return

    async def _score(self, prospects: Sequence[Prospect]) -> None:
        try:
            answers = await self._answers(prospects)
        except (InvalidRequest, PayloadTooLarge) as error:
            await self._score_apart(prospects, error)
            return
        for answer in answers:
            if answer.reason is not None and answer.reason.code in NOTHING_TO_COMPARE_WITH:
                raise NothingToCompareWith(answer.reason.detail)
        self._keep({one.row: outcome_of(answer) for one, answer in zip(prospects, answers, strict=True)})

    async def _score_apart(self, prospects: Sequence[Prospect], error: InvalidRequest | PayloadTooLarge) -> None:
        """Halve what was refused, until the row that is at fault is alone."""
        if len(prospects) == 1:
            self._keep({prospects[0].row: refused(error, prospects[0].identifiers)})
            return
        middle = len(prospects) // 2
        await self._score(prospects[:middle])
        await self._score(prospects[middle:])

    async def _answers(self, prospects: Sequence[Prospect]) -> list[SimilarityScore]:
        """One answer for each row; waits as long as the limits ask."""
        key = str(uuid5(NAMESPACE_OID, f"{self._run} {[one.row for one in prospects]}"))
        while True:
            await self._gate.passed()
            if self._failure is not None:
                raise self._failure
            try:
                answers = await self._client.score_companies(
                    [one.identifiers for one in prospects], idempotency_key=key
                )
            except RateLimited as error:
                self._gate.close(error)
                continue
            self._gate.answered()
            if len(answers) != len(prospects):
                detail = f"{len(prospects)} companies were asked for, {len(answers)} were answered. Update the client."
                raise UnexpectedAnswer(detail, status=200, code="unexpected_answer")
            return answers


def _portions(prospects: Sequence[Prospect], rows: int) -> Iterator[Sequence[Prospect]]:
    for start in range(0, len(prospects), rows):
        yield prospects[start : start + rows]
