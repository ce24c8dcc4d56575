"""Everything that a stack keeps and tells, to be looked through for words that must not be there."""

import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import asyncpg
import requests
from aiokafka import AIOKafkaConsumer
from redis import Redis
from winnow_contracts.topics import TOPICS
from winnow_local.running import RunningStack

from tests.faults.reading import header, read_whole

from .account import operations_ports


def has(word: str, parts: Iterable[object]) -> bool:
    """Whether a word is in any of them; bytes count as text."""
    return any(word in repr(part).lower() for part in parts)


async def log_of(stack: RunningStack) -> list[object]:
    """Values, keys and headers of all records of all topics."""
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.endpoints.kafka)
    await consumer.start()
    names = await consumer.topics()
    await consumer.stop()
    assert {topic.name for topic in TOPICS} <= names
    records = [record for name in names for record in await read_whole(stack.endpoints.kafka, name)]
    values = [
        zlib.decompress(record.value) if header(record, "ce_encoding") == "deflate" else record.value
        for record in records
    ]
    return [*values, *((record.key, record.headers) for record in records)]


def redis_of(stack: RunningStack) -> list[object]:
    """Names and contents of all keys."""
    with Redis.from_url(stack.endpoints.redis) as redis:
        return [(name, _content(redis, name)) for name in redis.scan_iter()]


async def tables_of(stack: RunningStack) -> list[object]:
    """All rows of all tables of all services, in whatever schema they are."""
    parts: list[object] = []
    for url in stack.endpoints.postgres.values():
        connection = await asyncpg.connect(url)
        tables = await connection.fetch(
            "SELECT pg_class.oid::regclass::text AS name FROM pg_class"
            " WHERE relkind = 'r' AND relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
        )
        assert len(tables) > 3
        for table in tables:
            parts += [tuple(row.values()) for row in await connection.fetch(f"SELECT * FROM {table['name']}")]
        await connection.close()
    return parts


def files_of(folder: Path) -> list[tuple[str, bytes]]:
    """Names and contents of all files in a folder."""
    return [(str(path), path.read_bytes()) for path in folder.rglob("*") if path.is_file()]


def metrics_of(stack: RunningStack) -> list[str]:
    """What each process tells of itself."""
    return [requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text for port in operations_ports(stack)]


def _content(redis: "Redis", name: bytes) -> Any:
    kind = redis.type(name)
    if kind == b"hash":
        return redis.hgetall(name)
    if kind == b"zset":
        return redis.zrange(name, 0, -1, withscores=True)
    assert kind == b"string", kind
    return redis.get(name)
