"""The consumer loop on a real database: once, answered, in order, whatever a message does."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest
from winnow_common import dead_letters
from winnow_common.log import LogUnavailable, Message, Record
from winnow_common.memory_log import MemoryLog
from winnow_common.quarantine import Limits, Quarantine, TooManyDeadLetters
from winnow_contracts.topic import Kind, MessageType

from .conftest import ACME, COUNT, HEARD, NOTE, NOTE_TOGETHER, House, Note, OpenSeal, until


def status(record: Record) -> int:
    return int(dict(record.headers)["ce_status"])


def replayed(record: Record) -> bool:
    return "ce_replayed" in dict(record.headers)


def code(record: Record) -> str:
    return str(orjson.loads(record.value)["code"])


async def test_a_command_is_done_answered_and_told(house: House) -> None:
    event = house.ask("tea")

    (reply,) = await house.answers(event)

    assert (status(reply), orjson.loads(reply.value), replayed(reply)) == (201, {"noted": "tea"}, False)
    assert await house.noted() == ["tea"]
    assert await house.pool.fetchval("SELECT count(*) FROM outbox") == 1


@pytest.mark.parametrize("type", [NOTE, NOTE_TOGETHER])
@pytest.mark.parametrize("previous_id", [None, uuid4()])
async def test_the_same_id_again_gets_the_stored_answer_and_no_second_effect(
    house: House, type: MessageType, previous_id: UUID | None
) -> None:
    event = house.ask("tea", type=type, fingerprint="same", previous_id=previous_id)
    await house.answers(event)

    await house.publish(event)
    async with house.running():
        (reply,) = await house.replies_to(event, count=2)

    assert (orjson.loads(reply.value), replayed(reply)) == ({"noted": "tea"}, True)
    assert await house.noted() == ["tea"]
    assert await house.pool.fetchval("SELECT count(*) FROM outbox") == 1


async def test_a_repetition_among_new_messages_costs_them_nothing(house: House) -> None:
    known = house.ask("tea", type=NOTE_TOGETHER)
    await house.answers(known)
    fresh = [house.ask(f"cup {number}", type=NOTE_TOGETHER) for number in range(5)]

    await house.publish(*fresh[:2], known, *fresh[2:])
    async with house.running():
        (reply,) = await house.replies_to(known, count=2)
        replies = await house.replies_to(*fresh)

    assert replayed(reply)
    assert [status(each) for each in replies] == [200] * 5
    assert sorted(await house.noted()) == sorted(["tea", *(f"cup {number}" for number in range(5))])
    assert await house.pool.fetchval("SELECT sum(facts) FROM outbox") == 6


@pytest.mark.parametrize(("previous_id", "round_trips"), [(None, 1), (uuid4(), 2)])
async def test_light_traffic_of_batch_commands_takes_few_round_trips(
    house: House, previous_id: UUID | None, round_trips: int
) -> None:
    """This one's handler reads nothing. On its first use a connection asks for the types of parameters, once."""
    statements: list[str] = []
    await house.answers(house.ask("tea", type=NOTE_TOGETHER, previous_id=previous_id))
    async with house.pool.acquire() as connection:
        connection.add_query_logger(lambda query: statements.append(query.query))

    await house.answers(house.ask("coffee", type=NOTE_TOGETHER, previous_id=previous_id and uuid4()))

    assert len(statements) == round_trips


async def test_repetitions_within_one_batch_are_answered_alike(house: House) -> None:
    event = house.ask("tea")

    await house.publish(event, event, event)
    async with house.running():
        await house.replies_to(event, count=3)

    assert isinstance(house.log, MemoryLog)
    replies = house.log.records(house.replies.name)
    assert sorted(replayed(reply) for reply in replies) == [False, True, True]
    assert await house.noted() == ["tea"]


