"""Asking over the log: the right caller gets the right answer, or is told in time that there is none yet."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from uuid import UUID, uuid4

import orjson
import pytest
from winnow_common.delivery import COMPRESSED_FROM
from winnow_common.identifiers import request_id
from winnow_common.log import Message
from winnow_common.outcome import Outcome, Read
from winnow_common.requests import NoReply, Requests, open_requests

from .conftest import COUNT, House, Note


@asynccontextmanager
async def gateway(house: House, instance: str) -> AsyncIterator[Requests]:
    async with open_requests(house.log, replies=house.replies, instance=instance) as requests:
        yield requests


async def test_a_request_gets_its_reply(house: House) -> None:
    async with gateway(house, "a") as requests, house.running():
        event = house.ask("tea", reply_to=requests.reply_to)
        reply = await requests.ask(house.requests, event, key=b"k", timeout=10)

    assert (reply.status, orjson.loads(reply.body), reply.replayed) == (201, {"noted": "tea"}, False)


async def test_many_at_once_each_get_their_own(house: House) -> None:
    async with gateway(house, "a") as requests, house.running():
        events = [house.ask(f"{number}", reply_to=requests.reply_to) for number in range(200)]
        replies = await asyncio.gather(
            *(requests.ask(house.requests, event, key=str(event.subject).encode(), timeout=20) for event in events)
        )

    assert [orjson.loads(reply.body)["noted"] for reply in replies] == [str(number) for number in range(200)]


async def test_one_id_asked_twice_at_once_is_answered_twice_and_done_once(house: House) -> None:
    async with gateway(house, "a") as requests, house.running():
        event = house.ask("tea", reply_to=requests.reply_to)
        replies = await asyncio.gather(*(requests.ask(house.requests, event, key=b"k", timeout=10) for _ in range(2)))

    assert sorted(reply.replayed for reply in replies) == [False, True]
    assert await house.noted() == ["tea"]


async def test_two_gateways_on_one_partition_ignore_each_others_replies(house: House) -> None:
    names = [name for name in map(str, range(100)) if zlib.crc32(name.encode()) % house.replies.partitions == 0][:2]
    async with gateway(house, names[0]) as first, gateway(house, names[1]) as second, house.running():
        event = house.ask("tea", reply_to=first.reply_to)
        stranger = asyncio.create_task(second.ask(house.facts, event, key=b"k", timeout=1))
        reply = await first.ask(house.requests, event, key=b"k", timeout=10)
        with pytest.raises(NoReply):
            await stranger

    assert reply.status == 201


async def test_no_reply_in_time_is_said_and_the_stored_answer_is_there_later(house: House) -> None:
    async with gateway(house, "a") as requests:
        event = house.ask("tea", reply_to=requests.reply_to)
        with pytest.raises(NoReply):
            await requests.ask(house.requests, event, key=b"k", timeout=0.05)
        async with house.running():
            await house.replies_to(event)
            again = await requests.ask(house.requests, event, key=b"k", timeout=10)

    assert (again.status, again.replayed) == (201, True)


async def test_a_large_answer_is_compressed_on_the_log_and_whole_in_the_gateway(house: House) -> None:
    body = orjson.dumps({"lines": ["Industry is Technology"] * (COMPRESSED_FROM // 10)})

    async def large(_: object, __: object) -> Outcome:
        return Outcome(body=body)

    async with (
        gateway(house, "a") as requests,
        house.running(handlers=[Read(COUNT, Note, large)]),
    ):
        event = house.ask("tea", type=COUNT, reply_to=requests.reply_to)
        reply = await requests.ask(house.requests, event, key=b"k", timeout=10)

    assert reply.body == body


async def test_a_reply_that_cannot_be_read_does_not_stop_the_others(house: House) -> None:
    async with gateway(house, "a") as requests, house.running():
        partition = int(requests.reply_to.partition("/")[0])
        event = house.ask("tea", reply_to=requests.reply_to)
        broken = [
            ("ce_replyto", requests.reply_to.encode()),
            ("ce_causationid", str(event.id).encode()),
            ("ce_status", b"many"),
        ]
        task = asyncio.create_task(requests.ask(house.requests, event, key=b"k", timeout=10))
        async with house.log.publisher() as publisher:
            await publisher.publish([Message(house.replies.name, None, b"", broken, partition)])
        reply = await task

    assert reply.status == 201


def test_ids_of_requests_are_the_same_for_one_key_and_day_and_differ_otherwise() -> None:
    base = {
        "tenant": UUID(int=1),
        "environment": "production",
        "method": "POST",
        "path": "/v1/scoring",
        "idempotency_key": "k",
        "day": date(2026, 5, 4),
    }
    other = {
        "tenant": uuid4(),
        "environment": "staging",
        "method": "PUT",
        "path": "/v1/rules",
        "idempotency_key": "l",
        "day": date(2026, 5, 5),
    }

    ids = {request_id(**base | {name: value}) for name, value in other.items()}  # type: ignore[arg-type]

    assert request_id(**base) == request_id(**base)  # type: ignore[arg-type]
    assert len(ids | {request_id(**base)}) == 7  # type: ignore[arg-type]
