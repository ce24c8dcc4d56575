"""Regular expressions of linear time (RE2), for the operator `matches`."""

from collections.abc import Callable, Iterable
from typing import Final

import re2

MOST_MEMORY: Final = 1 << 20
"""Bytes of one compiled expression: it bounds what nested repetition such as `((a{100}){100}){100}` may cost."""


class InvalidPattern(ValueError):
    """The regular expression cannot be compiled, or is too large."""


def compile_pattern(pattern: str) -> Callable[[Iterable[str]], bool]:
    """A function that tells whether `pattern` is found anywhere in one of some texts; case is ignored as RE2 does it.

    The texts are in NFKC and trimmed. They are not case-folded, since folding would take ß and İ away from a pattern
    that names them. Raises InvalidPattern with RE2's reason.
    """
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.never_capture = True
    options.max_mem = MOST_MEMORY
    try:
        search = re2.compile(pattern, options).search
    except re2.error as refused:
        reason = refused.args[0] if refused.args else "unknown reason"
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise InvalidPattern(f"The regular expression (RE2) cannot be compiled: {text}") from None

    def found(texts: Iterable[str]) -> bool:
        return any(search(text) is not None for text in texts)

    return found
