"""The operator's `dlq`: lists, shows and replays, as programs read it."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict
from winnow_common import dead_letters
from winnow_common.clock import system_clock
from winnow_common.dead_letter_command import dlq
from winnow_common.kafka import KafkaLog, create_topics
from winnow_common.log import Partition, Record
from winnow_common.postgres import Pool
from winnow_common.sealed import SealedStore
from winnow_common.settings import CommonSettings
from winnow_contracts.topic import Topic

from .conftest import ACME

KEY = bytes(range(32))


class Settings(CommonSettings):
    model_config = SettingsConfigDict(env_prefix="WINNOW_TEST_")


@pytest.fixture
def settings(messages_url: str, kafka_bootstrap: str, tmp_path: Path) -> Settings:
    return Settings(
        postgres=SecretStr(messages_url), kafka=kafka_bootstrap, objects=f"file://{tmp_path}", master_key=KEY
    )


@pytest.fixture
async def topic(kafka_bootstrap: str, topic_name: Callable[[str], str]) -> str:
    name = topic_name("requests")
    await create_topics(
        kafka_bootstrap, [Topic(name=name, key="", publishers=(), consumers=(), messages=(), partitions=1)]
    )
    return name


@pytest.fixture
async def letter(pool: Pool, settings: Settings, topic: str) -> UUID:
    record = Record(Partition(topic, 0), 7, 0, b"key", b'{"n":1}', [("ce_type", b"notes.note")])
    async with pool.acquire() as connection:
        await dead_letters.put_aside(
            connection,
            record,
            tenant=ACME,
            type="notes.note",
            reason="it cannot be",
            seal=SealedStore.at(settings.objects, master_key=KEY),
            now=system_clock(),
        )
    return dead_letters.place_id(record)


def printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]


async def test_what_was_put_aside_is_listed_without_what_is_in_it(
    settings: Settings, letter: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await dlq(["list"], settings, service="notes") == 0

    (row,) = printed(capsys)
    assert (row["dead_letter_id"], row["type"], row["reason"]) == (str(letter), "notes.note", "it cannot be")
    assert "data" not in row


async def test_one_is_shown_with_its_message(
    settings: Settings, letter: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await dlq(["show", str(letter)], settings, service="notes") == 0

    (row,) = printed(capsys)
    assert row["data"] == '{"n":1}'
    assert row["headers"] == {"ce_type": "notes.note"}


async def test_replaying_all_publishes_each_once_as_it_was(
    settings: Settings, letter: UUID, topic: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log = KafkaLog(settings.kafka, client="test")
    async with log.tail(topic, partition=0) as records:
        assert await dlq(["replay", "--all"], settings, service="notes") == 0
        assert await dlq(["replay", "--all"], settings, service="notes") == 0
        record = await anext(records)

    assert (record.key, record.value, list(record.headers)) == (b"key", b'{"n":1}', [("ce_type", b"notes.note")])
    assert [row["dead_letter_id"] for row in printed(capsys)] == [str(letter)]


async def test_an_unknown_one_is_said(settings: Settings, pool: Pool, capsys: pytest.CaptureFixture[str]) -> None:
    del pool
    missing = UUID(int=5)

    assert await dlq(["show", str(missing)], settings, service="notes") == 1
    assert await dlq(["replay", str(missing)], settings, service="notes") == 1
    assert str(missing) in capsys.readouterr().err
