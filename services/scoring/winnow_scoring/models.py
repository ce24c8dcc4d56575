"""The models that this process compares by: fetched from the object store when they are first needed, and kept.

A model never changes, so what is kept needs no check. Those that were used least recently are dropped first when all
of them together take more memory than they may.
"""

import asyncio
from collections import OrderedDict
from typing import Final
from uuid import UUID

from winnow_common import logs
from winnow_common.clock import Clock
from winnow_common.errors import PermanentError
from winnow_common.postgres import Connection
from winnow_common.sealed import SealedStore
from winnow_contracts.sealed import SealedReference

from winnow_scoring.metrics import MODELS_LOADED
from winnow_scoring.similarity import archive
from winnow_scoring.similarity.factors import CODE_VERSION
from winnow_scoring.similarity.model import Model
from winnow_scoring.store import models as store

log = logs.get(__name__)

MOST_BYTES: Final = 512 * 1024 * 1024
"""Of all models together, as they are in the store; in memory they are somewhat larger."""

_SMALL: Final = 4 * 1024 * 1024
"""A model up to this size is read in less time than another thread takes to begin."""

Key = tuple[UUID, int]


class Models:
    """Models by tenant and version."""

    def __init__(self, objects: SealedStore, *, clock: Clock, most_bytes: int = MOST_BYTES) -> None:
        self._objects = objects
        self._clock = clock
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Key, tuple[Model, int]] = OrderedDict()
        self._loading: dict[Key, asyncio.Task[tuple[Model, int]]] = {}
        self._bytes = 0

    @property
    def code_version(self) -> str:
        """Of what compares now."""
        return CODE_VERSION

    async def get(self, connection: Connection, *, tenant: UUID, version: int) -> Model | None:
        """A model; None where it is kept no more, or is unreadable.

        Raises `TemporaryError` while the object store is away.
        """
        key = tenant, version
        if key not in self._kept and key not in self._loading:
            reference = await store.object_of(connection, tenant=tenant, version=version, now=self._clock())
            if reference is None:
                return None
            self._start(key, SealedReference.model_validate_json(reference))
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key][0]
        try:
            model, size = await asyncio.shield(self._loading[key])
        except (PermanentError, archive.Unreadable) as error:
            log.warning("a model cannot be read", version=version, error=repr(error))
            return None
        self._keep(key, model, size)
        return model

    def _start(self, key: Key, reference: SealedReference) -> None:
        """Load a model unless somebody else has, or has begun to, while it was looked for."""
        if key not in self._kept and key not in self._loading:
            task = self._loading[key] = asyncio.create_task(self._load(key[0], reference))
            task.add_done_callback(lambda _: self._loading.pop(key, None))

    async def _load(self, tenant: UUID, reference: SealedReference) -> tuple[Model, int]:
        data = b"".join([bytes(piece) async for piece in self._objects.read(reference, tenant=tenant)])
        MODELS_LOADED.inc()
        model = archive.read(data) if len(data) <= _SMALL else await asyncio.to_thread(archive.read, data)
        return model, len(data)

    def _keep(self, key: Key, model: Model, size: int) -> None:
        if key in self._kept:
            return
        self._kept[key] = model, size
        self._bytes += size
        while self._bytes > self._most_bytes and len(self._kept) > 1:
            _, (_, dropped) = self._kept.popitem(last=False)
            self._bytes -= dropped
