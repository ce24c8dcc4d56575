"""Files of results: leads as CSV, JSON, NDJSON or Parquet, a page at a time.

Runs in a process of `computing.Slot`, where `begin` leaves the writer that `page` and `end` go on with. JSON has the
seed's schema; CSV and Parquet the same as dotted columns (`account.name`), unmapped columns of the file as
`source.<header>` behind them. In CSV a text that a spreadsheet would take for a formula gets an apostrophe in front;
telephone numbers and plain numbers stay as they are, so that they can be dialled and added up.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Protocol
from uuid import UUID

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from winnow_contracts.bulk import BatchPlan

from winnow_pipeline.lead_answers import qualified
from winnow_pipeline.lead_opening import opened
from winnow_pipeline.store.leads import StoredLead
from winnow_pipeline.vault.tenant_keys import OpenedKeys

_TEXT: Final = pa.string()
_TEXTS: Final = pa.list_(pa.string())
_NUMBER: Final = pa.float64()
_WHOLE: Final = pa.int64()

COLUMNS: Final[Mapping[str, pa.DataType]] = {
    "status": _TEXT,
    "score": _NUMBER,
    "account.name": _TEXT,
    "account.domain": _TEXT,
    "account.signals": _TEXTS,
    "account.technologies": _TEXTS,
    "account.industry": _TEXT,
    "account.employees": _WHOLE,
    "account.country": _TEXT,
    "contact.full_name": _TEXT,
    "contact.title_normalized": _TEXT,
    "contact.email": _TEXT,
    "contact.email_status": _TEXT,
    "contact.phone": _TEXT,
    "contact.phone_status": _TEXT,
    "contact.first_name": _TEXT,
    "contact.last_name": _TEXT,
    "contact.title": _TEXT,
    "contact.seniority": _TEXT,
    "contact.function": _TEXT,
    "contact.linkedin": _TEXT,
    "contact.city": _TEXT,
    "contact.region": _TEXT,
    "contact.country": _TEXT,
    "contact.email_reasons": _TEXTS,
    "contact.email_suggestion": _TEXT,
    "dedup_confidence": _NUMBER,
    "lead_id": _TEXT,
    "row": _WHOLE,
    "external_id": _TEXT,
    "scores.rule": _WHOLE,
    "scores.tier": _TEXT,
    "scores.rule_id": _TEXT,
    "scores.rule_version": _WHOLE,
    "scores.similarity": _NUMBER,
    "scores.grade": _TEXT,
    "scores.percentile": _NUMBER,
    "scores.model_version": _WHOLE,
    "reason.code": _TEXT,
    "reason.detail": _TEXT,
    "reason.column": _TEXT,
    "duplicate_of": _TEXT,
    "phase3_metrics.cache_hit": pa.bool_(),
    "phase3_metrics.predictive_match": pa.bool_(),
    "phase3_metrics.sources": _WHOLE,
    "phase3_metrics.confidence": _NUMBER,
}

_FORMULA: Final = re.compile(r"[\s\x00]*[=+\-@\uff0b\uff0d\uff1d\uff20]|[\t\r]")
_NUMBER_TEXT: Final = re.compile(r"(?:[+-]\s*)?[(.]?\d[\d\s().,/;extEXT=*#-]*%?")


class _Writer(Protocol):
    def page(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        """Further rows."""

    def end(self) -> bytes:
        """What is left."""


@cache
def _desk() -> dict[str, _Writer]:
    return {}


def begin(format: str, sources: Sequence[str]) -> None:
    """Begin a file; `sources` are the headers of unmapped columns."""
    _desk()["writer"] = {"csv": _Csv, "json": _Json, "ndjson": _Lines, "parquet": _Parquet}[format](tuple(sources))


def page(leads: Sequence[StoredLead], keys: OpenedKeys, *, tenant: UUID, plans: dict[UUID, BatchPlan | None]) -> bytes:
    """The bytes of further leads."""
    rows = [qualified(each) for each in opened(leads, keys, tenant=tenant, plans=plans)]
    return _desk()["writer"].page(rows)


def end() -> bytes:
    """The end of the file."""
    return _desk().pop("writer").end()


def neutral(text: str) -> str:
    """A text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    if _FORMULA.match(text) and not _NUMBER_TEXT.fullmatch(text):
        return "'" + text
    return text


@dataclass(slots=True)
class _Json:
    sources: tuple[str, ...]
    separator: bytes = b"[\n"

    def page(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        written = b""
        for row in rows:
            written += self.separator + _dumped(row)
            self.separator = b",\n"
        return written

    def end(self) -> bytes:
        return b"[]\n" if self.separator == b"[\n" else b"\n]\n"


@dataclass(slots=True)
class _Lines:
    sources: tuple[str, ...]

    def page(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        return b"".join(_dumped(row) + b"\n" for row in rows)

    def end(self) -> bytes:
        return b""


@dataclass(slots=True)
class _Csv:
    sources: tuple[str, ...]
    begun: bool = False

    def page(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        if not self.begun:
            writer.writerow([*COLUMNS, *(neutral(f"source.{header}") for header in self.sources)])
            self.begun = True
        for row in rows:
            writer.writerow([_cell(value) for value in _flat(row, self.sources)])
        return text.getvalue().encode("utf-8", "replace")

    def end(self) -> bytes:
        return b"" if self.begun else self.page(())


class _Pieces(io.RawIOBase):
    """A file that is only written, and gives away what it has."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._position += len(piece)
        return len(piece)

    def taken(self) -> bytes:
        """What was written since the last time."""
        content = b"".join(self._pieces)
        self._pieces.clear()
        return content


@dataclass(slots=True)
class _Parquet:
    sources: tuple[str, ...]
    sink: _Pieces = field(default_factory=_Pieces)
    writer: Any = None

    def page(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        schema = self._schema()
        if self.writer is None:
            self.writer = pq.ParquetWriter(self.sink, schema, compression="zstd")
        if rows:
            columns = zip(*(_flat(row, self.sources) for row in rows), strict=True)
            arrays = [pa.array(column, kind.type) for column, kind in zip(columns, schema, strict=True)]
            self.writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
        return self.sink.taken()

    def end(self) -> bytes:
        if self.writer is None:
            self.page(())
        self.writer.close()
        return self.sink.taken()

    def _schema(self) -> pa.Schema:
        names = [*COLUMNS.items(), *((f"source.{header}", _TEXT) for header in self.sources)]
        return pa.schema([pa.field(name, kind) for name, kind in names])


def _dumped(row: Mapping[str, Any]) -> bytes:
    return orjson.dumps(row, option=orjson.OPT_UTC_Z)


def _flat(row: Mapping[str, Any], sources: Sequence[str]) -> list[Any]:
    values: list[Any] = []
    for name in COLUMNS:
        group, _, member = name.partition(".")
        value = row[group]
        values.append(value if not member else None if value is None else value[member])
    told = row["source"]
    values += [told.get(header) for header in sources]
    return values


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return neutral(value)
    if isinstance(value, list):
        return neutral(";".join(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return value
