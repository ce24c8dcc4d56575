r"""JSON from strangers, read strictly: what two readers could take for two things is refused.

Stricter than RFC 8259, in the spirit of I-JSON (RFC 7493): UTF-8 without a byte order mark, no duplicate keys, no NaN,
integers within 64 signed bits, no NUL and no lone surrogates in strings (PostgreSQL's text holds neither), at most 64
levels.

Almost every text takes a path that costs two passes of orjson. orjson itself refuses what is not RFC 8259, lone
surrogates, and numbers that no double holds; the rest is settled without a look at the tokens:

* Depth cannot exceed the number of opening brackets.
* A colon of the text is either a member's or stands inside a string, as itself or as `\u003a`. Without that escape,
  writing the value again gives as many colons as were read, less those of members that a later duplicate replaced, of
  which each had at least one.
* A number beyond 64 bits has at least 19 digits in a row.
* A NUL in a string must be written `\u0000`.

Texts that may break one of these rules by this coarse measure are read once more, exactly.
"""

import json
from collections.abc import Iterable
from typing import Any, NoReturn

import orjson

MAXIMUM_DEPTH = 64

_INTEGERS = range(-(2**63), 2**63)
_DIGITS_AS_NINES = bytes.maketrans(b"012345678", b"9" * 9)
_MANY_DIGITS = b"9" * 19


class InvalidJson(ValueError):
    """Why a text is refused: a stable code, and words that say where."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def loads(raw: bytes) -> Any:
    """The value of a JSON text.

    Raises `InvalidJson` with the code `empty_body`, `invalid_encoding`, `invalid_json`, `nesting_too_deep`,
    `duplicate_key`, `number_out_of_range` or `null_character`.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        _refuse(raw, error)
    if raw.count(b"[") + raw.count(b"{") > MAXIMUM_DEPTH and _depth_exceeds(value, MAXIMUM_DEPTH):
        raise _too_deep()
    if (
        (b"\\" in raw and (b"\\u003" in raw or b"\\u0000" in raw))
        or _MANY_DIGITS in raw.translate(_DIGITS_AS_NINES)
        or raw.count(b":") != orjson.dumps(value).count(b":")
    ):
        return _read_exactly(raw)
    return value


def _depth_exceeds(value: Any, limit: int) -> bool:
    """Whether containers are nested deeper; goes down level by level and stops at the limit."""
    level = _containers([value])
    for _ in range(limit):
        level = [found for container in level for found in _containers(_children(container))]
        if not level:
            return False
    return True


def _containers(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if type(value) is dict or type(value) is list]


def _children(container: Any) -> Iterable[Any]:
    return container.values() if type(container) is dict else container


def _read_exactly(raw: bytes) -> Any:
    """The value again, by a reader that is asked about every member and integer; the text is known to be RFC 8259."""
    value = json.loads(raw, object_pairs_hook=_members, parse_int=_integer)
    _refuse_null(value)
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise InvalidJson("duplicate_key", f"An object has the key {key[:100]!r} twice.")
        seen.add(key)
    raise AssertionError("unreachable: fewer members than pairs means that a key came twice")


def _integer(digits: str) -> int:
    if (number := int(digits)) in _INTEGERS:
        return number
    raise InvalidJson("number_out_of_range", f"The integer {digits[:24]}… does not fit 64 bits; send it as a string.")


def _refuse_null(value: Any) -> None:
    level = [[value]]
    while level:
        for container in level:
            strings = (item for item in (*container, *_children(container)) if type(item) is str)
            if any("\0" in text for text in strings):
                raise InvalidJson("null_character", r"A string has the character \u0000, which cannot be stored.")
        level = [found for container in level for found in _containers(_children(container))]


def _too_deep() -> InvalidJson:
    return InvalidJson("nesting_too_deep", f"Arrays and objects are nested deeper than {MAXIMUM_DEPTH} levels.")


def _refuse(raw: bytes, error: orjson.JSONDecodeError) -> NoReturn:
    """What orjson refused, in our words and with the place."""
    if not raw.strip(b" \t\r\n"):
        raise InvalidJson("empty_body", "The body is empty; send JSON.") from None
    if raw.startswith(b"\xef\xbb\xbf"):
        detail = "The body begins with a byte order mark; send UTF-8 without one."
        raise InvalidJson("invalid_encoding", detail) from None
    try:
        raw.decode()
    except UnicodeDecodeError as fault:
        raise InvalidJson("invalid_encoding", f"The body is not UTF-8 at byte {fault.start}.") from None
    if "depth" in error.msg or "recursion" in error.msg:
        raise _too_deep() from None
    raise InvalidJson("invalid_json", f"Not JSON at line {error.lineno}, column {error.colno}: {error.msg}.") from None