async def test_the_same_id_with_another_payload_is_refused(house: House) -> None:
    event = house.ask("tea", fingerprint="one")
    await house.answers(event)
    other = house.ask("coffee", id=event.id, fingerprint="two")

    await house.publish(other)
    async with house.running():
        (reply,) = await house.replies_to(other, count=2)

    assert (status(reply), code(reply)) == (422, "idempotency_key_reused")
    assert await house.noted() == ["tea"]


@pytest.mark.parametrize(("hours", "repeated"), [(23, True), (25, False)])
async def test_a_key_of_the_day_before_stands_for_24_hours(house: House, hours: int, repeated: bool) -> None:
    house.clock.now = house.clock.now.replace(hour=0, minute=30)
    yesterday = house.ask("tea", fingerprint="f", previous_id=uuid4())
    await house.answers(yesterday)
    house.clock.forward(hours=hours)
    house.clock.now = max(house.clock.now, yesterday.time.replace(hour=23, minute=30))
    today = house.ask(
        "tea",
        previous_id=yesterday.id,
        fingerprint="f",
        time=yesterday.time + timedelta(days=1, hours=-0.2 if repeated else 1),
    )

    (reply,) = await house.answers(today)

    assert replayed(reply) is repeated
    assert await house.noted() == ["tea"] * (1 if repeated else 2)


async def test_a_message_delivered_again_after_more_than_a_day_is_not_done_again(house: House) -> None:
    event = house.ask("tea", fingerprint="f", previous_id=uuid4())
    await house.answers(event)
    house.clock.forward(hours=30)

    await house.publish(event)
    async with house.running():
        (reply,) = await house.replies_to(event, count=2)

    assert (status(reply), replayed(reply)) == (201, True)
    assert await house.noted() == ["tea"]


async def test_a_refusal_is_stored_and_undoes_what_was_written(house: House) -> None:
    event = house.ask("tea", behaviour="refuse")
    await house.answers(event)

    await house.publish(event)
    async with house.running():
        (reply,) = await house.replies_to(event, count=2)

    assert (status(reply), code(reply), replayed(reply)) == (404, "unknown_subject", True)
    assert await house.noted() == []
    assert await house.pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_an_answer_of_503_is_not_stored_so_that_a_retry_runs(house: House) -> None:
    event = house.ask("tea", behaviour="overloaded")
    await house.answers(event)

    await house.publish(event)
    async with house.running():
        (reply,) = await house.replies_to(event, count=2)

    assert (status(reply), replayed(reply)) == (503, False)
    assert house.notes.calls == ["tea", "tea"]
    assert await house.noted() == []


@pytest.mark.parametrize("together", [False, True])
async def test_poison_in_a_batch_of_200_leaves_199_handled_in_order_of_key(house: House, together: bool) -> None:
    kind = {"type": NOTE_TOGETHER} if together else {}
    events = [
        house.ask(f"{number:03}", behaviour="bug" if number == 77 else "ok", **kind)  # type: ignore[arg-type]
        for number in range(200)
    ]
    keyed = [(event, f"key-{number % 7}") for number, event in enumerate(events)]
    async with house.log.publisher() as publisher:
        await publisher.publish([house.message(event)._replace(key=key.encode()) for event, key in keyed])

    async with house.running():
        replies = await house.replies_to(*events)

    good = 200 if together else 201
    assert [status(reply) for reply in replies] == [500 if number == 77 else good for number in range(200)]
    noted = [int(subject) for subject in await house.noted()]
    assert sorted(noted) == [number for number in range(200) if number != 77]
    by_key = [[number for number in noted if number % 7 == key] for key in range(7)]
    assert all(numbers == sorted(numbers) for numbers in by_key)
    async with house.pool.acquire() as connection:
        (letter,) = await dead_letters.newest(connection)
    assert letter.reason.startswith("KeyError at conftest.py")
    assert "nobody thought of this" not in letter.reason


