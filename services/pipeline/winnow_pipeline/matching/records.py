"""Rows to be matched, column by column, in as little memory as their text needs.

A million rows of ten filled fields take 150 to 250 MB: texts lie end to end, without an object each, and columns are
encoded by their distinct values once they are read as a whole. Rows are appended in chunks, by one thread; what was
added never changes.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from winnow_pipeline.matching.fields import MatchField

Record = Mapping[MatchField, str]
"""One row: its filled fields."""

_CHUNKS_TOGETHER: Final = 64
LONGEST: Final = 200
"""Characters of a value that are looked at: whoever agrees in as many agrees."""


class Records:
    """An appendable table of texts, one column for each field of matching."""

    def __init__(self) -> None:
        self._length = 0
        self._chunks: dict[MatchField, list[pa.StringArray]] = {}
        self._joined: dict[MatchField, tuple[int, pa.DictionaryArray]] = {}

    def __len__(self) -> int:
        return self._length

    def add(self, columns: Mapping[MatchField, Sequence[str | None]]) -> None:
        """Append rows; a field that is absent is empty in all of them. Blank texts are empty.

        Raises `ValueError` where columns differ in length; then nothing is appended.
        """
        lengths = {len(values) for values in columns.values()}
        if len(lengths) > 1:
            raise ValueError("columns of one chunk differ in length")
        for field, values in columns.items():
            texts = _texts(values)
            if texts.null_count < len(texts):
                self._append(field, texts)
        self._length += lengths.pop() if lengths else 0

    def record(self, index: int) -> Record:
        """One row again, as it was added, cut to the length that is looked at."""
        if not 0 <= index < self._length:
            raise IndexError(index)
        found: dict[MatchField, str] = {}
        for field in MatchField:
            if field in self._chunks:
                value = self.column(field)[index].as_py()
                if value is not None:
                    found[field] = value
        return found

    def column(self, field: MatchField) -> pa.DictionaryArray:
        """All values of a field, encoded by the distinct ones in the order of their first appearance."""
        length, joined = self._joined.get(field, (0, None))
        if joined is not None and length == self._length:
            return joined
        self._pad(field, self._length)
        pieces = self._chunks.setdefault(field, [])
        table = pa.chunked_array(
            [joined.dictionary_decode() if joined is not None else None, *pieces][joined is None :]
        )
        encoded = (
            table.combine_chunks().dictionary_encode() if len(table) else pa.array([], pa.string()).dictionary_encode()
        )
        self._joined[field] = self._length, encoded
        pieces.clear()
        return encoded

    @property
    def filled(self) -> frozenset[MatchField]:
        """The fields that any row has."""
        return frozenset(self._chunks)

    def _append(self, field: MatchField, texts: pa.StringArray) -> None:
        self._pad(field, self._length)
        pieces = self._chunks[field]
        pieces.append(texts)
        if len(pieces) % _CHUNKS_TOGETHER == 0:
            pieces[-_CHUNKS_TOGETHER:] = [pa.concat_arrays(pieces[-_CHUNKS_TOGETHER:])]

    def _pad(self, field: MatchField, length: int) -> None:
        """Fill a column that was absent with nothing, up to a row."""
        pieces = self._chunks.setdefault(field, [])
        present = self._joined[field][0] if field in self._joined else 0
        missing = length - present - sum(len(piece) for piece in pieces)
        if missing:
            pieces.append(pa.nulls(missing, pa.string()))


def _texts(values: Sequence[str | None]) -> pa.StringArray:
    try:
        texts = pa.array(values, pa.string())
    except UnicodeEncodeError:  # lone surrogates, which no UTF-8 can say
        texts = pa.array(
            [value.encode("utf-8", "replace").decode() if value is not None else None for value in values], pa.string()
        )
    texts = pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(texts), 0, LONGEST)
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
