"""Rows as they were read, as the content of a sealed object between ingest and prepare."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from winnow_pipeline.leads import RawRow, Reason


def dumped(value: Any) -> bytes:
    """JSON; lone surrogates, which no UTF-8 can say, become question marks."""
    try:
        return orjson.dumps(value)
    except (TypeError, ValueError):
        return orjson.dumps(_sayable(value))


def written(rows: Sequence[RawRow]) -> bytes:
    """The rows as bytes."""
    return dumped(
        [
            [
                row.number,
                row.line,
                row.values,
                row.source,
                None if row.reason is None else [row.reason.code, row.reason.detail, row.reason.column],
            ]
            for row in rows
        ]
    )


def read(content: bytes) -> list[RawRow]:
    """The rows again."""
    return [
        RawRow(number, line, values, source, None if reason is None else Reason(*reason))
        for number, line, values, source, reason in orjson.loads(content)
    ]


def _sayable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_sayable(str(key)): _sayable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_sayable(item) for item in value]
    return value
