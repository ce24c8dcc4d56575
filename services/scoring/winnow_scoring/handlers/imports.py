"""Imports: begun, looked at, listed. The work is done elsewhere (`import_runner`)."""

from typing import Any
from uuid import UUID

import orjson
from winnow_common.clock import Clock
from winnow_common.cursors import Cursors
from winnow_common.errors import Violation
from winnow_common.outcome import AnyHandler, Command, Outcome, Read, Request
from winnow_common.pages import page
from winnow_common.postgres import Connection
from winnow_contracts import customers
from winnow_contracts import imports as contract
from winnow_contracts.customers import ImportCustomers
from winnow_contracts.imports import GetImport, ImportCompanies, ListImports

from winnow_scoring import refusals
from winnow_scoring.files.columns import Mapped, faults_in_mapping
from winnow_scoring.files.companies import Checkpoint
from winnow_scoring.public_ids import Prefix, derived_id, read_id, shown
from winnow_scoring.store import imports
from winnow_scoring.store.imports import ImportKind, NewImport, StoredImport


class ImportHandlers:
    """Answers for `companies.import`, `customers.import` and `imports.*`."""

    def __init__(self, *, clock: Clock, cursors: Cursors) -> None:
        self._clock = clock
        self._cursors = cursors

    def all(self) -> tuple[AnyHandler, ...]:
        """The handlers with the messages that they take."""
        return (
            Command(contract.IMPORT, ImportCompanies, self.companies),
            Command(customers.IMPORT, ImportCustomers, self.customers),
            Read(contract.GET, GetImport, self.get),
            Read(contract.LIST, ListImports, self.list),
        )

    async def companies(self, request: Request[ImportCompanies], connection: Connection) -> Outcome:
        """Queue a file of companies."""
        return await self._begin(request, connection, kind=ImportKind.COMPANIES)

    async def customers(self, request: Request[ImportCustomers], connection: Connection) -> Outcome:
        """Queue a file of customers."""
        return await self._begin(request, connection, kind=ImportKind.CUSTOMERS)

    async def _begin(
        self,
        request: Request[ImportCompanies] | Request[ImportCustomers],
        connection: Connection,
        *,
        kind: ImportKind,
    ) -> Outcome:
        asked = request.data
        _check_mapping(asked.mapping, kind=kind)
        new = NewImport(
            tenant=request.tenant,
            import_id=derived_id(request.id, key="import", time=request.time),
            request_id=request.id,
            kind=kind,
            object=asked.object.model_dump_json(),
            bytes_total=asked.object.size,
            content_type=asked.content_type,
            mapping=None if asked.mapping is None else orjson.dumps(asked.mapping).decode(),
            checkpoint=Checkpoint.start().text(),
            created_at=self._clock(),
        )
        await imports.add(connection, new=new)
        return Outcome.json({"import_id": shown(new.import_id, prefix=Prefix.IMPORT), "status": "queued"}, status=202)

    async def get(self, request: Request[GetImport], connection: Connection) -> Outcome:
        """How far an import is, with the first rows that did not go in."""
        import_id = read_id(request.data.id, prefix=Prefix.IMPORT)
        found = import_id and await imports.find(connection, tenant=request.tenant, import_id=import_id)
        if not found:
            raise refusals.import_not_found()
        errors = await imports.errors(connection, tenant=request.tenant, import_id=found.import_id)
        return Outcome.json(_answer(found) | {"errors": [{"line": line, "reason": why} for line, why in errors]})

    async def list(self, request: Request[ListImports], connection: Connection) -> Outcome:
        """Imports, newest first; the rows that did not go in are told one by one."""
        tenant, asked = request.tenant, request.data
        start = self._cursors.read(asked.cursor, tenant=tenant, of="imports")
        found = await imports.before(
            connection, tenant=tenant, import_id=UUID(start) if start else None, limit=asked.limit + 1
        )

        def cursor(item: StoredImport) -> str:
            return self._cursors.make(item.import_id.hex, tenant=tenant, of="imports")

        return page(found, limit=asked.limit, shown=_answer, cursor=cursor)


def _check_mapping(mapping: Mapped | None, *, kind: ImportKind) -> None:
    """Refuse a mapping that leads nowhere."""
    if mapping is None:
        return
    if wrong := faults_in_mapping(mapping, weighed=kind is ImportKind.CUSTOMERS):
        raise refusals.invalid_request(*(Violation("?mapping", detail) for detail in wrong))


def _answer(found: StoredImport) -> dict[str, Any]:
    """The `ImportAnswer`, without the rows that did not go in."""
    failure = {"code": found.failure_code, "detail": found.failure_detail} if found.failure_code else None
    return {
        "import_id": shown(found.import_id, prefix=Prefix.IMPORT),
        "status": found.status,
        "rows": found.imported + found.rejected,
        "imported": found.imported,
        "rejected": found.rejected,
        "bytes_total": found.bytes_total,
        "bytes_read": found.bytes_read,
        "error": failure,
        "created_at": found.created_at,
        "started_at": found.started_at,
        "finished_at": found.finished_at,
        "kind": found.kind,
        "model_version": found.model_version,
    }
