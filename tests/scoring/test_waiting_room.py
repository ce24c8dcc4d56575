"""Who waits for a profile or a model is answered once: by it, or in time without it, whoever dies meanwhile."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import orjson
import pytest
from winnow_common.log import LogUnavailable, Message
from winnow_common.outcome import Outcome
from winnow_common.postgres import Pool
from winnow_contracts import enrichment, similarity, usage
from winnow_contracts.event import Event
from winnow_scoring import similarity_desk
from winnow_scoring.similarity.comparing import compare
from winnow_scoring.similarity_desk import WAIT
from winnow_scoring.store import waiting

from .conftest import OTHER, Clock
from .similarity_house import CUSTOMERS, LIKE_THEM, UNLIKE_THEM, House, answer_of, answers_of, checked


@pytest.fixture
async def house(pool: Pool, clock: Clock) -> House:
    """Has a model, and knows nothing of new.com."""
    house = House(pool, clock)
    await house.model()
    return house


def told_to(house: House, event: Event) -> Any:
    """The only answer that a waiting room sent to a request."""
    [answer] = [reply for reply, _ in house.replies() if reply.causation_id == event.id]
    assert answer.status == 200, answer
    return checked(orjson.loads(answer.data))


async def nobody_waits(house: House) -> bool:
    return await house.count("waiting") == 0


# By what they waited for


async def test_whoever_waits_for_a_profile_is_answered_when_it_arrives(house: House, pool: Pool) -> None:
    event = house.score_of(reply_to="7/gateway-2")
    [later] = await house.send(event)
    await house.room().look()
    too_early = house.replies()
    await house.arrives()
    await house.room().look()
    [(reply, partition)] = house.replies()
    answer = told_to(house, event)
    assert (later.is_later, too_early) == (True, [])
    assert (partition, reply.reply_to, reply.tenant, reply.records) == (7, "7/gateway-2", event.tenant, 1)
    assert (answer["score"] > 50, answer["request_id"]) == (True, str(event.id))
    [used], [told] = await house.facts(usage.RECORDED), await house.facts(similarity.COMPUTED)
    assert (used["operation_id"], used["records"], told["cause"]) == (str(event.id), 1, "request")
    assert (await nobody_waits(house), await house.count("waiting_for")) == (True, 0)


async def test_a_repeat_of_a_request_that_waited_gets_the_stored_answer(house: House) -> None:
    event = house.score_of()
    await house.send(event)
    await house.arrives()
    await house.room().look()
    [again] = await house.send(event)
    assert orjson.loads(again.body) == told_to(house, event)
    assert (await house.count("similarity_score"), len(await house.facts(usage.RECORDED))) == (1, 1)


async def test_many_who_wait_for_a_company_are_all_answered_and_one_of_them_pays(house: House) -> None:
    events = [house.score_of() for _ in range(5)]
    await house.send(*events)
    await house.arrives()
    await house.room().look()
    assert len({told_to(house, event)["score_id"] for event in events}) == 1
    assert sorted(reply.records or 0 for reply, _ in house.replies()) == [0, 0, 0, 0, 1]
    assert sum(used["records"] for used in await house.facts(usage.RECORDED)) == 1


async def test_what_the_tenant_says_itself_is_waited_for_as_well(house: House) -> None:
    event = house.score_of()
    await house.send(event)
    await house.put("new.com", LIKE_THEM)
    await house.room().look()
    assert told_to(house, event)["score"] > 50


async def test_a_company_known_by_name_alone_waits_for_what_others_know(house: House, clock: Clock) -> None:
    await house.put("new.com", {"name": "Newstartup"})
    clock.forward(seconds=1)
    event = house.score_of()
    await house.send(event)
    await house.room().look()
    too_early = house.replies()
    await house.arrives()
    await house.room().look()
    assert (too_early, told_to(house, event)["score"] > 50) == ([], True)


async def test_nothing_found_is_an_answer_too(house: House) -> None:
    event = house.score_of()
    await house.send(event)
    await house.arrives("new.com", None)
    await house.room().look()
    [(reply, _)] = house.replies()
    assert (told_to(house, event)["reason"]["code"], reply.records) == ("company_unknown", 0)
    assert await house.facts(usage.RECORDED) == []


async def test_a_batch_waits_for_all_of_its_companies(house: House) -> None:
    batch = house.event(similarity.SCORE_BATCH, {"companies": [{"domain": "new.com"}, {"domain": "far.com"}]})
    await house.send(batch)
    await house.arrives()
    await house.room().look()
    too_early = house.replies()
    await house.arrives("far.com", UNLIKE_THEM)
    await house.room().look()
    [(reply, _)] = house.replies()
    first, second = answers_of(Outcome(body=reply.data))
    assert (too_early, reply.records) == ([], 2)
    assert first["score"] > second["score"]
    [used] = await house.facts(usage.RECORDED)
    assert (used["kind"], used["records"]) == ("similarity_batch", 2)


async def test_whoever_waits_for_the_first_model_is_answered_by_it(house: House) -> None:
    await house.customers(*CUSTOMERS, tenant=OTHER)
    await house.put("new.com", LIKE_THEM, tenant=OTHER)
    event = house.score_of(tenant=OTHER)
    await house.send(event)
    await house.room().look()
    too_early = house.replies()
    assert await house.builder().build_one()
    await house.room().look()
    assert (too_early, told_to(house, event)["model_version"]) == ([], 1)
    assert told_to(house, event)["score"] > 50


# In time


async def test_when_the_time_is_over_the_answer_is_partial_and_the_score_follows_for_free(
    house: House, clock: Clock
) -> None:
    event = house.score_of()
    await house.send(event)
    clock.now += WAIT
    await house.room().look()
    partial = told_to(house, event)
    assert (partial["score"], partial["reason"]["code"]) == (None, "company_unknown")
    assert partial["missing"]
    clock.forward(hours=3)
    await house.arrives()
    await house.room().pay()
    await house.room().pay()
    [told] = await house.facts(similarity.COMPUTED)
    assert (told["cause"], told["request_id"], told["domain"]) == ("profile_arrived", str(event.id), "new.com")
    assert told["score"] > 50
    assert (await house.facts(usage.RECORDED), len(house.replies())) == ([], 1)
    assert (await house.count("waiting_for"), await house.count("similarity_score")) == (0, 1)
    assert (await house.score()).records == 0


async def test_a_batch_gives_in_time_what_is_known_and_owes_the_rest(house: House, clock: Clock) -> None:
    await house.put("known.com", LIKE_THEM)
    companies = [{"domain": "a.com"}, {"domain": "known.com"}, {"domain": "b.com"}]
    await house.send(house.event(similarity.SCORE_BATCH, {"companies": companies}))
    clock.now += WAIT
    await house.room().look()
    [(reply, _)] = house.replies()
    assert [answer["score"] is None for answer in answers_of(Outcome(body=reply.data))] == [True, False, True]
    await house.arrives("a.com")
    await house.arrives("b.com")
    await house.room().pay()
    told = await house.facts(similarity.COMPUTED)
    assert [(fact["domain"], fact["cause"]) for fact in told[1:]] == [
        ("a.com", "profile_arrived"),
        ("b.com", "profile_arrived"),
    ]
    assert sum(used["records"] for used in await house.facts(usage.RECORDED)) == 1


async def test_a_score_is_published_when_the_first_model_comes_after_the_answer(
    house: House, clock: Clock, pool: Pool
) -> None:
    await house.put("new.com", LIKE_THEM)
    await pool.execute("UPDATE similarity SET model_version = NULL, model_summary = NULL, built_at = NULL")
    event = house.score_of()
    await house.send(event)
    clock.forward(seconds=WAIT.total_seconds())
    await house.room().look()
    told = told_to(house, event)
    before = await house.room().pay()
    await pool.execute("UPDATE similarity SET model_version = revision, built_at = $1", clock())

    paid = await house.room().pay()

    assert (told["score"], told["reason"]["code"]) == (None, "model_building")
    assert (before, paid, await house.count("waiting_for")) == (False, True, 0)
    [told] = await house.facts(similarity.COMPUTED)
    assert (told["domain"], told["cause"]) == ("new.com", "profile_arrived")


async def test_what_is_owed_is_given_once_by_two_waiting_rooms(house: House, clock: Clock) -> None:
    await house.send(*(house.score_of(f"company-{number}.com") for number in range(30)))
    clock.now += WAIT
    await house.room().look()
    for number in range(30):
        await house.arrives(f"company-{number}.com")
    await asyncio.gather(*(house.room().pay() for _ in range(4)))
    told = [fact["domain"] for fact in await house.facts(similarity.COMPUTED)]
    assert (len(told), len(set(told)), await house.count("waiting_for")) == (30, 30, 0)


async def test_a_profile_that_says_nothing_of_use_is_not_scored(house: House, clock: Clock) -> None:
    await house.put("new.com", {"name": "Newstartup"})
    clock.forward(seconds=1)
    await house.send(house.score_of())
    clock.now += WAIT
    await house.room().look()
    await house.room().pay()
    still_owed = await house.count("waiting_for")
    await house.arrives()
    await house.room().pay()
    assert (still_owed, len(await house.facts(similarity.COMPUTED))) == (1, 1)


async def test_what_has_been_owed_for_a_day_is_forgotten(house: House, clock: Clock, pool: Pool) -> None:
    await house.send(house.score_of())
    clock.now += WAIT
    await house.room().look()
    clock.forward(hours=25)
    await waiting.forget(pool, now=clock())
    await house.arrives()
    await house.room().pay()
    assert await house.facts(similarity.COMPUTED) == []


# Once


async def test_two_waiting_rooms_at_once_answer_everybody_once(house: House) -> None:
    events = [house.score_of(f"company-{number}.com") for number in range(40)]
    await house.send(*events)
    for number in range(40):
        await house.arrives(f"company-{number}.com")
    await asyncio.gather(*(house.room().look() for _ in range(4)))
    assert sorted(reply.causation_id.hex for reply, _ in house.replies() if reply.causation_id) == sorted(
        event.id.hex for event in events
    )
    assert sum(used["records"] for used in await house.facts(usage.RECORDED)) == 40
    assert await nobody_waits(house)


class Killed(BaseException):
    """What a kill looks like to whoever is not killed."""


class _Kills:
    async def publish(self, messages: Sequence[Message]) -> None:
        raise Killed


class _Away:
    async def publish(self, messages: Sequence[Message]) -> None:
        raise LogUnavailable("away")


async def test_an_answer_whose_sender_was_killed_is_in_the_inbox(house: House) -> None:
    event = house.score_of()
    await house.send(event)
    await house.arrives()
    with pytest.raises(Killed):
        await house.room(publisher=_Kills()).look()
    await house.room().look()
    [again] = await house.send(event)
    assert (house.replies(), answer_of(again)["score"] > 50) == ([], True)
    assert (await nobody_waits(house), len(await house.facts(usage.RECORDED))) == (True, 1)


async def test_an_answer_that_the_log_does_not_take_is_in_the_inbox(house: House) -> None:
    event = house.score_of()
    await house.send(event)
    await house.arrives()
    await house.room(publisher=_Away()).look()
    [again] = await house.send(event)
    assert answer_of(again)["score"] > 50


async def test_a_request_that_is_sent_again_while_it_waits_is_answered_to_its_newest_sender(
    house: House, clock: Clock
) -> None:
    id = uuid4()
    await house.send(house.score_of(id=id, reply_to="1/gateway-1"))
    clock.forward(seconds=1)
    await house.send(house.score_of(id=id, reply_to="2/gateway-2"))
    await house.arrives()
    await house.room().look()
    [(reply, partition)] = house.replies()
    assert (reply.reply_to, partition) == ("2/gateway-2", 2)
    assert len(await house.facts(usage.RECORDED)) == 1


async def test_another_payload_under_the_same_id_does_not_get_the_answer_of_the_first(house: House) -> None:
    id = uuid4()
    first = house.score_of(id=id, reply_to="1/gateway-1", fingerprint="one")
    await house.send(first)
    await house.send(house.score_of("far.com", id=id, reply_to="2/gateway-2", fingerprint="two"))
    await house.arrives()
    await house.arrives("far.com")
    await house.room().look()
    [refused] = await house.send(house.score_of("far.com", id=id, fingerprint="two"))
    assert told_to(house, first)["resolved"]["domain"] == "new.com"
    assert (len(house.replies()), refused.status) == (1, 422)


async def test_a_request_that_its_handler_has_answered_meanwhile_holds_nobody_up(house: House) -> None:
    twice, other = house.score_of(), house.score_of("far.com")
    await house.send(twice, other)
    await house.arrives()
    await house.arrives("far.com")
    [handled] = await house.send(twice)
    await house.room().look()
    assert told_to(house, twice) == answer_of(handled)
    assert told_to(house, other)["score"] > 50
    assert sum(used["records"] for used in await house.facts(usage.RECORDED)) == 2
    assert await nobody_waits(house)


async def test_a_request_that_waits_again_after_its_answer_gets_that_answer_and_is_still_owed(
    house: House, clock: Clock
) -> None:
    event = house.score_of()
    await house.send(event)
    clock.now += WAIT
    await house.room().look()
    [again] = await house.send(event)
    await house.room().look()
    clock.now += WAIT
    await house.room().look()
    assert (again.is_later, await nobody_waits(house)) == (True, True)
    assert {reply.data for reply, _ in house.replies()} == {house.replies()[0][0].data}
    await house.arrives()
    await house.room().pay()
    assert [fact["cause"] for fact in await house.facts(similarity.COMPUTED)] == ["profile_arrived"]


# Whatever fails


async def test_whoever_cannot_be_answered_is_refused_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    events = [house.score_of(f"company-{number}.com") for number in range(8)]
    await house.send(*events)
    for number in range(8):
        await house.arrives(f"company-{number}.com")

    def fails_for_one(*about: Any, domain: str, **more: Any) -> Any:
        if domain == "company-3.com":
            raise ZeroDivisionError
        return compare(*about, domain=domain, **more)

    monkeypatch.setattr(similarity_desk, "compare", fails_for_one)
    room = house.room()
    while await room.look():
        pass
    statuses = {reply.causation_id: reply.status for reply, _ in house.replies()}
    assert [statuses[event.id] for event in events] == [200, 200, 200, 500, 200, 200, 200, 200]
    assert sum(used["records"] for used in await house.facts(usage.RECORDED)) == 7


async def test_a_row_that_nobody_understands_holds_nobody_up(house: House, pool: Pool) -> None:
    event = house.score_of()
    await house.send(event)
    await house.arrives()
    await pool.execute(
        "INSERT INTO waiting SELECT tenant_id, gen_random_uuid(), type, data, 'spoilt', due_at - interval '1s'"
        " FROM waiting"
    )
    room = house.room()
    while await room.look():
        pass
    assert told_to(house, event)["score"] > 50


async def test_a_score_that_cannot_be_given_holds_up_no_other_that_is_owed(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.send(house.score_of("a.com"), house.score_of("b.com"), house.score_of("c.com"))
    clock.now += WAIT
    await house.room().look()
    for domain in ("a.com", "b.com", "c.com"):
        await house.arrives(domain)

    def fails_for_one(*about: Any, domain: str, **more: Any) -> Any:
        if domain == "b.com":
            raise ZeroDivisionError
        return compare(*about, domain=domain, **more)

    monkeypatch.setattr(similarity_desk, "compare", fails_for_one)
    room = house.room()
    while await house.count("waiting_for"):
        await room.pay()
    assert {fact["domain"] for fact in await house.facts(similarity.COMPUTED)} == {"a.com", "c.com"}


async def test_it_answers_and_publishes_what_is_owed_until_it_is_drained(house: House, clock: Clock) -> None:
    owed, event = house.score_of("owed.com"), house.score_of()
    await house.send(owed)
    clock.now += WAIT
    await house.room().look()
    await house.send(event)
    await house.arrives()
    await house.arrives("owed.com")
    room = house.room()
    running = asyncio.create_task(room.run())
    async with asyncio.timeout(30):
        while len(await house.facts(similarity.COMPUTED)) < 2 or len(house.replies()) < 2:
            await asyncio.sleep(0.01)
        await room.drain()
    await running
    assert told_to(house, event)["score"] > 50


async def test_who_waits_is_asked_about_once(house: House) -> None:
    await house.send(house.score_of())
    await house.room().look()
    await house.send(house.score_of())
    assert len(await house.facts(enrichment.REQUESTED)) == 1
