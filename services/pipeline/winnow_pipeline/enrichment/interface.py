"""What a source of company data is, whoever it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a source says of a company, as in `winnow_contracts.companies.CompanyAttributes`."""

    attributes: Mapping[str, Any]
    source: str
    observed_at: datetime


class Source(Protocol):
    """Somebody who knows companies by their registrable domain."""

    @property
    def name(self) -> str:
        """What its values are said to come from."""

    async def look_up(self, domains: Sequence[str], wanted: frozenset[str]) -> dict[str, Found]:
        """What is known of these companies; those of whom nothing is are absent.

        `wanted` names attributes that are looked for, all where it is empty. May raise anything; `Limited` deals with
        it.
        """
