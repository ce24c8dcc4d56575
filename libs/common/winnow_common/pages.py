"""Pages of lists, bounded by what one reply on the log may hold."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import orjson

from winnow_common.outcome import Outcome

LARGEST_PAGE: Final = 400_000
"""Bytes; a reply holds 512 KiB."""

Item = TypeVar("Item")


def page(items: Sequence[Item], *, limit: int, shown: Callable[[Item], Any], cursor: Callable[[Item], str]) -> Outcome:
    """As many items as fit, one at least; `items` has one more than `limit` where the list goes on."""
    written: list[bytes] = []
    size = 0
    for item in items[:limit]:
        text = orjson.dumps(shown(item), option=orjson.OPT_UTC_Z)
        if written and size + len(text) > LARGEST_PAGE:
            break
        written.append(text)
        size += len(text) + 1
    more = len(written) < len(items)
    following = cursor(items[len(written) - 1]) if more else None
    return Outcome.json(
        {"data": [orjson.Fragment(text) for text in written], "has_more": more, "next_cursor": following},
    )
