"""Chunks: about a thousand rows of a batch, where their contents are, and what came of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson
from winnow_common.postgres import Connection, Queryable, Record
from winnow_contracts.sealed import SealedReference

_COLUMNS: Final = (
    "number, phase, rework, rows, raw_object, prepared_object, asked_object, scored_object, failure, attempt, "
    "granted, confidences"
)

_ADD = """
INSERT INTO chunk (tenant_id, batch_id, number, phase, rework, rows, raw_object)
VALUES ($1, $2, $3, 'ingested', $4, $5, $6) ON CONFLICT DO NOTHING
"""

_PREPARED = """
UPDATE chunk SET phase = 'prepared', prepared_object = $4, lookups = $5, lookup_hits = $6, multi_source = $7
WHERE tenant_id = $1 AND batch_id = $2 AND number = $3
"""

_MATCHED = """
UPDATE chunk SET phase = 'matched', confidences = matched.confidences
FROM unnest($3::integer[], $4::bytea[]) AS matched (number, confidences)
WHERE chunk.tenant_id = $1 AND chunk.batch_id = $2 AND chunk.number = matched.number
"""

_SENT = """
UPDATE chunk SET phase = 'scoring', attempt = attempt + 1, granted = $4, prepared_object = $5,
    asked_object = $6
WHERE tenant_id = $1 AND batch_id = $2 AND number = $3 RETURNING attempt
"""

_ANSWERED = """
UPDATE chunk SET phase = 'matched', scored_object = $4, failure = $5
WHERE tenant_id = $1 AND batch_id = $2 AND number = $3 AND phase = 'scoring' RETURNING true
"""

_DONE = """
UPDATE chunk SET phase = 'done', qualified = $4, rejected = $5, duplicate = $6, failed = $7, credits = $8,
    confidence = $9, reasons = $10
WHERE tenant_id = $1 AND batch_id = $2 AND number = $3
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A chunk as it stands."""

    number: int
    phase: str
    rework: bool
    rows: int
    raw_object: SealedReference
    prepared_object: SealedReference | None
    asked_object: SealedReference | None
    scored_object: SealedReference | None
    failure: str | None
    attempt: int
    granted: int | None
    """How many of its rows may be scored, once that was decided."""
    confidences: bytes | None
    """By row that was compared, a float of 4 bytes: the probability that it is nobody else's."""

    @property
    def objects(self) -> list[SealedReference]:
        """Everything that lies between the phases."""
        every = (self.raw_object, self.prepared_object, self.asked_object, self.scored_object)
        return [each for each in every if each is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a chunk's rows; of rework, what changed by it."""

    counts: Mapping[str, int]
    """By status."""
    credits: int
    confidence: float
    reasons: Sequence[tuple[str, str, int]]
    """Status, code, rows."""


async def add(
    connection: Connection,
    *,
    tenant: UUID,
    batch_id: UUID,
    number: int,
    rows: int,
    raw: SealedReference,
    rework: bool = False,
) -> None:
    """A chunk that was read."""
    await connection.execute(_ADD, tenant, batch_id, number, rework, rows, raw.model_dump_json())


async def find(connection: Queryable, *, tenant: UUID, batch_id: UUID, number: int) -> Chunk | None:
    """One chunk."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM chunk WHERE tenant_id = $1 AND batch_id = $2 AND number = $3",  # noqa: S608
        tenant,
        batch_id,
        number,
    )
    return None if row is None else _read(row)


async def all_of(connection: Queryable, *, tenant: UUID, batch_id: UUID) -> list[Chunk]:
    """All chunks of a batch, in order."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM chunk WHERE tenant_id = $1 AND batch_id = $2 ORDER BY number",  # noqa: S608
        tenant,
        batch_id,
    )
    return [_read(row) for row in rows]


async def last_number(connection: Connection, *, tenant: UUID, batch_id: UUID) -> int:
    """The greatest number of a batch's chunks; 0 where there is none."""
    found = await connection.fetchval(
        "SELECT coalesce(max(number), 0) FROM chunk WHERE tenant_id = $1 AND batch_id = $2", tenant, batch_id
    )
    return int(found)


async def waits_for(connection: Connection, *, tenant: UUID, batch_id: UUID, phases: Collection[str]) -> bool:
    """Whether any chunk is in one of these phases."""
    found = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM chunk WHERE tenant_id = $1 AND batch_id = $2 AND phase = ANY ($3::text[]))",
        tenant,
        batch_id,
        list(phases),
    )
    return bool(found)


async def note_prepared(
    connection: Connection,
    *,
    tenant: UUID,
    batch_id: UUID,
    number: int,
    object: SealedReference,
    lookups: int,
    hits: int,
    multi_source: int,
) -> None:
    """Its rows are normalized, validated and enriched."""
    await connection.execute(_PREPARED, tenant, batch_id, number, object.model_dump_json(), lookups, hits, multi_source)


async def note_matched(
    connection: Connection, *, tenant: UUID, batch_id: UUID, confidences: Mapping[int, bytes]
) -> None:
    """The rows of these chunks were compared, and what is a duplicate is known."""
    await connection.execute(_MATCHED, tenant, batch_id, list(confidences), list(confidences.values()))


async def note_sent(
    connection: Connection,
    *,
    tenant: UUID,
    batch_id: UUID,
    number: int,
    granted: int,
    prepared: SealedReference,
    asked: SealedReference | None,
) -> int:
    """So many of its rows are being scored, those in `asked`; how often that was asked for."""
    sealed = None if asked is None else asked.model_dump_json()
    found = await connection.fetchval(_SENT, tenant, batch_id, number, granted, prepared.model_dump_json(), sealed)
    return int(found)


async def note_failure(connection: Connection, *, tenant: UUID, batch_id: UUID, number: int, code: str) -> None:
    """Nothing more can be found out about its rows, and no answer is waited for."""
    await connection.execute(
        "UPDATE chunk SET failure = $4, phase = CASE WHEN phase = 'scoring' THEN 'matched' ELSE phase END "
        "WHERE tenant_id = $1 AND batch_id = $2 AND number = $3",
        tenant,
        batch_id,
        number,
        code,
    )


async def note_answered(
    connection: Connection,
    *,
    tenant: UUID,
    batch_id: UUID,
    number: int,
    object: SealedReference | None,
    failure: str | None,
) -> bool:
    """Scoring has answered; whether that was waited for."""
    sealed = None if object is None else object.model_dump_json()
    return await connection.fetchval(_ANSWERED, tenant, batch_id, number, sealed, failure) is not None


async def note_done(connection: Connection, *, tenant: UUID, batch_id: UUID, number: int, outcome: Outcome) -> None:
    """What became of every row is known and stored."""
    counts = outcome.counts
    await connection.execute(
        _DONE,
        tenant,
        batch_id,
        number,
        counts.get("qualified", 0),
        counts.get("rejected", 0),
        counts.get("duplicate", 0),
        counts.get("failed", 0),
        outcome.credits,
        outcome.confidence,
        orjson.dumps(outcome.reasons).decode(),
    )


async def remove_all(connection: Connection, *, tenant: UUID, batch_id: UUID) -> None:
    """Forget a batch's chunks."""
    await connection.execute("DELETE FROM chunk WHERE tenant_id = $1 AND batch_id = $2", tenant, batch_id)


def _read(row: Record) -> Chunk:
    values = dict(row)
    for name in ("raw_object", "prepared_object", "asked_object", "scored_object"):
        if values[name] is not None:
            values[name] = SealedReference.model_validate_json(values[name])
    return Chunk(**values)
