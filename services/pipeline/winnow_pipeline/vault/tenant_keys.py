"""A tenant's keys: one that wraps the keys of leads, and those that pseudonyms are made with.

They rest wrapped by the master key, each bound to its tenant, purpose and version, and are made when a tenant first
needs them. Pseudonym keys are kept for ever in every version, since tombstones are made with them.
"""

import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from winnow_common.clock import Clock
from winnow_common.errors import PermanentError
from winnow_common.postgres import Queryable
from winnow_common.sealed_format import MasterKey, NotOpened

from winnow_pipeline.store import keys as store
from winnow_pipeline.store.keys import TenantKey

WRAP: Final = "wrap"
PSEUDONYM: Final = "pseudonym"
_KEY_BYTES: Final = 32
_REMEMBERED: Final = 1_000
"""Tenants whose keys are in memory at the same time."""


class KeysNotOpened(PermanentError):
    """The keys of a tenant are wrapped by a master key that this installation does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedKeys:
    """A tenant's keys as bytes; may be handed to a process that computes, and to nobody else."""

    tenant: UUID
    wrap_version: int
    """Under which new keys of leads are wrapped."""
    wraps: dict[int, bytes]
    pseudonyms: tuple[tuple[int, bytes], ...]
    """Version and key, the newest first."""

    def __repr__(self) -> str:
        return f"OpenedKeys(tenant={self.tenant})"


class TenantKeys:
    """Opens tenants' keys, and remembers them."""

    def __init__(self, *, master_key: bytes, previous: Sequence[bytes] = (), clock: Clock) -> None:
        self._masters = [MasterKey(key) for key in (master_key, *previous)]
        self._clock = clock
        self._opened: OrderedDict[UUID, OpenedKeys] = OrderedDict()

    async def of(self, connection: Queryable, *, tenant: UUID) -> OpenedKeys:
        """The tenant's keys, made where there are none. Raises `KeysNotOpened`."""
        known = self._opened.get(tenant)
        if known is not None:
            self._opened.move_to_end(tenant)
            return known
        found = await store.tenant_keys(connection, tenant=tenant)
        if {key.purpose for key in found} != {WRAP, PSEUDONYM}:
            for purpose in (WRAP, PSEUDONYM):
                new = self.wrapped(os.urandom(_KEY_BYTES), tenant=tenant, purpose=purpose, version=1)
                await store.add_tenant_key(connection, new, tenant=tenant, now=self._clock())
            found = await store.tenant_keys(connection, tenant=tenant)
        opened = self._opened[tenant] = self._open(found, tenant=tenant)
        if len(self._opened) > _REMEMBERED:
            self._opened.popitem(last=False)
        return opened

    def wrapped(self, key: bytes, *, tenant: UUID, purpose: str, version: int) -> TenantKey:
        """A key as it is stored, under the newest master key."""
        return TenantKey(purpose, version, self._masters[0].seal(key, _context(tenant, purpose, version)))

    def unwrapped(self, key: TenantKey, *, tenant: UUID) -> bytes:
        """A stored key again. Raises `KeysNotOpened`."""
        for master in self._masters:
            try:
                return master.open(key.wrapped, _context(tenant, key.purpose, key.version))
            except NotOpened:
                continue
        raise KeysNotOpened("keys of a tenant are under another master key; name it in PREVIOUS_MASTER_KEYS")

    def _open(self, found: Sequence[TenantKey], *, tenant: UUID) -> OpenedKeys:
        wraps = {key.version: self.unwrapped(key, tenant=tenant) for key in found if key.purpose == WRAP}
        pseudonyms = [(key.version, self.unwrapped(key, tenant=tenant)) for key in found if key.purpose == PSEUDONYM]
        return OpenedKeys(
            tenant=tenant,
            wrap_version=max(wraps),
            wraps=wraps,
            pseudonyms=tuple(sorted(pseudonyms, reverse=True)),
        )


def _context(tenant: UUID, purpose: str, version: int) -> bytes:
    return f"tenant_key/{tenant}/{purpose}/{version}".encode()
