"""What callers may map columns to."""

import re
from collections.abc import Mapping
from typing import Final

from winnow_pipeline.leads import CUSTOM, Field

_CUSTOM: Final = re.compile(r"custom\.[A-Za-z0-9_]{1,64}")
_FIELDS: Final = frozenset(Field)


def check_mapping(mapping: Mapping[str, str]) -> None:
    """Raise `ValueError`, in a sentence, where a column is mapped to what is no field."""
    for field in mapping.values():
        if field and field not in _FIELDS and not _CUSTOM.fullmatch(field):
            known = ", ".join(sorted(_FIELDS))
            raise ValueError(f"There is no such field; there are {known}, and {CUSTOM}<name>.")
