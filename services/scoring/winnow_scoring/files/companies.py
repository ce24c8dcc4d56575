"""A file of companies in any format that imports take, read from its beginning or from a checkpoint on."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import orjson

from winnow_scoring.files.columns import Mapped
from winnow_scoring.files.csv_records import CsvLayout, CsvReader
from winnow_scoring.files.json_records import ArrayReader, LineReader
from winnow_scoring.files.records import Position, Record, RecordReader
from winnow_scoring.files.rows import Accepted, Rejected, row_of_cells, row_of_object


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where to go on, and what the header of a CSV file said."""

    position: Position
    layout: CsvLayout | None = None

    @classmethod
    def start(cls) -> "Checkpoint":
        """The beginning of a file."""
        return cls(Position())

    @classmethod
    def read(cls, text: str) -> "Checkpoint":
        """The checkpoint that `text` gave."""
        written = orjson.loads(text)
        layout = written["layout"]
        return cls(Position(**written["position"]), None if layout is None else CsvLayout.from_json(layout))

    def text(self) -> str:
        """To be stored; equal checkpoints have equal texts."""
        layout = None if self.layout is None else self.layout.as_json()
        return orjson.dumps({"position": asdict(self.position), "layout": layout}).decode()


class CompanyFile:
    """Gives the rows of one file. Raises `Unreadable` where the rest of it cannot be read.

    A file of customers is `weighed`: it may have a weight in each row, and bare domains in place of objects.
    """

    def __init__(self, content_type: str, *, mapping: Mapped | None, start: Checkpoint, weighed: bool = False) -> None:
        self._mapping = mapping
        self._weighed = weighed
        self._csv: CsvReader | None = None
        self._reader: RecordReader
        if content_type == "text/csv":
            self._reader = self._csv = CsvReader(start.position, mapping=mapping, layout=start.layout, weighed=weighed)
        elif content_type == "application/x-ndjson":
            self._reader = LineReader(start.position)
        else:
            self._reader = ArrayReader(start.position)

    def feed(self, data: bytes) -> Iterator[Accepted | Rejected]:
        """The rows that are complete with these bytes."""
        return map(self._row, self._reader.feed(data))

    def finish(self) -> Iterator[Accepted | Rejected]:
        """The rows that are left when there are no more bytes."""
        return map(self._row, self._reader.finish())

    def checkpoint(self, after: Position) -> Checkpoint:
        """Where to go on behind a row."""
        return Checkpoint(after, self._csv.layout if self._csv is not None else None)

    def _row(self, record: Record) -> Accepted | Rejected:
        if self._csv is not None:
            return row_of_cells(record)
        return row_of_object(record, mapping=self._mapping, weighed=self._weighed)
