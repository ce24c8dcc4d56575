"""Answers requests for similarity: which companies are meant, what is known of them, what their scores are.

A desk is opened for some requests with what they need from the database (one query, and one more where names are to be
looked up), answers each of them, and keeps what is to be stored. A company that was scored lately, and has not changed,
is answered with that score, for free.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

import orjson
from winnow_common import logs
from winnow_common.errors import Problem, TemporaryError
from winnow_common.monthly_partitions import first_id
from winnow_common.outcome import Fact, Outcome
from winnow_common.postgres import Connection, Write
from winnow_contracts.similarity_cache import KEPT_MS

from winnow_scoring import similarity_facts
from winnow_scoring.enrichment_facts import requested
from winnow_scoring.metrics import COMPARED
from winnow_scoring.models import Models
from winnow_scoring.public_ids import derived_id
from winnow_scoring.resolving import Resolution, resolve
from winnow_scoring.similarity.comparing import compare
from winnow_scoring.similarity.factors import CODE_VERSION
from winnow_scoring.similarity.model import Model
from winnow_scoring.similarity_answers import answer, computed, without_score
from winnow_scoring.similarity_asks import Ask, Known, known_of, reason_for_none
from winnow_scoring.store import models as models_store
from winnow_scoring.store import names, similarity, waiting
from winnow_scoring.store.similarity import Comparable, NewScore
from winnow_scoring.store.waiting import MODEL, Owed, Waiting, Wanted

WAIT: Final = timedelta(milliseconds=1_900)
"""For a profile or a first model, until a request is answered without: the whole answer is promised within 2 s."""
ASK_AGAIN: Final = timedelta(minutes=1)
"""After which a question that nobody answered is asked again."""
BELIEVED: Final = timedelta(minutes=10)
"""For which it is believed that nothing can be found."""

log = logs.get(__name__)

_UNAVAILABLE: Final = Problem(503, "unavailable", "The service cannot answer at the moment. Try again.")

Key = tuple[UUID, str, bool]
"""Tenant, domain ("" for none), livemode."""


@dataclass(frozen=True, slots=True)
class Given:
    """A company's part of an answer."""

    body: bytes
    facts: tuple[Fact, ...] = ()
    records: int = 0
    owed: str | None = None
    """The domain whose score is to be published when its profile has come."""


async def open_desk(connection: Connection, *, asks: Sequence[Ask], models: Models, now: datetime) -> "Desk":
    """A desk that can answer these requests."""
    every = [(ask.request.tenant, identifiers) for ask in asks for identifiers in ask.companies]
    named = iter(await names.candidates_for(connection, every))
    resolved = [[resolve(identifiers, named=next(named)) for identifiers in ask.companies] for ask in asks]
    resolutions = {ask.request.id: found for ask, found in zip(asks, resolved, strict=True)}
    wanted: dict[Key, None] = {}
    for ask, companies in zip(asks, resolved, strict=True):
        wanted |= {(ask.request.tenant, each.domain or "", ask.livemode): None for each in companies}
    since = first_id(now - timedelta(milliseconds=KEPT_MS))
    found = dict(zip(wanted, await similarity.to_compare(connection, list(wanted), since=since), strict=True))
    current = {tenant: row.model_version for (tenant, _, _), row in found.items() if row.model_version is not None}
    ready: dict[UUID, Model | None] = {}
    for tenant, version in current.items():
        try:
            ready[tenant] = await models.get(connection, tenant=tenant, version=version)
        except TemporaryError as error:
            log.warning("a model cannot be fetched", version=version, error=repr(error))
    return Desk(resolutions, found, ready, current, now=now)