async def test_what_can_never_be_handled_is_put_aside_sealed_and_can_be_replayed(house: House) -> None:
    event = house.ask("secret tea", behaviour="permanent")

    (reply,) = await house.answers(event)

    assert (status(reply), code(reply)) == (500, "not_handled")
    async with house.pool.acquire() as connection:
        (letter,) = await dead_letters.newest(connection)
        sealed = await connection.fetchval("SELECT sealed FROM dead_letters")
        assert b"secret tea" not in sealed
        assert (letter.tenant_id, letter.type, letter.reason) == (ACME, "notes.note", "this can never be noted")
        async with house.log.publisher() as publisher:
            assert await dead_letters.replay(
                connection, letter.dead_letter_id, publisher=publisher, seal=house.seal, now=house.clock()
            )
    async with house.running():
        await house.replies_to(event, count=2)
    assert house.notes.calls == ["secret tea", "secret tea"]


async def test_what_is_no_event_and_what_does_not_fit_its_model_are_put_aside(house: House) -> None:
    misfit = house.ask("tea", data=b'{"subject": 5}')
    async with house.log.publisher() as publisher:
        await publisher.publish([Message(house.requests.name, b"k", b"\xff\x00", [("ce_id", b"no id")])])

    (reply,) = await house.answers(misfit)

    assert status(reply) == 500
    async with house.pool.acquire() as connection:
        reasons = {letter.type: letter.reason for letter in await dead_letters.newest(connection)}
    assert reasons.keys() == {None, "notes.note"}
    assert reasons["notes.note"] == "the data is not a Note (subject: string_type)"


async def test_a_message_that_must_wait_holds_back_its_partition_and_nobody_else(house: House) -> None:
    waiting = [house.ask("slow", behaviour="temporary"), house.ask("slow after")]
    others = [house.ask(f"other-{number}") for number in range(20)]
    async with house.log.publisher() as publisher:
        await publisher.publish([house.message(event)._replace(partition=1, key=None) for event in waiting])
        await publisher.publish([house.message(event)._replace(partition=2, key=None) for event in others])

    async with house.running():
        replies = await house.replies_to(*waiting, *others)

    assert all(status(reply) == 201 for reply in replies)
    noted = await house.noted()
    assert noted.index("slow") < noted.index("slow after")
    assert noted.index("other-19") < noted.index("slow")
    assert house.notes.calls.count("slow after") == 1


@pytest.mark.parametrize("beside", [NOTE_TOGETHER, NOTE], ids=["alone", "beside others"])
async def test_messages_that_are_handled_together_wait_together_and_none_is_lost(
    house: House, beside: MessageType
) -> None:
    events = [
        house.ask("slow", behaviour="temporary", type=NOTE_TOGETHER),
        house.ask("with it", type=NOTE_TOGETHER),
        house.ask("beside it", type=beside),
    ]
    async with house.log.publisher() as publisher:
        for partition, event in enumerate(events):
            await publisher.publish([house.message(event)._replace(partition=partition, key=None)])

    async with house.running():
        replies = await house.replies_to(*events)

    assert [status(reply) for reply in replies] == [200, 200, 200 if beside is NOTE_TOGETHER else 201]
    assert sorted(await house.noted()) == ["beside it", "slow", "with it"]
    async with house.pool.acquire() as connection:
        assert await dead_letters.newest(connection) == []


async def test_a_tenant_whose_every_message_fails_is_refused_and_others_are_not(house: House) -> None:
    limits = Limits(at_least=5, tenants=3)
    broken = UUID(int=0xBAD)
    bad = [house.ask(f"bad-{number}", behaviour="bug", tenant=broken) for number in range(40)]
    good = [house.ask(f"good-{number}", tenant=UUID(int=number % 5 + 1)) for number in range(40)]
    await house.publish(*[event for pair in zip(bad, good, strict=True) for event in pair])

    async with house.running(quarantine=Quarantine(limits), batch=4):
        replies = await house.replies_to(*bad, *good)

    refused = [reply for reply in replies[:40] if status(reply) == 503]
    assert len(refused) >= 20
    assert {code(reply) for reply in refused} == {"quarantined"}
    assert [status(reply) for reply in replies[40:]] == [201] * 40


