"""What is sealed in replies is opened before they are passed on, and what is personal in calls sealed before it goes.

A reply of the pipeline may be an object in the store (`SealedAnswer`: personal or large), and names of files in it are
sealed texts. Both are the caller's own, and open for no other tenant.
"""

from contextlib import suppress
from typing import Any
from uuid import UUID

import orjson
from winnow_common.errors import Problem, TemporaryError
from winnow_common.objects import ObjectMissing
from winnow_common.sealed import SealedStore
from winnow_common.sealed_values import open_text, read_whole
from winnow_contracts.sealed import SealedAnswer, SealedReference, SealedText


async def revealed(store: SealedStore, body: bytes, *, tenant: UUID) -> bytes:
    """The body of a success as the caller gets it.

    An object that holds it is read once and deleted, so raises a 503 `Problem` where it is gone: asked again, the
    service makes another. May raise `TemporaryError`, `SealedCorrupt`.
    """
    value = orjson.loads(body)
    if isinstance(value, dict) and "sealed_answer" in value:
        return await _content(store, SealedAnswer.model_validate(value).sealed_answer, tenant=tenant)
    items = value.get("data", [value]) if isinstance(value, dict) else []
    sealed = [item for item in items if isinstance(item, dict) and isinstance(item.get("filename"), dict)]
    for item in sealed:
        item["filename"] = open_name(store, item["filename"], tenant=tenant)
    return orjson.dumps(value) if sealed else body


def open_name(store: SealedStore, sealed: Any, *, tenant: UUID) -> str:
    """The name of a file, out of the JSON of its `SealedText`."""
    return open_text(store, SealedText.model_validate(sealed), tenant=tenant)


async def discard(store: SealedStore, sealed: SealedReference, *, tenant: UUID) -> None:
    """Delete an object that has served; where the store is away, it goes at its time."""
    with suppress(TemporaryError):
        await store.delete(sealed, tenant=tenant)


async def _content(store: SealedStore, sealed: SealedReference, *, tenant: UUID) -> bytes:
    try:
        content = await read_whole(store, sealed, tenant=tenant)
    except ObjectMissing:
        detail = "The answer was given before, or waited for too long. Ask again."
        raise Problem(503, "answer_gone", detail, headers={"Retry-After": "1"}) from None
    await discard(store, sealed, tenant=tenant)
    return content