class Desk:
    """Made by `open_desk`."""

    def __init__(
        self,
        resolutions: Mapping[UUID, Sequence[Resolution]],
        found: Mapping[Key, Comparable],
        models: Mapping[UUID, Model | None],
        versions: Mapping[UUID, int],
        *,
        now: datetime,
    ) -> None:
        self._resolutions = resolutions
        self._found = found
        self._models = models
        self._lost = {tenant: versions[tenant] for tenant, model in models.items() if model is None}
        self.away = versions.keys() - models.keys()
        """Tenants whose models cannot be fetched at the moment."""
        self._now = now
        self._scores: list[NewScore] = []
        self._scored: dict[Key, bytes] = {}
        """What these requests were scored with."""
        self._sought: set[tuple[UUID, str]] = set()
        self._waiting: list[Waiting] = []
        self._wanted: list[Wanted] = []
        self.owed: list[Owed] = []
        """What was answered without a profile, or without a model."""

    def answer(self, ask: Ask) -> Outcome:
        """The outcome of a request; later where something is missing that may still come."""
        if ask.request.tenant in self.away:
            return Outcome.problem(_UNAVAILABLE, request_id=ask.request.id)
        pending = () if ask.final else self._pending(ask)
        if pending:
            return self._later(ask, pending)
        parts = [self._one(ask, resolution) for resolution in self._resolutions[ask.request.id]]
        facts = [fact for part in parts for fact in part.facts]
        records = sum(part.records for part in parts)
        self.owed += [Owed(ask.request.tenant, ask.request.id, part.owed, ask.livemode) for part in parts if part.owed]
        if records:
            facts.append(similarity_facts.used(ask, records=records, now=self._now))
        bodies = [part.body for part in parts]
        body = bodies[0] if ask.kind == "similarity_score" else b"[" + b",".join(bodies) + b"]"
        return Outcome(body=body, facts=facts, records=records)

    def writes(self) -> list[Write]:
        """What stores what came of it."""
        return [
            *similarity.inserting(self._scores, code_version=CODE_VERSION, today=self._today),
            *similarity.seeking(self._sought, now=self._now),
            *waiting.writing(self._waiting, self._wanted, now=self._now),
            *models_store.rebuilding(self._lost, now=self._now),
        ]

    @property
    def _today(self) -> date:
        return self._now.astimezone(UTC).date()

    def _pending(self, ask: Ask) -> dict[str, bool]:
        """What is waited for: domains, or `MODEL`, and whether it has to be asked for."""
        pending: dict[str, bool] = {}
        for resolution in self._resolutions[ask.request.id]:
            row = self._row(ask, resolution)
            if row.revision is None or resolution.domain is None:
                continue
            if row.model_version is None:
                pending[MODEL] = False
            if known_of(row) is None and not self._is_believed_unknown(row):
                pending[resolution.domain] = row.sought_at is None or row.sought_at < self._now - ASK_AGAIN
        return pending

    def _later(self, ask: Ask, pending: Mapping[str, bool]) -> Outcome:
        request = ask.request
        assert request.event is not None
        COMPARED.labels("later").inc()
        ends = self._now + WAIT
        envelope = orjson.dumps([[name, value.decode()] for name, value in request.event.headers()]).decode()
        self._waiting.append(
            Waiting(request.tenant, request.id, request.event.type, request.event.data, envelope, ends)
        )
        self._wanted += [Wanted(request.tenant, domain, request.id, ask.livemode) for domain in pending]
        asked_for = [
            domain
            for domain, to_be_asked in pending.items()
            if to_be_asked and (request.tenant, domain) not in self._sought
        ]
        self._sought |= {(request.tenant, domain) for domain in asked_for}
        return Outcome.later(
            facts=[requested(domain, tenant=request.tenant, cause=request.id, reason="score") for domain in asked_for]
        )

    def _one(self, ask: Ask, resolution: Resolution) -> Given:
        row = self._row(ask, resolution)
        model = self._models.get(ask.request.tenant)
        known = known_of(row)
        reason = reason_for_none(resolution, row, model, known)
        if reason is not None or model is None or known is None or resolution.domain is None:
            COMPARED.labels(reason or "unknown").inc()
            body = without_score(
                reason or "company_unknown",
                resolution=resolution,
                model_version=row.model_version,
                request_id=ask.request.id,
                livemode=ask.livemode,
            )
            owed = resolution.domain if ask.final and reason in {"company_unknown", "model_building"} else None
            return Given(body, owed=owed)
        key = ask.request.tenant, resolution.domain, ask.livemode
        again = self._scored.get(key) or _scored_lately(row)
        if again is not None:
            COMPARED.labels("repeated").inc()
            return Given(self._answer(ask, resolution, again))
        COMPARED.labels("scored").inc()
        part, fact = self.score(ask, resolution.domain, known=known, model=model, cause="request")
        self._scored[key] = part
        return Given(self._answer(ask, resolution, part), facts=(fact,), records=1)

    def score(
        self, ask: Ask, domain: str, *, known: Known, model: Model, cause: Literal["request", "profile_arrived"]
    ) -> tuple[bytes, Fact]:
        """A new score, which is to be stored: the part of answers that is the same for all, and what is told of it."""
        request = ask.request
        found = compare(model, known.attributes, domain=domain, as_of=known.data_as_of.date(), today=self._today)
        canonical = orjson.dumps(known.attributes, option=orjson.OPT_SORT_KEYS)
        new = NewScore(
            tenant=request.tenant,
            score_id=derived_id(request.id, key=domain, time=request.time),
            request_id=request.id,
            domain=domain,
            company_version=known.version,
            data_as_of=known.data_as_of,
            snapshot_hash=hashlib.sha256(canonical).digest(),
            attributes=canonical.decode(),
            model_version=model.version,
            livemode=ask.livemode,
            score=found.score,
            grade=found.grade,
            result=found.result,
        )
        self._scores.append(new)
        part = computed(found.result, data_as_of=known.data_as_of, score_id=new.score_id)
        return part, similarity_facts.computed(new, found, part=part, cause=cause, now=self._now)

    def known(self, tenant: UUID, domain: str, *, livemode: bool) -> Known | None:
        """What is known of a company that was asked for."""
        return known_of(self._found[tenant, domain, livemode])

    def model(self, tenant: UUID) -> Model | None:
        """The tenant's model."""
        return self._models.get(tenant)

    def _answer(self, ask: Ask, resolution: Resolution, part: bytes) -> bytes:
        return answer(part, resolution=resolution, request_id=ask.request.id, livemode=ask.livemode)

    def _row(self, ask: Ask, resolution: Resolution) -> Comparable:
        return self._found[ask.request.tenant, resolution.domain or "", ask.livemode]

    def _is_believed_unknown(self, row: Comparable) -> bool:
        """Whether somebody looked for it lately and found nothing."""
        return (
            row.enriched_at is not None
            and (row.sought_at is None or row.enriched_at >= row.sought_at)
            and row.enriched_at > self._now - BELIEVED
        )


def _scored_lately(row: Comparable) -> bytes | None:
    """The answer with the score that still holds."""
    if row.score_id is None or row.result is None or row.scored_as_of is None:
        return None
    return computed(row.result, data_as_of=row.scored_as_of, score_id=row.score_id)