async def test_failures_of_several_tenants_stop_the_consumer_before_it_empties_the_topic(house: House) -> None:
    events = [house.ask(f"bad-{number}", behaviour="bug", tenant=UUID(int=number % 10 + 1)) for number in range(200)]
    await house.publish(*events)

    async with house.log.publisher() as publisher:
        consumer = house.consumer(publisher, quarantine=Quarantine(Limits(at_least=20)), batch=10)
        with pytest.raises(TooManyDeadLetters):
            await asyncio.wait_for(consumer.run(), 30)

    assert await house.pool.fetchval("SELECT count(*) FROM dead_letters") < 20


async def test_a_read_is_answered_and_leaves_no_row(house: House) -> None:
    (reply,) = await house.answers(house.ask("tea", type=COUNT))

    assert orjson.loads(reply.value) == {"count": 0}
    assert await house.pool.fetchval("SELECT count(*) FROM inbox") == 0


async def test_a_read_that_nobody_waits_for_any_more_is_answered_expired_without_work(house: House) -> None:
    late = house.ask("tea", type=COUNT, budget_ms=500)
    in_time = house.ask("tea", type=COUNT, budget_ms=60_000)
    house.clock.forward(seconds=2)

    replies = await house.answers(late, in_time)

    assert [status(reply) for reply in replies] == [504, 200]
    assert code(replies[0]) == "expired"
    assert house.notes.calls == ["tea"]


async def test_a_command_runs_however_late_it_is(house: House) -> None:
    event = house.ask("tea", budget_ms=500)
    house.clock.forward(minutes=5)

    (reply,) = await house.answers(event)

    assert status(reply) == 201


async def test_unknown_requests_are_worth_another_try_and_unknown_facts_are_skipped(house: House) -> None:
    unknown = MessageType("notes.sing", Note, Kind.COMMAND)
    request = house.ask("tea", type=unknown)
    fact = house.ask("tea", type=unknown, reply_to=None)
    known = house.ask("coffee")

    await house.publish(fact)
    replies = await house.answers(request, known)

    assert [status(reply) for reply in replies] == [503, 201]
    assert await house.pool.fetchval("SELECT count(*) FROM dead_letters") == 0


async def test_a_fact_is_applied_once(house: House) -> None:
    fact = house.ask("rumour", type=HEARD, reply_to=None)
    after = house.ask("tea")

    await house.publish(fact, fact)
    await house.answers(after)
    await house.publish(fact)
    await house.answers(house.ask("milk"))

    assert sorted(await house.noted()) == ["milk", "rumour", "tea"]


@pytest.mark.parametrize("type", [NOTE, NOTE_TOGETHER])
async def test_a_zombie_whose_transaction_stays_open_is_waited_for_and_its_answer_given(
    house: House, type: MessageType
) -> None:
    event = house.ask("tea", type=type)
    await house.publish(event)
    zombie = await house.pool.acquire()
    transaction = zombie.transaction()
    await transaction.start()
    await zombie.execute("INSERT INTO note (tenant_id, request_id, subject) VALUES ($1, $2, 'tea')", ACME, event.id)
    await zombie.execute(
        "INSERT INTO inbox (tenant_id, day, message_id, status, reply, handled_at) VALUES ($1, $2, $3, 201, $4, $5)",
        ACME,
        event.time.date(),
        event.id,
        b'{"noted":"by the zombie"}',
        house.clock(),
    )

    async with house.running():
        await _until_blocked(house)
        await transaction.commit()
        (reply,) = await house.replies_to(event)
    await house.pool.release(zombie)

    assert (orjson.loads(reply.value), replayed(reply)) == ({"noted": "by the zombie"}, True)
    assert await house.noted() == ["tea"]
    assert await house.pool.fetchval("SELECT count(*) FROM dead_letters") == 0


