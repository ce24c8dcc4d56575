"""JSON from strangers, read strictly: what two readers could understand in two ways is refused.

Stricter than RFC 8259 asks, in the spirit of I-JSON (RFC 7493): UTF-8 without a byte order mark, no duplicate keys, no NaN, integers
of at most 64 bits, no NUL (PostgreSQL's text cannot hold it), nesting of at most 64.
"""

import json
from typing import Any

import orjson

MAXIMUM_DEPTH = 64


class InvalidJson(ValueError):
    """Why it is refused: a stable code, and words with the place."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def loads(raw: bytes) -> Any:
    """The value of a JSON text; raises `InvalidJson`."""
    try:
        value = orjson.loads(raw)
        json.loads(raw, object_pairs_hook=_refuse_duplicates)
        return value
    except orjson.JSONDecodeError as error:
        raise InvalidJson("invalid_json", f"{error.msg} at line {error.lineno} column {error.colno}") from None


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidJson("duplicate_key", "an object has the same key twice")
    return members
