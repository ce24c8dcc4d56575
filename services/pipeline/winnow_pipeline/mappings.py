"""What callers say of columns, checked before a file is touched."""

from collections.abc import Mapping

from winnow_common.errors import Violation

from winnow_pipeline import refusals
from winnow_pipeline.files.mapping import check_mapping as check


def check_mapping(mapping: Mapping[str, str] | None) -> None:
    """Refuse a mapping that leads to no field. Raises `Problem`."""
    if mapping is None:
        return
    try:
        check(mapping)
    except ValueError as error:
        raise refusals.invalid_request(Violation("/mapping", str(error))) from None
