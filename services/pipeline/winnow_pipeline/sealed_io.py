"""Files of uploads as the readers take them, and answers that are too personal or too large for the log."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from winnow_common.outcome import Outcome
from winnow_common.sealed import SealedStore
from winnow_common.sealed_values import write_whole
from winnow_contracts.sealed import SealedReference

_ANSWER_KEPT: Final = timedelta(minutes=15)
"""The gateway deletes an answer when it was sent; this is for answers that nobody waited for."""


class SealedSource:
    """An upload, by reference; a `winnow_pipeline.files.source.Source`."""

    def __init__(self, objects: SealedStore, reference: SealedReference, *, tenant: UUID) -> None:
        self._objects = objects
        self._reference = reference
        self._tenant = tenant

    @property
    def size(self) -> int:
        """Bytes in all."""
        return self._reference.size

    async def read(self, offset: int = 0) -> AsyncGenerator[bytes, None]:
        """The bytes from `offset` on. Raises `ObjectMissing`, `SealedCorrupt`, `TemporaryError`."""
        async for piece in self._objects.read(self._reference, tenant=self._tenant, offset=offset):
            yield piece


async def sealed_answer(objects: SealedStore, value: Any, *, tenant: UUID, now: datetime) -> Outcome:
    """An answer whose body is a sealed object. May raise `TemporaryError`."""
    content = orjson.dumps(value, option=orjson.OPT_UTC_Z)
    reference = await write_whole(objects, content, tenant=tenant, expires=now + _ANSWER_KEPT)
    return Outcome.json({"sealed_answer": reference.model_dump(mode="json")})
