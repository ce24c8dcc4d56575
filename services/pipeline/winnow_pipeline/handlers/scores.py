"""What scoring says of batches: by what they are scored, and the scores of a chunk."""

from collections.abc import Sequence

from winnow_common.clock import Clock
from winnow_common.outcome import AnyHandler, FactHandler, Outcome, Request
from winnow_common.postgres import Connection
from winnow_contracts import bulk as contract
from winnow_contracts.bulk import BatchPlanned, ChunkScored

from winnow_pipeline.store import batches, chunks, tasks
from winnow_pipeline.store.tasks import Kind


class ScoreFacts:
    """Takes `bulk.planned` and `bulk.scored`. What is not waited for any more is left alone."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    def all(self) -> Sequence[AnyHandler]:
        """The handlers with the messages that they take."""
        return (
            FactHandler(contract.PLANNED, BatchPlanned, self.planned),
            FactHandler(contract.SCORED, ChunkScored, self.scored),
        )

    async def planned(self, request: Request[BatchPlanned], connection: Connection) -> Outcome:
        """Keep the plan of a batch; without one the batch fails."""
        tenant, said = request.tenant, request.data
        await batches.lock(connection, tenant=tenant, batch_id=said.batch_id)
        if said.plan is not None:
            await batches.set_plan(connection, tenant=tenant, batch_id=said.batch_id, plan=said.plan)
        elif said.error is not None and await batches.fail(
            connection, tenant=tenant, batch_id=said.batch_id, code=said.error.code, detail=said.error.detail
        ):
            await tasks.forget_all(connection, tenant=tenant, batch=said.batch_id)
            await tasks.add(connection, tenant=tenant, batch=said.batch_id, kind=Kind.CLOSE, now=self._clock())
        return Outcome()

    async def scored(self, request: Request[ChunkScored], connection: Connection) -> Outcome:
        """Go on with a chunk that was scored, or cannot be."""
        tenant, said = request.tenant, request.data
        waited_for = await chunks.note_answered(
            connection,
            tenant=tenant,
            batch_id=said.batch_id,
            number=said.chunk,
            object=said.object,
            failure=None if said.error is None else "not_scored",
        )
        if waited_for:
            await tasks.remove(connection, tenant=tenant, batch=said.batch_id, kind=Kind.SCORE, number=said.chunk)
            await tasks.add(
                connection,
                tenant=tenant,
                batch=said.batch_id,
                kind=Kind.FINISH,
                now=self._clock(),
                numbers=[said.chunk],
            )
        return Outcome()
