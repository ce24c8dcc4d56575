"""Erasing a person: keys are destroyed, contents deleted, and a tombstone keeps the person from coming in again.

Everything happens in one transaction under the tenant's lock (`store.tombstones`), so that no chunk is stored meanwhile
that the erasure does not see. What still lies in sealed files (an upload, chunks between two phases, a rendered
download) is covered by the tombstone and by expiry: a chunk is compared with tombstones before it is stored, and a row
whose key is gone is decided as erased; rendered downloads are dropped at once.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from winnow_common.postgres import Connection
from winnow_contracts.privacy import MOST_SUBJECT_LEADS, Subject
from winnow_contracts.sealed import SealedReference

from winnow_pipeline.contacts.subjects import normalized_phones
from winnow_pipeline.public_ids import Prefix, read_id, shown
from winnow_pipeline.store import keys as lead_keys
from winnow_pipeline.store import leads, links, renders, tombstones, vault
from winnow_pipeline.vault.contents import lead_of
from winnow_pipeline.vault.pseudonyms import PseudonymKey, email_key, linkedin_key, phone_key, subject_keys
from winnow_pipeline.vault.sealing import open_chunk
from winnow_pipeline.vault.tenant_keys import OpenedKeys

_BACKUPS: Final = (
    "The person's keys are destroyed in the live database. Back-ups of the schema of keys are to be kept for no longer "
    "than 30 days; what other back-ups hold cannot be read without these keys."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Whom a subject names: its leads, and the texts it is known by."""

    leads: Sequence[UUID]
    batches: Sequence[UUID]
    texts: Sequence[str]


class ReceiptSigner:
    """Signs receipts by a key of this installation, which comes from its master key (HKDF, RFC 5869)."""

    def __init__(self, master_key: bytes) -> None:
        seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"winnow sign receipts of erasure").derive(
            master_key
        )
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    def signed(self, receipt: dict[str, Any]) -> dict[str, Any]:
        """The receipt with its signature over its canonical JSON, and the key that checks it."""
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return receipt | {"signature": _text(self._key.sign(canonical(receipt))), "public_key": _text(public)}


def canonical(receipt: dict[str, Any]) -> bytes:
    """Sorted keys, no spaces, UTF-8."""
    return orjson.dumps(receipt, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)


def texts_of(subject: Subject) -> list[str]:
    """The texts that a subject is looked for by; a number without its country by every reading of it."""
    texts = [email_key(subject.email)] if subject.email else []
    if subject.phone:
        texts += [phone_key(number) for number in normalized_phones(subject.phone)]
    if subject.linkedin:
        texts.append(linkedin_key(subject.linkedin))
    return texts


async def find(connection: Connection, subject: Subject, keys: OpenedKeys) -> Found:
    """The leads of a subject: found by pseudonym, and confirmed by what they say."""
    texts = texts_of(subject)
    lead_id = None if subject.lead_id is None else read_id(subject.lead_id, prefix=Prefix.LEAD)
    candidates = await links.with_keys(
        connection, tenant=keys.tenant, keys=PseudonymKey(keys).keys64(texts), limit=MOST_SUBJECT_LEADS
    )
    ids = sorted({*candidates, *([lead_id] if lead_id is not None else [])})
    stored = await vault.some(connection, tenant=keys.tenant, ids=ids)
    known = set(texts)
    confirmed: list[UUID] = []
    for each, content in zip(stored, open_chunk(keys, tenant=keys.tenant, leads=stored), strict=True):
        if content is None:
            continue
        own = subject_keys(lead_of(content).contact)
        if each.lead_id == lead_id:
            known.update(own)
        if each.lead_id == lead_id or not set(texts).isdisjoint(own):
            confirmed.append(each.lead_id)
    batches = await leads.batches_of(connection, tenant=keys.tenant, ids=confirmed)
    return Found(leads=confirmed, batches=batches, texts=sorted(known))


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """The receipt, and files that are to be deleted once it stands."""

    receipt: dict[str, Any]
    files: Sequence[tuple[UUID, SealedReference]]


async def erase(
    connection: Connection,
    subject: Subject,
    keys: OpenedKeys,
    *,
    signer: ReceiptSigner,
    receipt_id: UUID,
    now: datetime,
) -> Erased:
    """Erase whom a subject names, in the caller's transaction. Repeating it gives the same receipt."""
    tenant = keys.tenant
    await tombstones.hold(connection, tenant=tenant)
    before = await tombstones.receipt_of(connection, tenant=tenant, receipt_id=receipt_id)
    if before is not None:
        return Erased(receipt=orjson.loads(before), files=())
    found = await find(connection, subject, keys)
    destroyed = await lead_keys.remove(connection, tenant=tenant, ids=found.leads)
    deleted = await vault.remove(connection, tenant=tenant, ids=found.leads)
    unkeyed = await links.remove_keys(connection, tenant=tenant, leads=found.leads)
    blanked = await leads.blank(connection, tenant=tenant, ids=found.leads)
    files = [
        (tenant, file)
        for batch in found.batches
        for file in await renders.forget(connection, tenant=tenant, batch_id=batch)
    ]
    pseudonyms = _tombstones(keys, found.texts)
    receipt = signer.signed(
        {
            "receipt_id": shown(receipt_id, prefix=Prefix.RECEIPT),
            "tenant_id": str(tenant),
            "erased_at": now,
            "pseudonyms": sorted(each.hex() for each, _ in pseudonyms),
            "leads": len(found.leads),
            "stores": [
                _store("vault_keys", "key_destroyed", destroyed),
                _store("vault", "deleted", deleted),
                _store("match_keys", "deleted", unkeyed),
                _store("leads", "blanked", blanked),
                _store("downloads", "deleted", len(files)),
            ],
            "tombstone": bool(pseudonyms),
            "backups": _BACKUPS,
        }
    )
    await tombstones.note_erasure(
        connection, tenant=tenant, receipt_id=receipt_id, receipt=canonical(receipt).decode(), now=now
    )
    await tombstones.add(connection, tenant=tenant, pseudonyms=pseudonyms, receipt_id=receipt_id, now=now)
    return Erased(receipt=orjson.loads(canonical(receipt)), files=files)


def _tombstones(keys: OpenedKeys, texts: Sequence[str]) -> list[tuple[bytes, int]]:
    """Pseudonyms under the newest key, with its version."""
    if not texts:
        return []
    newest = PseudonymKey(keys).pseudonyms(texts)[: len(texts)]
    return [(each, keys.pseudonyms[0][0]) for each in newest]


def _store(store: str, action: str, records: int) -> dict[str, Any]:
    return {"store": store, "action": action if records else "none_found", "records": records}


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