@pytest.mark.parametrize(("type", "answer"), [(NOTE, 201), (NOTE_TOGETHER, 200)])
async def test_a_zombie_that_dies_leaves_nothing_behind(house: House, type: MessageType, answer: int) -> None:
    event = house.ask("tea", type=type)
    await house.publish(event)
    zombie = await house.pool.acquire()
    transaction = zombie.transaction()
    await transaction.start()
    await zombie.execute("INSERT INTO note (tenant_id, request_id, subject) VALUES ($1, $2, 'tea')", ACME, event.id)

    async with house.running():
        await _until_blocked(house)
        await transaction.rollback()
        (reply,) = await house.replies_to(event)
    await house.pool.release(zombie)

    assert (status(reply), replayed(reply)) == (answer, False)
    assert await house.noted() == ["tea"]


async def _until_blocked(house: House) -> None:
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    await until(lambda: house.pool.fetchval(blocked))


class _Silent:
    """A publisher of a process that dies after the commit and before the reply: nothing leaves it, ever."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def publish(self, messages: object) -> None:
        del messages
        self.asked.set()
        await asyncio.Event().wait()


@pytest.mark.parametrize(("type", "calls"), [(NOTE, ["tea"]), (NOTE_TOGETHER, ["tea", "tea"])])
async def test_a_consumer_that_dies_between_commit_and_reply_leaves_the_answer_to_the_next(
    house: House, type: MessageType, calls: list[str]
) -> None:
    """Batch commands are computed again before the inbox refuses them, since they only read."""
    event = house.ask("tea", type=type)
    await house.publish(event)
    silent = _Silent()
    dying = asyncio.create_task(house.consumer(silent).run())
    async with asyncio.timeout(10):
        await silent.asked.wait()
    dying.cancel()
    await asyncio.wait([dying])

    async with house.running():
        (reply,) = await house.replies_to(event)

    assert (orjson.loads(reply.value), replayed(reply)) == ({"noted": "tea"}, True)
    assert house.notes.calls == calls
    assert await house.noted() == ["tea"]
    assert await house.pool.fetchval("SELECT count(*) FROM outbox") == 1


class _Flaky:
    """A publisher whose log is away for the first attempts."""

    def __init__(self, house: House, failures: int) -> None:
        self.failures = failures
        self.house = house

    async def publish(self, messages: Sequence[Message]) -> None:
        if self.failures:
            self.failures -= 1
            raise LogUnavailable("away")
        assert isinstance(self.house.log, MemoryLog)
        for message in messages:
            self.house.log.append(message)


async def test_replies_wait_for_a_log_that_is_away(house: House) -> None:
    event = house.ask("tea")
    await house.publish(event)

    async with house.running(publisher=_Flaky(house, failures=3)):
        (reply,) = await house.replies_to(event)

    assert status(reply) == 201
    assert house.notes.calls == ["tea"]


class _SealThatIsAway(OpenSeal):
    """A seal that cannot be reached for the first attempts."""

    def __init__(self, failures: int) -> None:
        self.failures = failures

    def seal(self, data: bytes, *, context: str) -> bytes:
        if self.failures:
            self.failures -= 1
            raise ConnectionError
        return super().seal(data, context=context)


async def test_a_dead_letter_that_takes_several_attempts_to_put_aside_counts_once(house: House) -> None:
    house.seal = _SealThatIsAway(3)
    bad, good = house.ask("bad", behaviour="permanent"), house.ask("good")

    async with house.running(quarantine=Quarantine(Limits(at_least=2))):
        await house.publish(bad)
        await house.replies_to(bad)
        await house.publish(good)
        (reply,) = await house.replies_to(good)

    assert status(reply) == 201
