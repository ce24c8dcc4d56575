"""Leads, one by one or as a list, with where everything that is known of them comes from."""

from __future__ import annotations

from winnow.binding import D, Group, Listing, call, listing
from winnow.calls import Call, command, get, segment
from winnow.groups.batches import LeadStatus
from winnow.results import Lead, LeadDetails, Unmerged, parse

PATH = "/v1/leads"


class Leads(Group[D]):
    """The rows of all files."""

    @call
    def get(self, lead_id: str, /) -> Call[LeadDetails]:
        """A lead with the source of each value, and with why it was taken for the same person as another."""
        return parse(LeadDetails, (yield from self._perform(get(_path(lead_id)))))

    @listing
    def list(
        self, *, batch_id: str | None = None, status: LeadStatus = "all", page_size: int | None = None
    ) -> Listing[Lead]:
        """The newest leads first, or those of one batch in the order of its rows, page by page as they are read."""
        return Listing(get(PATH, query={"batch_id": batch_id, "status": status, "limit": page_size}), Lead)

    @call
    def unmerge(self, lead_id: str, /, *, idempotency_key: str | None = None) -> Call[Unmerged]:
        """Say that a duplicate is none: it is kept apart from its survivor, and both are made again from their rows.

        That is done in the background: `batches.wait` with the batch of the answer.
        """
        request = command("POST", f"{_path(lead_id)}/unmerge", idempotency_key=idempotency_key)
        return parse(Unmerged, (yield from self._perform(request)))


def _path(lead_id: str) -> str:
    return f"{PATH}/{segment(lead_id)}"
