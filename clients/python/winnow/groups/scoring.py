"""Scores by rules, one domain or many, and the answers of requests that timed out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any
from uuid import uuid4

from winnow.binding import D, Group, Listing, call, listing
from winnow.calls import Call, command, get, question, segment
from winnow.results import (
    BatchItem,
    Counterfactual,
    Score,
    ScoreSummary,
    StoredAnswer,
    StoredScore,
    StoredSimilarity,
    Verification,
    parse,
    parse_either,
)

BATCH = 100
"""The most domains that one request may carry (`POST /v1/scoring/batch`)."""

Done = Callable[[list[BatchItem]], None]


class Scoring(Group[D]):
    """Scoring by rules."""

    @call
    def score(self, domain: str, /, rule_id: str | None = None, *, idempotency_key: str | None = None) -> Call[Score]:
        """The score of one domain, by `rule_id` or the default rule.

        Raises `InvalidRequest` for what is no domain, `NotFound` for an unknown domain or rule.
        """
        body = {"domain": domain} | _rule(rule_id)
        request = command("POST", "/v1/scoring", json=body, idempotency_key=idempotency_key)
        return parse(Score, (yield from self._perform(request)))

    @call
    def score_batch(
        self,
        domains: Iterable[str],
        /,
        rule_id: str | None = None,
        *,
        progress: Done | None = None,
        idempotency_key: str | None = None,
    ) -> Call[list[BatchItem]]:
        """The scores of any number of domains, in their order, in requests of 100.

        A domain that has no score is an `Unscored` in its place. `progress` hears the items of each
        request as they come; the domains are read as they are needed.
        """
        key = idempotency_key or str(uuid4())
        items: list[BatchItem] = []
        remaining = iter(domains)
        while chunk := list(islice(remaining, BATCH)):
            request = command(
                "POST",
                "/v1/scoring/batch",
                json={"domains": chunk} | _rule(rule_id),
                idempotency_key=f"{key}-{len(items)}",
            )
            scored = parse(list[BatchItem], (yield from self._perform(request)))
            items += scored
            if progress is not None:
                progress(scored)
        return items


class Scores(Group[D]):
    """Scores that were given earlier, by rules and by similarity."""

    @listing
    def list(self, *, domain: str | None = None) -> Listing[ScoreSummary]:
        """The scores of a domain, each with why it differs from the one before, or all of them; the newest first."""
        return Listing(get("/v1/scores", query={"domain": domain}), ScoreSummary)

    @call
    def get(self, score_id: str, /) -> Call[StoredScore | StoredSimilarity]:
        """A score as it was answered, with what reproduces it; `kind` says which of both it is."""
        answer = yield from self._perform(get(f"/v1/scores/{segment(score_id)}"))
        return parse_either(StoredScore, StoredSimilarity, answer)

    @call
    def verify(self, score_id: str, /) -> Call[Verification]:
        """Have a score computed again from what it came from, and compared."""
        request = question(f"/v1/scores/{segment(score_id)}/verify")
        return parse(Verification, (yield from self._perform(request)))

    @call
    def counterfactual(self, score_id: str, /) -> Call[Counterfactual]:
        """The smallest change of the company that would take its score to the next tier or grade."""
        request = get(f"/v1/scores/{segment(score_id)}/counterfactual")
        return parse(Counterfactual, (yield from self._perform(request)))


class Requests(Group[D]):
    """Requests that were made earlier."""

    @call
    def get(self, request_id: str, /) -> Call[StoredAnswer]:
        """What a request was answered, for 24 hours; `NotFound` while it has no answer.

        Reads leave none, and neither do 429 and 5xx.
        """
        request = get(f"/v1/requests/{segment(request_id)}")
        return parse(StoredAnswer, (yield from self._perform(request)))


def _rule(rule_id: str | None) -> dict[str, Any]:
    return {} if rule_id is None else {"rule_id": rule_id}
