"""Keeps a copy of the directory, as scoring tells of it."""

from collections.abc import Sequence

import orjson
from winnow_common.outcome import AnyHandler, BatchCommand, FactHandler, Outcome, Outcomes, Request
from winnow_common.postgres import Connection
from winnow_contracts import directory as contract
from winnow_contracts.directory import CompanyListed, DirectoryCleared

from winnow_pipeline.store import directory
from winnow_pipeline.store.directory import Entry


class DirectoryFacts:
    """Takes `directory.*`."""

    def all(self) -> Sequence[AnyHandler]:
        """The handlers with the messages that they take."""
        return (
            BatchCommand(contract.LISTED, CompanyListed, self.listed),
            FactHandler(contract.CLEARED, DirectoryCleared, self.cleared),
        )

    async def listed(self, requests: Sequence[Request[CompanyListed]], connection: Connection) -> Outcomes:  # noqa: ARG002
        """Write down companies, many at once."""
        companies = [
            (
                each.data.domain,
                Entry(
                    orjson.dumps(each.data.attributes.model_dump(mode="json", exclude_unset=True)).decode(),
                    each.data.loaded_at,
                ),
            )
            for each in requests
        ]
        return Outcomes([Outcome() for _ in requests], directory.listing(companies))

    async def cleared(self, request: Request[DirectoryCleared], connection: Connection) -> Outcome:
        """Forget what was loaded before."""
        await directory.clear(connection, until=request.data.cleared_at)
        return Outcome()
