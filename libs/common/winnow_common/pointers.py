"""What pydantic found wrong, as JSON pointers (RFC 6901) into what was sent."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from winnow_common.errors import Violation

LONGEST_SEGMENT = 100


def violations(error: ValidationError, value: Any, *, prefix: str = "") -> tuple[Violation, ...]:
    """Each fault once, with a pointer into `value`, which was validated; no detail repeats a part of it.

    `prefix` is the pointer to `value`, or `?` where it holds query parameters.
    """
    found: dict[Violation, None] = {}
    for fault in error.errors(include_url=False, include_input=False):
        place = _place(fault["loc"], value, missing=fault["type"] == "missing")
        found[Violation(prefix + _pointer(place, prefix), _detail(fault), str(fault["type"]))] = None
    return tuple(found)


def _place(location: Sequence[int | str], value: Any, *, missing: bool) -> list[int | str]:
    """The location without what is no key or index of the value: pydantic also names the branch of a union there."""
    place: list[int | str] = []
    for position, segment in enumerate(location):
        if _holds(value, segment):
            value = value[segment]
            place.append(segment)
        elif missing and position == len(location) - 1:
            place.append(segment)
    return place


def _holds(value: Any, segment: int | str) -> bool:
    if isinstance(value, list):
        return isinstance(segment, int) and segment < len(value)
    return isinstance(value, dict) and segment in value


def _pointer(place: Sequence[int | str], prefix: str) -> str:
    segments = [str(segment)[:LONGEST_SEGMENT] for segment in place]
    if prefix == "?":
        return ".".join(segments)
    return "".join("/" + segment.replace("~", "~0").replace("/", "~1") for segment in segments)


def _detail(fault: Any) -> str:
    if fault["type"] == "union_tag_invalid":
        return f"Input should be one of {fault['ctx']['expected_tags']}"
    return str(fault["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
