"""Takes in files in the background: chunk by chunk, tenant by tenant, from where somebody else stopped.

A worker holds one import at a time, for a turn; then the tenant that has waited longest has its own. A chunk is one
transaction: rows (`taking_in`), facts, counts, errors, checkpoint and lease. So a worker that is killed
leaves nothing half done, and its import goes on at the checkpoint when the lease has run out, a few seconds later.

While too many facts wait to leave, imports wait as well: bulk work must not hold up what interactive requests have to
say.
"""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import uuid4

import orjson
from winnow_common import logs, outbox
from winnow_common.clock import Clock
from winnow_common.errors import PermanentError, TemporaryError
from winnow_common.postgres import Pool, is_transient, transaction
from winnow_common.sealed import SealedStore
from winnow_common.turns import Turns
from winnow_contracts.sealed import SealedReference

from winnow_scoring.files.companies import Checkpoint, CompanyFile
from winnow_scoring.files.records import Unreadable
from winnow_scoring.files.rows import Accepted, Rejected
from winnow_scoring.metrics import IMPORT_ROWS, IMPORTS, IMPORTS_PAUSED
from winnow_scoring.store import imports
from winnow_scoring.store.imports import Advance, ImportKind, Lease, LeaseLost
from winnow_scoring.taking_in import take_in

log = logs.get(__name__)

SOURCE: Final = "winnow/scoring"

