"""Sources are asked within their limits, once for each company, and what they said is believed for a while."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from winnow_common.errors import TemporaryError
from winnow_common.outcome import Request
from winnow_contracts.enrichment import EnrichmentCompleted, EnrichmentRequested
from winnow_pipeline.enrichment.enricher import BELIEVED, Enriched, Enricher
from winnow_pipeline.enrichment.interface import Found
from winnow_pipeline.enrichment.limits import Limited, Limits, Unanswered
from winnow_pipeline.handlers.enrichment import EnrichmentRequests

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVERYTHING: frozenset[str] = frozenset()


@dataclass(slots=True)
class Clock:
    """A clock that a test moves."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass(slots=True)
class Sheet:
    """A source that knows some companies, and notes what it is asked; `faults` come first, one for each call."""

    name: str
    companies: Mapping[str, Any]
    faults: list[BaseException] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[list[str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self.open.set()

    async def look_up(self, domains: Sequence[str], wanted: frozenset[str]) -> dict[str, Found]:
        del wanted
        self.asked.append(sorted(domains))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.open.wait()
        finally:
            self.at_once -= 1
        if self.faults:
            raise self.faults.pop(0)
        return {domain: self.found(domain) for domain in domains if domain in self.companies}

    def found(self, domain: str) -> Found:
        return Found(attributes=self.companies[domain], source=self.name, observed_at=NOW)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def sheet(name: str = "one", **companies: str) -> Sheet:
    """A source that knows the names of these companies."""
    return Sheet(name, {f"{domain}.com": {"name": called} for domain, called in companies.items()})


def enricher(*sources: Sheet, clock: Clock, **about: Any) -> Enricher:
    return Enricher([Limited(each, Limits(retries=0)) for each in sources], clock=clock, **about)


async def enriched(asking: Enricher, domains: Collection[str]) -> Enriched:
    return await asking.enrich(domains, wanted=EVERYTHING)


async def turns(number: int = 20) -> None:
    """Let everything go on that can."""
    for _ in range(number):
        await asyncio.sleep(0)


# Who is asked


async def test_what_is_known_is_given_and_what_is_not_is_absent(clock: Clock) -> None:
    source = sheet(acme="Acme")

    told = await enriched(enricher(source, clock=clock), ["acme.com", "nobody.com", "acme.com"])

    assert told == Enriched(
        companies={"acme.com": source.found("acme.com")}, lookups=2, hits=frozenset(), unsure=frozenset()
    )


async def test_a_further_source_is_asked_for_what_the_ones_before_do_not_know(clock: Clock) -> None:
    first, second = sheet("first", a="A"), sheet("second", a="Another", b="B")

    told = await enriched(enricher(first, second, clock=clock), ["a.com", "b.com", "c.com"])

    assert {domain: found.source for domain, found in told.companies.items()} == {"a.com": "first", "b.com": "second"}
    assert second.asked == [["b.com", "c.com"]]


async def test_nobody_is_asked_for_nothing(clock: Clock) -> None:
    first, second = sheet("first", a="A"), sheet("second")
    asking = enricher(first, second, clock=clock)

    await enriched(asking, [])
    await enriched(asking, ["a.com"])

    assert (first.asked, second.asked) == ([["a.com"]], [])


# What is remembered


async def test_an_answer_that_is_at_hand_is_a_hit_also_that_nothing_is_known(clock: Clock) -> None:
    source = sheet(acme="Acme")
    asking = enricher(source, clock=clock)
    await enriched(asking, ["acme.com", "nobody.com"])

    told = await enriched(asking, ["acme.com", "nobody.com", "new.com"])

    assert source.asked == [["acme.com", "nobody.com"], ["new.com"]]
    assert told.hits == {"acme.com", "nobody.com"}
    assert (told.lookups, set(told.companies)) == (3, {"acme.com"})


async def test_what_is_remembered_is_asked_again_after_ten_minutes(clock: Clock) -> None:
    source = sheet(acme="Acme")
    asking = enricher(source, clock=clock)
    await enriched(asking, ["acme.com"])

    clock.now += BELIEVED - timedelta(seconds=1)
    just_before = await enriched(asking, ["acme.com"])
    clock.now += timedelta(seconds=1)
    source.companies = {}
    after = await enriched(asking, ["acme.com"])

    assert timedelta(minutes=10) == BELIEVED
    assert just_before.hits == set(just_before.companies) == {"acme.com"}
    assert (after.hits, after.companies) == (frozenset(), {})


async def test_what_is_too_old_is_not_given_while_the_source_is_away(clock: Clock) -> None:
    source = sheet(acme="Acme")
    asking = enricher(source, clock=clock)
    await enriched(asking, ["acme.com"])
    clock.now += BELIEVED
    source.faults = [OSError()]

    told = await enriched(asking, ["acme.com"])

    assert told.companies == {}
    assert told.unsure == {"acme.com"}


async def test_memory_is_bounded_and_answers_are_whole_all_the_same(clock: Clock) -> None:
    source = sheet(a="A", b="B", c="C")
    asking = enricher(source, clock=clock, most=1)

    told = await enriched(asking, ["a.com", "b.com", "c.com"])
    again = await enriched(asking, ["a.com", "b.com", "c.com"])

    assert set(told.companies) == set(again.companies) == {"a.com", "b.com", "c.com"}
    assert len(again.hits) == 1


async def test_what_was_not_answered_is_unsure_and_not_remembered(clock: Clock) -> None:
    first, second = sheet("first", a="A"), sheet("second", b="B")
    first.faults = [OSError()]
    asking = enricher(first, second, clock=clock)

    told = await enriched(asking, ["a.com", "b.com"])
    again = await enriched(asking, ["a.com", "b.com"])

    assert set(told.companies) == {"b.com"}
    assert told.unsure == {"a.com"}
    assert set(again.companies) == {"a.com", "b.com"}
    assert again.hits == {"b.com"}
    assert again.unsure == set()


# Each company once at a time


async def test_whoever_needs_the_same_company_meanwhile_waits_for_the_same_answer(clock: Clock) -> None:
    source = sheet(a="A", b="B", c="C")
    source.open.clear()
    asking = enricher(source, clock=clock)
    first = asyncio.create_task(enriched(asking, ["a.com", "b.com"]))
    await turns()
    second = asyncio.create_task(enriched(asking, ["b.com", "c.com"]))
    await turns()
    source.open.set()

    one, other = await asyncio.gather(first, second)

    assert source.asked == [["a.com", "b.com"], ["c.com"]]
    assert (set(one.companies), set(other.companies)) == ({"a.com", "b.com"}, {"b.com", "c.com"})
    assert (other.hits, other.lookups) == (frozenset(), 2)


async def test_whoever_waits_gets_the_answer_when_the_one_who_asked_is_gone(clock: Clock) -> None:
    source = sheet(a="A")
    source.open.clear()
    asking = enricher(source, clock=clock)
    first = asyncio.create_task(enriched(asking, ["a.com"]))
    await turns()
    second = asyncio.create_task(enriched(asking, ["a.com"]))
    await turns()
    first.cancel()
    await turns()
    source.open.set()

    assert set((await second).companies) == {"a.com"}
    assert source.asked == [["a.com"]]


async def test_a_source_that_does_not_answer_keeps_nobody_waiting_for_ever(clock: Clock) -> None:
    source = sheet(a="A")
    source.open.clear()
    asking = Enricher([Limited(source, Limits(timeout=0.01, retries=0))], clock=clock)

    one, other = await asyncio.gather(enriched(asking, ["a.com"]), enriched(asking, ["a.com"]))

    assert one.unsure == other.unsure == {"a.com"}


# Limits


@dataclass(slots=True)
class Monotonic:
    """Seconds that a test counts."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


async def asked(source: Limited, domain: str = "a.com") -> dict[str, Found] | None:
    """What a source says; None where it does not answer."""
    try:
        return await source.look_up([domain], EVERYTHING)
    except Unanswered:
        return None


async def test_a_source_that_fails_is_asked_once_more() -> None:
    source = sheet(a="A")
    source.faults = [OSError()]

    assert await asked(Limited(source, Limits())) == {"a.com": source.found("a.com")}
    assert len(source.asked) == 2


async def test_retries_are_few_among_many_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("winnow_pipeline.enrichment.limits._PAUSE_BEFORE_RETRY", 0.0)
    source = sheet(a="A")
    source.faults = [OSError() for _ in range(1_000)]
    limited = Limited(source, Limits(failures=10_000, retry_share=0.1))

    for _ in range(200):
        assert await asked(limited) is None

    assert 200 < len(source.asked) <= 200 + 10 + 20


async def test_a_source_that_takes_too_long_does_not_answer() -> None:
    source = sheet(a="A")
    source.open.clear()

    assert await asked(Limited(source, Limits(timeout=0.01, retries=0))) is None


async def test_no_more_calls_at_once_than_allowed() -> None:
    source = sheet(a="A")
    source.open.clear()
    limited = Limited(source, Limits(concurrency=3))
    calls = [asyncio.create_task(asked(limited)) for _ in range(10)]
    await turns()
    source.open.set()
    await asyncio.gather(*calls)

    assert (source.most_at_once, len(source.asked)) == (3, 10)


async def test_a_source_that_fails_again_and_again_is_left_alone_for_a_while() -> None:
    source, time = sheet(a="A"), Monotonic()
    source.faults = [OSError() for _ in range(4)]
    limited = Limited(source, Limits(retries=0, failures=3, rest=30), monotonic=time)
    for _ in range(6):
        assert await asked(limited) is None
    during = len(source.asked)

    time.seconds = 30
    first_try = await asked(limited)
    still_left_alone = await asked(limited)
    time.seconds = 60
    well_again = await asked(limited)

    assert (during, first_try, still_left_alone, len(source.asked)) == (3, None, None, 5)
    assert well_again == {"a.com": source.found("a.com")}


async def test_calls_that_waited_for_their_turn_leave_a_source_alone_too() -> None:
    source = sheet(a="A")
    source.open.clear()
    source.faults = [OSError() for _ in range(10)]
    limited = Limited(source, Limits(retries=0, failures=1, concurrency=1))
    calls = [asyncio.create_task(asked(limited)) for _ in range(5)]
    await turns()
    source.open.set()

    assert await asyncio.gather(*calls) == [None] * 5
    assert len(source.asked) == 1


async def test_a_success_lets_failures_be_forgotten() -> None:
    source = sheet(a="A")
    limited = Limited(source, Limits(retries=0, failures=2))
    told = []
    for fault in (OSError(), None, OSError(), None):
        source.faults = [fault] if fault is not None else []
        told.append(await asked(limited))

    assert [each is not None for each in told] == [False, True, False, True]


# Requests


def requested(*domains: str) -> list[Request[EnrichmentRequested]]:
    return [
        Request(id=uuid4(), tenant=UUID(int=7), data=EnrichmentRequested(domain=domain, reason="score"), time=NOW)
        for domain in domains
    ]


async def answered(source: Sheet, requests: Sequence[Request[EnrichmentRequested]]) -> Any:
    """The facts that answer requests; the handler uses no connection."""
    [handler] = EnrichmentRequests(enricher=enricher(source, clock=Clock())).all()
    outcomes = await handler.handle(requests, None)  # type: ignore[arg-type]
    assert not outcomes.writes  # type: ignore[union-attr]
    return [fact for outcome in outcomes.each for fact in outcome.facts]  # type: ignore[union-attr]


async def test_each_request_is_answered_by_a_fact_and_all_by_one_question() -> None:
    source = sheet(acme="Acme")
    requests = requested("acme.com", "nobody.com", "acme.com")

    facts = await answered(source, requests)

    told = [EnrichmentCompleted.model_validate_json(fact.data) for fact in facts]
    assert source.asked == [["acme.com", "nobody.com"]]
    assert [(each.domain, each.found, each.source) for each in told] == [
        ("acme.com", True, "one"),
        ("nobody.com", False, None),
        ("acme.com", True, "one"),
    ]
    assert told[0].observed_at == NOW
    assert orjson.loads(facts[0].data)["attributes"] == {"name": "Acme"}
    assert [(fact.tenant, fact.key) for fact in facts] == [(UUID(int=7), each.domain) for each in told]


async def test_a_repeated_request_is_answered_by_the_same_fact() -> None:
    requests = requested("acme.com")

    [first], [second] = [await answered(sheet(acme="Acme"), requests) for _ in range(2)]

    assert (first.id, first.data) == (second.id, second.data)


async def test_a_request_waits_for_a_source_that_is_away() -> None:
    source = sheet(acme="Acme")
    source.faults = [OSError()]

    with pytest.raises(TemporaryError):
        await answered(source, requested("acme.com"))
