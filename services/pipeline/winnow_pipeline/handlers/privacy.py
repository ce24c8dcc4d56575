"""Privacy: everything that is stored of a person, and erasing it. Persons are named in sealed bodies."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final
from uuid import UUID

from winnow_common.clock import Clock
from winnow_common.errors import PermanentError, Problem
from winnow_common.outcome import AnyHandler, Command, Outcome, Read, Request
from winnow_common.postgres import Connection
from winnow_common.sealed import SealedStore
from winnow_common.sealed_values import read_whole
from winnow_contracts import privacy as contract
from winnow_contracts.privacy import ErasePerson, ExportPerson, Subject
from winnow_contracts.sealed import SealedBody

from winnow_pipeline import erasing
from winnow_pipeline.erasing import ReceiptSigner
from winnow_pipeline.public_ids import derived_id
from winnow_pipeline.sealed_io import sealed_answer
from winnow_pipeline.settings import Settings
from winnow_pipeline.store import tombstones
from winnow_pipeline.vault.pseudonyms import PseudonymKey
from winnow_pipeline.vault.tenant_keys import TenantKeys

Answers = Callable[[Connection, UUID, Sequence[UUID]], Awaitable[list[dict[str, Any]]]]
"""A `LeadAnswer` of each of some leads."""

_PURPOSES: Final = ("Deciding which companies and contacts of lists that you brought are worth a call.",)


class PrivacyHandlers:
    """Answers for `privacy.*`."""

    def __init__(
        self, *, settings: Settings, clock: Clock, objects: SealedStore, keys: TenantKeys, answers: Answers
    ) -> None:
        self._clock = clock
        self._objects = objects
        self._keys = keys
        self._answers = answers
        self._signer = ReceiptSigner(settings.master_key.get_secret_value())
        self._retention_days = settings.retention_days

    def all(self) -> tuple[AnyHandler, ...]:
        """The handlers with the messages that they take."""
        return (
            Command(contract.ERASE, ErasePerson, self.erase),
            Read(contract.EXPORT, ExportPerson, self.export),
        )

    async def erase(self, request: Request[ErasePerson], connection: Connection) -> Outcome:
        """Erase a person; files of results that named the person are deleted."""
        subject = await self._subject(request.data, tenant=request.tenant)
        keys = await self._keys.of(connection, tenant=request.tenant)
        erased = await erasing.erase(
            connection,
            subject,
            keys,
            signer=self._signer,
            receipt_id=derived_id(request.id, key="erasure", time=request.time),
            now=self._clock(),
        )
        for tenant, file in erased.files:
            await self._objects.delete(file, tenant=tenant)
        return Outcome.json(erased.receipt)

    async def export(self, request: Request[ExportPerson], connection: Connection) -> Outcome:
        """Everything that is stored of a person."""
        tenant = request.tenant
        subject = await self._subject(request.data, tenant=tenant)
        keys = await self._keys.of(connection, tenant=tenant)
        found = await erasing.find(connection, subject, keys)
        pseudonyms = PseudonymKey(keys).pseudonyms(found.texts)
        answer = {
            "generated_at": self._clock(),
            "leads": await self._answers(connection, tenant, found.leads),
            "erased_before": bool(await tombstones.find(connection, tenant=tenant, pseudonyms=pseudonyms)),
            "purposes": list(_PURPOSES),
            "retention_days": self._retention_days,
        }
        return await sealed_answer(self._objects, answer, tenant=tenant, now=self._clock())

    async def _subject(self, body: SealedBody, *, tenant: UUID) -> Subject:
        try:
            return Subject.model_validate_json(await read_whole(self._objects, body.object, tenant=tenant))
        except PermanentError:
            raise Problem(
                503, "body_expired", "What you sent was kept for too short a time to be handled. Send it again."
            ) from None