CompanyRow = Accepted | Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much is done at once, and how long a worker waits for what, in seconds."""

    chunk: int = 1_000
    """Rows in a transaction."""
    chunk_bytes: int = 4 * 1024 * 1024
    turn: float = 1.0
    lease: float = 5.0
    idle: float = 0.25
    away: float = 1.0
    backlog: int = 10_000
    """Facts that may wait to leave before imports wait too."""


class ImportRunner:
    """One worker."""

    def __init__(
        self,
        *,
        pool: Pool,
        objects: SealedStore,
        clock: Clock,
        instance: str,
        wake_relay: Callable[[], None],
        pace: Pace | None = None,
    ) -> None:
        self._pool = pool
        self._objects = objects
        self._clock = clock
        self._holder = f"{instance}/{uuid4().hex}"
        self._wake_relay = wake_relay
        self._pace = pace or Pace()
        self._turns = Turns(self._take_turn, worker="imports", away=self._pace.away)

    async def run(self) -> None:
        """Work until drained; what is away is waited for."""
        await self._turns.run()

    async def drain(self) -> None:
        """Finish the chunk in hand and let its import go."""
        await self._turns.drain()

    async def work_once(self) -> bool:
        """One turn of one import; whether there was any."""
        async with transaction(self._pool) as connection:
            waiting = await outbox.backlog(connection) > self._pace.backlog
            IMPORTS_PAUSED.set(waiting)
            if waiting:
                return False
            now = self._clock()
            until = now + timedelta(seconds=self._pace.lease)
            lease = await imports.lease(connection, holder=self._holder, now=now, until=until)
        if lease is None:
            return False
        try:
            await self._turn(lease)
        except LeaseLost:
            log.warning("an import went on elsewhere", import_id=str(lease.import_id))
        return True

    async def _take_turn(self) -> float:
        return 0.0 if await self.work_once() else self._pace.idle

    async def _turn(self, lease: Lease) -> None:
        """Go on with an import until its turn is over, or close it."""
        work = _Work(lease, pool=self._pool, objects=self._objects, clock=self._clock, pace=self._pace)
        over = time.monotonic() + self._pace.turn
        failure: tuple[str, str] | None = None
        try:
            async with aclosing(work.chunks()) as chunks:
                async for chunk in chunks:
                    await work.store(chunk)
                    self._wake_relay()
                    if self._turns.is_stopping or time.monotonic() > over:
                        await work.release()
                        return
        except Unreadable as error:
            failure = error.code, error.detail
        except PermanentError as error:
            log.warning("the file of an import is not there", import_id=str(lease.import_id), error=repr(error))
            failure = "file_unavailable", "The file is not there any more. Send it again."
        except Exception as error:
            if isinstance(error, LeaseLost | TemporaryError) or is_transient(error):
                raise
            log.exception("an import failed for a reason nobody foresaw", import_id=str(lease.import_id))
            failure = "not_handled", "The file could not be taken in. The operator of this system has been told."
        await work.close(failure)


class _Work:
    """One import while this worker holds it."""

    def __init__(self, lease: Lease, *, pool: Pool, objects: SealedStore, clock: Clock, pace: Pace) -> None:
        self._lease = lease
        self._pool = pool
        self._objects = objects
        self._clock = clock
        self._pace = pace
        self._object = SealedReference.model_validate_json(lease.object)
        self._checkpoint = lease.checkpoint
        mapping = None if lease.mapping is None else orjson.loads(lease.mapping)
        self._start = Checkpoint.read(lease.checkpoint)
        weighed = lease.kind is ImportKind.CUSTOMERS
        self._file = CompanyFile(lease.content_type, mapping=mapping, start=self._start, weighed=weighed)

    async def chunks(self) -> AsyncGenerator[list[CompanyRow], None]:
        """The rows that are left, in chunks. Raises `Unreadable` behind the rows that could be read."""
        chunk: list[CompanyRow] = []
        size = 0
        try:
            async for row in self._rows():
                chunk.append(row)
                size += len(row.profile.text) if isinstance(row, Accepted) else len(row.reason)
                if len(chunk) >= self._pace.chunk or size >= self._pace.chunk_bytes:
                    yield chunk
                    chunk, size = [], 0
        except Unreadable:
            if chunk:
                yield chunk
            raise
        if chunk:
            yield chunk

    async def _rows(self) -> AsyncIterator[CompanyRow]:
        offset = self._start.position.offset
        async for block in self._objects.read(self._object, tenant=self._lease.tenant, offset=offset):
            for row in self._file.feed(block):
                yield row
        for row in self._file.finish():
            yield row

    async def store(self, rows: Sequence[CompanyRow]) -> None:
        """Take rows in, all or none. Raises `LeaseLost`."""
        accepted = [row for row in rows if isinstance(row, Accepted)]
        rejected = [(row.number, row.reason) for row in rows if isinstance(row, Rejected)]
        after = self._file.checkpoint(rows[-1].after)
        advance = Advance(
            old_checkpoint=self._checkpoint,
            checkpoint=after.text(),
            bytes_read=after.position.offset,
            imported=len(rows) - len(rejected),
            rejected=rejected,
        )
        now = self._clock()
        async with transaction(self._pool) as connection:
            until = now + timedelta(seconds=self._pace.lease)
            await imports.advance(connection, lease=self._lease, by=advance, until=until)
            facts = await take_in(connection, rows=accepted, lease=self._lease, now=now)
            await outbox.publish(connection, facts, source=SOURCE, now=now, cause=self._lease.request_id)
        self._checkpoint = advance.checkpoint
        IMPORT_ROWS.labels("imported").inc(advance.imported)
        IMPORT_ROWS.labels("rejected").inc(len(rejected))

    async def release(self) -> None:
        """Let whoever's turn it is go on."""
        async with transaction(self._pool) as connection:
            await imports.release(connection, lease=self._lease)

    async def close(self, failure: tuple[str, str] | None) -> None:
        """Say how it ended, and delete the file. A file that stays because this dies in between expires."""
        async with transaction(self._pool) as connection:
            await imports.finish(
                connection, lease=self._lease, checkpoint=self._checkpoint, failure=failure, now=self._clock()
            )
        IMPORTS.labels("completed" if failure is None else "failed").inc()
        try:
            await self._objects.delete(self._object, tenant=self._lease.tenant)
        except (TemporaryError, PermanentError) as error:
            log.warning("the file of an import stays until it expires", error=repr(error))
