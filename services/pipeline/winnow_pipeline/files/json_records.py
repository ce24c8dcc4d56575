"""Records of JSON: an array of objects, an object around one, or an object a line.

An array is read item by item with a bounded window, so its size does not matter; objects in objects become columns
with dotted names, lists of texts are joined by semicolons.
"""

import codecs
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from winnow_pipeline.files.failures import Unreadable
from winnow_pipeline.files.limits import LARGEST_RECORD

_SPACE: Final = " \t\r\n"
_DEEPEST: Final = 6
WRAPPERS: Final = ("leads", "data", "results", "records", "contacts", "items", "rows", "people", "companies")


class Item(NamedTuple):
    """A record: its columns, or why it has none."""

    columns: dict[str, str]
    fault: str | None = None


def item_of(value: Any) -> Item:
    """The columns of a value."""
    if not isinstance(value, Mapping):
        return Item({}, "not_an_object")
    columns: dict[str, str] = {}
    _flatten(value, "", columns, depth=0)
    return Item(columns)


def line_item(text: str) -> Item | None:
    """The record on a line of NDJSON; None for a blank one."""
    if not text.strip():
        return None
    try:
        return item_of(json.loads(text, parse_int=str, parse_float=str))
    except (ValueError, RecursionError):
        return Item({}, "invalid_json")


def _flatten(value: Mapping[str, Any], prefix: str, columns: dict[str, str], *, depth: int) -> None:
    for name, member in value.items():
        path = f"{prefix}{name}"
        if isinstance(member, Mapping) and depth < _DEEPEST:
            _flatten(member, f"{path}.", columns, depth=depth + 1)
        else:
            columns[path] = _text(member)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(each, str | int | float) for each in value):
        return ";".join(_text(each) for each in value)
    if isinstance(value, list | Mapping):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


class ArrayReader:
    """Items of the first array of a document, fed in pieces of text. Raises `Unreadable`."""

    def __init__(self) -> None:
        self._decoder = json.JSONDecoder(parse_int=str, parse_float=str)
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._text = ""
        self._place = 0
        self._inside = False
        self.is_over = False

    def feed(self, data: bytes, *, last: bool = False) -> Iterator[Any]:
        """Items that are complete with this piece."""
        self._text = self._text[self._place :] + self._utf8.decode(data, last)
        self._place = 0
        if not self._inside and not self._enter(last=last):
            return
        while not self.is_over:
            self._skip(_SPACE + ",")
            if self._place >= len(self._text):
                break
            if self._text[self._place] == "]":
                self.is_over = True
                break
            found = self._item(last=last)
            if found is None:
                break
            yield found[0]
        if last and not self.is_over:
            raise Unreadable("invalid_json", "The JSON ends too early. Export the file again, and send it as a whole.")

    def _item(self, *, last: bool) -> tuple[Any] | None:
        try:
            value, end = self._decoder.raw_decode(self._text, self._place)
        except RecursionError:
            raise _invalid() from None
        except ValueError:
            if last:
                raise _invalid() from None
            if len(self._text) - self._place > LARGEST_RECORD:
                raise _invalid() from None
            return None
        if end >= len(self._text) and not last and not isinstance(value, Mapping | list | str):
            return None  # a number may go on in the next piece
        self._place = end
        return (value,)

    def _enter(self, *, last: bool) -> bool:
        """Find the array: the document itself, or the value of a name that exports use."""
        self._skip(_SPACE)
        start = self._text[self._place : self._place + 1]
        if start == "[":
            self._place += 1
            self._inside = True
            return True
        if start == "{":
            for name in WRAPPERS:
                place = self._text.find(f'"{name}"')
                if place >= 0:
                    bracket = self._text.find("[", place)
                    if bracket >= 0 and not self._text[place + len(name) + 2 : bracket].strip(_SPACE + ":"):
                        self._place = bracket + 1
                        self._inside = True
                        return True
            if last or len(self._text) > LARGEST_RECORD:
                raise Unreadable(
                    "invalid_json", "The JSON holds no list of leads. Send an array of objects, or an object a line."
                )
            return False
        if start or last:
            raise _invalid()
        return False

    def _skip(self, characters: str) -> None:
        while self._place < len(self._text) and self._text[self._place] in characters:
            self._place += 1


def _invalid() -> Unreadable:
    return Unreadable("invalid_json", "The file is not valid JSON. Export it again, and send it as a whole.")
