"""The operator's directory as a source: it costs nothing and answers in a millisecond, so it comes first."""

from collections.abc import Sequence
from typing import Final

import orjson
from winnow_common.postgres import Pool

from winnow_pipeline.enrichment.interface import Found
from winnow_pipeline.store import directory

NAME: Final = "directory"


class DirectorySource:
    """Looks companies up in the pipeline's copy of the directory."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @property
    def name(self) -> str:
        """See `Source`."""
        return NAME

    async def look_up(self, domains: Sequence[str], wanted: frozenset[str]) -> dict[str, Found]:  # noqa: ARG002
        """See `Source`; everything that is known is given."""
        entries = await directory.find(self._pool, domains=domains)
        return {
            domain: Found(attributes=orjson.loads(entry.attributes), source=NAME, observed_at=entry.loaded_at)
            for domain, entry in entries.items()
        }
