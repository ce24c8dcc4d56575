"""Redis or Valkey: a client that says soon when the server is away. Nothing of value is kept there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

_CONNECTIONS = 16

Away: tuple[type[BaseException], ...] = (RedisError, OSError, TimeoutError)
"""What calls raise where the server does not answer in time."""


@asynccontextmanager
async def open_redis(url: str, *, timeout: float) -> AsyncIterator["Redis"]:
    """A client without retries: connecting, waiting for a connection and reading each end after `timeout` seconds.

    It connects when it is first used.
    """
    pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
        url,
        max_connections=_CONNECTIONS,
        timeout=timeout,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
    )
    client = Redis.from_pool(pool)
    try:
        yield client
    finally:
        await client.aclose()
