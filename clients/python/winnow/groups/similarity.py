"""Scores by similarity: how much companies look like the account's customers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TypedDict

from winnow.binding import D, Group, call
from winnow.calls import Call, Perform, get, question
from winnow.results import SimilarityModel, SimilarityScore, parse

BATCH = 100
"""The most companies that one request may carry (`POST /v1/score/batch`)."""

CompaniesDone = Callable[[list[SimilarityScore]], None]


class CompanyIdentifiers(TypedDict, total=False):
    """A company by at least one of these; where there are several, the most exact one that is usable counts.

    Of an e-mail address the server uses the domain and keeps nothing else.
    """

    domain: str
    email: str
    linkedin_url: str
    company_name: str


class SimilarityScoring(Group[D]):
    """Scoring by similarity."""

    @call
    def score_company(
        self,
        *,
        domain: str | None = None,
        email: str | None = None,
        linkedin_url: str | None = None,
        company_name: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[SimilarityScore]:
        """How much one company looks like the customers, by whatever identifiers there are.

        No Idempotency-Key is sent unless one is given: the server answers a company that it has just scored from its
        cache, but only where there is no key. A repeat within five minutes is free, so tries after a failure are too.
        Partial knowledge gives a partial result; where nothing is known `score` is None.
        """
        given = {"domain": domain, "email": email, "linkedin_url": linkedin_url, "company_name": company_name}
        body = {name: value for name, value in given.items() if value is not None}
        request = question("/v1/score", json=body, idempotency_key=idempotency_key)
        return parse(SimilarityScore, (yield from self._perform(request)))

    @call
    def score_companies(
        self,
        items: Iterable[CompanyIdentifiers],
        /,
        *,
        progress: CompaniesDone | None = None,
        idempotency_key: str | None = None,
    ) -> Call[list[SimilarityScore]]:
        """The same of any number of companies, in their order, in requests of 100.

        `progress` hears the scores of each request as they come; the items are read as they are needed. As with one
        company, no Idempotency-Key is sent unless one is given; each request then has one of its own made from it.
        """
        scores: list[SimilarityScore] = []
        remaining = iter(items)
        while chunk := list(islice(remaining, BATCH)):
            key = None if idempotency_key is None else f"{idempotency_key}-{len(scores)}"
            request = question("/v1/score/batch", json={"items": chunk}, idempotency_key=key)
            scored = parse(list[SimilarityScore], (yield from self._perform(request)))
            scores += scored
            if progress is not None:
                progress(scored)
        return scores

    @call
    def similarity(self) -> Call[SimilarityModel]:
        """The account's model: what it was made of, how much each factor counts, and how well it does."""
        return (yield from current_model(self._perform))


def current_model(perform: Perform, /) -> Call[SimilarityModel]:
    """Ask for the model as it is now."""
    return parse(SimilarityModel, (yield from perform(get("/v1/similarity"))))
