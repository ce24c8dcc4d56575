"""Contents of the vault, sealed: each lead under a random key of its own, wrapped by its tenant's.

AES-256-GCM throughout. A lead's key seals a few texts (versions of its contents and account), each under a random nonce
and bound to tenant, lead and kind; the tenant's key wraps one key for each lead under random nonces, which is safe for
2^32 leads (NIST SP 800-38D, 8.3). Whoever deletes a wrapped key has erased what is under it. Pure, and meant for
processes that compute: sealing takes about 10 us a lead.
"""

import os
from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from winnow_pipeline.vault.tenant_keys import OpenedKeys

_NONCE: Final = 12
_KEY: Final = 32
_CONTENT: Final = b"content"
_ACCOUNT: Final = b"account"
_WRAPPED: Final = b"key"


class SealedLead(NamedTuple):
    """A lead as the vault holds it, with the wrapped key that is stored elsewhere."""

    lead_id: UUID
    version: int
    wrapped: bytes
    sealed: bytes


class StoredContent(NamedTuple):
    """A lead as it was found: everything but its id is None where it was erased."""

    lead_id: UUID
    version: int | None
    wrapped: bytes | None
    sealed: bytes | None


def seal_chunk(keys: OpenedKeys, *, tenant: UUID, contents: Sequence[tuple[UUID, bytes]]) -> list[SealedLead]:
    """Seal contents, each under a new key."""
    wrap = AESGCM(keys.wraps[keys.wrap_version])
    owner = tenant.bytes
    fresh = os.urandom((_KEY + 2 * _NONCE) * len(contents))
    sealed: list[SealedLead] = []
    for place, (id, data) in enumerate(contents):
        start = place * (_KEY + 2 * _NONCE)
        key = fresh[start : start + _KEY]
        nonce, other = fresh[start + _KEY : start + _KEY + _NONCE], fresh[start + _KEY + _NONCE : start + _KEY + 24]
        bound = owner + id.bytes
        wrapped = nonce + wrap.encrypt(nonce, key, bound + _WRAPPED)
        content = other + AESGCM(key).encrypt(other, data, bound + _CONTENT)
        sealed.append(SealedLead(id, keys.wrap_version, wrapped, content))
    return sealed


def open_chunk(keys: OpenedKeys, *, tenant: UUID, leads: Sequence[StoredContent]) -> list[bytes | None]:
    """Contents again, None where the key or the content is gone. Raises `ValueError` for what was tampered with."""
    return [
        None
        if lead.wrapped is None or lead.sealed is None or lead.version is None
        else _open(
            _lead_key(keys, tenant=tenant, lead_id=lead.lead_id, version=lead.version, wrapped=lead.wrapped),
            lead.sealed,
            tenant.bytes + lead.lead_id.bytes + _CONTENT,
        )
        for lead in leads
    ]


def seal_again(keys: OpenedKeys, *, tenant: UUID, lead: StoredContent, data: bytes) -> SealedLead:
    """Other contents of a lead, under the key that it has."""
    if lead.wrapped is None or lead.version is None:
        raise ValueError("the lead was erased")
    key = _lead_key(keys, tenant=tenant, lead_id=lead.lead_id, version=lead.version, wrapped=lead.wrapped)
    sealed = _seal(key, data, tenant.bytes + lead.lead_id.bytes + _CONTENT)
    return SealedLead(lead.lead_id, lead.version, lead.wrapped, sealed)


def seal_account(keys: OpenedKeys, *, tenant: UUID, lead_id: UUID, wrapped: bytes, version: int, data: bytes) -> bytes:
    """What is stored of a lead's company, under the lead's key."""
    key = _lead_key(keys, tenant=tenant, lead_id=lead_id, version=version, wrapped=wrapped)
    return _seal(key, data, tenant.bytes + lead_id.bytes + _ACCOUNT)


def open_account(
    keys: OpenedKeys, *, tenant: UUID, lead_id: UUID, wrapped: bytes, version: int, sealed: bytes
) -> bytes:
    """The company again. Raises `ValueError` for what was tampered with."""
    key = _lead_key(keys, tenant=tenant, lead_id=lead_id, version=version, wrapped=wrapped)
    return _open(key, sealed, tenant.bytes + lead_id.bytes + _ACCOUNT)


def _lead_key(keys: OpenedKeys, *, tenant: UUID, lead_id: UUID, version: int, wrapped: bytes) -> bytes:
    wrap = keys.wraps.get(version)
    if wrap is None:
        raise ValueError("the lead's key is wrapped by a key that the tenant does not have")
    return _open(wrap, wrapped, tenant.bytes + lead_id.bytes + _WRAPPED)


def _seal(key: bytes, data: bytes, bound: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, bound)


def _open(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
    except InvalidTag:
        raise ValueError("changed, or in a place that is not its own") from None
