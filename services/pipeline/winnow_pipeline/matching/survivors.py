"""Survivorship: which row of a person stands for all, and what it takes from the others.

The row that says most survives: an address that takes mail counts most, then how many fields are filled; of equals the
first in the file. It keeps everything that it says itself. What it does not say comes from the others, the more
complete first; fields that belong together come from one row.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from winnow_pipeline.leads import EmailStatus
from winnow_pipeline.matching.records import Record

_OF_EMAIL: Final = {
    EmailStatus.VERIFIED_DELIVERABLE: 30.0,
    EmailStatus.UNKNOWN: 20.0,
    EmailStatus.RISKY: 10.0,
    EmailStatus.UNDELIVERABLE: 0.0,
}


def preference_of(record: Record, *, email_status: EmailStatus) -> float:
    """How much a row is to be preferred: the greater, the more."""
    return _OF_EMAIL[email_status] + len(record)


def fills(survivor: Mapping[str, str | None], duplicates: Sequence[Mapping[str, str | None]]) -> dict[str, int]:
    """Fields that the survivor lacks, each with the place of the duplicate that it comes from."""
    order = sorted(
        range(len(duplicates)), key=lambda place: -sum(value is not None for value in duplicates[place].values())
    )
    found: dict[str, int] = {}
    for name, value in survivor.items():
        if value:
            continue
        place = next((place for place in order if duplicates[place].get(name)), None)
        if place is not None:
            found[name] = place
    return found
