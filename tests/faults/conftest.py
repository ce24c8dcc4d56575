"""Deployments of the note service for tests of the plumbing, and a place for figures."""

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import winnow_common
from winnow_common import inbox
from winnow_common.postgres import migrate, open_pool

from .installation import Installation, installation
from .notebook import Notebook, open_notebook

MIGRATIONS = Path(winnow_common.__file__).parent / "migrations"

OpenNotebook = Callable[..., AbstractAsyncContextManager[Notebook]]
Figure = Callable[[str], None]


@pytest.fixture(scope="session")
def messages_template(databases: Any) -> str:
    """A database with the plumbing's tables, to be copied for each test."""
    url = databases.create()
    migrate(url, MIGRATIONS)
    return str(url.rpartition("/")[2])


@pytest.fixture
def new_notebook(databases: Any, messages_template: str, kafka_bootstrap: str) -> Iterator[OpenNotebook]:
    """Opens deployments of the note service; their processes end with the block."""
    urls: list[str] = []

    @asynccontextmanager
    async def opened(*, partitions: int = 4) -> AsyncIterator[Notebook]:
        url = databases.create(template=messages_template)
        urls.append(url)
        async with open_pool(url, size=2, name="test") as pool:
            async with pool.acquire() as connection:
                await inbox.keep_partitions(connection, now=datetime.now(UTC))
            notebook = await open_notebook(
                kafka_bootstrap,
                url,
                pool,
                prefix=f"test.{secrets.token_hex(6)}",
                partitions=partitions,
            )
            try:
                yield notebook
            finally:
                await notebook.end()

    yield opened
    for url in urls:
        databases.drop(url)


@pytest.fixture
async def notebook(new_notebook: OpenNotebook) -> AsyncIterator[Notebook]:
    """A deployment of the note service without a process yet."""
    async with new_notebook() as notebook:
        yield notebook


@pytest.fixture(scope="module")
def winnow() -> Iterator[Installation]:
    """A whole Winnow for the tests of one module, whose parts can be killed."""
    with installation() as running:
        yield running


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Says what was measured: in the captured output and in the report of the run."""

    def say(text: str) -> None:
        record_property("figure", text)
        print(text)  # noqa: T201 (shown by pytest -rP, and by -s)

    return say
